"""Redis as the bus: what one process accepts, every process sees.

The guarantee first: an acknowledged batch is in the accepting process's live picture whole, and it
reaches Redis whole (one transaction: hash and stream) or, while Redis is absent, is kept here and
sent whole when Redis is back. What Redis itself loses comes back from the processes' pictures, and
in any case with the next fixes.

# RULE 1: a process that starts, or that finds Redis without its data, reads where the stream ends,
          takes over the hash, then follows the stream from there.
# RULE 2: Redis holds a random word, the *generation*. Where it is missing, Redis was flushed or
          restarted: whoever sets the new one writes its whole picture into the hash.
# RULE 3: a reader that was away so long that the stream was cut behind it takes over the hash.
# RULE 4: what is older than it may be kept is deleted from the hash, and cut from the stream.
"""

from __future__ import annotations

import contextlib
import logging
import math
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from dispatch.live_picture import LivePicture
from dispatch.picture_view import Key
from services.errors import RedisServerError, SharedFixesError
from services.metrics import Metrics
from services.positions.codec import (
    field_of,
    pack_batch,
    pack_fixes,
    rows_of,
    time_of_fix,
    unpack_batch,
    unpack_fixes,
)
from services.positions.effective import fixes_of
from services.redis_keys import RedisKeys
from services.redis_server import EmbeddedRedis

log = logging.getLogger("forestall")

OLDEST_REDIS = (6, 2)
BLOCK_MS = 500
"""How long one look at an idle stream waits; also how soon a stop is noticed."""
BATCHES_PER_READ = 64
HOUSEKEEPING_EVERY_S = 1.0
SWEEP_EVERY_S = 30.0
RECONNECT_AFTER_S = (0.1, 0.2, 0.5, 1.0, 2.0)
HASH_FIELDS_PER_READ = 2_000
FIXES_PER_WRITE = 2_000
STREAM_KEPT_S = 120.0
"""A process that was away for longer takes over the hash instead."""

# Deletes fields whose value is still the one that was judged too old, and no newer one.
_DELETE_UNCHANGED = """
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then
    redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
"""


