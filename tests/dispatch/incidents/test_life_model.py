"""Whatever happens in whatever order, no victim is forgotten and every change is told."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dispatch.errors import ConflictError, IncidentError
from dispatch.incidents import (
    alerts,
    amending,
    closing,
    contacts,
    evidence,
    intelligence,
    staffing,
    visits,
)
from dispatch.incidents.case import Deadline, whoever_is_at
from dispatch.incidents.happenings import TYPES
from dispatch.incidents.policy import Policy
from dispatch.incidents.words import (
    AssignmentState,
    Channel,
    ClosingReason,
    ContactOutcome,
    DeadlineKind,
    IncidentState,
    MoneyState,
    Purpose,
    Tier,
    VisitOutcome,
)
from dispatch.question import CandidatePlace
from tests.dispatch.incidents.life import AREA, MARKET, Life, Person, an_alert

PEOPLE = [
    Person("officer1", "officer", 120),
    Person("officer2", "officer", 240),
    Person("officer3", "auxiliary", 900),
    Person("grid1", "grid_worker", 200, "wanzhou/longbao/v1/g7"),
    Person("grid2", "grid_worker", 600, "wanzhou/longbao/v1/g8"),
    Person("rider1", "rider", 60),
    Person("rider2", "rider", 90),
    Person("chief1", "building_chief", 300, "wanzhou/longbao/v1"),
]
HARBOUR = CandidatePlace(108.41, 30.83, 20.0)
USUAL = Policy.parse("[staffing]\nretry_s = 300")
HASTY = Policy.parse("[follow_ups]\nfollow_up_weeks = []\n[visits]\nvisits_limit = 1", USUAL)

ASSIGNMENT_TYPES = {
    AssignmentState.OFFERED: {"assignment.offered"},
    AssignmentState.ACCEPTED: {"assignment.accepted"},
    AssignmentState.EN_ROUTE: {"assignment.departed", "assignment.redirected"},
    AssignmentState.ON_SCENE: {"assignment.arrived"},
    AssignmentState.REPORTED: {"assignment.reported"},
    AssignmentState.DECLINED: {"assignment.declined"},
    AssignmentState.EXPIRED: {"assignment.expired"},
    AssignmentState.RELEASED: {"assignment.released"},
}
GOING_ON = {
    "incident.placed",
    "incident.tier_raised",
    "incident.tier_lowered",
    "incident.answer_raised",
    "incident.reopened",
    "incident.unresolved",
    "visit.ordered",
    "assignment.released",  # the last one of a tier that wants no visit any more
    "assignment.declined",
    "assignment.expired",
}
INCIDENT_TYPES = {
    IncidentState.CLOSED: {"incident.closed"},
    IncidentState.FOLLOWING_UP: {"follow_up.planned"},
    IncidentState.VISITED: {"incident.dissuaded"},
    IncidentState.LOCATING: GOING_ON,
    IncidentState.CONTACTING: GOING_ON,
    IncidentState.RESPONDING: GOING_ON,
}
OWN_DEADLINE = {
    AssignmentState.OFFERED: DeadlineKind.ACKNOWLEDGE,
    AssignmentState.ACCEPTED: DeadlineKind.ARRIVE,
    AssignmentState.EN_ROUTE: DeadlineKind.ARRIVE,
    AssignmentState.ON_SCENE: DeadlineKind.REPORT,
}
ONE_AT_MOST = (
    DeadlineKind.CONTACT,
    DeadlineKind.EVIDENCE,
    DeadlineKind.UNATTENDED,
    DeadlineKind.UNRESOLVED,
)

STEPS = {
    "accept": lambda: (visits.accept,),
    "decline": lambda: (visits.decline, "far away"),
    "depart": lambda: (visits.depart,),
    "arrive": lambda: (visits.arrive,),
    "release": lambda: (visits.release, "needed elsewhere"),
    **{
        outcome.value: lambda outcome=outcome: (visits.report, outcome, "note", None)
        for outcome in VisitOutcome
    },
}
tiers = st.sampled_from(Tier)
places = st.sampled_from([(), (MARKET,), (HARBOUR,), (MARKET, HARBOUR)])
any_assignment = st.integers(0, 200)


def a_tap(tier: Tier, where: CandidatePlace):
    """Of a teller who does not know the customer."""
    return replace(an_alert(tier, (where,), branch_id="b"), victim_ref=whoever_is_at("b"))


def forgotten(life: Life) -> str | None:
    """Why nobody would ever look at this incident again; None while somebody will."""
    incident = life.case.incident
    waits = {one.kind for one in life.pending.values()}
    for one in life.case.live():
        kinds = {w.kind for w in life.pending.values() if w.assignment_id == one.assignment_id}
        if kinds != {OWN_DEADLINE[one.state]}:
            return f"{one.responder_id} is {one.state} and waits for {kinds}"
    match incident.state:
        case IncidentState.LOCATING | IncidentState.CONTACTING:
            going = any(life.case.live())
            return None if going or DeadlineKind.CONTACT in waits else "nobody calls the victim"
        case IncidentState.RESPONDING:
            if incident.unresolved_since_s is not None:
                return None if DeadlineKind.UNRESOLVED in waits else "nobody is told to decide"
            if any(one.state.going for one in life.case.live()):
                return None
            # Nobody has said yes: the centre is told, whoever may be asked or looked for.
            return None if DeadlineKind.UNATTENDED in waits else "nobody goes and nobody is told"
        case IncidentState.VISITED:
            return None if DeadlineKind.EVIDENCE in waits else "nobody waits for the proof"
        case IncidentState.FOLLOWING_UP:
            return None if DeadlineKind.FOLLOW_UP in waits else "nobody follows up"
        case IncidentState.CLOSED:
            return f"closed and still waiting for {waits}" if waits else None


class LifeMachine(RuleBasedStateMachine):
    """Commands, time and deadlines in any order, on one incident."""

    life: Life

    @initialize(
        tier=tiers,
        where=places,
        tap=st.booleans(),
        hasty=st.booleans(),
        count=st.integers(0, len(PEOPLE)),
    )
    def open(self, tier, where, tap, hasty, count):
        policy = HASTY if hasty else USUAL
        alert = a_tap(tier, MARKET) if tap else an_alert(tier, where)
        self.life = Life.begin(alert, PEOPLE[:count], policy)
        self.seen = 0
        self.before = None
        self.stream = msgspec.json.Encoder()

    def run(self, command, *values, **more) -> bool:
        """Run a command that may be refused; refused, it has done nothing."""
        self.before = self.snapshot()
        self.seen = len(self.life.history)
        try:
            self.life.do(command, *values, **more)
        except IncidentError as refused:
            error = refused
        else:
            error = None
        if error is not None:
            assert str(error).endswith(".")
            assert len(str(error)) > 15
            assert not self.life.case.happenings
            assert not self.life.case.deadline_changes
            assert self.snapshot() == self.before
            return False
        self.check_told()
        return True

    def snapshot(self):
        case = self.life.case
        return msgspec.to_builtins((case.incident, list(case.assignments.values())))

    # ------------------------------------------------------------------------------- commands

    @rule(tier=tiers, where=places, money=st.sampled_from([None, *MoneyState]))
    def alert(self, tier, where, money):
        alert = an_alert(tier, where, money_state=money, amount_yuan=50_000.0)
        was = self.life.case.incident
        tier_was, money_was, is_open = was.tier, was.money_state, was.is_open
        assert self.run(alerts.join, alert, AREA if where else None) is is_open
        if is_open:
            assert was.tier is max(tier_was, tier)
            order = list(MoneyState)
            if money_was is not None:
                assert order.index(was.money_state) >= order.index(money_was)

    @rule(tier=tiers, where=st.sampled_from([MARKET, HARBOUR]))
    def alarm(self, tier, where):
        """A bank sees the victim at its counter: the incident is there now."""
        incident = self.life.case.incident
        if self.run(alerts.join, a_tap(tier, where), AREA):
            assert incident.places == (where,)
            if incident.state is IncidentState.RESPONDING:
                assert staffing.needs(self.life.case, self.life.policy) or any(
                    self.life.case.live()
                )

    @rule(where=places)
    def place(self, where):
        self.run(alerts.place, where, AREA)

    @rule(tier=tiers, reason=st.sampled_from(["", "a known case"]))
    def set_tier(self, tier, reason):
        self.run(alerts.set_tier, tier, reason)

    @rule(channel=st.sampled_from(Channel), outcome=st.sampled_from(ContactOutcome))
    def contact(self, channel, outcome):
        self.run(contacts.report, channel, outcome, "", self.life.now_s - 5)

    @rule(text=st.sampled_from(["", "the caller sits abroad", "the account is new"]))
    def finding(self, text):
        self.run(intelligence.add_finding, text, "station")

    @rule(money=st.sampled_from(MoneyState), amount=st.sampled_from([0.0, 9_000.0]))
    def correct(self, money, amount):
        """A dispatcher knows better, also that less is at risk."""
        self.run(amending.amend, {"money_state": money, "amount_yuan": amount})

    @rule(hasty=st.booleans())
    def another_policy(self, hasty):
        """The service is started again with another file."""
        self.life.policy = HASTY if hasty else USUAL

    @precondition(lambda self: self.life.case.assignments)
    @rule(which=any_assignment, step=st.sampled_from(sorted(STEPS)))
    def any_step(self, which, step):
        """A step of any assignment, old ones too; the same step again changes nothing."""
        ones = list(self.life.case.assignments.values())
        self.step(ones[which % len(ones)], step)

    @precondition(lambda self: any(self.life.case.live()))
    @rule(which=any_assignment, step=st.sampled_from(sorted(STEPS)))
    def live_step(self, which, step):
        ones = list(self.life.case.live())
        self.step(ones[which % len(ones)], step)

    @precondition(lambda self: any(self.life.case.in_state(AssignmentState.OFFERED)))
    @rule(which=any_assignment)
    def yes(self, which):
        """Offers are mostly accepted, or nobody would ever get far."""
        ones = list(self.life.case.in_state(AssignmentState.OFFERED))
        self.step(ones[which % len(ones)], "accept")

    def step(self, assignment, name):
        command, *values = STEPS[name]()
        if self.run(command, assignment, *values):
            again = self.snapshot()
            self.seen = len(self.life.history)
            self.life.do(command, assignment, *values)
            assert self.snapshot() == again
            assert len(self.life.history) == self.seen

    @precondition(lambda self: self.life.case.assignments)
    @rule(which=any_assignment, content=st.integers(0, 3))
    def proof(self, which, content):
        ones = list(self.life.case.assignments.values())
        self.run(
            evidence.receive, ones[which % len(ones)], f"e{which}-{content}", f"{content:064}",
            1_000, "video/mp4",
        )  # fmt: skip

    @precondition(lambda self: self.life.case.incident.evidence)
    @rule(which=any_assignment, convincing=st.booleans())
    def judge(self, which, convincing):
        ones = self.life.case.incident.evidence
        self.run(evidence.judge, ones[which % len(ones)].evidence_id, convincing, "")

    @rule()
    def order(self):
        self.run(visits.order, "the family asks for it")

    @rule(reason=st.sampled_from(ClosingReason), sure=st.integers(0, 3))
    def close(self, reason, sure):
        if not sure:  # or most lives would be short
            self.run(closing.close, reason, "", None)

    @rule(elsewhere=st.booleans())
    def reopen(self, elsewhere):
        case = self.life.case
        case.open_elsewhere = "other" if elsewhere and not case.incident.is_open else None
        self.run(closing.reopen, "the victim called")

    @rule(elsewhere=st.booleans())
    def another_opens(self, elsewhere):
        """Another incident of the victim is open, as whoever loads the case would tell."""
        case = self.life.case
        case.open_elsewhere = "other" if elsewhere and not case.incident.is_open else None

    # -------------------------------------------------------------------- time and the world

    @rule(seconds=st.sampled_from([1, 20, 60, 180, 600, 3_600]))
    def wait(self, seconds):
        self.pass_time(seconds)

    @precondition(lambda self: self.life.case.incident.state is IncidentState.FOLLOWING_UP)
    @rule(days=st.sampled_from([1, 7, 30]))
    def wait_long(self, days):
        self.pass_time(days * 86_400)

    def pass_time(self, seconds):
        """Every deadline is told in its turn, and each change along the way is explained."""
        until_s = self.life.now_s + seconds
        told = 0
        while due := self.life.next_due(until_s):
            self.life.now_s = max(self.life.now_s, due.due_at_s)
            self.tell(due)
            told += 1
            assert told < 5_000, "deadlines set each other without end"
            assert forgotten(self.life) is None
        self.life.now_s = until_s

    @rule(which=any_assignment)
    def told_again(self, which):
        """A deadline that was told or cancelled comes once more: late, or from a batch."""
        if self.life.fired:
            self.tell(self.life.fired[-1 - which % len(self.life.fired)])

    def tell(self, deadline: Deadline):
        self.before = self.snapshot()
        self.seen = len(self.life.history)
        self.life.fire(deadline)
        self.check_told()

    @rule(who=st.integers(0, len(PEOPLE) - 1))
    def somebody_is_taken_or_free(self, who):
        self.life.busy ^= {PEOPLE[who].name}

    # ----------------------------------------------------------------------------- invariants

    def check_told(self):
        """Every change has a happening that says so, of a known type, with its members."""
        told = self.life.history[self.seen :]
        for one in told:
            assert set(one.data) == set(TYPES[one.type].members), one.type
            assert one.at_s <= self.life.now_s
            self.stream.encode(one.data)
        types = {one.type for one in told}
        then, sent_then = msgspec.convert(self.before, tuple[dict, list[dict]])
        now, sent_now = self.snapshot()
        if now != then:
            assert types or now["contact_asked_at_s"] != then["contact_asked_at_s"]
        if now["state"] != then["state"]:
            assert types & INCIDENT_TYPES[IncidentState(now["state"])], (then["state"], types)
        if now["tier"] < then["tier"] or now["answer_tier"] < then["answer_tier"]:
            assert "incident.tier_lowered" in types
        if now["tier"] > then["tier"]:
            assert "incident.tier_raised" in types
        if now["answer_tier"] > then["answer_tier"]:
            assert types & {"incident.tier_raised", "incident.answer_raised"}
        if now["visit_number"] != then["visit_number"]:
            assert now["visit_number"] > then["visit_number"]
            assert "visit.ordered" in types
        anew = "incident.reopened" in types or not now["visited_by"]
        states_then = {one["assignment_id"]: one["state"] for one in sent_then}
        for one in sent_now:
            if one["state"] != states_then.get(one["assignment_id"]):
                about = {
                    happening.type
                    for happening in told
                    if happening.assignment_id == one["assignment_id"]
                }
                assert about & ASSIGNMENT_TYPES[AssignmentState(one["state"])]
            new = one["assignment_id"] not in states_then and one["purpose"] != "follow_up"
            if new and not anew:
                assert [one["jurisdiction"], one["responder_id"]] not in [
                    list(key) for key in then["visited_by"]
                ]

    @invariant()
    def nobody_is_forgotten(self):
        """While the incident lives, something will bring it up again."""
        assert forgotten(self.life) is None

    @invariant()
    def whoever_is_missing_is_looked_for(self):
        needed = staffing.needs(self.life.case, self.life.policy)
        if needed:
            waits = {one.kind for one in self.life.pending.values()}
            assert DeadlineKind.STAFF in waits, needed

    @invariant()
    def nobody_is_sent_twice(self):
        keys = [one.key for one in self.life.case.live()]
        assert len(set(keys)) == len(keys)

    @invariant()
    def nothing_waits_for_an_ended_assignment(self):
        live = {one.assignment_id for one in self.life.case.live()}
        for one in self.life.pending.values():
            assert one.assignment_id is None or one.assignment_id in live

    @invariant()
    def each_thing_is_waited_for_once(self):
        kinds = [one.kind for one in self.life.pending.values()]
        for kind in ONE_AT_MOST:
            assert kinds.count(kind) <= 1, kind
        own = [
            (one.kind, one.assignment_id)
            for one in self.life.pending.values()
            if one.assignment_id is not None
        ]
        assert len(set(own)) == len(own)

    @invariant()
    def nobody_is_under_way_to_a_case_that_is_done(self):
        state = self.life.case.incident.state
        for one in self.life.case.live():
            assert state is not IncidentState.CLOSED
            if state in (IncidentState.VISITED, IncidentState.FOLLOWING_UP):
                assert one.state is AssignmentState.ON_SCENE or one.purpose is Purpose.FOLLOW_UP

    @invariant()
    def whoever_is_at_the_counter_has_been_spoken_to_by_nobody(self):
        incident = self.life.case.incident
        reported = [
            one
            for one in self.life.case.assignments.values()
            if one.state is AssignmentState.REPORTED
        ]
        assert not incident.at_counter or (incident.state is not IncidentState.CLOSED)
        assert not incident.at_counter or not reported
        assert incident.at_counter == (incident.victim_ref == whoever_is_at("b"))

    @invariant()
    def nobody_is_on_scene_and_elsewhere(self):
        for one in self.life.case.live():
            assert not (one.elsewhere and one.state is AssignmentState.ON_SCENE)
            assert one.state is not AssignmentState.ON_SCENE or one.arrived_at_s is not None
            assert one.state is AssignmentState.ON_SCENE or one.arrived_at_s is None

    @invariant()
    def the_answer_is_never_below_the_tier(self):
        assert self.life.case.incident.answer_tier >= self.life.case.incident.tier


LifeMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestWhateverHappens = LifeMachine.TestCase


def test_an_incident_without_its_deadline_is_found_forgotten():
    """The check itself: it tells when a deadline has been lost."""
    life = Life.begin(an_alert(), PEOPLE)
    assert forgotten(life) is None
    unattended = next(one for one in life.pending.values() if one.kind is DeadlineKind.UNATTENDED)
    del life.pending[unattended.deadline_id]
    assert forgotten(life) == "nobody goes and nobody is told"
    acknowledge = next(one for one in life.pending.values() if one.kind is DeadlineKind.ACKNOWLEDGE)
    del life.pending[acknowledge.deadline_id]
    assert "waits for set()" in forgotten(life)


def test_a_command_that_is_refused_says_why():
    """In one sentence that names what stands in the way."""
    life = Life.begin(an_alert(), PEOPLE)
    with pytest.raises(ConflictError, match="has not been accepted yet"):
        life.do(visits.arrive, life.sent("officer1"))
