"""One day under one rule: what happens when, from the first alert until all are done with.

A list of things to come, the soonest first (Law, Simulation Modeling and Analysis, 5th ed., section
1.3). What is real: who is found (``recommend``), who is asked, replaced, stood down and sent again
(``dispatch.incidents``, with its deadlines). What is played: whether and when somebody answers, the
drive by the fastest way, the time with the victim, what they achieve, the victim's telephone.

Two things are left out: follow-ups, which are weeks away, and doubt about old fixes.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from dispatch.incidents import alerts, closing, contacts, evidence, firing, staffing, visits
from dispatch.incidents.acceptance import Acceptance
from dispatch.incidents.case import (
    Alert,
    Area,
    Assignment,
    Cancelled,
    Case,
    Deadline,
    Key,
)
from dispatch.incidents.pairing import Waiting, asked_beside
from dispatch.incidents.staffing import Candidate, Selection
from dispatch.incidents.words import (
    AssignmentState,
    Channel,
    ClosingReason,
    ContactOutcome,
    DeadlineKind,
    IncidentState,
    Role,
    Source,
    VisitOutcome,
)
from dispatch.question import CandidatePlace, Choice, Recommendation
from dispatch.recommendation import recommend
from dispatch.rehearsal.chance import Chance
from dispatch.rehearsal.driving import Drive
from dispatch.rehearsal.fleet import Fleet
from dispatch.rehearsal.pursuit import Pursuit, pursue
from dispatch.rehearsal.rules import Moment, Rule
from dispatch.rehearsal.scenario import CENTRE, DAY_S, OVERTIME_S, Call, Scenario
from dispatch.responders import KINDS, Status
from dispatch.sight import EVERYTHING
from geodata.positions import RoadPositions

MIDNIGHT_S = 19_675 * DAY_S
"""Some midnight, UTC seconds since 1970: decisions speak of real times."""
ANSWERED_BY = 0.95
"""Of the time to answer, the share within which whoever answers does."""

_AREA = Area(CENTRE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one alert. Seconds after the alert; NaN: it never was."""

    call: Call
    first_face_s: float
    """Somebody stood in front of the victim."""
    enforcement_s: float
    """The first officer or auxiliary did."""
    community_s: float
    wanted: bool
    """Whether the tier, as it was answered in the end, sends anybody."""
    late: bool
    """Not in front of the victim within the tier's time, where a visit is wanted."""
    offers: int
    refusals: int
    """Offers declined or not answered."""
    visits: int
    dissuaded: bool
    caught: bool | None
    """Of an interception, whether the car was stopped; None where there was none."""


@dataclass(slots=True)
class _Going:
    """One responder who is sent to one case."""

    case: Case
    call: Call
    assignment: Assignment
    choice: Choice
    door: RoadPositions
    drive: Drive | None = None


@dataclass(slots=True)
class _Story:
    """A case, and what the day remembers of it."""

    call: Call
    case: Case
    pending: dict[str, Deadline] = field(default_factory=dict)
    asked: dict[Key, int] = field(default_factory=dict)
    """How often each has been asked."""
    offers: int = 0
    refusals: int = 0
    caught: bool | None = None


class Witness(Protocol):
    """Whoever keeps what was decided."""

    def decided(
        self,
        case: Case,
        selections: Sequence[Selection],
        offered: Sequence[Assignment],
        found: Recommendation,
        fleet: Fleet,
        now_s: float,
    ) -> None:
        """Who was found for an incident, who of them was asked."""


