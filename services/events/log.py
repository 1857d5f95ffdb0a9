"""The newest events in memory, shared by all readers of one process.

One reader follows the stream in the ledger; everybody else reads here. However many clients listen,
the ledger is asked once. Who wants older events than are kept here reads the ledger instead
(:func:`services.events.reading.read_after`).
"""

from __future__ import annotations

import logging
import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.events.cloud_events import PlacedEvent
from services.events.reading import ALL, Page, Wanted, read_after, read_newest
from services.ledger.database import Ledger

log = logging.getLogger("forestall")

KEPT_EVENTS = 20_000
KEPT_CHARACTERS = 24 * 1024 * 1024
"""Of data, at most, in memory; the same again is taken by what is sent."""
KEPT_AT_START = 2_000
"""Events that are read at the start, for clients that come back after a restart."""
BATCH_LIMIT = 1_000
"""Events read from the ledger at once."""

Follower = Callable[[Sequence[PlacedEvent]], None]


@dataclass(frozen=True, slots=True)
class _Recent:
    """Consecutive events, oldest first."""

    events: tuple[PlacedEvent, ...] = ()
    after: int = 0
    """Position before the first one."""
    characters: int = 0


class EventLog:
    """What has happened lately. Any thread may read; one at a time refreshes."""

    def __init__(self, ledger: Ledger, kept_events: int = KEPT_EVENTS) -> None:
        self._ledger = ledger
        self._kept_events = kept_events
        self._lock = threading.Lock()
        self._recent = _Recent()
        self._followers: list[Follower] = []

    @property
    def position(self) -> int:
        """Of the newest event known here; 0 when there is none."""
        recent = self._recent
        return recent.events[-1].position if recent.events else recent.after

    def start(self) -> None:
        """Read the newest events. Nothing is followed before."""
        with self._lock:
            events = tuple(read_newest(self._ledger, min(KEPT_AT_START, self._kept_events)))
            after = events[0].position - 1 if events else 0
            self._recent = self._trimmed(_Recent(events, after, _characters(events)))

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Have every event after the present :attr:`position` told, in order, each once.

        The follower is called in the thread that refreshes, so it must be quick; what it raises is
        logged and stops nobody. Returns a function that ends it.
        """
        with self._lock:
            self._followers.append(follower)

        def stop() -> None:
            with self._lock:
                if follower in self._followers:
                    self._followers.remove(follower)

        return stop

    def refresh(self) -> int:
        """How many events came since the last time; they are here, and followers know them."""
        added = 0
        with self._lock:
            while True:
                page = read_after(self._ledger, self.position, ALL, BATCH_LIMIT)
                if page.events:
                    new = tuple(page.events)
                    self._recent = self._trimmed(
                        _Recent(
                            self._recent.events + new,
                            self._recent.after,
                            self._recent.characters + _characters(new),
                        )
                    )
                    added += len(new)
                    self._tell(new)
                if not page.more:
                    return added

    def after(
        self, position: int, wanted: Wanted = ALL, limit: int = 100, end: int | None = None
    ) -> Page | None:
        """The next events after a position, oldest first: at most ``limit``, none after ``end``.
        None where older ones are wanted than are kept here."""
        recent = self._recent
        if position < recent.after:
            return None
        events = recent.events
        newest = events[-1].position if events else recent.after
        end = newest if end is None else min(end, newest)
        found: list[PlacedEvent] = []
        for index in range(bisect_right(events, position, key=_position), len(events)):
            event = events[index]
            if event.position > end:
                break
            if wanted.takes(event):
                found.append(event)
                if len(found) == limit:
                    return Page(found, event.position, event.position < end)
        return Page(found, max(position, end), False)

    def _tell(self, new: tuple[PlacedEvent, ...]) -> None:
        for follower in tuple(self._followers):
            try:
                follower(new)
            except Exception:  # the stream goes on for everybody else
                log.exception("a follower of the events failed")

    def _trimmed(self, recent: _Recent) -> _Recent:
        """Without the oldest, where there is too much: a tenth more goes than must, so that this
        is not done for every event."""
        events, characters = recent.events, recent.characters
        if len(events) <= self._kept_events and characters <= KEPT_CHARACTERS:
            return recent
        first = max(0, len(events) - max(1, self._kept_events * 9 // 10))
        characters -= _characters(events[:first])
        while characters > KEPT_CHARACTERS * 9 // 10 and first < len(events) - 1:
            characters -= len(events[first].data)
            first += 1
        return _Recent(events[first:], events[first].position - 1, characters)


def _characters(events: Sequence[PlacedEvent]) -> int:
    return sum(len(event.data) for event in events)


def _position(event: PlacedEvent) -> int:
    return event.position
