"""Who counts for a question: those set back by their kind, engaged, meant alone, of an area."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.errors import QuestionError
from dispatch.question import CandidatePlace, PassedOverReason, Question, ShortfallReason, Want
from dispatch.recommendation import recommend
from dispatch.responders import Status
from dispatch.sight import EVERYTHING
from geodata.metric import Metric
from tests.dispatch.villages import NETWORK, NOON_S, SNAPPER, Only, at, empty_picture, tell


class VillageRoads:
    """The villages' roads with nothing closed."""

    snapper = SNAPPER
    metrics = {mode: Metric.base(NETWORK, mode) for mode in NETWORK.modes}  # noqa: RUF012

    def closed_edges(self, mode, changes):
        return None


ROADS = VillageRoads()
HOME = "wanzhou"
PLACE = CandidatePlace(*at(0, 0))
SOMEWHERE = (CandidatePlace(*at(0, 0), weight=2.0), CandidatePlace(*at(2_000, 0)))
COMMUNITY = frozenset(["rider", "grid_worker", "bank_guard"])


def street(*people):
    """A picture of people on the main street: id, kind, metres from the victim, jurisdiction."""
    picture = empty_picture()
    for who, kind, metres, *jurisdiction in people:
        tell(picture, who, metres, 0, kind=kind, jurisdiction=(*jurisdiction, HOME)[0])
    return picture


def ask(picture, *wants, places=(PLACE,), held=EVERYTHING, **more):
    question = Question(places, wants, **more)
    return recommend(picture, ROADS, question, held, NOON_S).answers


def ids(answer) -> list[str]:
    return [choice.responder_id for choice in answer.chosen]


people_on_the_street = st.lists(
    st.tuples(st.sampled_from(sorted(COMMUNITY)), st.integers(0, 4_900)), min_size=1, max_size=12
)


