"""A place opens in the phone's own map app at the right door."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from geodata.coordinates import distance_m, to_wgs84
from services.incidents.map_apps import map_apps

LON, LAT = 108.391, 30.809
NAME = "建材市场 3|12 号 & 后门"


@pytest.fixture
def apps():
    return map_apps(LON, LAT, NAME, "police")


def asked(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def off_m(lon: str, lat: str, crs: str) -> float:
    """Metres between the place and where the app would lead."""
    there = to_wgs84([float(lon)], [float(lat)], crs)
    return float(distance_m(LON, LAT, *there)[0])


def test_amap_is_told_its_own_coordinates(apps):
    """GCJ-02, so that the app must not shift them again; the name comes through whole."""
    for address, begins in ((apps.amap.android, "amapuri://route/plan/?"),
                            (apps.amap.ios, "iosamap://path?")):  # fmt: skip
        assert address.startswith(begins)
        said = asked(address)
        assert off_m(said["dlon"], said["dlat"], "gcj02") < 0.2
        assert off_m(said["dlon"], said["dlat"], "wgs84") > 100
        assert (said["dname"], said["dev"], said["t"]) == (NAME, "0", "0")


def test_baidu_is_told_its_own_coordinates(apps):
    """BD-09; a bar in the name does not end it."""
    for address, begins in ((apps.baidu.android, "bdapp://map/direction?"),
                            (apps.baidu.ios, "baidumap://map/direction?")):  # fmt: skip
        assert address.startswith(begins)
        said = asked(address)
        place, _, name = said["destination"].partition("|")
        lat, lon = place.removeprefix("latlng:").split(",")
        assert off_m(lon, lat, "bd09") < 0.2
        assert name == f"name:{NAME.replace('|', ' ')}"
        assert (said["coord_type"], said["mode"]) == ("bd09ll", "driving")


def test_any_other_app_is_told_wgs_84(apps):
    """RFC 5870 knows nothing else."""
    place, _, query = apps.geo.removeprefix("geo:").partition("?q=")
    assert place == f"{LAT:.6f},{LON:.6f}"
    assert query.startswith(f"{place}(")
    assert " " not in query
    assert "&" not in query


def test_who_goes_on_foot_is_led_on_foot():
    """The apps know no lights and sirens; everything else that they can lead, they are told."""
    walking, riding = (map_apps(LON, LAT, "", mode) for mode in ("foot", "ebike"))
    assert (asked(walking.amap.ios)["t"], asked(walking.baidu.ios)["mode"]) == ("2", "walking")
    assert (asked(riding.amap.ios)["t"], asked(riding.baidu.ios)["mode"]) == ("3", "riding")
