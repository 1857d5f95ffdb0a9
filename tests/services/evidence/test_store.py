"""Files of evidence lie where they should, whatever breaks off on the way there."""

from __future__ import annotations

import os
import stat
import sys
from uuid import UUID

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import _registry

from services.errors import EvidenceStoreError, SettingsError
from services.evidence.store import EvidenceStore, place_of
from services.ids import new_id

FILM = b"film of a body camera " * 50_000


@pytest.fixture(params=["folder", "memory"])
def store(request, tmp_path):
    """In a folder, and in what stands for an object store: it knows no folders."""
    if request.param == "folder":
        yield EvidenceStore(str(tmp_path / "evidence"))
        return
    yield EvidenceStore("memory://bucket/evidence")
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


def put(store: EvidenceStore, data: bytes = FILM) -> str:
    """A whole file that the ledger does not have yet."""
    evidence_id = new_id()
    upload = store.begin(evidence_id)
    upload.write(data[:1000])
    upload.write(data[1000:])
    upload.finish()
    return evidence_id


def read(store: EvidenceStore, evidence_id: str) -> bytes:
    with store.open(evidence_id, place_of(evidence_id)) as file:
        return file.read()


def files(store: EvidenceStore) -> list[str]:
    """Every file below the root."""
    root = store._root
    return sorted(path.removeprefix(f"{root}/") for path in store.files.find(root))


def test_a_file_is_under_incoming_until_it_is_published_and_can_be_read_all_the_time(store):
    """Then it lies at its place, by the month of its id."""
    evidence_id = put(store)
    assert files(store) == [f"incoming/{evidence_id}"]
    assert read(store, evidence_id) == FILM
    store.publish(evidence_id)
    assert files(store) == [place_of(evidence_id)]
    assert read(store, evidence_id) == FILM


def test_publishing_twice_is_harmless(store):
    """Two processes may sweep at once."""
    evidence_id = put(store)
    store.publish(evidence_id)
    store.publish(evidence_id)
    assert files(store) == [place_of(evidence_id)]


def test_a_discarded_file_is_gone_and_discarding_it_again_is_harmless(store):
    """Nothing is left of what is not wanted."""
    evidence_id = put(store)
    store.discard(evidence_id)
    store.discard(evidence_id)
    assert files(store) == []
    with pytest.raises(EvidenceStoreError, match="no such file"):
        read(store, evidence_id)


def test_an_upload_that_stopped_half_way_is_discarded(store):
    """Stopped, it may have left a part of itself; discarded, nothing."""
    evidence_id = new_id()
    upload = store.begin(evidence_id)
    upload.write(FILM[:1000])
    upload.stop()
    store.discard(evidence_id)
    assert files(store) == []


def test_sweeping_finishes_what_the_ledger_has_and_removes_what_it_has_not(store):
    """Both are what a process leaves that dies between receiving and moving a file."""
    in_ledger, unknown = put(store), put(store)
    assert store.sweep(3600.0, lambda ids: ids) == (0, 0)
    assert store.sweep(-1.0, lambda ids: [one for one in ids if one == in_ledger]) == (1, 1)
    assert files(store) == [place_of(in_ledger)]
    assert read(store, in_ledger) == FILM
    assert not any(unknown in path for path in files(store))


def test_sweeping_touches_nothing_but_what_is_under_way(store):
    """A published file stays, though the ledger (restored from a copy, say) does not know it."""
    evidence_id = put(store)
    store.publish(evidence_id)
    assert store.sweep(-1.0, lambda ids: []) == (0, 0)
    assert read(store, evidence_id) == FILM


def test_the_place_of_a_file_is_the_month_of_its_id():
    """The id of 2022-02-22 19:22:22 UTC that RFC 9562 gives as its example."""
    example = str(UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"))
    assert place_of(example) == f"2022-02/{example}"


def test_nobody_else_on_the_machine_can_read_the_files(tmp_path):
    """Folders and files are their owner's alone."""
    store = EvidenceStore(str(tmp_path / "deep" / "evidence"))
    evidence_id = put(store)
    store.publish(evidence_id)
    for path in (tmp_path / "deep" / "evidence").rglob("*"):
        assert not stat.S_IMODE(os.stat(path).st_mode) & 0o077, path


def test_a_store_that_fails_is_one_kind_of_error(tmp_path):
    """Whatever is under it raises."""
    store = EvidenceStore(str(tmp_path / "evidence"))
    evidence_id = put(store)
    (tmp_path / "evidence").rename(tmp_path / "elsewhere")
    with pytest.raises(EvidenceStoreError):
        store.begin(new_id())
    with pytest.raises(EvidenceStoreError):
        store.publish(evidence_id)


def test_a_setting_that_cannot_work_ends_in_one_sentence(tmp_path, monkeypatch):
    """An unknown scheme, a package that is missing, a file in place of a folder."""
    with pytest.raises(SettingsError, match="evidence_url cannot be used: Protocol not known"):
        EvidenceStore("carrier-pigeon://loft/evidence")
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(_registry, "s3", raising=False)  # loaded by other tests
    with pytest.raises(SettingsError, match=r"pip install 'forestall\[s3\]'"):
        EvidenceStore("s3://bucket/evidence")
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"Evidence cannot be stored in .*file"):
        EvidenceStore(str(tmp_path / "file"))
