"""Two fraud centres of the sketch, each with a service of its own, and what their rooms do."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from geodata.sketch.areas import sketch_areas
from services import time_source
from services.areas.geojson import read_collection
from services.areas.loading import load_areas
from services.demo.server import DemoError, running_service
from services.keys import make_key
from services.ledger.database import open_ledger
from services.peers import registry
from services.settings import Settings
from services.time_source import now_s

WANZHOU, KAIZHOU = "500101", "500154"
NAMES = {WANZHOU: "万州 Wanzhou", KAIZHOU: "开州 Kaizhou"}
SPEED = 20.0
"""How many times faster than real the story runs."""
PATIENCE_S = 60.0
"""How long a room waits for what should be there at once, in real seconds."""
LOOK_AGAIN_S = 0.05
REPORT_EVERY_S = 1.0
"""Of the story's own time: what cars report every twenty seconds of theirs."""

Json = dict[str, Any]


@dataclass
class Centre:
    """One centre's command room: its service over HTTP, and nothing else."""

    code: str
    address: str
    client: httpx.Client

    @property
    def name(self) -> str:
        return NAMES[self.code]

    def get(self, path: str, **parameters: Any) -> Json:
        return self._answer(self.client.get(path, params=parameters))

    def post(self, path: str, body: Json) -> Json:
        return self._answer(self.client.post(path, json=body))

    def delete(self, path: str) -> Json:
        return self._answer(self.client.delete(path))

    def report(self, responder_id: str, lon: float, lat: float) -> None:
        """A police car's own fix."""
        fix = {
            "id": responder_id,
            "kind": "officer",
            "mode": "police",
            "fixed_at": now_s(),
            "lon": lon,
            "lat": lat,
        }
        self.post("/v1/positions", {"positions": [fix]})

    def _answer(self, answer: httpx.Response) -> Json:
        if answer.is_error:
            raise DemoError(f"{self.name} answered {answer.status_code}: {answer.text[:300]}")
        return answer.json()


class Patrol(threading.Thread):
    """Has every police car of the story report where it is, again and again."""

    def __init__(self) -> None:
        super().__init__(name="patrol", daemon=True)
        self._at: dict[tuple[str, str], tuple[Centre, float, float]] = {}
        self._ends = threading.Event()

    def is_at(self, centre: Centre, responder_id: str, lon: float, lat: float) -> None:
        """From now on a car reports from there."""
        self._at[centre.code, responder_id] = (centre, lon, lat)
        centre.report(responder_id, lon, lat)

    def end(self) -> None:
        self._ends.set()
        self.join()

    def run(self) -> None:
        while not self._ends.wait(REPORT_EVERY_S):
            for (_, responder_id), (centre, lon, lat) in list(self._at.items()):
                try:
                    centre.report(responder_id, lon, lat)
                except httpx.TransportError:  # the service is stopping
                    return


@contextmanager
def two_centres(map_folder: Path, data_dir: Path) -> Iterator[tuple[Centre, Centre]]:
    """Wanzhou and Kaizhou as two services that are peers; their clocks run fast, and this process's
    with them."""
    origin_s = time.time()
    secret: str | None = None
    with ExitStack() as stack:
        stack.enter_context(time_source.time_to_ourselves())
        time_source.run_at(SPEED, origin_s)
        found = []
        for code in (WANZHOU, KAIZHOU):
            own = data_dir / code
            ledger = open_ledger(Settings(data_dir=own).ledger_url)
            load_areas(ledger, read_collection(json.dumps(sketch_areas()).encode(), "the sketch"))
            key = make_key(ledger, "demo", jurisdictions=(code,)).text
            ledger.close()
            address = stack.enter_context(
                running_service(
                    map_folder, own, 0, clock_speed=SPEED, clock_origin_s=origin_s, requests_per_s=0
                )
            )
            client = httpx.Client(
                base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=60.0
            )
            found.append(Centre(code, address, stack.enter_context(client)))
        for ours, theirs in ((found[0], found[1]), (found[1], found[0])):
            ledger = open_ledger(Settings(data_dir=data_dir / ours.code).ledger_url)
            made = ledger.transact(
                lambda connection, ours=ours, theirs=theirs, secret=secret: registry.add(
                    connection, ours.code, theirs.code, theirs.address, secret, time.time()
                )
            )
            secret = made.secrets[0].text
            ledger.close()
        yield found[0], found[1]


def waited_for(what: str, look: Callable[[], Any]) -> Any:
    """What a look finds once it finds something. Raises DemoError where it never does."""
    give_up_at_s = time.monotonic() + PATIENCE_S
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > give_up_at_s:
            raise DemoError(f"{what} did not come within {PATIENCE_S:.0f} s.")
        time.sleep(LOOK_AGAIN_S)
