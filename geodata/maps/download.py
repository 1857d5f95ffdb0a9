"""Fetching places by name: the boundary and everything that the importer reads inside it.

OSMnx does the asking: it finds the boundary (Nominatim), divides large areas, waits where a server
asks for patience, and sends the queries (Overpass). The answers are taken as they arrive, before
OSMnx makes a graph of them, because a graph has lost what routes depend on: turn restrictions,
barriers, signals and most tags. They are written as an ordinary ``.osm.pbf`` file.
"""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import osmium
from osmium.osm.mutable import Node, Relation, Way

from geodata.errors import MapDownloadError

FETCHED_TAGS: dict[str, bool | str | list[str]] = {
    "highway": True,
    "route": ["ferry", "shuttle_train"],
    "type": "restriction",
    "amenity": "police",
    "railway": "platform",
    "public_transport": "platform",
    "man_made": "pier",
}
"""What is asked for, with all members and points: barriers, toll booths and signals come with the
roads they stand on."""

TIMEOUT_S = 180.0
"""Time that a server gets for one answer (OSMnx's own)."""

MAX_REFUSALS = 5
"""How often a server may say that it is busy before it is given up; OSMnx waits 55 s each time."""

_BUSY = (429, 504)

_SETTINGS_LOCK = threading.Lock()
"""OSMnx is configured by module variables, so one place is fetched at a time."""


