"""The offline optimum: what nobody could beat who knew the whole day beforehand.

**What it bounds.** The sum over one day's alerts of the time to the first face (or the number that
is late), for every way of sending people that obeys the rehearsal: each alert is visited once, by
one responder; a responder goes to one alert after the other, is free again where and when the visit
ends, and then drives to the post by the fastest way or is sent on from there; nobody is moved to
where no alert is. Acceptance, answers and road works only delay. It does not bound rules that move
people about beforehand, nor tiers that send several, second visits and interceptions, in which
responders may be anywhere: for these :func:`offline_bound` refuses.

**How.** Who visits alert j next after alert i is there, after the alert, no sooner than

    turn-out + max(T(i, j) - (t_j - e_i), min over p of T(p, j))

where ``T`` are fastest drives without turn costs, ``e_i`` the soonest end of the visit at i, and p
runs over the way from i to the responder's post: whoever has driven ``t_j - e_i`` towards it is
nearer to j by at most that (triangle inequality), and is somewhere on it. Who visits j first is
there no sooner than from the post, or than the shift begins. So a day is a set of chains, one for
each responder, and the cheapest set that covers every alert once is an assignment of alerts to what
comes before them. Responders of one post are alike, which makes one commodity of each post:

    minimise  sum of c[p, i, j] x[p, i, j]    each alert j is entered once, over all p and i
                                              each post p leaves alert i no oftener than it enters
                                              each post p begins no more chains than it has people

``chains`` solves its linear relaxation; an alert that is more than two hours late counts as two
hours. Where there are more posts than ``MOST_GROUPS``, neighbouring ones are taken together, each
at the best of their times: the bound is lower then, and holds all the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.cluster.vq import kmeans2

from dispatch.errors import RehearsalError
from dispatch.rehearsal.chains import Chains, least_cost
from dispatch.rehearsal.driving import Drive
from dispatch.rehearsal.scenario import DAY_S, OVERTIME_S, Call, Member, Scenario, Shift
from dispatch.responders import KINDS, MODE_CODES
from geodata.metric import Metric
from geodata.network import UNREACHABLE_MS
from geodata.positions import RoadPositions
from geodata.search import Field, field

MOST_GROUPS = 24
"""Posts that are told apart. More make the program larger by that factor."""
NEVER_S = 7 * DAY_S
"""What no way leads to."""
LOST_S = 7_200.0
"""An alert that is later than this counts as this late."""


@dataclass(frozen=True, slots=True, eq=False)
class _Day:
    """Lower bounds of one day, seconds from the alert to the first face."""

    first_s: np.ndarray  # float64[group, alert], from the post
    next_s: np.ndarray  # float64[group, alert before, alert]
    home: np.ndarray  # int64[group, alert], see Chains
    people: np.ndarray  # int64[group]

    def least_sum_s(self) -> float:
        return least_cost(Chains(self.first_s, self.next_s, self.home, self.people, LOST_S))

    def fewest_late(self, limit_s: np.ndarray) -> float:
        first, following = (one > limit_s for one in (self.first_s, self.next_s))
        return least_cost(
            Chains(first.astype(float), following.astype(float), self.home, self.people, 1.0)
        )


def offline_bound(scenario: Scenario, late_after_s: float | None = None) -> pd.DataFrame:
    """By day, ``mean_s`` that no rule can go below, and ``late``, the share that at least is late.

    ``late_after_s``: the time after which a visit is late; None: as the tier policy says. Raises
    RehearsalError for a scenario in which people may be where the bound does not look for them.
    """
    _check_that_it_holds(scenario)
    rows = {}
    for day, calls in scenario.days.items():
        times = _times(scenario, scenario.members, calls)
        limit_s = np.array(
            [
                scenario.policy.of(call.tier).visit_within_s
                if late_after_s is None
                else late_after_s
                for call in calls
            ]
        )
        rows[day] = {
            "mean_s": times.least_sum_s() / len(calls),
            "late": times.fewest_late(limit_s) / len(calls),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("day").sort_index()


def share_of_gap_closed(summary: pd.DataFrame, bound: pd.DataFrame, measure: str) -> pd.Series:
    """By rule, of what the first rule of a summary is above the offline bound, the share that each
    rule does not have. 1 is the bound itself; below 0 is worse than the first rule."""
    least = bound[measure].mean()
    gap = summary[measure].iloc[0] - least
    return (summary[measure].iloc[0] - summary[measure]) / gap if gap > 0 else summary[measure] * 0


def _check_that_it_holds(scenario: Scenario) -> None:
    """RehearsalError where people may be where the bound does not look for them."""
    kinds: frozenset[str] = frozenset()
    policy = scenario.policy
    tiers = {call.tier for calls in scenario.days.values() for call in calls}
    raised = {tier.raised for tier in tiers}
    for tier in tiers | raised:
        answer = policy.of(tier)
        if answer.officers + answer.community > 1:
            raise RehearsalError(
                f"The offline bound holds where each alert sends one: the tier {tier.word} sends "
                f"{answer.officers + answer.community}. Rehearse with a policy of officers = 1 and "
                "community = 0, or the other way round."
            )
        kinds |= answer.enforcement_kinds if answer.officers else frozenset()
        kinds |= answer.community_kinds if answer.community else frozenset()
    if any(not policy.of(tier).wants_visit for tier in tiers):
        raise RehearsalError(
            "The offline bound holds for tiers that are visited; leave others out."
        )
    others = {member.kind for member in scenario.members} - kinds
    if others:  # a far officer would call for them
        raise RehearsalError(
            "The offline bound holds where nobody is there but those of whom one is sent: leave "
            f"out responders of kind {min(others)}."
        )
    if scenario.habits.convinced < 1.0:
        raise RehearsalError(
            "The offline bound holds where every visit convinces: set the habit convinced = 1."
        )
    if scenario.habits.patience_s < OVERTIME_S:
        raise RehearsalError(
            "The offline bound holds where every alert is visited in the end: set the habit "
            f"patience_s = {OVERTIME_S:.0f}."
        )
    if any(len(member.shifts) > 1 for member in scenario.members):
        raise RehearsalError("The offline bound holds where everybody has one shift and one post.")
    flee = any(
        math.isfinite(call.flees_after_s) for calls in scenario.days.values() for call in calls
    )
    if flee or scenario.works:
        raise RehearsalError(
            "The offline bound holds without interceptions and road works; leave flees, "
            "flees_after_s and works out."
        )


# ------------------------------------------------------------------------------------- the times


def _times(scenario: Scenario, members: Sequence[Member], calls: Sequence[Call]) -> _Day:
    """Lower bounds by group of posts, the best of all members of a group."""
    group_of = _groups(scenario, members)
    groups = int(group_of.max()) + 1
    count = len(calls)
    first_s = np.full((groups, count), NEVER_S)
    next_s = np.full((groups, count, count), NEVER_S)
    home = np.zeros((groups, count), dtype=np.int64)
    at_s = np.array([call.at_s for call in calls])
    visit_s = np.array([call.visit_s for call in calls])
    for mode in {member.mode for member in members}:
        metric = scenario.roads.metrics[mode]
        doors, ends = _doors(scenario, calls, mode)
        ways = _Ways.of(metric, doors, ends)
        rows = [row for row, member in enumerate(members) if member.mode == mode]
        turn_out_s = min(KINDS[members[row].kind].turn_out_s for row in rows)
        passing = {_post_of(members[row]): None for row in rows}
        passing = {post: ways.passing_s(RoadPositions.on_edges(*zip(post))) for post in passing}
        best_s = np.full(count, NEVER_S)
        for row in rows:
            shift = members[row].shifts[0]
            reached_s = KINDS[members[row].kind].turn_out_s + ways.from_post_s(shift.post)
            reached_s += _until_on(shift, at_s)
            where = first_s[group_of[row]]
            np.minimum(where, reached_s, out=where)
            np.minimum(best_s, reached_s, out=best_s)
        for passing_s in passing.values():  # the soonest that anybody can be there at all
            np.minimum(best_s, turn_out_s + passing_s.min(axis=0), out=best_s)
        idle_s = at_s[None, :] - (at_s + best_s + visit_s)[:, None]
        direct_s = ways.between_s - idle_s
        for row in rows:
            passing_s = passing[_post_of(members[row])]
            always = members[row].shifts[0].holds_always
            driven_s = np.maximum(direct_s, passing_s) if always else passing_s
            where = next_s[group_of[row]]
            np.minimum(where, KINDS[members[row].kind].turn_out_s + driven_s, out=where)
            home_s = at_s + best_s + visit_s + ways.to_post_s(members[row].shifts[0].post)
            back = np.searchsorted(at_s, home_s)
            home[group_of[row]] = np.maximum(home[group_of[row]], back)
    for one in next_s:
        np.fill_diagonal(one, NEVER_S)
    people = np.bincount(group_of, minlength=groups)
    return _Day(np.minimum(first_s, NEVER_S), np.minimum(next_s, NEVER_S), home, people)


def _post_of(member: Member) -> tuple[int, float]:
    return member.shifts[0].edge, member.shifts[0].fraction


def _until_on(shift: Shift, at_s: np.ndarray) -> np.ndarray:
    """float64[alert]: seconds until the shift is on."""
    waits_s = (0.0 if shift.holds(at) else (shift.from_s - at) % DAY_S for at in at_s.tolist())
    return np.fromiter(waits_s, np.float64, len(at_s))


def _groups(scenario: Scenario, members: Sequence[Member]) -> np.ndarray:
    """int64[member]: its group; posts near each other are one where there are too many."""
    network = scenario.roads.network
    posts = np.array([(one.shifts[0].edge, one.shifts[0].fraction) for one in members])
    kinds = np.array([(KINDS[one.kind].turn_out_s, MODE_CODES[one.mode]) for one in members])
    alike, group = np.unique(np.hstack([posts, kinds]), axis=0, return_inverse=True)
    group = group.ravel()
    if len(alike) <= MOST_GROUPS:
        return group
    node = network.arc_tail[2 * alike[:, 0].astype(np.int64)]
    degrees = np.column_stack([network.node_lon_e7[node], network.node_lat_e7[node]]) * 1e-7
    _, cluster = kmeans2(degrees, MOST_GROUPS, minit="++", seed=scenario.seed % 2**32)
    return np.unique(cluster[group], return_inverse=True)[1].ravel()


def _doors(
    scenario: Scenario, calls: Sequence[Call], mode: str
) -> tuple[RoadPositions, RoadPositions]:
    """Where the mode meets each alert, and where whoever went is free again."""
    snapper = scenario.roads.snapper
    doors = snapper.snap([c.lon for c in calls], [c.lat for c in calls], mode, at_door=True)
    lon = np.array([c.lon if math.isnan(c.free_lon) else c.free_lon for c in calls])
    lat = np.array([c.lat if math.isnan(c.free_lat) else c.free_lat for c in calls])
    there = snapper.snap(lon, lat, mode)
    same = np.array([math.isnan(c.free_lon) for c in calls]) | (there.edge < 0)
    ends = there.take(np.arange(len(calls)))
    ends.put(np.flatnonzero(same), doors.take(np.flatnonzero(same)))
    return doors, ends


@dataclass(frozen=True, slots=True, eq=False)
class _Ways:
    """Drives to all alerts of a day by one mode, without the cost of turns."""

    metric: Metric
    doors: RoadPositions
    ends: RoadPositions
    fields: list[Field | None]
    """To each alert; None where no road of the mode is near it."""
    node_s: np.ndarray  # float32[alert, node]
    between_s: np.ndarray  # float64[alert before, alert], from where its visit ends

    @classmethod
    def of(cls, metric: Metric, doors: RoadPositions, ends: RoadPositions) -> _Ways:
        count = len(doors)
        fields: list[Field | None] = [None] * count
        node_s = np.full((count, metric.network.node_count), NEVER_S, dtype=np.float32)
        between_s = np.full((count, count), NEVER_S)
        for alert in np.flatnonzero(doors.edge >= 0).tolist():
            to = field(metric, doors.take([alert]), direction="to", ignoring_turns=True)
            fields[alert] = to
            node_s[alert] = _seconds(to.node_time_ms)
            between_s[:, alert] = _seconds(to.at(ends)[0])
        return cls(metric, doors, ends, fields, node_s, between_s)

    def from_post_s(self, post: RoadPositions) -> np.ndarray:
        """float64[alert]: the drive from a post."""
        drive_s = [NEVER_S if to is None else _seconds(to.at(post)[0])[0] for to in self.fields]
        return np.array(drive_s)

    def to_post_s(self, post: RoadPositions) -> np.ndarray:
        """float64[alert]: the drive to a post from where a visit ends."""
        return _seconds(field(self.metric, post, direction="to").at(self.ends)[0])

    def passing_s(self, post: RoadPositions) -> np.ndarray:
        """float64[alert before, alert]: the least drive to an alert from anywhere on the way from
        where the visit before ends to a post, both ends included."""
        network = self.metric.network
        passing_s = np.minimum(self.from_post_s(post)[None, :], self.between_s)
        for before in np.flatnonzero(self.ends.edge >= 0).tolist():
            drive = Drive.begin(self.metric, self.ends.take([before]), post, 0.0)
            if drive is None:
                continue
            arcs = drive.path.arcs
            nodes = np.unique(np.concatenate([network.arc_tail[arcs], network.arc_head[arcs]]))
            where = passing_s[before]
            np.minimum(where, self.node_s[:, nodes].min(axis=1), out=where)
            where[np.isin(self.doors.edge, arcs >> 1)] = 0.0  # they may come past the door itself
        np.fill_diagonal(passing_s, NEVER_S)
        return passing_s


def _seconds(time_ms: np.ndarray) -> np.ndarray:
    return np.where(time_ms < UNREACHABLE_MS, time_ms / 1000.0, NEVER_S)
