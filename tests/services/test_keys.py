"""Keys open what they were made for, at once and not after they were revoked."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest

from services.errors import KeyRingError, LedgerError
from services.jurisdictions import Jurisdictions, is_jurisdiction
from services.keys import (
    KeyRing,
    list_devices,
    list_keys,
    make_device,
    make_key,
    revoke_device,
    revoke_key,
)
from services.ledger.database import Ledger
from services.registry import Registration, Registry, register, unregister


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}")
    yield ledger
    ledger.close()


def test_a_key_opens_until_it_is_revoked(ledger):
    """The text that make_key returned is the only one that opens; revoking ends it."""
    new = make_key(ledger, "dispatch system", ["plan"], ["wanzhou"])
    ring = KeyRing.load(ledger)
    key = ring.key(new.text, time.time())
    assert key is not None
    assert (key.name, key.scopes) == ("dispatch system", {"plan"})
    assert ring.key(new.text[:-1] + ("A" if new.text[-1] != "A" else "B"), time.time()) is None
    assert ring.key(new.text + "x", time.time()) is None
    assert revoke_key(ledger, new.id)
    assert not revoke_key(ledger, new.id)
    assert KeyRing.load(ledger).key(new.text, time.time()) is None


def test_a_key_past_its_end_opens_nothing(ledger):
    """expires_at_s is the first moment at which the key no longer works."""
    new = make_key(ledger, "trial", expires_at_s=1_000.0)
    ring = KeyRing.load(ledger)
    assert ring.key(new.text, 999.9) is not None
    assert ring.key(new.text, 1_000.0) is None


def test_no_secret_is_in_the_database(ledger, tmp_path):
    """Whoever reads the database file cannot use any key or device."""
    key = make_key(ledger, "dispatch")
    device = make_device(ledger, "officer-7", "wanzhou")
    ledger.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for new in (key, device):
        secret = new.text.split("_", 2)[2]
        assert secret.encode() not in stored
        assert new.id.encode() in stored


@pytest.mark.parametrize(
    "text",
    ["", "fst", "fst__", "fst_abc", "dev_0_0", "' OR 1=1 --", "\ud800", "fst_\x00_x", "键" * 5000],
)
def test_nonsense_is_no_key_and_no_device(ledger, text):
    """Whatever is sent as a key, the answer is 'unknown', never an error."""
    make_key(ledger, "dispatch")
    ring = KeyRing.load(ledger)
    assert ring.key(text, 0.0) is None
    assert ring.device(text) is None


def test_a_device_secret_is_not_an_api_key(ledger):
    """A phone's secret opens /osmand and nothing else."""
    new = make_device(ledger, "officer-7", "wanzhou", "gcj02")
    ring = KeyRing.load(ledger)
    device = ring.device(new.text)
    assert (device.responder_id, device.jurisdiction, device.crs) == (
        "officer-7",
        "wanzhou",
        "gcj02",
    )
    assert ring.key(new.text, time.time()) is None
    assert revoke_device(ledger, new.id)
    assert KeyRing.load(ledger).device(new.text) is None
    assert [device.revoked_at_s is None for device in list_devices(ledger)] == [False]


def test_what_cannot_be_a_key_is_said(ledger):
    """Unknown scopes, impossible jurisdictions and empty names are refused with the remedy."""
    with pytest.raises(KeyRingError, match="alerts:write"):
        make_key(ledger, "x", ["route"])
    with pytest.raises(KeyRingError, match="not a jurisdiction"):
        make_key(ledger, "x", jurisdictions=["<script>"])
    with pytest.raises(KeyRingError, match="name"):
        make_key(ledger, "")
    with pytest.raises(KeyRingError, match="coordinate system"):
        make_device(ledger, "a", "wanzhou", "wgs72")
    assert list_keys(ledger) == []


def test_a_jurisdiction_holds_what_lies_below_it():
    """'500101' holds '500101/longbao' but not '5001012'; '*' holds all."""
    district = Jurisdictions(["500101"])
    assert district.hold("500101")
    assert district.hold("500101/longbao")
    assert not district.hold("5001012")
    assert not district.hold("500154")
    assert district.only == "500101"
    assert Jurisdictions(["*"]).hold("anything")
    assert Jurisdictions(["*"]).only is None
    assert Jurisdictions(["a", "b"]).only is None
    assert not Jurisdictions([]).hold("a")
    assert is_jurisdiction("万州/龙宝")
    for text in (
        "",
        "/",
        "a/",
        "/a",
        "a//b",
        "a b",
        "..",
        "a/../b",
        "*",
        "a\x00",
        "a\n",
        "x" * 200,
    ):
        assert not is_jurisdiction(text), text


def test_every_change_is_seen_by_the_next_look_of_another_process(ledger, tmp_path):
    """A second process on the same file sees each change by its revision."""
    other = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}")
    before = other.revisions()
    make_key(ledger, "dispatch")
    make_device(ledger, "a", "wanzhou")
    register(ledger, [Registration("wanzhou", "a", "officer", "police", ())])
    after = other.revisions()
    changed = {subject for subject in after if after[subject] != before[subject]}
    assert changed == {"keys", "devices", "responders"}
    other.close()


def test_the_registry_reads_only_what_changed(ledger):
    """Registering, replacing and removing arrive in order; other jurisdictions are others."""
    officer = Registration("wanzhou", "7", "officer", "police", ("first_aid",))
    namesake = Registration("kaizhou", "7", "rider", "ebike", ())
    register(ledger, [officer, namesake])
    first = Registry().updated(ledger)
    assert first.get("wanzhou", "7") == officer
    assert first.get("kaizhou", "7") == namesake
    assert first.updated(ledger) is first
    register(ledger, [Registration("wanzhou", "7", "auxiliary", "car", ())])
    unregister(ledger, namesake)
    second = first.updated(ledger)
    assert second.get("wanzhou", "7").kind == "auxiliary"
    assert second.get("kaizhou", "7") is None
    assert first.get("kaizhou", "7") == namesake
    assert len(Registry().updated(ledger)) == 1


def test_nobody_else_may_read_the_database(ledger, tmp_path):
    """The file and its log are for this user only."""
    make_key(ledger, "dispatch")
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_an_acknowledged_write_is_on_disk(ledger, tmp_path):
    """The journal is a write-ahead log and every commit is synced."""
    with ledger.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_failed_transaction_leaves_nothing(ledger):
    """What happens before the error in a transaction is undone with it."""
    before = ledger.revisions()

    def fail():
        with ledger.write() as connection:
            ledger.raise_revision(connection, "keys")
            raise ValueError("the process thought better of it")

    with pytest.raises(ValueError, match="better"):
        fail()
    assert ledger.revisions() == before


def test_a_database_that_cannot_be_opened_is_one_sentence(tmp_path):
    """A folder, a damaged file and a URL that is none end in a LedgerError."""
    damaged = tmp_path / "damaged.sqlite3"
    damaged.write_bytes(b"this is not a database" * 500)
    for url in (f"sqlite:///{tmp_path}", f"sqlite:///{damaged}", "nonsense", "sqlite://"):
        with pytest.raises(LedgerError):
            Ledger(url)


def test_a_writer_waits_for_another_writer(ledger, tmp_path):
    """While another process writes, ours waits instead of failing."""
    blocker = sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    thread = threading.Thread(target=make_key, args=(ledger, "waits"))
    thread.start()
    thread.join(0.2)
    assert thread.is_alive()
    blocker.execute("COMMIT")
    thread.join(5)
    assert not thread.is_alive()
    blocker.close()
    assert len(list_keys(ledger)) == 1
