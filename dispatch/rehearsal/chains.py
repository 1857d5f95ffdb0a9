"""The linear program of the offline bound: chains of alerts, posts between them.

For each group of posts a link from alert to alert, and a start from the post, have a cost; so
many people begin at the posts. Whoever is at the post stays there from one alert to the next, so
that most of what may follow what goes over the post and not over a link of its own: only links that
the post cannot stand for are left (cheaper ones, and those to alerts before they are back). These
are priced and added as they pay: column generation (Desrosiers and Lübbecke, A Primer in Column
Generation, 2005).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from dispatch.errors import RehearsalError

ROUNDS = 60
"""Of column generation; what is reached by then is a bound as well."""
CLOSE = 0.01
"""A bound that is within this share of the optimum is not made better."""
PAYS = 1e-7
"""A link is added that saves more than this."""
MOST_ADDED = 3
"""Links into one alert that a group's program gets in one round."""


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """What each alert costs by what comes before it. Alerts are in the order in which they come."""

    start: np.ndarray  # float64[group, alert], from the post
    link: np.ndarray  # float64[group, alert before, alert]
    home: np.ndarray
    """int64[group, alert]: the first alert for which whoever was here is at the post again; the
    number of alerts where there is none. Any number holds; a later one bounds better."""
    people: np.ndarray  # int64[group]
    lost: float
    """What an alert costs that nobody in the chains goes to, at most: less bounds less."""


def least_cost(chains: Chains) -> float:
    """The least cost of covering every alert once by the linear relaxation, or less."""
    count = chains.start.shape[1]
    over_post = np.arange(count)[None, None, :] >= chains.home[:, :, None]
    over_post &= chains.link >= chains.start[:, None, :]
    cost = np.where(over_post, np.inf, chains.link)
    links = np.empty((0, 3), dtype=np.int64)
    best = -math.inf
    for _ in range(ROUNDS):
        value, cover, after = _prices(chains, cost, links)
        saved = cost - cover + after[:, :, None] - after[:, None, :]
        # Every alert is entered once, by whichever link: none can save more than the best of them.
        least = saved.min(axis=(0, 1))
        best = max(best, value + np.minimum(least, 0.0).sum())
        if least.min() >= -PAYS or value - best <= CLOSE * abs(value):
            break
        links = np.unique(np.vstack([links, _paying(saved)]), axis=0)
    return best


def _paying(saved: np.ndarray) -> np.ndarray:
    """int64[link, 3]: group, alert before, alert; of each group those into each alert that save
    most."""
    few = min(MOST_ADDED, saved.shape[1])
    before = np.argpartition(saved, few - 1, axis=1)[:, :few, :]
    group, _, alert = np.indices(before.shape)
    pays = saved[group, before, alert] < -PAYS
    return np.column_stack([group[pays], before[pays], alert[pays]])


def _prices(
    chains: Chains, cost: np.ndarray, links: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """(optimum with these links, float64[alert] price of covering it, float64[group, alert] price
    of having been there).

    Columns: starts from the posts, people staying at the posts from one alert to the next, alerts
    that are lost, links. Rows: covered once; left no oftener than entered; who is at the post.
    """
    groups, count = chains.start.shape
    whole = groups * count
    place = np.arange(whole)  # group * count + alert
    alert = place % count
    home = chains.home.ravel()
    back = np.where(home < count, place - alert + np.minimum(home, count - 1), -1)
    group, before, after = links.T
    number = 2 * whole + count + np.arange(len(links))
    entered, left = group * count + after, group * count + before
    cover = [(alert, place, 1.0), (np.arange(count), 2 * whole + np.arange(count), 1.0)]
    cover.append((after, number, 1.0))
    flow = [(place, place, -1.0), (entered, number, -1.0), (left, number, 1.0)]
    # Who is at the post when an alert comes: who was there, and is back, and has not been sent.
    stays = place[alert > 0]
    at_post = [(place, whole + place, 1.0), (stays, whole + stays - 1, -1.0), (place, place, 1.0)]
    for rows, columns, sign in ((back, place, -1.0), (back[entered], number, -1.0)):
        at_post.append((rows[rows >= 0], columns[rows >= 0], sign))
    leaves = back[left]
    at_post.append((leaves[leaves >= 0], number[leaves >= 0], 1.0))
    width = 2 * whole + count + len(links)
    begin = np.zeros((groups, count))
    begin[:, 0] = chains.people
    solved = linprog(
        np.concatenate(
            [
                chains.start.ravel(),
                np.zeros(whole),
                np.full(count, chains.lost),
                cost[group, before, after],
            ]
        ),
        A_ub=_matrix(flow, whole, width),
        b_ub=np.zeros(whole),
        A_eq=_matrix(
            cover + [(rows + count, *rest) for rows, *rest in at_post], count + whole, width
        ),
        b_eq=np.concatenate([np.ones(count), begin.ravel()]),
        method="highs-ipm",  # four times as quick here as the simplex methods
    )
    if solved.status != 0:
        raise RehearsalError(f"The offline bound was not found: {solved.message}")
    posted = np.append(solved.eqlin.marginals[count:], 0.0)  # back at no post: worth nothing
    having_been = -solved.ineqlin.marginals - posted[back]
    return float(solved.fun), solved.eqlin.marginals[:count], having_been.reshape(groups, count)


def _matrix(entries, rows: int, columns: int):
    row, column = (np.concatenate([entry[k] for entry in entries]) for k in (0, 1))
    value = np.concatenate([np.full(len(entry[0]), entry[2]) for entry in entries])
    return coo_array((value, (row, column)), shape=(rows, columns)).tocsr()
