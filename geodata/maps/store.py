"""Compiled maps on disk: one folder of plain arrays, opened by mapping them into memory.

Layout of a map folder::

    manifest.json      format version, title, attribution, counts, for every array its file, dtype,
                       shape and checksum, and for every other file its checksum; written last
    network/*.npy      the arrays of :class:`geodata.network.RoadNetwork`
    modes/MODE/*.npy   the arrays of :class:`geodata.network.ModeLayer`, a folder a mode
    GROUP/*.npy        further arrays that belong to the map, such as the routing hierarchy's
    *.pmtiles          files that are no arrays, such as the base map's

Opening reads the manifest and maps the files; nothing is copied, and all processes on a machine
share the same pages. A folder is written beside its final place and then renamed, so that whoever
opens the map sees the old one or the new one, whole; processes that still have the old one open
keep their pages.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import numpy as np

from geodata.errors import MapFolderError
from geodata.network import ModeLayer, RoadNetwork

FORMAT_NAME = "forestall-map"
FORMAT_VERSION = 1
"""Raised whenever a folder written before can no longer be read as it was meant."""

MANIFEST = "manifest.json"
MANIFEST_LIMIT_BYTES = 4 * 1024 * 1024
"""A manifest is some ten kilobytes; what is far larger was not written by this program."""

COPY_BYTES = 16 * 1024 * 1024

SYNC_THREADS = 8
"""Files brought onto the disk at a time."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_FILE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}\.[a-z]{1,16}")
_NETWORK_GROUP = "network"
_MODES_GROUP = "modes"

ArrayGroups = Mapping[str, Mapping[str, np.ndarray]]
FileWriters = Mapping[str, Callable[[Path], None]]


@dataclass(frozen=True, slots=True)
class MapInfo:
    """What a map folder holds, from its manifest alone."""

    folder: Path
    format_version: int
    title: str
    attribution: str
    built_at: str
    """When it was written, ISO 8601 in UTC."""
    sources: tuple[str, ...]
    """Names of the files it was compiled from."""
    modes: tuple[str, ...]
    groups: tuple[str, ...]
    """Further groups of arrays beside the network and its modes."""
    files: tuple[str, ...]
    """Files that are no arrays."""
    node_count: int
    edge_count: int
    arc_count: int
    turn_count: int
    place_count: int
    road_length_km: float
    """Length of all edges, each counted once."""
    bounds: tuple[float, float, float, float]
    """West, south, east, north in degrees (WGS-84)."""
    size_bytes: int
    warnings: dict[str, int]
    """What was wrong with the source, and how often."""

    def items(self) -> Iterator[tuple[str, object]]:
        """Name and value of everything, in reading order, lists joined to texts."""
        for known in fields(self):
            value = getattr(self, known.name)
            if isinstance(value, tuple):
                value = ", ".join(str(part) for part in value)
            elif isinstance(value, dict):
                value = "; ".join(f"{text} ({count:,})" for text, count in value.items())
            yield known.name, value


def save_network(
    network: RoadNetwork,
    folder: Path,
    *,
    groups: ArrayGroups | None = None,
    files: FileWriters | None = None,
    sources: tuple[str, ...] = (),
    warnings: Mapping[str, int] | None = None,
) -> MapInfo:
    """Write a map folder and return what it holds; an older map in its place is replaced whole.

    ``groups`` are further arrays to keep with the map: group name -> array name -> array; ``files``
    are further files: name -> what writes it to a path.
    Raises MapFolderError if the place cannot be written, or holds something that is no map.
    """
    folder = Path(folder)
    groups = dict(groups or {})
    for name, arrays in groups.items():
        if name in (_NETWORK_GROUP, _MODES_GROUP):
            raise ValueError(f"the group name {name!r} is the map's own")
        for part in (name, *arrays):
            if not _NAME.fullmatch(part):
                raise ValueError(f"{part!r} cannot be the name of an array or a group of them")
    for name in files or {}:
        if not _FILE_NAME.fullmatch(name) or name == MANIFEST:
            raise ValueError(f"{name!r} cannot be the name of a file")
    layout: dict[str, Mapping[str, np.ndarray]] = {_NETWORK_GROUP: network.array_fields()}
    for mode, layer in network.modes.items():
        layout[f"{_MODES_GROUP}/{mode}"] = {f.name: getattr(layer, f.name) for f in fields(layer)}
    layout.update(groups)

    with _replacing(folder) as new_folder:
        listed = {
            f"{group}/{name}": _write_array(new_folder, group, name, array)
            for group, arrays in layout.items()
            for name, array in arrays.items()
        }
        written = {
            name: _have_written(new_folder / name, write) for name, write in (files or {}).items()
        }
        manifest = {
            "format": FORMAT_NAME,
            "format_version": FORMAT_VERSION,
            "title": network.title,
            "attribution": network.attribution,
            "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "sources": list(sources),
            "modes": list(network.modes),
            "groups": list(groups),
            "summary": _summary(network),
            "warnings": dict(warnings or {}),
            "arrays": listed,
            "files": written,
        }
        _sync_all(new_folder)
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        _write_durably(new_folder / MANIFEST, text.encode("utf-8"))
    return network_info(folder)


