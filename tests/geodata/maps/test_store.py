"""Map folders: what is written comes back, whole or not at all."""

import json
import os
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from geodata.errors import MapFolderError
from geodata.maps.store import (
    MANIFEST,
    is_map_folder,
    network_info,
    open_file,
    open_group,
    open_network,
    save_network,
)
from geodata.network import ModeLayer, RoadNetwork
from tests.towns import town


@pytest.fixture(scope="module")
def network() -> RoadNetwork:
    return town(
        """
        A----B----C
             |
             D
        """,
        ["A-B name=北滨大道", "B-C", "B-D service access=private"],
        points={"B": "highway=traffic_signals"},
        rules=["no_right_turn: A-B > B > B-D"],
        title="三岔口",
    ).network


@pytest.fixture
def folder(tmp_path, network) -> Path:
    save_network(network, tmp_path / "map", sources=("town.osm",), warnings={"a gap": 3})
    return tmp_path / "map"


def test_a_saved_network_opens_as_it_was(network, folder):
    """Every array, every layer and every text comes back the same."""
    opened = open_network(folder, verify=True)
    for name, array in network.array_fields().items():
        found = getattr(opened, name)
        assert found.dtype == array.dtype
        assert np.array_equal(found, array), name
    assert list(opened.modes) == list(network.modes)
    for mode, layer in network.modes.items():
        for known in fields(ModeLayer):
            assert np.array_equal(
                getattr(opened.modes[mode], known.name), getattr(layer, known.name)
            ), known.name
    assert (opened.title, opened.attribution) == (network.title, network.attribution)


def test_opened_arrays_are_mapped_and_read_only(folder):
    """Nothing is copied into the process, and nobody can write to what all share."""
    opened = open_network(folder)
    array = opened.arc_head
    assert type(array) is np.ndarray
    assert isinstance(array.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_the_manifest_says_what_the_map_holds(network, folder):
    """Counts, extent, sources and warnings are known without opening an array."""
    info = network_info(folder)
    assert (info.node_count, info.edge_count) == (network.node_count, network.edge_count)
    assert info.title == "三岔口"
    assert info.modes == ("police", "car", "ebike", "foot")
    assert info.sources == ("town.osm",)
    assert info.warnings == {"a gap": 3}
    assert info.road_length_km == pytest.approx(0.28, rel=1e-3)
    west, south, east, north = info.bounds
    assert west < east
    assert south < north
    assert dict(info.items())["warnings"] == "a gap (3)"


def test_further_arrays_are_kept_with_the_map(network, tmp_path):
    """Other modules keep groups of arrays in the folder and map them back."""
    rank = np.arange(7, dtype=np.int32)
    nothing = np.empty(0, np.float64)
    save_network(network, tmp_path / "map", groups={"order": {"rank": rank, "nothing": nothing}})
    group = open_group(tmp_path / "map", "order", verify=True)
    assert set(group) == {"rank", "nothing"}
    assert np.array_equal(group["rank"], rank)
    assert group["nothing"].shape == (0,)
    with pytest.raises(MapFolderError, match="without its shortcuts"):
        open_group(tmp_path / "map", "shortcuts")


def test_an_older_map_is_replaced_whole(network, folder):
    """After saving again the folder holds the new map and no file of the old one."""
    old = open_network(folder)
    other = town("A----B", ["A-B"], title="second").network
    save_network(other, folder, groups={"extra": {"a": np.zeros(3)}})
    save_network(other, folder)
    assert network_info(folder).title == "second"
    assert not (folder / "extra").exists()
    assert old.node_count == network.node_count  # still mapped, though its files are gone
    assert np.array_equal(old.arc_head, network.arc_head)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["map"]


def test_a_failed_save_leaves_the_older_map_alone(network, folder, monkeypatch):
    """When the disk is full half-way, the map in place is the old one, and no litter stays."""
    saved = np.save

    def fail_late(file, array, **options):
        if file.name.endswith("turn_cost.npy"):
            raise OSError(28, "No space left on device")
        saved(file, array, **options)

    monkeypatch.setattr(np, "save", fail_late)
    with pytest.raises(MapFolderError, match="No space left"):
        save_network(network, folder)
    monkeypatch.undo()
    assert network_info(folder, verify=True).title == network.title
    assert sorted(path.name for path in folder.parent.iterdir()) == ["map"]


def test_a_failed_swap_puts_the_older_map_back(network, folder, monkeypatch):
    """If the new folder cannot take its place, the old one steps back into it."""
    rename = os.rename

    def fail_second(source, target):
        if Path(target) == folder and ".new-" in str(source):
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail_second)
    with pytest.raises(MapFolderError, match="Input/output"):
        save_network(network, folder)
    monkeypatch.undo()
    assert network_info(folder, verify=True).title == network.title


