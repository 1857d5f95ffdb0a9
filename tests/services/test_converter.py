"""A structure is used by many threads at once from its first use on."""

from __future__ import annotations

import subprocess
import sys

FIRST_USES = """
import enum, sys, threading
import msgspec
from services.converter import Converter

def converter():
    Tier = enum.Enum("Tier", {f"tier{n}": f"tier{n}" for n in range(40)})
    Place = msgspec.defstruct("Place", [("tier", Tier), ("other", Tier)])
    Case = msgspec.defstruct("Case", [("place", Place), ("tier", Tier), ("places", list[Place])])
    return Converter(Case)

place = {"tier": "tier1", "other": "tier2"}
sys.setswitchinterval(1e-6)
for _ in range(300):
    convert, start = converter(), threading.Barrier(4)
    def use():
        start.wait()
        case = convert({"place": place, "tier": "tier3", "places": [place]})
        assert case.places[0].other.value == "tier2"
    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def test_threads_share_the_first_use():
    """With msgspec.convert in place of the converter this ends the process by a segmentation
    fault, on most machines and at most times."""
    ended = subprocess.run(
        [sys.executable, "-c", FIRST_USES], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert not ended.stderr