def open_network(folder: Path, verify: bool = False) -> RoadNetwork:
    """The network in a map folder, its arrays mapped read-only.

    With ``verify`` every array is read and held against its checksum, which takes as long as
    reading the files; without it only sizes and shapes are. Raises MapFolderError.
    """
    folder = Path(folder)
    manifest = _read_manifest(folder)
    network_arrays = _map_group(folder, manifest, _NETWORK_GROUP, verify)
    layer_fields = [known.name for known in fields(ModeLayer)]
    modes = {}
    for mode in manifest["modes"]:
        arrays = _map_group(folder, manifest, f"{_MODES_GROUP}/{mode}", verify)
        modes[mode] = ModeLayer(**_exactly(folder, arrays, layer_fields))
    no_arrays = ("modes", "title", "attribution")
    network_fields = [known.name for known in fields(RoadNetwork) if known.name not in no_arrays]
    return RoadNetwork(
        **_exactly(folder, network_arrays, network_fields),
        modes=modes,
        title=manifest["title"],
        attribution=manifest["attribution"],
    )


def open_group(folder: Path, group: str, verify: bool = False) -> dict[str, np.ndarray]:
    """A further group of arrays in a map folder, mapped read-only; raises MapFolderError if the
    map was compiled without it."""
    manifest = _read_manifest(Path(folder))
    if group not in manifest["groups"]:
        raise MapFolderError(
            f"The map in {folder} was compiled without its {group}. "
            "Compile it again with `forestall map build`."
        )
    return _map_group(Path(folder), manifest, group, verify)


def open_file(folder: Path, name: str, verify: bool = False) -> Path:
    """Path of a further file in a map folder, whose size was looked at; raises MapFolderError if
    the map was compiled without it."""
    folder = Path(folder)
    manifest = _read_manifest(folder)
    if name not in manifest["files"]:
        raise MapFolderError(
            f"The map in {folder} was compiled without its {name}. "
            "Compile it again with `forestall map build`."
        )
    return _check_file(folder, name, manifest["files"][name], verify)


def network_info(folder: Path, verify: bool = False) -> MapInfo:
    """What a map folder holds, from its manifest; with ``verify`` every file of it is read and
    held against its checksum. Raises MapFolderError."""
    folder = Path(folder)
    manifest = _read_manifest(folder)
    if verify:
        for key, entry in manifest["arrays"].items():
            _map_array(folder, key, entry, verify=True)
        for name, entry in manifest["files"].items():
            _check_file(folder, name, entry, verify=True)
    summary = manifest["summary"]
    try:
        return MapInfo(
            folder=folder,
            format_version=manifest["format_version"],
            title=manifest["title"],
            attribution=manifest["attribution"],
            built_at=manifest["built_at"],
            sources=tuple(manifest["sources"]),
            modes=tuple(manifest["modes"]),
            groups=tuple(manifest["groups"]),
            files=tuple(manifest["files"]),
            node_count=summary["node_count"],
            edge_count=summary["edge_count"],
            arc_count=summary["arc_count"],
            turn_count=summary["turn_count"],
            place_count=summary["place_count"],
            road_length_km=summary["road_length_km"],
            bounds=tuple(summary["bounds"]),
            size_bytes=sum(
                entry["bytes"] for kind in ("arrays", "files") for entry in manifest[kind].values()
            ),
            warnings=dict(manifest["warnings"]),
        )
    except (KeyError, TypeError) as error:
        raise _damaged(folder, f"its {MANIFEST} lacks {error}") from None