class Day:
    """Plays one day. Used once."""

    def __init__(
        self, scenario: Scenario, day: int, rule: Rule, witness: Witness | None = None
    ) -> None:
        """``witness`` is told of every decision."""
        self._scenario = scenario
        self._day = day
        self._witness = witness
        self._policy = scenario.policy
        self._habits = scenario.habits
        self._acceptance = Acceptance(scenario.policy)
        self._calls = scenario.days[day]
        self._rule = rule
        self._chance = Chance(scenario.seed, day)
        self._roads = scenario.roads
        self._fleet = Fleet(scenario.members, scenario.roads)
        self._to_come: list[tuple[float, int, Callable[..., None], tuple]] = []
        self._order = count()
        self._ids = count(1)
        self._stories: dict[str, _Story] = {}
        self._going: dict[str, _Going] = {}
        """By assignment, those who are asked, on the way or with the victim."""
        self._waiting: list[str] = []
        """Incidents that wait for their window to end."""
        self._now_s = MIDNIGHT_S

    def play(self) -> list[Outcome]:
        """Everything that becomes of the day's alerts, in the order in which they came."""
        end_s = MIDNIGHT_S + self._calls[-1].at_s + OVERTIME_S
        self._set_stage(end_s)
        for call in self._calls:
            self._at(MIDNIGHT_S + call.at_s, self._alert, call)
        while self._to_come:
            at_s, _, do, what = heapq.heappop(self._to_come)
            if at_s > end_s:
                break
            self._now_s = at_s
            do(*what)
        return [self._outcome(story) for story in self._stories.values()]

    @property
    def cases(self) -> list[tuple[Call, Case]]:
        """Every case as it is at the end, in the order in which they came."""
        return [(story.call, story.case) for story in self._stories.values()]

    def _set_stage(self, end_s: float) -> None:
        """Shifts and road works, whenever they begin and end."""
        times = {0.0}
        times |= {
            at for one in self._scenario.members for s in one.shifts for at in (s.from_s, s.to_s)
        }
        works = {at for one in self._scenario.works for at in (one.from_s, one.to_s)}
        midnight_s = MIDNIGHT_S
        while midnight_s <= end_s:
            for at_s in sorted(works):
                self._at(midnight_s + at_s, self._change_roads)
            for at_s in sorted(times):
                self._at(midnight_s + at_s, self._change_shifts)
            midnight_s += DAY_S

    def _at(self, at_s: float, do: Callable[..., None], *what: object) -> None:
        heapq.heappush(self._to_come, (at_s, next(self._order), do, what))

    def _change_shifts(self) -> None:
        self._fleet.change_shifts(self._now_s)

    def _change_roads(self) -> None:
        at_s = self._now_s % DAY_S
        in_force = [one.changes for one in self._scenario.works if one.from_s <= at_s < one.to_s]
        roads = self._scenario.roads
        self._roads = roads.changed(in_force) if in_force else roads
        self._fleet.roads_are(self._roads, self._now_s)
        for going in self._going.values():
            if going.drive is not None and going.assignment.state is AssignmentState.EN_ROUTE:
                self._find_way_anew(going)

    # ------------------------------------------------------------------------------- what happens

    def _alert(self, call: Call) -> None:
        alert = Alert(
            alert_id=f"alert-{call.row}",
            source=Source.CITY,
            tier=call.tier,
            victim_ref=f"victim-{call.row}",
            received_at_s=self._now_s,
            places=(CandidatePlace(call.lon, call.lat),),
        )
        incident_id = f"incident-{call.row}"
        case = alerts.open_case(alert, _AREA, self._policy, self._now_s, incident_id, self._new_id)
        story = self._stories[incident_id] = _Story(call, case)
        if math.isfinite(call.reached_after_s):
            self._at(self._now_s + call.reached_after_s, self._victim_answers, story)
        if math.isfinite(call.flees_after_s):
            self._at(self._now_s + call.flees_after_s, self._money_sets_out, story)
        self._at(self._now_s + self._habits.patience_s, self._give_up, story)
        self._after(story)

    def _give_up(self, story: _Story) -> None:
        """Nobody has come: whoever leads the centre sees to it in some other way."""
        incident = story.case.incident
        if incident.first_face_at_s is None and incident.is_open:
            closing.close(
                story.case, ClosingReason.OTHER, "nobody came", None, self._policy, self._now_s
            )
            self._after(story)

    def _victim_answers(self, story: _Story) -> None:
        if story.case.incident.state is not IncidentState.CLOSED:
            contacts.report(
                story.case,
                Channel.CALL,
                ContactOutcome.ANSWERED,
                "",
                self._now_s,
                self._policy,
                self._now_s,
            )
            self._after(story)

    def _money_sets_out(self, story: _Story) -> None:
        """Unless somebody stands in front of the victim, the case turns into an interception."""
        incident = story.case.incident
        if incident.first_face_at_s is not None or not incident.is_open:
            return
        closing.close(
            story.case, ClosingReason.OTHER, "in a vehicle", None, self._policy, self._now_s
        )
        self._after(story)
        drawn = self._chance.uniform("drive", story.call.row)
        pursuit = pursue(self._roads, self._fleet, story.call, drawn, self._now_s)
        story.caught = pursuit.caught
        for key in pursuit.units:
            self._fleet.halt(key, self._now_s)
            self._fleet.send(key, Status.BUSY, self._now_s)
            self._at(pursuit.free_at_s[key], self._leave_checkpoint, pursuit, key)

    def _leave_checkpoint(self, pursuit: Pursuit, key: Key) -> None:
        self._fleet.stands_at(key, pursuit.units[key])
        self._fleet.free(key, self._now_s)

    def _due(self, story: _Story, deadline: Deadline) -> None:
        if story.pending.pop(deadline.deadline_id, None) is None:
            return  # cancelled meanwhile
        if deadline.kind is not DeadlineKind.STAFF:
            firing.fire(story.case, deadline, self._policy, self._now_s)
            self._after(story)
            return
        incident_id = story.case.incident.incident_id
        if self._rule.window_s <= 0:
            self._staff([incident_id])
        elif incident_id not in self._waiting:
            if not self._waiting:
                self._at(self._now_s + self._rule.window_s, self._window_ends)
            self._waiting.append(incident_id)

    def _window_ends(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._staff(waiting)

    # --------------------------------------------------------------------------------- who is sent

    def _staff(self, incident_ids: Sequence[str]) -> None:
        """As the service does for incidents that wait at the same moment."""
        stories, needed = [], []
        for incident_id in incident_ids:
            story = self._stories[incident_id]
            needs = staffing.needs(story.case, self._policy)
            if needs:
                stories.append(story)
                needed.append(needs)
        if not stories:
            return
        now_s, fleet, policy = self._now_s, self._fleet, self._policy
        fleet.report(now_s)
        moment = Moment(fleet, now_s)
        engaged = fleet.engaged
        beside = asked_beside([(needs, policy, self._acceptance) for needs in needed])
        waiting, found_for = [], []
        for story, needs, others in zip(stories, needed, beside, strict=True):
            question = self._rule.look(
                staffing.question(story.case, needs, policy, engaged, self._acceptance, others),
                moment,
            )
            found = recommend(
                fleet.picture, self._roads, question, EVERYTHING, now_s, explained=False
            )
            selections = staffing.choose(story.case, needs, found, self._acceptance, policy, now_s)
            tier = policy.of(story.case.incident.answer_tier)
            waiting.append(Waiting(tuple(selections), tier.visit_within_s))
            found_for.append(found)
        arranged = self._rule.arrange(waiting, moment)
        for story, selections, found in zip(stories, arranged, found_for, strict=True):
            candidates = {one.key: one for each in selections for one in each.candidates}
            offered = staffing.send(
                story.case, selections, lambda one: one.key not in fleet.engaged, policy, now_s
            )
            if self._witness is not None:
                self._witness.decided(story.case, selections, offered, found, fleet, now_s)
            for assignment in offered:
                self._ask(story, assignment, candidates[assignment.key], found.doors)
            self._after(story)

    def _ask(
        self,
        story: _Story,
        assignment: Assignment,
        candidate: Candidate,
        doors: Mapping[str, RoadPositions],
    ) -> None:
        key, choice = assignment.key, candidate.choice
        self._fleet.send(key, Status.BUSY, self._now_s)
        going = _Going(story.case, story.call, assignment, choice, doors[choice.mode])
        self._going[assignment.assignment_id] = going
        story.offers += 1
        time = story.asked[key] = story.asked.get(key, 0) + 1
        about = (story.call.row, *key, time)
        answers_s = self._chance.exponential(self._habits.answer_s, "answers", *about)
        answers_s = min(answers_s, ANSWERED_BY * candidate.acknowledge_s)
        accepts = self._chance.happens(self._fleet.member(key).accepts, "accepts", *about)
        silent = self._chance.happens(self._habits.silent, "silent", *about)
        if accepts or not silent:
            self._at(self._now_s + answers_s, self._answer, story, going, accepts)

    def _answer(self, story: _Story, going: _Going, accepts: bool) -> None:
        assignment, now_s = going.assignment, self._now_s
        if assignment.state is not AssignmentState.OFFERED:
            return
        if accepts:
            accepts = self._plan_drive(going)
        if not accepts:
            visits.decline(story.case, assignment, "busy", self._policy, now_s)
            story.refusals += 1
            self._after(story)
            return
        visits.accept(story.case, assignment, self._policy, now_s)
        assert going.drive is not None
        self._at(going.drive.begun_at_s, self._set_out, story, going)
        self._at(going.drive.there_at_s, self._arrive, story, going, going.drive)
        self._after(story)

    def _plan_drive(self, going: _Going) -> bool:
        """Whether there is a way from where they are now; they turn out, and take it."""
        key = going.assignment.key
        here = self._fleet.halt(key, self._now_s)
        begins_s = self._now_s + KINDS[going.choice.kind].turn_out_s
        metric = self._roads.metrics[going.choice.mode]
        stood = (going.choice.edge, going.choice.fraction)
        if stood == (int(here.edge[0]), float(here.fraction[0])) and self._same_roads(going):
            going.drive = Drive.along(metric, going.choice.path, begins_s)
        else:
            going.drive = Drive.begin(metric, here, going.door, begins_s)
        return going.drive is not None

    def _same_roads(self, going: _Going) -> bool:
        """Whether no road works have begun or ended since they were found."""
        times = {at for one in self._scenario.works for at in (one.from_s, one.to_s)}
        since_s = going.assignment.offered_at_s
        return not any(
            since_s < self._now_s - (self._now_s - at_s) % DAY_S <= self._now_s for at_s in times
        )

    def _find_way_anew(self, going: _Going) -> None:
        """Roads have changed under way; whoever finds no way drives on as they were."""
        assert going.drive is not None
        place = RoadPositions.on_edges(*([one] for one in going.drive.place_at(self._now_s)))
        metric = self._roads.metrics[going.choice.mode]
        drive = Drive.begin(metric, place, going.door, self._now_s)
        if drive is not None:
            going.drive = drive
            story = self._stories[going.case.incident.incident_id]
            self._at(drive.there_at_s, self._arrive, story, going, drive)

    def _set_out(self, story: _Story, going: _Going) -> None:
        if going.assignment.state is AssignmentState.ACCEPTED:
            visits.depart(story.case, going.assignment, self._policy, self._now_s)
            self._after(story)

    def _arrive(self, story: _Story, going: _Going, drive: Drive) -> None:
        on_way = (AssignmentState.ACCEPTED, AssignmentState.EN_ROUTE)
        if going.drive is not drive or going.assignment.state not in on_way:
            return
        visits.arrive(story.case, going.assignment, self._policy, self._now_s, by="geofence")
        self._at(self._now_s + story.call.visit_s, self._report, story, going)
        self._after(story)

    def _report(self, story: _Story, going: _Going) -> None:
        if going.assignment.state is not AssignmentState.ON_SCENE:
            return
        case, assignment = story.case, going.assignment
        about = ("convinced", story.call.row, assignment.visit_number)
        convinced = self._chance.happens(self._habits.convinced, *about)
        outcome = VisitOutcome.DISSUADED if convinced else VisitOutcome.NOT_CONVINCED
        visits.report(case, assignment, outcome, "", None, self._policy, self._now_s)
        if convinced:
            film = self._new_id()
            evidence.receive(
                case, assignment, film, film, 1, "video/mp4", self._policy, self._now_s
            )
        self._after(story)

    # ------------------------------------------------------------------------------- what follows

    def _after(self, story: _Story) -> None:
        """Take over what a command asked to be told, and free those who are not needed."""
        case = story.case
        for change in case.deadline_changes:
            if isinstance(change, Cancelled):
                story.pending = {
                    name: one for name, one in story.pending.items() if not change.covers(one)
                }
            elif change.kind is not DeadlineKind.FOLLOW_UP:
                story.pending[change.deadline_id] = change
                self._at(max(change.due_at_s, self._now_s), self._due, story, change)
        case.deadline_changes.clear()
        case.happenings.clear()
        for assignment in case.assignments.values():
            going = self._going.get(assignment.assignment_id)
            if going is not None and not assignment.live:
                del self._going[assignment.assignment_id]
                story.refusals += assignment.state is AssignmentState.EXPIRED
                self._set_free(going)

    def _set_free(self, going: _Going) -> None:
        key, now_s = going.assignment.key, self._now_s
        if going.assignment.arrived_at_s is not None:
            self._fleet.stands_at(key, self._place_after(going))
        elif going.drive is not None and now_s > going.drive.begun_at_s:
            edge, fraction = going.drive.place_at(now_s)
            self._fleet.stands_at(key, RoadPositions.on_edges([edge], [fraction]))
        self._fleet.free(key, now_s)

    def _place_after(self, going: _Going) -> RoadPositions:
        """Where whoever was with the victim is free again."""
        call = going.call
        if math.isnan(call.free_lon) or going.assignment.state is not AssignmentState.REPORTED:
            return going.door
        there = self._roads.snapper.snap([call.free_lon], [call.free_lat], going.choice.mode)
        return there if there.edge[0] >= 0 else going.door

    def _new_id(self) -> str:
        return f"id-{self._day}-{next(self._ids)}"

    def _outcome(self, story: _Story) -> Outcome:
        incident, call = story.case.incident, story.call
        tier = self._policy.of(incident.answer_tier)
        first_s = _since(incident.first_face_at_s, incident.opened_at_s)
        arrived: dict[Role, float] = {}
        for one in story.case.assignments.values():
            if one.arrived_at_s is not None:
                before = arrived.get(one.role, math.inf)
                arrived[one.role] = min(before, one.arrived_at_s - incident.opened_at_s)
        wanted = tier.wants_visit
        return Outcome(
            call=call,
            first_face_s=first_s,
            enforcement_s=arrived.get(Role.ENFORCEMENT, math.nan),
            community_s=arrived.get(Role.COMMUNITY, math.nan),
            wanted=wanted,
            late=wanted and not first_s <= tier.visit_within_s,
            offers=story.offers,
            refusals=story.refusals,
            visits=incident.visit_number,
            dissuaded=incident.dissuaded_at_s is not None,
            caught=story.caught,
        )


def _since(at_s: float | None, from_s: float) -> float:
    return math.nan if at_s is None else at_s - from_s
