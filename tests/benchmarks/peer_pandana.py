"""Pandana's side of the surface; runs in the peers' own environment (``make bench-peers``).

Reads arrays of one graph for each kind, and prints the milliseconds that the nearest source of each
node and the mean of each cell take, up to half an hour away. Building its hierarchies is not
counted.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import pandana
import pandas as pd

FARTHEST_MS = 1.8e6
"""Half an hour: its time grows fast with this, and nothing farther is of use."""


def main(job_file: str, kinds: int) -> None:
    job = np.load(job_file)
    lon, lat, cell = pd.Series(job["lon"]), pd.Series(job["lat"]), job["cell"]
    networks = []
    for k in range(kinds):
        weights = pd.DataFrame({"ms": job[f"ms{k}"].astype(float)})
        network = pandana.Network(
            lon, lat, pd.Series(job[f"tail{k}"]), pd.Series(job[f"head{k}"]), weights, twoway=False
        )
        at = job[f"source{k}"]
        network.set_pois("sources", FARTHEST_MS, 1, lon.iloc[at], lat.iloc[at])
        networks.append(network)
    started = time.perf_counter()
    for network in networks:
        nearest = network.nearest_pois(FARTHEST_MS, "sources", num_pois=1)
        nearest[1].groupby(cell[nearest.index]).mean()
    print(json.dumps({"ms": 1_000 * (time.perf_counter() - started)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