def is_map_folder(path: Path) -> bool:
    """Whether a compiled map seems to lie there; opening it may still find it damaged."""
    return (Path(path) / MANIFEST).is_file()


def _summary(network: RoadNetwork) -> dict[str, object]:
    return {
        "node_count": network.node_count,
        "edge_count": network.edge_count,
        "arc_count": network.arc_count,
        "turn_count": network.turn_count,
        "place_count": len(network.place_kind),
        "road_length_km": round(float(network.edge_length_m.sum(dtype=np.float64)) / 1000, 3),
        "bounds": [
            round(float(bound) / 1e7, 7)
            for bound in (
                network.point_lon_e7.min(),
                network.point_lat_e7.min(),
                network.point_lon_e7.max(),
                network.point_lat_e7.max(),
            )
        ],
    }


# --- writing ---------------------------------------------------------------------------------


def check_place(folder: Path) -> None:
    """Raises MapFolderError where a map could not be written to ``folder``: to be said before the
    minutes that compiling one takes."""
    _new_beside(Path(folder)).rmdir()


def _new_beside(folder: Path) -> Path:
    """A new empty folder on the same disk as ``folder``, where a map may stand."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists() and not is_map_folder(folder) and not _is_empty(folder):
            raise MapFolderError(
                f"{folder} exists and is no compiled map; name another folder or remove it."
            )
        return Path(tempfile.mkdtemp(prefix=f".{folder.name}.new-", dir=folder.parent))
    except OSError as error:
        raise MapFolderError(f"{folder} cannot be written: {error.strerror}.") from error


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A new empty folder that takes the place of ``folder`` if the block ends well."""
    new_folder = _new_beside(folder)
    try:
        os.chmod(new_folder, 0o755)
        yield new_folder
        _swap(new_folder, folder)
    except OSError as error:
        raise MapFolderError(f"{folder} cannot be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(new_folder, ignore_errors=True)


def _swap(new_folder: Path, folder: Path) -> None:
    """Put ``new_folder`` in the place of ``folder``. POSIX cannot rename over a folder that holds
    files, so the old one steps aside first; if the second step fails it steps back."""
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old-", dir=folder.parent))
    had_old = folder.exists()
    try:
        if had_old:
            os.rename(folder, old / "map")
        try:
            os.rename(new_folder, folder)
        except OSError:
            if had_old:
                os.rename(old / "map", folder)
            raise
        _sync(folder.parent)
    finally:
        if not had_old or folder.exists():
            shutil.rmtree(old, ignore_errors=True)


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _write_array(folder: Path, group: str, name: str, array: np.ndarray) -> dict[str, object]:
    """Write one array and return its line in the manifest."""
    path = folder / group / f"{name}.npy"
    path.parent.mkdir(parents=True, exist_ok=True)
    array = np.ascontiguousarray(array)
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
    return {
        "file": str(PurePosixPath(group) / f"{name}.npy"),
        "dtype": array.dtype.str,
        "shape": list(array.shape),
        "bytes": path.stat().st_size,
        "crc32": _crc32(path),
    }


def _have_written(path: Path, write: Callable[[Path], None]) -> dict[str, object]:
    """Have one file written and return its line in the manifest."""
    write(path)
    return {"bytes": path.stat().st_size, "crc32": _crc32(path)}


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _sync(path.parent)


def _sync_all(folder: Path) -> None:
    """Bring everything under a folder onto the disk; side by side, so that one commit of the
    file system's journal serves many files."""
    paths = [folder, *folder.rglob("*")]
    with ThreadPoolExecutor(SYNC_THREADS) as pool:
        list(pool.map(_sync, paths))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _crc32(path: Path) -> int:
    """CRC-32 of the whole file: against decay and truncation, not against forgery."""
    checksum = 0
    with path.open("rb") as file:
        while block := file.read(COPY_BYTES):
            checksum = zlib.crc32(block, checksum)
    return checksum


# --- reading ---------------------------------------------------------------------------------


def _damaged(folder: Path, what: str) -> MapFolderError:
    return MapFolderError(
        f"The map in {folder} is damaged: {what}. Compile it again with `forestall map build`."
    )


def _read_manifest(folder: Path) -> dict:
    path = folder / MANIFEST
    try:
        if path.stat().st_size > MANIFEST_LIMIT_BYTES:
            raise _damaged(folder, f"its {MANIFEST} is larger than any real one")
        manifest = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise MapFolderError(
            f"{folder} is no compiled map (it has no {MANIFEST}). "
            "Compile one with `forestall map build`."
        ) from None
    except OSError as error:
        raise MapFolderError(f"The map in {folder} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError):
        raise _damaged(folder, f"its {MANIFEST} is not readable") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT_NAME:
        raise MapFolderError(f"{folder} holds a {MANIFEST} that is not of a compiled map.")
    version = manifest.get("format_version")
    if version != FORMAT_VERSION:
        raise MapFolderError(
            f"The map in {folder} has format version {version}, this program reads version "
            f"{FORMAT_VERSION}. Compile it again with `forestall map build`."
        )
    manifest.setdefault("files", {})  # maps from before there were any
    shapes = {
        "title": str,
        "attribution": str,
        "files": dict,
        "modes": list,
        "groups": list,
        "arrays": dict,
    }
    shapes |= {"summary": dict, "warnings": dict, "sources": list}
    for key, kind in shapes.items():
        if not isinstance(manifest.get(key), kind):
            raise _damaged(folder, f"its {MANIFEST} lacks {key!r}")
    if not all(isinstance(name, str) for name in (*manifest["modes"], *manifest["groups"])):
        raise _damaged(folder, f"its {MANIFEST} names a mode or group that is no text")
    return manifest


def _check_file(folder: Path, name: str, entry: object, verify: bool) -> Path:
    """Path of a file that is as the manifest says."""
    if not _FILE_NAME.fullmatch(name) or not isinstance(entry, dict):
        raise _damaged(folder, f"its {MANIFEST} does not describe {name}")
    path, size_bytes = folder / name, entry.get("bytes")
    try:
        found_bytes = path.stat().st_size
        if found_bytes != size_bytes:
            raise _damaged(folder, f"{name} has {found_bytes} bytes instead of {size_bytes}")
        if verify and _crc32(path) != entry.get("crc32"):
            raise _damaged(folder, f"{name} does not match its checksum")
    except FileNotFoundError:
        raise _damaged(folder, f"{name} is missing") from None
    except OSError as error:
        raise MapFolderError(f"{path} cannot be read: {error.strerror or error}.") from error
    return path


def _map_group(folder: Path, manifest: dict, group: str, verify: bool) -> dict[str, np.ndarray]:
    prefix = f"{group}/"
    return {
        key.removeprefix(prefix): _map_array(folder, key, entry, verify)
        for key, entry in manifest["arrays"].items()
        if key.startswith(prefix) and "/" not in key.removeprefix(prefix)
    }


def _map_array(folder: Path, key: str, entry: dict, verify: bool) -> np.ndarray:
    try:
        relative, dtype = PurePosixPath(entry["file"]), np.dtype(entry["dtype"])
        shape, size_bytes, crc32 = tuple(entry["shape"]), entry["bytes"], entry["crc32"]
    except (KeyError, TypeError, ValueError):
        raise _damaged(folder, f"its {MANIFEST} does not describe {key}") from None
    if relative.is_absolute() or ".." in relative.parts:
        raise _damaged(folder, f"its {MANIFEST} points outside the folder")
    path = folder / relative
    try:
        found_bytes = path.stat().st_size
        if found_bytes != size_bytes:
            raise _damaged(folder, f"{relative} has {found_bytes} bytes instead of {size_bytes}")
        if verify and _crc32(path) != crc32:
            raise _damaged(folder, f"{relative} does not match its checksum")
        empty = 0 in shape  # an empty file section cannot be mapped
        array = np.load(path, mmap_mode=None if empty else "r", allow_pickle=False)
    except FileNotFoundError:
        raise _damaged(folder, f"{relative} is missing") from None
    except OSError as error:
        raise MapFolderError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, EOFError, SyntaxError):
        raise _damaged(folder, f"{relative} is not an array") from None
    if array.dtype != dtype or array.shape != shape:
        raise _damaged(folder, f"{relative} is not the array that its {MANIFEST} describes")
    plain = np.asarray(array)  # kernels are compiled for ndarray; the mapping stays underneath
    plain.flags.writeable = False
    return plain


def _exactly(folder: Path, arrays: dict[str, np.ndarray], names: list[str]) -> dict:
    missing = [name for name in names if name not in arrays]
    if missing:
        raise _damaged(folder, f"it lacks the array {missing[0]}")
    return {name: arrays[name] for name in names}
