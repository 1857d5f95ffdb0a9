"""The base map over HTTP."""

from __future__ import annotations

import mapbox_vector_tile

from geodata.base_map.features import mercator
from geodata.maps.store import open_network, save_network
from geodata.network import E7
from tests.services.town import office


def test_the_tile_of_the_town_shows_its_roads(town_office):
    """TileJSON says where the tiles are; a browser unpacks one and finds the streets."""
    told = town_office.client.get("/v1/tiles").json()
    network = town_office.service.engine.network
    assert told["attribution"] == network.attribution
    zoom = told["maxzoom"]
    x, y = mercator(network.node_lon_e7[:1] / E7, network.node_lat_e7[:1] / E7)
    column, row = int(x[0] * 2**zoom), int(y[0] * 2**zoom)
    path = told["tiles"][0].format(z=zoom, x=column, y=row)
    answer = town_office.client.get(path)
    assert answer.headers["content-encoding"] == "gzip"
    assert "max-age" in answer.headers["cache-control"]
    layers = mapbox_vector_tile.decode(answer.content)
    assert {layer["id"] for layer in told["vector_layers"]} >= layers.keys()
    assert layers["road"]["features"]


def test_elsewhere_a_tile_is_empty(town_office):
    """Far from the town, and at zooms that are not drawn."""
    for path in ("/v1/tiles/13/0/0", "/v1/tiles/2/1/1", "/v1/tiles/20/5/5"):
        answer = town_office.client.get(path)
        assert (answer.status_code, answer.content) == (200, b"")


def test_a_place_that_is_no_tile_is_refused(town_office):
    """With the range that there is, or with what is wanted."""
    outside = town_office.client.get("/v1/tiles/13/8192/0")
    assert outside.json()["detail"] == "At zoom 13 columns and rows go from 0 to 8191."
    for path in ("/v1/tiles/a/0/0", "/v1/tiles/5/-1/0", "/v1/tiles/5/1.5/0", "/v1/tiles/5/1/1?v=2"):
        assert town_office.client.get(path).status_code == 422


def test_a_map_of_before_there_were_tiles_is_served_without(map_folder, tmp_path, redis_url):
    """Everything else works, and the answer names the remedy."""
    save_network(open_network(map_folder), tmp_path / "old")
    with office(tmp_path / "old", tmp_path / "data", redis_url) as running:
        for path in ("/v1/tiles", "/v1/tiles/13/0/0"):
            answer = running.client.get(path)
            assert answer.status_code == 404
            assert "forestall map build" in answer.json()["detail"]
        assert running.client.get("/readyz").status_code == 200
