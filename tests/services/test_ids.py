"""Ids are UUIDs of version 7, in the order in which they were made."""

from __future__ import annotations

import multiprocessing
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from services.ids import COUNTER_BITS, IdSource, new_id


def test_an_id_is_a_uuid_of_version_7_that_tells_when_it_was_made():
    """RFC 9562: 48 bits of milliseconds, version 7, variant 10."""
    before_ms = time.time_ns() // 1_000_000
    made = uuid.UUID(new_id())
    after_ms = time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert before_ms <= made.int >> 80 <= after_ms
    assert str(made) == str(made).lower()


def test_ids_rise_in_one_millisecond_and_when_the_clock_is_set_back():
    """The text of an id made later is larger, whatever the clock says."""
    source = IdSource()
    moments_ms = [5, 5, 5, 6, 3, 3, 6, 7]
    made = [source.new_id(at_ms) for at_ms in moments_ms]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_a_counter_that_is_used_up_goes_on_in_the_next_millisecond():
    """No id is ever made twice, not even by the clock standing still for ever."""
    source = IdSource()
    first = uuid.UUID(source.new_id(1_000))
    source._counter = (1 << COUNTER_BITS) - 1
    after = uuid.UUID(source.new_id(1_000))
    assert first.int >> 80 == 1_000
    assert after.int >> 80 == 1_001
    assert source.new_id(1_000) > str(after)


def test_ids_of_threads_are_all_different():
    """Eight threads, one source."""
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: [new_id() for _ in range(2_000)], range(8)))
    assert len({one for batch in made for one in batch}) == 16_000
    assert all(batch == sorted(batch) for batch in made)


def _some_ids(count: int) -> list[str]:
    return [new_id() for _ in range(count)]


def test_a_forked_process_does_not_go_on_counting_where_its_parent_does():
    """The bits that are counted differ between parent and child, not only the random tail."""
    new_id()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        made = [*pool.map(_some_ids, [1_000, 1_000]), _some_ids(1_000)]
    counted = [one.rsplit("-", 1)[0] + one[24:28] for batch in made for one in batch]
    assert len(set(counted)) == 3_000