@given(
    people_on_the_street,
    st.fixed_dictionaries({kind: st.integers(0, 1_200) for kind in sorted(COMMUNITY)}),
    st.integers(1, 5),
    st.integers(60, 3_600),
    st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_those_set_back_are_ranked_as_if_they_came_later(people, backs, count, limit_s, several):
    """The twin takes everybody's arrival, adds what their kind is set back by, and sorts. Who is
    there in time counts, however far back their kind is set."""
    picture = street(*((f"C{n:02}", kind, metres) for n, (kind, metres) in enumerate(people)))
    places = SOMEWHERE if several else (PLACE,)
    (everybody,) = ask(picture, Want(COMMUNITY, 100), places=places, limit_s=float(limit_s))
    slow = sorted(everybody.chosen, key=lambda one: one.eta_s + backs[one.kind])[:count]
    want = Want(COMMUNITY, count, set_back_s={kind: float(s) for kind, s in backs.items()})
    (ours,) = ask(picture, want, places=places, limit_s=float(limit_s))
    assert len(ours.chosen) == len(slow)
    for one, twin in zip(ours.chosen, slow, strict=True):
        assert one.eta_s + one.set_back_s == pytest.approx(twin.eta_s + backs[twin.kind], abs=0.002)
        assert one.set_back_s == backs[one.kind]
        (same,) = [who for who in everybody.chosen if who.responder_id == one.responder_id]
        assert one.eta_s == pytest.approx(same.eta_s, abs=0.002)
        assert one.turn_out_s + one.doubt_s + one.drive_s + one.elsewhere_s == pytest.approx(
            one.eta_s, abs=0.01
        )


def test_who_is_sooner_but_set_back_is_passed_over_for_that_reason():
    """Not "slower by road", which would be untrue."""
    picture = street(("R", "rider", 500), ("G", "bank_guard", 520))
    (answer,) = ask(picture, Want(COMMUNITY, set_back_s={"rider": 3_000.0}))
    assert ids(answer) == ["G"]
    (loser,) = answer.passed_over
    assert (loser.responder_id, loser.reason) == ("R", PassedOverReason.LESS_LIKELY)
    assert loser.eta_s < answer.chosen[0].eta_s


def test_being_set_back_is_measured_in_a_days_seconds():
    """A sentence says what is accepted."""
    for seconds in (-1.0, 86_401.0, float("nan")):
        with pytest.raises(QuestionError, match=r"0 to 86,400"):
            Want(COMMUNITY, set_back_s={"rider": seconds})


def test_who_is_engaged_does_not_go_and_counts_as_busy():
    """Whatever the picture says: their phone shows them as available."""
    picture = street(("G1", "bank_guard", 100), ("G2", "bank_guard", 900))
    engaged = {(HOME, "G1"): Status.EN_ROUTE, ("elsewhere", "G2"): Status.EN_ROUTE}
    (answer,) = ask(picture, Want(COMMUNITY), engaged=engaged)
    assert ids(answer) == ["G2"]
    assert [(one.responder_id, one.reason) for one in answer.passed_over] == [
        ("G1", PassedOverReason.BUSY)
    ]
    (answer,) = ask(picture, Want(COMMUNITY, 3), engaged=engaged)
    assert answer.shortfall.counts == {"known": 2, "lost": 0, "busy": 1, "available": 1}
    assert answer.shortfall.reason is ShortfallReason.ALL_BUSY


def test_who_is_engaged_and_says_so_is_counted_once():
    """Busy by the picture and by the ledger is one busy one."""
    picture = street(("G1", "bank_guard", 100))
    tell(picture, "G2", 200, 0, 1.0, kind="bank_guard", status="busy")
    engaged = {(HOME, "G2"): Status.EN_ROUTE, (HOME, "G1"): Status.AVAILABLE}
    (answer,) = ask(picture, Want(COMMUNITY, 2), engaged=engaged)
    assert ids(answer) == ["G1"]
    assert answer.shortfall.counts == {"known": 2, "lost": 0, "busy": 1, "available": 1}


def test_who_is_sent_already_does_not_go_again_and_is_told_as_such():
    """To this victim, that is, whether it is known elsewhere or not."""
    picture = street(("G1", "bank_guard", 100), ("G2", "bank_guard", 900))
    sent, engaged = frozenset({(HOME, "G1")}), {(HOME, "G1"): Status.BUSY}
    for known in ({}, engaged):
        (answer,) = ask(picture, Want(COMMUNITY, 2), sent=sent, engaged=known)
        assert ids(answer) == ["G2"]
        assert [one.reason for one in answer.passed_over] == [PassedOverReason.ALREADY_SENT]
        assert answer.shortfall.counts == {"known": 2, "lost": 0, "busy": 1, "available": 1}


def test_nobody_but_those_meant_is_considered():
    """A dispatcher names one; the others are not even explained."""
    picture = street(*((f"G{n}", "bank_guard", 100 * n) for n in range(1, 20)))
    only = frozenset({(HOME, "G15")})
    (answer,) = ask(picture, Want(COMMUNITY, 3), only=only)
    assert ids(answer) == ["G15"]
    assert answer.passed_over == ()
    (answer,) = ask(picture, Want(COMMUNITY), only=only, engaged={(HOME, "G15"): Status.BUSY})
    assert ids(answer) == []
    assert [(one.responder_id, one.reason) for one in answer.passed_over] == [
        ("G15", PassedOverReason.BUSY)
    ]
    (answer,) = ask(picture, Want(COMMUNITY), only=frozenset({(HOME, "nobody")}))
    assert answer.chosen == () == answer.passed_over


def test_a_want_within_an_area_takes_those_of_it_and_below_it():
    """The village's people and its grids', not those of a grid whose name begins alike."""
    picture = street(
        ("near", "grid_worker", 10, "wanzhou/v1x"),
        ("grid", "grid_worker", 400, "wanzhou/v1/g7"),
        ("village", "grid_worker", 800, "wanzhou/v1"),
        ("town", "grid_worker", 50, "wanzhou"),
    )
    (answer,) = ask(picture, Want(COMMUNITY, 5, within=("wanzhou/v1",)))
    assert ids(answer) == ["grid", "village"]
    assert answer.shortfall.counts["known"] == 2
    assert answer.passed_over == ()
    wants = [Want(COMMUNITY, 5, within=(name,)) for name in ("wanzhou/v1/g7", "wanzhou")]
    first, second = ask(picture, *wants)
    assert ids(first) == ["grid"]
    assert ids(second) == ["near", "town", "village"]


def test_a_want_within_an_area_shows_nothing_that_the_caller_does_not_hold():
    """An area is a wish, not a permission."""
    picture = street(
        ("own", "grid_worker", 400, "wanzhou"), ("other", "grid_worker", 10, "kaizhou")
    )
    want = Want(COMMUNITY, 5, within=("wanzhou", "kaizhou"))
    (answer,) = ask(picture, want, held=Only("wanzhou"))
    assert ids(answer) == ["own"]
    assert answer.shortfall.counts["known"] == 1
