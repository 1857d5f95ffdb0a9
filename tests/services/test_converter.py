"""A structure is used by many threads at once from its first use on."""

from __future__ import annotations

import subprocess
import sys

import pytest

FIRST_USES = """
import enum, sys, threading
import msgspec
from services.converter import Converter

def made_by(words):
    Tier = enum.Enum("Tier", {f"tier{n}": f"tier{n}" for n in range(40)})
    Place = msgspec.defstruct("Place", [("tier", Tier), ("other", Tier)])
    Case = msgspec.defstruct("Case", [("place", Place), ("tier", Tier), ("places", list[Place])])
    return Converter(Case) if words == "converter" else lambda value: msgspec.convert(value, Case)

place = {"tier": "tier1", "other": "tier2"}
sys.setswitchinterval(1e-6)
for _ in range(300):
    convert, start = made_by(sys.argv[1]), threading.Barrier(4)
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


@pytest.mark.parametrize(("maker", "survives"), [("converter", True), ("msgspec", False)])
def test_threads_share_the_first_use(maker, survives):
    """As it stands msgspec ends the process; once it does not, the converter may go."""
    ended = subprocess.run(
        [sys.executable, "-c", FIRST_USES, maker], capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode == 0 and not ended.stderr) == survives, ended.stderr
