"""Readers together, or one writer alone."""

import threading

import pytest

from dispatch.turnstile import Turnstile


def test_readers_go_in_together():
    """Two threads meet inside."""
    turnstile, meeting = Turnstile(), threading.Barrier(2, timeout=10)

    def read():
        with turnstile.reading():
            meeting.wait()

    other = threading.Thread(target=read)
    other.start()
    read()
    other.join()


def test_a_writer_waits_for_readers_and_new_readers_wait_for_the_writer():
    """The order in which they come out is the order of the rule, not of their arrival."""
    turnstile, order = Turnstile(), []
    waiting = threading.Event()

    def write():
        waiting.set()
        with turnstile.writing():
            order.append("written")

    def read():
        with turnstile.reading():
            order.append("read after")

    with turnstile.reading():
        writer = threading.Thread(target=write)
        writer.start()
        waiting.wait(10)
        while not turnstile._writers_waiting:
            pass
        reader = threading.Thread(target=read)
        reader.start()
        with turnstile.reading():  # who is inside may read again, though a writer waits
            order.append("read inside")
    writer.join(10)
    reader.join(10)
    assert order == ["read inside", "written", "read after"]


def test_who_reads_may_not_write():
    """It would wait for itself; afterwards it may."""
    turnstile = Turnstile()
    with turnstile.reading(), pytest.raises(RuntimeError, match="leave the block"):
        turnstile.writing().__enter__()
    with turnstile.writing():
        pass


def test_a_failure_inside_lets_the_others_in():
    """Readers and writers that raise leave the lock open."""
    turnstile = Turnstile()
    for door in (turnstile.reading, turnstile.writing):
        with pytest.raises(KeyError), door():
            raise KeyError("inside")
    with turnstile.writing():
        pass
