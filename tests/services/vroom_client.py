"""VROOM plans one round, in a process of its own: it lets no other Python run while it asks.

``python -m tests.services.vroom_client HOST:PORT '[[lon, lat], ...]'`` prints the solution as
JSON; the first place is where the vehicle starts and ends.
"""

from __future__ import annotations

import json
import subprocess
import sys

LIMIT_S = 60.0


def plan_round(address: str, places: list[list[float]]) -> dict:
    """VROOM's solution with one vehicle, asking the service at an address ``host:port``."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, address, json.dumps(places)],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout)


def main(address: str, places: str) -> None:
    import vroom

    depot, *stops = json.loads(places)
    problem = vroom.Input(servers={"car": address}, geometry=True)
    problem.add_vehicle(vroom.Vehicle(1, start=depot, end=depot, profile="car"))
    problem.add_job([vroom.Job(10 + index, location=stop) for index, stop in enumerate(stops)])
    print(json.dumps(problem.solve(exploration_level=1, nb_threads=1).to_dict()))


if __name__ == "__main__":
    main(*sys.argv[1:])