def fetch_place(
    query: Sequence[str],
    folder: Path,
    overpass_url: str | None = None,
    nominatim_url: str | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Path:
    """Path of a new ``.osm.pbf`` file in `folder` with the roads of the places named.

    Beside it lies ``….boundary.geojson`` with one feature for each place, which is what the file
    was cut by. Addresses are base addresses such as ``https://overpass-api.de/api``; None means
    OSMnx's defaults. Files of the same name are replaced only when the new ones are whole.

    Raises :class:`geodata.errors.MapDownloadError` where a place is not found, is a point, or a
    server does not answer as it should.
    """
    names = [name.strip() for name in query if name.strip()]
    if not names:
        raise MapDownloadError("No place was named; name a city, district or county.")
    overpass_url = _checked_url(overpass_url, "Overpass", drop="/interpreter")
    nominatim_url = _checked_url(nominatim_url, "Nominatim", drop="/search")
    answers = _Answers()
    with _osmnx(answers, overpass_url, nominatim_url, timeout_s) as ox:
        boundaries = _boundaries(ox, names)
        with _one_sentence(ox.settings.overpass_url), suppress(InterruptedError):
            # in this mode OSMnx stops with that error once it has every answer
            ox.features_from_polygon(boundaries.geometry.union_all(), FETCHED_TAGS)
    elements = answers.elements
    if not any(kind == "way" for kind, _ in elements):
        raise MapDownloadError(
            f"The server {_host(overpass_url)} knows no road in {', '.join(names)}; "
            "check that it holds that part of the world."
        )
    path = folder / f"{_file_stem(names)}.osm.pbf"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_pbf(elements, path)
        _write_whole(path.with_name(f"{_file_stem(names)}.boundary.geojson"), boundaries.to_json())
    except (OSError, RuntimeError) as error:
        raise MapDownloadError(f"{path} cannot be written: {error}.") from None
    return path


class _Answers:
    """What the Overpass server answers, looked at as it arrives."""

    def __init__(self) -> None:
        self.elements: dict[tuple[str, int], dict[str, Any]] = {}
        """(type, OSM id) -> element, of all answers together."""
        self._refusals = 0

    def take(self, response: Any, *_args: Any, **_kwargs: Any) -> None:
        """Called by ``requests`` with every response. Raises MapDownloadError for one that is no
        whole answer, because OSMnx would go on with the others and leave a hole in the map."""
        host = _host(response.url)
        if response.status_code in _BUSY:
            self._refusals += 1
            if self._refusals > MAX_REFUSALS:
                raise MapDownloadError(
                    f"{host} is too busy; try again later, or give the address of another server."
                )
            return
        if response.request.method != "POST":
            return  # only Overpass is asked by POST
        if not response.ok:
            raise MapDownloadError(
                f"{host} answered with error {response.status_code}: {_plain(response.text)}."
            )
        answer = response.json()
        remark = str(answer.get("remark", ""))
        if "error" in remark.lower():
            raise MapDownloadError(
                f"{host} gave up: {_plain(remark)}; name a smaller place, or try again later."
            )
        for element in answer["elements"]:
            self.elements[(str(element["type"]), int(element["id"]))] = element


@contextmanager
def _osmnx(
    answers: _Answers, overpass_url: str | None, nominatim_url: str | None, timeout_s: float
) -> Iterator[Any]:
    """OSMnx, set up to hand over what servers answer, and set back afterwards."""
    import osmnx  # takes a second to import, and only this function needs it

    changes: dict[str, Any] = {
        "cache_only_mode": True,  # ask, but make nothing of the answers
        "use_cache": False,
        "requests_kwargs": {
            **osmnx.settings.requests_kwargs,
            "hooks": {"response": answers.take},
        },
        "requests_timeout": timeout_s,
        "doh_url_template": None,  # never ask a third party where a server is
        "http_user_agent": f"Forestall map download with OSMnx {osmnx.__version__}",
    }
    if overpass_url is not None:
        # A server of one's own need not tell when it has a free slot.
        changes |= {"overpass_url": overpass_url, "overpass_rate_limit": False}
    if nominatim_url is not None:
        changes |= {"nominatim_url": nominatim_url}
    with _SETTINGS_LOCK:
        before = {name: getattr(osmnx.settings, name) for name in changes}
        resolve = socket.getaddrinfo  # OSMnx replaces it to stay with one server
        try:
            for name, value in changes.items():
                setattr(osmnx.settings, name, value)
            yield osmnx
        finally:
            socket.getaddrinfo = resolve
            for name, value in before.items():
                setattr(osmnx.settings, name, value)


def _boundaries(ox: Any, names: list[str]) -> Any:
    """GeoDataFrame with the boundary of each place."""
    import pandas

    found = []
    for name in names:
        with _one_sentence(ox.settings.nominatim_url):
            try:
                found.append(ox.geocode_to_gdf(name))
            except TypeError:
                raise MapDownloadError(
                    f"{name!r} is known only as a point; name the district, county or city."
                ) from None
            except ValueError as error:
                if "0 results" not in str(error):
                    raise
                raise MapDownloadError(
                    f"No place called {name!r} was found; check the spelling, or add the "
                    "province and country."
                ) from None
    return pandas.concat(found, ignore_index=True)


@contextmanager
def _one_sentence(url: str) -> Iterator[None]:
    """Turns whatever goes wrong with a server into one sentence that names it."""
    import requests

    host = _host(url)
    try:
        yield
    except MapDownloadError:
        raise
    except requests.exceptions.JSONDecodeError:
        raise MapDownloadError(
            f"{host} did not answer as it should: no JSON; check that the address is right."
        ) from None
    except requests.exceptions.Timeout:
        raise MapDownloadError(
            f"{host} did not answer in time; try again later, or a smaller place."
        ) from None
    except requests.exceptions.RequestException:
        raise MapDownloadError(
            f"{host} cannot be reached; check the connection, or give the address of another "
            "server."
        ) from None
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise MapDownloadError(f"{host} did not answer as it should: {_plain(error)}.") from None


def _plain(message: object) -> str:
    """A server's words on one line, without markup."""
    words = " ".join(re.sub(r"<[^>]*>", " ", str(message)).split())
    return words[:200].rstrip(".") or "no reason given"


def _write_pbf(elements: dict[tuple[str, int], dict[str, Any]], path: Path) -> None:
    """The elements as a file in the usual order: nodes, ways, relations, each by id."""
    order = {"node": 0, "way": 1, "relation": 2}
    chosen = sorted((key for key in elements if key[0] in order), key=lambda k: (order[k[0]], k[1]))
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.osm.pbf")
    try:
        with osmium.SimpleWriter(str(unfinished), overwrite=True) as writer:
            for kind, osm_id in chosen:
                element = elements[(kind, osm_id)]
                try:
                    writer.add(_as_osm(kind, osm_id, element))
                except (KeyError, TypeError, ValueError, AttributeError):
                    raise MapDownloadError(
                        f"The server's answer holds a {kind} {osm_id} that cannot be understood."
                    ) from None
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _as_osm(kind: str, osm_id: int, element: dict[str, Any]) -> Node | Way | Relation:
    tags = {str(key): str(value) for key, value in element.get("tags", {}).items()}
    version = int(element.get("version", 1))
    if kind == "node":
        location = (float(element["lon"]), float(element["lat"]))
        return Node(id=osm_id, version=version, tags=tags, location=location)
    if kind == "way":
        nodes = [int(node) for node in element.get("nodes", [])]
        return Way(id=osm_id, version=version, tags=tags, nodes=nodes)
    members = [
        (str(member["type"])[:1], int(member["ref"]), str(member.get("role", "")))
        for member in element.get("members", [])
    ]
    return Relation(id=osm_id, version=version, tags=tags, members=members)


def _write_whole(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _checked_url(url: str | None, server: str, drop: str) -> str | None:
    """The base address without a trailing slash or the endpoint that OSMnx adds itself."""
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise MapDownloadError(
            f"The address of {server} must begin with http:// or https://, not {url!r}."
        )
    return url.rstrip("/").removesuffix(drop).rstrip("/")


def _host(url: str | None) -> str:
    return urlsplit(url).netloc if url else "overpass-api.de"


def _file_stem(names: list[str]) -> str:
    """The places' names as a file name on any system."""
    joined = "_".join(re.sub(r"[^\w.()-]+", "-", name).strip(".-") for name in names)
    # 200 bytes leave room for the endings (file names may have 255)
    return joined.encode()[:200].decode(errors="ignore") or "map"
