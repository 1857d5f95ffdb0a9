"""The routers that are compared with, each in its own process and environment."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks.worlds import PROJECT, World, places

PEERS_PYTHON = PROJECT / ".venv-peers/bin/python"
SCRIPTS = {"OSRM": "peer_osrm.py", "Valhalla": "peer_valhalla.py"}
QUESTIONS = 5
RESPONDERS = 20_000
ROUTES = 200
LIMIT_S = 1_800


def ask_peers(world: World) -> dict[str, dict]:
    """What each peer that is installed measured on the same file and the same points."""
    if world.osm_file is None or not PEERS_PYTHON.is_file():
        return {}
    network, _ = world.open()
    answers = {}
    with tempfile.TemporaryDirectory(prefix="forestall-peers-") as folder:
        for name, script in SCRIPTS.items():
            job = Path(folder) / f"{name}.json"
            job.write_text(json.dumps(_job(world, network, Path(folder) / name)))
            result = subprocess.run(
                [str(PEERS_PYTHON), str(Path(__file__).parent / script), str(job)],
                capture_output=True,
                text=True,
                timeout=LIMIT_S,
            )
            if result.returncode == 0:
                answers[name] = json.loads(result.stdout.strip().splitlines()[-1])
            else:
                print(f"{name} failed: {result.stderr.strip().splitlines()[-1:]}")
    return answers


def _job(world: World, network, folder: Path) -> dict:
    responders = places(network, RESPONDERS, seed=10)
    victims = places(network, QUESTIONS, seed=11)
    ends = places(network, 2 * ROUTES, seed=8).reshape(ROUTES, 2, 2)
    kinds = (np.arange(RESPONDERS) % 3).tolist()
    return {
        "map": str(world.osm_file),
        "folder": str(folder),
        "questions": [
            {"victim": victim, "responders": responders.tolist(), "kinds": kinds}
            for victim in victims.tolist()
        ],
        "routes": ends.tolist(),
    }
