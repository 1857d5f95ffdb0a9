"""Every key that the service uses in Redis, in one place.

All keys of one region share the hash tag ``{region}``, so that in Redis Cluster they live on one
node and can be written in one transaction. Everything here can be lost and comes back with the
next fixes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RedisKeys:
    """The keys of one region."""

    region: str = "main"

    @property
    def fixes(self) -> str:
        """Hash: the last fix of each responder, MessagePack, field = responder key."""
        return f"forestall:{{{self.region}}}:fixes"

    @property
    def batches(self) -> str:
        """Stream: accepted batches of fixes, newest last, cut by length and by age."""
        return f"forestall:{{{self.region}}}:batches"

    @property
    def generation(self) -> str:
        """String: a random word; when it is missing or another one, Redis has lost its data."""
        return f"forestall:{{{self.region}}}:generation"

    @property
    def sweep(self) -> str:
        """String that expires: held by the process that deletes old fixes for the moment."""
        return f"forestall:{{{self.region}}}:sweep"

    def all(self) -> tuple[str, ...]:
        """Every key of the region."""
        return (self.fixes, self.batches, self.generation, self.sweep)