def test_a_folder_of_something_else_is_not_overwritten(network, tmp_path):
    """A slip of the hand does not cost a user's folder."""
    place = tmp_path / "thesis"
    place.mkdir()
    (place / "chapter1.tex").write_text("...")
    with pytest.raises(MapFolderError, match="no compiled map"):
        save_network(network, place)
    assert (place / "chapter1.tex").exists()


def test_an_empty_folder_may_become_a_map(network, tmp_path):
    """A folder made beforehand is fine."""
    (tmp_path / "map").mkdir()
    save_network(network, tmp_path / "map")
    assert is_map_folder(tmp_path / "map")


def test_a_group_cannot_leave_the_folder(network, tmp_path):
    """Names of groups and arrays are names, not paths."""
    for groups in ({"../x": {"a": np.zeros(1)}}, {"x": {"a/b": np.zeros(1)}}, {"network": {}}):
        with pytest.raises(ValueError, match="name"):
            save_network(network, tmp_path / "map", groups=groups)
    assert not (tmp_path / "map").exists()


# --- damage ----------------------------------------------------------------------------------


def change_manifest(folder: Path, change) -> None:
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")


def test_a_folder_without_a_manifest_is_no_map(tmp_path):
    """The sentence names the command that makes one."""
    for place in (tmp_path, tmp_path / "absent"):
        with pytest.raises(MapFolderError, match="forestall map build"):
            open_network(place)
    assert not is_map_folder(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"format": "other"}', "[" * 100_000, "\x00\xff"]
)
def test_an_unreadable_manifest_is_reported(folder, text):
    """Whatever the manifest holds, the answer is a sentence."""
    (folder / MANIFEST).write_text(text, "latin-1")
    with pytest.raises(MapFolderError):
        open_network(folder)


def test_another_version_asks_to_compile_again(folder):
    """Formats are not guessed at."""
    change_manifest(folder, lambda manifest: manifest.update(format_version=999))
    with pytest.raises(MapFolderError, match=r"version 999.*Compile it again"):
        open_network(folder)


@pytest.mark.parametrize(
    "key", ["title", "modes", "groups", "arrays", "summary", "warnings", "sources"]
)
def test_a_manifest_with_a_gap_is_reported(folder, key):
    """What is missing is named."""
    change_manifest(folder, lambda manifest: manifest.pop(key))
    with pytest.raises(MapFolderError, match=key):
        open_network(folder)


def test_a_missing_file_is_named(folder):
    """The file that is gone is in the sentence."""
    (folder / "network" / "arc_head.npy").unlink()
    with pytest.raises(MapFolderError, match=r"arc_head\.npy is missing"):
        open_network(folder)


def test_a_truncated_file_is_found_at_once(folder):
    """Sizes are compared on every opening."""
    path = folder / "network" / "arc_head.npy"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(MapFolderError, match=r"arc_head\.npy has \d+ bytes instead of \d+"):
        open_network(folder)


def test_a_flipped_bit_is_found_by_verifying(folder):
    """Checksums catch what sizes cannot."""
    path = folder / "modes" / "car" / "travel_time_ms.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    open_network(folder)
    with pytest.raises(MapFolderError, match="checksum"):
        open_network(folder, verify=True)
    with pytest.raises(MapFolderError, match="checksum"):
        network_info(folder, verify=True)


