"""Where tests keep databases: in memory where there is room.

A disk that others write to as well stands still for seconds now and then, and a commit with it.
Whoever wants to write next is then told that the database is busy, and a server that comes back
comes back late: both are right, and not what the tests are about. Nor is anything lost in memory
that would not be lost on a disk when a process is killed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM_BYTES = 1 << 29
"""Far more than the databases of all tests that run at once."""


def quick_parent() -> Path | None:
    """A folder in memory to make folders in; None where there is none, or too little room."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        return None
    return MEMORY