class SharedFixes:
    """One process's end of the bus. `share` may be called from any thread."""

    def __init__(
        self,
        picture: LivePicture,
        keys: RedisKeys,
        metrics: Metrics,
        *,
        url: str | None = None,
        embedded: EmbeddedRedis | None = None,
        timeout_s: float = 1.0,
        stream_batches: int = 1024,
        kept_s: float = 3600.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if (url is None) == (embedded is None):
            raise ValueError("give the URL of a Redis, or one of our own")
        self._picture = picture
        self._keys = keys
        self._metrics = metrics
        self._url = url
        self._embedded = embedded
        self._timeout_s = timeout_s
        self._stream_batches = stream_batches
        self._kept_s = kept_s
        self._clock = clock
        self._origin = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._writer: redis.Redis | None = None
        self._reader_id: int | None = None
        self._up = False
        self._unshared: set[Key] = set()
        self._generation: bytes | None = None
        self._last_id = b"0-0"
        self._stopping = threading.Event()
        self._first_try = threading.Event()
        self._thread: threading.Thread | None = None
        self.problem = "not started"
        """Why Redis is not up, in one sentence; empty while it is."""

    @property
    def up(self) -> bool:
        """Whether what is accepted is shared at once."""
        return self._up

    @property
    def unshared_count(self) -> int:
        """Responders whose last fix has not reached Redis yet."""
        return len(self._unshared)

    def start(self, wait_s: float = 5.0) -> None:
        """Begin to follow the stream; returns when Redis was reached, or was found absent."""
        self._thread = threading.Thread(target=self._follow, name="forestall-mirror", daemon=True)
        self._thread.start()
        self._first_try.wait(wait_s)

    def stop(self) -> None:
        """Stop following, and forget the connections."""
        self._stopping.set()
        with self._lock, contextlib.suppress(redis.RedisError, OSError):
            if self._writer is not None and self._reader_id is not None:
                self._writer.client_unblock(self._reader_id)
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            self._down("stopped")

    def share(self, keys: Iterable[Key]) -> bool:
        """Whether the last fixes of these responders are in Redis now, all in one transaction; if
        not, they are sent as soon as it is back."""
        named = list(dict.fromkeys(keys))
        if not named:
            return self._up
        with self._lock:
            if self._up and self._writer is not None:
                try:
                    self._write(self._writer, named)
                except (redis.RedisError, OSError) as error:
                    self._down(_sentence(error))
                else:
                    return True
            self._unshared.update(named)
            self._metrics.unshared_fixes.set(len(self._unshared))
            return False

    def share_removal(self, jurisdiction: str, responder_id: str) -> bool:
        """Whether Redis and, through it, the other processes have been told to forget somebody."""
        name = field_of(jurisdiction, responder_id)
        with self._lock:
            self._unshared.discard((jurisdiction, responder_id))
            if not self._up or self._writer is None:
                return False
            try:
                with self._writer.pipeline(transaction=True) as pipe:
                    pipe.hdel(self._keys.fixes, name)
                    pipe.xadd(self._keys.batches, {"gone": name, "origin": self._origin})
                    pipe.execute()
            except (redis.RedisError, OSError) as error:
                self._down(_sentence(error))
                return False
            return True

    # --- writing; the lock is held ---

    def _write(self, client: redis.Redis, keys: list[Key]) -> None:
        """Send what the picture knows of these responders; who is in it no more is left out."""
        fixes = fixes_of(self._picture.named(keys, self._clock()))
        if not len(fixes):
            return
        with client.pipeline(transaction=True) as pipe:
            pipe.hset(self._keys.fixes, mapping=pack_fixes(fixes))
            pipe.xadd(
                self._keys.batches,
                {"batch": pack_batch(fixes, self._origin, self._clock())},
                maxlen=self._stream_batches,
                approximate=True,
            )
            pipe.execute()

    def _down(self, problem: str) -> None:
        if self._up and not self._stopping.is_set():
            log.warning("Redis is absent, positions are not shared: %s", problem)
        self._up = False
        self.problem = problem
        self._metrics.redis_up.set(0)
        if self._writer is not None:
            self._writer.close()
        self._writer = self._reader_id = None

    def _send_unshared(self, client: redis.Redis) -> None:
        waiting = list(self._unshared)
        for first in range(0, len(waiting), FIXES_PER_WRITE):
            self._write(client, waiting[first : first + FIXES_PER_WRITE])
        self._unshared.clear()
        self._metrics.unshared_fixes.set(0)

    # --- following; runs in a thread of its own ---

    def _follow(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                with contextlib.closing(self._connect()) as reader:
                    failures = 0
                    self._first_try.set()
                    self._read_until_stopped(reader)
            except (redis.RedisError, OSError, SharedFixesError, RedisServerError) as error:
                with self._lock:
                    self._down(_sentence(error))
            except Exception as error:
                # The thread must not die with a defect: say it and go on from a fresh start.
                log.exception("following the stream of positions failed")
                self._generation = None
                with self._lock:
                    self._down(type(error).__name__)
            self._first_try.set()
            pause_s = RECONNECT_AFTER_S[min(failures, len(RECONNECT_AFTER_S) - 1)]
            failures += 1
            self._stopping.wait(pause_s)

    def _connect(self) -> redis.Redis:
        """The connection to follow by, when all that was missed is taken over and sent."""
        if self._embedded is not None:
            self._embedded.start()  # does nothing while it is alive
        url = self._embedded.url if self._embedded is not None else self._url
        assert url is not None
        reader = self._client(url, self._timeout_s + BLOCK_MS / 1000)
        try:
            _check_version(reader)
            if not self._take_generation(reader):
                self._catch_up(reader)
            reader_id = reader.client_id()
            writer = self._client(url, self._timeout_s)
            with self._lock:
                self._send_unshared(writer)
                self._writer, self._reader_id = writer, reader_id
                self._up = True
                self.problem = ""
                self._metrics.redis_up.set(1)
        except BaseException:
            reader.close()
            raise
        return reader

    def _client(self, url: str, timeout_s: float) -> redis.Redis:
        return redis.Redis.from_url(
            url,
            socket_timeout=timeout_s,
            socket_connect_timeout=self._timeout_s,
            retry=Retry(NoBackoff(), 0),
            decode_responses=False,
            single_connection_client=True,
        )

    def _take_generation(self, reader: redis.Redis) -> bool:
        """RULES 1 and 2; whether everything was taken over afresh."""
        word = secrets.token_hex(8).encode()
        is_ours = bool(reader.set(self._keys.generation, word, nx=True))
        generation = word if is_ours else reader.get(self._keys.generation)
        if generation is None or generation == self._generation:
            return False
        self._last_id = _end_of_stream(reader, self._keys.batches)
        self._take_over_hash(reader)
        if is_ours:
            everybody = fixes_of(self._picture.everybody(self._clock()))
            for first in range(0, len(everybody), FIXES_PER_WRITE):
                part = np.arange(first, min(first + FIXES_PER_WRITE, len(everybody)))
                reader.hset(self._keys.fixes, mapping=pack_fixes(rows_of(everybody, part)))
        self._generation = generation
        return True

    def _take_over_hash(self, reader: redis.Redis) -> None:
        cursor, unreadable = 0, 0
        while True:
            cursor, pairs = reader.hscan(self._keys.fixes, cursor, count=HASH_FIELDS_PER_READ)
            batch, bad = unpack_fixes(pairs.items())
            unreadable += bad
            if len(batch):
                self._picture.apply(batch, self._clock())
            if cursor == 0:
                break
        if unreadable:
            log.warning("%d last fixes in Redis cannot be read and were passed over", unreadable)

    def _catch_up(self, reader: redis.Redis) -> None:
        """RULE 3."""
        oldest = reader.xrange(self._keys.batches, count=1)
        if oldest and _id_order(oldest[0][0]) > _id_order(self._last_id):
            self._last_id = _end_of_stream(reader, self._keys.batches)
            self._take_over_hash(reader)

    def _read_until_stopped(self, reader: redis.Redis) -> None:
        next_house_s = 0.0
        while not self._stopping.is_set() and self._up:
            answer = reader.xread(
                {self._keys.batches: self._last_id}, count=BATCHES_PER_READ, block=BLOCK_MS
            )
            entries = _entries_of(answer)
            for entry_id, entry in entries:
                self._last_id = entry_id
                self._take_entry(entry)
            now_s = self._clock()
            if now_s >= next_house_s:
                next_house_s = now_s + HOUSEKEEPING_EVERY_S
                self._keep_house(reader)
            if len(entries) == BATCHES_PER_READ:
                self._catch_up(reader)

    def _take_entry(self, entry: dict[bytes, bytes]) -> None:
        if b"gone" in entry:
            if entry.get(b"origin") != self._origin.encode():
                jurisdiction, _, responder_id = entry[b"gone"].decode("utf-8").partition(":")
                self._picture.remove([(jurisdiction, responder_id)])
            return
        try:
            shared = unpack_batch(entry[b"batch"])
        except (SharedFixesError, KeyError) as error:
            log.warning("A batch in Redis was passed over: %s", error)
            return
        if shared.origin == self._origin:
            return
        self._picture.apply(shared.fixes, self._clock())
        self._metrics.mirror_lag_seconds.set(max(0.0, self._clock() - shared.sent_at_s))

    def _keep_house(self, reader: redis.Redis) -> None:
        if reader.get(self._keys.generation) != self._generation:
            self._take_generation(reader)
        now_s = self._clock()
        oldest_ms = max(0, math.floor((now_s - min(STREAM_KEPT_S, self._kept_s)) * 1000))
        reader.xtrim(self._keys.batches, minid=str(oldest_ms), approximate=True)
        # One process at a time sweeps the hash.
        if reader.set(self._keys.sweep, self._origin, nx=True, px=int(SWEEP_EVERY_S * 1000)):
            self._sweep(reader)

    def _sweep(self, reader: redis.Redis) -> None:
        """RULE 4."""
        cursor = 0
        oldest_s = self._clock() - self._kept_s
        while True:
            cursor, pairs = reader.hscan(self._keys.fixes, cursor, count=HASH_FIELDS_PER_READ)
            doomed: list[bytes] = []
            for name, value in pairs.items():
                fixed_at_s = time_of_fix(value)
                if fixed_at_s is None or fixed_at_s < oldest_s:
                    doomed += [name, value]
            if doomed:
                reader.eval(_DELETE_UNCHANGED, 1, self._keys.fixes, *doomed)
            if cursor == 0:
                return


def _entries_of(answer: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """The entries in an answer to XREAD of one stream, in either protocol's form."""
    if not answer:
        return []
    if isinstance(answer, dict):
        (parts,) = answer.values()
        return parts[0] if parts and isinstance(parts[0], list) else parts
    return answer[0][1]


def _end_of_stream(client: redis.Redis, key: str) -> bytes:
    newest = client.xrevrange(key, count=1)
    return newest[0][0] if newest else b"0-0"


def _id_order(entry_id: bytes) -> tuple[int, int]:
    time_ms, _, count = entry_id.partition(b"-")
    return int(time_ms), int(count or 0)


def _check_version(client: redis.Redis) -> None:
    told = str(client.info("server").get("redis_version", "0"))
    numbers = tuple(int(part) for part in told.split(".")[:2] if part.isdigit())
    if numbers < OLDEST_REDIS:
        raise SharedFixesError(f"Redis {told} is too old; 6.2 or newer is needed.")


def _sentence(error: Exception) -> str:
    return str(error) or type(error).__name__