def test_a_file_that_is_no_array_is_reported(folder):
    """A file of the right size with other content does not pass."""
    path = folder / "network" / "arc_head.npy"
    path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(MapFolderError, match="is not an array"):
        open_network(folder)


def test_an_array_of_another_type_is_reported(folder):
    """Shapes and types must be those of the manifest."""
    change_manifest(
        folder, lambda manifest: manifest["arrays"]["network/arc_head"].update(dtype="<f4")
    )
    with pytest.raises(MapFolderError, match="not the array"):
        open_network(folder)


def test_a_manifest_cannot_point_outside_its_folder(folder):
    """A forged manifest opens no other file."""
    change_manifest(
        folder,
        lambda manifest: manifest["arrays"]["network/arc_head"].update(file="../../secret.npy"),
    )
    with pytest.raises(MapFolderError, match="outside"):
        open_network(folder)


def test_a_pickled_array_is_not_loaded(folder):
    """Arrays of Python objects could run code; they are refused."""
    path = folder / "network" / "arc_head.npy"
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    change_manifest(
        folder,
        lambda manifest: manifest["arrays"]["network/arc_head"].update(bytes=path.stat().st_size),
    )
    with pytest.raises(MapFolderError):
        open_network(folder)


def test_a_map_that_lacks_an_array_is_reported(folder):
    """A manifest without an array that the network needs is damage, not a crash."""
    change_manifest(folder, lambda manifest: manifest["arrays"].pop("network/arc_head"))
    with pytest.raises(MapFolderError, match="lacks the array arc_head"):
        open_network(folder)


# --- files that are no arrays ----------------------------------------------------------------


@pytest.fixture
def folder_with_file(tmp_path, network) -> Path:
    files = {"drawing.txt": lambda path: path.write_bytes(b"a drawing")}
    save_network(network, tmp_path / "map", files=files)
    return tmp_path / "map"


def test_a_further_file_is_kept_with_the_map(folder_with_file):
    """Other modules keep files in the folder, and the map's size counts them."""
    path = open_file(folder_with_file, "drawing.txt", verify=True)
    assert path.read_bytes() == b"a drawing"
    info = network_info(folder_with_file, verify=True)
    assert info.files == ("drawing.txt",)
    arrays = sum(path.stat().st_size for path in folder_with_file.rglob("*.npy"))
    assert info.size_bytes == arrays + len(b"a drawing")


def test_a_map_without_the_file_says_what_to_do(folder_with_file, folder):
    """Maps of before are whole, and lack it."""
    with pytest.raises(MapFolderError, match=r"without its other\.txt.*Compile it again"):
        open_file(folder_with_file, "other.txt")
    change_manifest(folder, lambda manifest: manifest.pop("files"))
    assert network_info(folder, verify=True).files == ()
    open_network(folder, verify=True)


def test_a_damaged_file_is_found(folder_with_file):
    """Its size at once, its content by verifying, its absence too."""
    path = folder_with_file / "drawing.txt"
    path.write_bytes(b"A drawing")
    open_file(folder_with_file, "drawing.txt")
    with pytest.raises(MapFolderError, match="checksum"):
        network_info(folder_with_file, verify=True)
    path.write_bytes(b"a draw")
    with pytest.raises(MapFolderError, match="6 bytes instead of 9"):
        open_file(folder_with_file, "drawing.txt")
    path.unlink()
    with pytest.raises(MapFolderError, match=r"drawing\.txt is missing"):
        open_file(folder_with_file, "drawing.txt")


@pytest.mark.parametrize("name", ["../secret.txt", "manifest.json", "no-ending", "a/b.txt", ""])
def test_a_file_has_a_plain_name_of_its_own(network, folder_with_file, name):
    """Neither when it is written nor where a manifest was forged."""
    with pytest.raises(ValueError, match="name"):
        save_network(network, folder_with_file, files={name: lambda path: None})
    forged = {"../secret.txt": {"bytes": 1, "crc32": 0}}
    change_manifest(folder_with_file, lambda manifest: manifest.update(files=forged))
    with pytest.raises(MapFolderError, match="does not describe"):
        open_file(folder_with_file, "../secret.txt")
