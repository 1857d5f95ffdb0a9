"""Who should go: stories in a small river town."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.errors import QuestionError
from dispatch.fixes import FixBatch
from dispatch.live_picture import LivePicture
from dispatch.question import (
    CandidatePlace,
    PassedOverReason,
    Question,
    ShortfallReason,
    Want,
)
from dispatch.recommendation import recommend
from dispatch.responders import KINDS, Status
from dispatch.sight import EVERYTHING
from dispatch.wording import choice_in_words, passed_over_in_words, shortfall_in_words
from geodata.changes import Closure, RoadChanges
from geodata.metric import Metric
from geodata.network import UNREACHABLE_MS
from geodata.positions import RoadPositions
from geodata.search.tables import many_to_many
from geodata.snapping import Snapper
from tests.towns import town

NOW_S = 1_760_000_000.0
HOME, NEIGHBOUR = "500101", "500154"

# The river runs between the two long streets; one bridge at the east end.
TOWN = town(
    """
    A-----B-----C-----D-----E-----F
                                  |
                                  |
                                  |
    U-----V-----W-----X-----Y-----Z
    """,
    [
        "A-B-C-D-E-F secondary name=北滨路",
        "F-Z secondary bridge=yes name=长江二桥",
        "U-V-W-X-Y-Z secondary name=南滨路",
    ],
)
SNAPPER = Snapper(TOWN.network)


class TownRoads:
    """The town's roads with nothing closed."""

    snapper = SNAPPER
    metrics = {mode: Metric.base(TOWN.network, mode) for mode in TOWN.network.modes}  # noqa: RUF012

    def closed_edges(self, mode, changes):
        if not changes:
            return None
        closed = np.zeros(TOWN.network.edge_count, dtype=bool)
        times = changes.arc_times(self.metrics[mode])
        closed[times.arc[times.travel_time_ms >= UNREACHABLE_MS] >> 1] = True
        return closed


ROADS = TownRoads()


class Only:
    """A caller who holds these jurisdictions."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def hold(self, jurisdiction: str) -> bool:
        return jurisdiction in self.names


def at(leg: str, share: float) -> tuple[float, float]:
    return TOWN.lon_lat(leg, share)


def picture_of(*people, **common) -> LivePicture:
    """A picture of (id, kind, (lon, lat)) and optionally what is said about all of them."""
    picture = LivePicture(TOWN.network, SNAPPER)
    put(picture, *people, **common)
    return picture


def put(picture, *people, age_s=0.0, jurisdiction=HOME, **common) -> None:
    batch = FixBatch.of(
        [who for who, _, _ in people],
        [place[0] for _, _, place in people],
        [place[1] for _, _, place in people],
        NOW_S - age_s,
        kind=[kind for _, kind, _ in people],
        jurisdiction=jurisdiction,
        **common,
    )
    assert (picture.apply(batch, NOW_S - age_s) == 0).all()


def ask(picture, place, *wants, held=EVERYTHING, **more):
    places = (
        place
        if isinstance(place, tuple) and isinstance(place[0], CandidatePlace)
        else (CandidatePlace(*place),)
    )
    return recommend(picture, ROADS, Question(places, wants, **more), held, NOW_S)


def one(kind: str, count: int = 1, **more) -> Want:
    return Want(frozenset([kind]), count, **more)


def ids(answer) -> list[str]:
    return [choice.responder_id for choice in answer.chosen]


def test_the_officer_across_the_river_looks_nearer_and_loses():
    """By line the officer on the other bank is nearer; by road the way leads over the bridge."""
    picture = picture_of(
        ("across", "officer", at("U-V", 0.5)), ("same bank", "officer", at("D-E", 0.5))
    )
    (answer,) = ask(picture, at("A-B", 0.5), one("officer")).answers
    assert ids(answer) == ["same bank"]
    (loser,) = answer.passed_over
    assert loser.responder_id == "across"
    assert loser.reason is PassedOverReason.ACROSS_BRIDGE
    assert loser.landmark == "长江二桥"
    assert loser.line_m < answer.chosen[0].line_m
    assert loser.eta_s > answer.chosen[0].eta_s
    assert "长江二桥" in passed_over_in_words(loser, "zh")
    assert "over 长江二桥" in passed_over_in_words(loser, "en")


def test_an_answer_adds_up():
    """Arrival is turn-out, doubt and drive together; the words say the same numbers."""
    picture = picture_of(("car 1", "officer", at("D-E", 0.5)))
    (answer,) = ask(picture, at("A-B", 0.5), one("officer")).answers
    choice = answer.chosen[0]
    assert choice.turn_out_s == KINDS["officer"].turn_out_s
    assert choice.eta_s == pytest.approx(
        choice.turn_out_s + choice.doubt_s + choice.drive_s, abs=0.01
    )
    assert choice.distance_m == pytest.approx(choice.line_m, rel=0.01)
    assert "First there by road" in choice_in_words(choice, 0, "en")
    assert "最快到达" in choice_in_words(choice, 0, "zh")
    assert answer.shortfall is None


def test_who_was_last_heard_of_long_ago_does_not_go():
    """A lost fix is explained, a stale one costs its age in rank."""
    picture = picture_of(("fresh", "rider", at("D-E", 0.5)))
    put(picture, ("lost", "rider", at("A-B", 0.6)), age_s=KINDS["rider"].lost_after_s + 1)
    put(picture, ("stale", "rider", at("D-E", 0.4)), age_s=KINDS["rider"].stale_after_s + 90)
    (answer,) = ask(picture, at("A-B", 0.5), one("rider", 2)).answers
    assert ids(answer) == ["fresh", "stale"]
    assert answer.chosen[1].doubt_s == pytest.approx(90, abs=0.01)
    assert [(who.responder_id, who.reason) for who in answer.passed_over] == [
        ("lost", PassedOverReason.OLD_FIX)
    ]


def test_who_is_busy_is_passed_over_and_the_gap_is_told():
    """With all officers busy nobody is chosen and the answer says why."""
    picture = picture_of(("busy", "officer", at("A-B", 0.6)), status="busy")
    (answer,) = ask(picture, at("A-B", 0.5), one("officer", 2)).answers
    assert answer.chosen == ()
    assert answer.passed_over[0].reason is PassedOverReason.BUSY
    assert (answer.shortfall.missing, answer.shortfall.reason) == (2, ShortfallReason.ALL_BUSY)
    assert "2 missing" in shortfall_in_words(answer.shortfall, "en")
    assert "还缺 2 人" in shortfall_in_words(answer.shortfall, "zh")


@pytest.mark.parametrize(
    ("people", "more", "reason"),
    [
        ([], {}, ShortfallReason.NONE_KNOWN),
        (
            [("far", "grid_worker", at("U-V", 0.1))],
            {"limit_s": 70.0},
            ShortfallReason.NONE_IN_REACH,
        ),
    ],
)
def test_every_kind_of_shortfall_is_told_apart(people, more, reason):
    """Nobody of the kind is something else than nobody in time."""
    picture = picture_of(("car 1", "officer", at("D-E", 0.5)), *people)
    (answer,) = ask(picture, at("A-B", 0.5), one("grid_worker"), **more).answers
    assert answer.shortfall.reason is reason


def test_the_reason_of_a_gap_is_that_of_those_who_were_not_chosen():
    """With the available ones chosen it is the busy one who is missing, and then nobody is left."""
    picture = picture_of(("free", "officer", at("D-E", 0.5)))
    put(picture, ("busy", "officer", at("A-B", 0.6)), status="busy")
    (answer,) = ask(picture, at("A-B", 0.5), one("officer", 2)).answers
    assert (answer.shortfall.missing, answer.shortfall.reason) == (1, ShortfallReason.ALL_BUSY)
    alone = picture_of(("free", "officer", at("D-E", 0.5)))
    (answer,) = ask(alone, at("A-B", 0.5), one("officer", 3)).answers
    assert (answer.shortfall.missing, answer.shortfall.reason) == (2, ShortfallReason.NO_MORE_KNOWN)


def test_a_mean_over_several_places_adds_up_too():
    """What the other places add is told, in numbers and in words."""
    picture = picture_of(("car 1", "officer", at("A-B", 0.5)))
    places = (CandidatePlace(*at("A-B", 0.5), weight=2.0), CandidatePlace(*at("E-F", 0.5)))
    choice = ask(picture, places, one("officer")).answers[0].chosen[0]
    parts_s = choice.turn_out_s + choice.doubt_s + choice.drive_s + choice.elsewhere_s
    assert choice.eta_s == pytest.approx(parts_s, abs=0.01)
    assert choice.elsewhere_s > 1.0
    assert "mean over the places" in choice_in_words(choice, 0, "en")
    assert "加权平均" in choice_in_words(choice, 0, "zh")


def test_a_place_far_from_every_road_is_told():
    """Ten kilometres away there is no road to come by."""
    picture = picture_of(("car 1", "officer", at("D-E", 0.5)))
    recommendation = ask(picture, (108.6, 31.0), one("officer"))
    assert recommendation.answers[0].shortfall.reason is ShortfallReason.OUT_OF_NETWORK
    assert recommendation.doors == {}


def test_nobody_sees_the_neighbours_people():
    """The neighbour's officer next door is neither chosen nor named nor counted."""
    picture = picture_of(("ours", "officer", at("D-E", 0.5)))
    put(picture, ("theirs", "officer", at("A-B", 0.6)), jurisdiction=NEIGHBOUR)
    (answer,) = ask(picture, at("A-B", 0.5), one("officer", 2), held=Only(HOME)).answers
    assert ids(answer) == ["ours"]
    assert answer.passed_over == ()
    assert answer.shortfall.counts["known"] == 1
    (both,) = ask(picture, at("A-B", 0.5), one("officer", 2), held=Only(HOME, NEIGHBOUR)).answers
    assert ids(both) == ["theirs", "ours"]


def test_nobody_goes_twice():
    """A second want for the same kinds gets the next best."""
    picture = picture_of(
        ("near", "grid_worker", at("A-B", 0.6)), ("far", "grid_worker", at("D-E", 0.5))
    )
    first, second = ask(
        picture, at("A-B", 0.5), one("grid_worker"), Want(frozenset(["grid_worker", "rider"]))
    ).answers
    assert ids(first) == ["near"]
    assert ids(second) == ["far"]
    assert second.passed_over[0].reason is PassedOverReason.ENOUGH_CHOSEN


def test_kinds_of_one_want_compete_whatever_they_ride():
    """The grid worker on foot round the corner beats the rider at the other end of town."""
    picture = picture_of(
        ("on foot", "grid_worker", at("A-B", 0.6)), ("riding", "rider", at("U-V", 0.5))
    )
    (answer,) = ask(picture, at("A-B", 0.5), Want(frozenset(["grid_worker", "rider"]), 2)).answers
    assert [(c.responder_id, c.mode) for c in answer.chosen] == [
        ("on foot", "foot"),
        ("riding", "ebike"),
    ]
    (riders,) = ask(
        picture,
        at("A-B", 0.5),
        Want(frozenset(["grid_worker", "rider"]), 2, modes=frozenset(["ebike"])),
    ).answers
    assert ids(riders) == ["riding"]


def test_who_declined_is_left_out():
    """A question without somebody answers with the next and says so."""
    picture = picture_of(
        ("declined", "officer", at("A-B", 0.6)), ("next", "officer", at("D-E", 0.5))
    )
    (answer,) = ask(
        picture, at("A-B", 0.5), one("officer"), without=frozenset([(HOME, "declined")])
    ).answers
    assert ids(answer) == ["next"]
    assert answer.passed_over[0].reason is PassedOverReason.EXCLUDED


def test_who_lacks_a_capability_is_passed_over():
    """Only the one who speaks the victim's language goes."""
    picture = picture_of(("near", "officer", at("A-B", 0.6)))
    put(picture, ("able", "officer", at("D-E", 0.5)), capabilities=[["sign_language"]])
    (answer,) = ask(
        picture, at("A-B", 0.5), one("officer"), capabilities=frozenset(["sign_language"])
    ).answers
    assert ids(answer) == ["able"]
    assert answer.passed_over[0].reason is PassedOverReason.NOT_CAPABLE


def test_a_closed_bridge_leaves_no_way():
    """With the bridge closed for this question the other bank is out of reach and it is said."""
    picture = picture_of(("across", "officer", at("U-V", 0.5)))
    bridge = np.array([TOWN.arc("F-Z") >> 1])
    (answer,) = ask(
        picture, at("A-B", 0.5), one("officer"), changes=RoadChanges(Closure(edges=bridge))
    ).answers
    assert answer.chosen == ()
    assert answer.shortfall.reason is ShortfallReason.NONE_IN_REACH
    assert answer.passed_over[0].reason is PassedOverReason.NO_WAY


def test_too_far_is_something_else_than_no_way():
    """A way that takes longer than the question allows is told as long, not as missing."""
    picture = picture_of(("far", "grid_worker", at("U-V", 0.1)))
    (answer,) = ask(picture, at("A-B", 0.5), one("grid_worker"), limit_s=70.0).answers
    (loser,) = answer.passed_over
    assert (loser.reason, loser.slower_than_s) == (PassedOverReason.BEYOND_LIMIT, 70.0)


def test_a_roughly_known_place_counts_every_road_within_its_radius():
    """A circle that reaches both banks gives spots on both; the door is the likeliest one."""
    picture = picture_of(("car 1", "officer", at("F-Z", 0.5)))
    middle = ((at("A-B", 0.5)[0]), (at("A-B", 0.5)[1] + at("U-V", 0.5)[1]) / 2)
    known = ask(picture, at("A-B", 0.5), one("officer")).answers[0].chosen[0]
    rough = ask(picture, (CandidatePlace(*middle, accuracy_m=140.0),), one("officer"))
    assert rough.answers[0].chosen[0].eta_s == pytest.approx(known.eta_s, rel=0.35)
    assert set(rough.doors) == {"police"}


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: CandidatePlace(181.0, 30.0),
        lambda: CandidatePlace(float("nan"), 30.0),
        lambda: CandidatePlace(108.0, 30.0, accuracy_m=-1.0),
        lambda: CandidatePlace(108.0, 30.0, weight=0.0),
        lambda: CandidatePlace(108.0, 30.0, weight=float("inf")),
        lambda: Want(frozenset()),
        lambda: Want(frozenset(["officer"]), 0),
        lambda: Question((), (one("officer"),)),
        lambda: Question((CandidatePlace(108.0, 30.0),), ()),
        lambda: Question((CandidatePlace(108.0, 30.0),), (one("officer"),), limit_s=0.0),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(wrong):
    """With one sentence that names what is accepted."""
    with pytest.raises(QuestionError, match=r"\.$"):
        wrong()


legs = ["A-B", "B-C", "C-D", "D-E", "E-F", "F-Z", "U-V", "V-W", "W-X", "X-Y", "Y-Z"]
spots = st.tuples(st.sampled_from(legs), st.sampled_from([0.05, 0.3, 0.5, 0.75, 0.95]))


@settings(max_examples=80, deadline=None)
@given(
    people=st.lists(
        st.tuples(st.sampled_from(["officer", "rider", "grid_worker"]), spots),
        min_size=1,
        max_size=12,
    ),
    victim=spots,
    count=st.integers(1, 4),
)
def test_the_best_are_those_of_all_times_computed_one_by_one(people, victim, count):
    """For each kind the chosen have the smallest arrivals of everybody of that kind."""
    named = [(f"{k}", kind, at(*spot)) for k, (kind, spot) in enumerate(people)]
    picture = picture_of(*named)
    place = at(*victim)
    answers = ask(picture, place, *(one(kind, count) for kind in ("officer", "rider"))).answers
    for kind, answer in zip(("officer", "rider"), answers, strict=True):
        mode = KINDS[kind].mode
        members = [(who, spot) for who, of_kind, spot in named if of_kind == kind]
        door = SNAPPER.snap([place[0]], [place[1]], mode, at_door=True)
        stand = SNAPPER.snap([s[0] for _, s in members], [s[1] for _, s in members], mode)
        all_ms = many_to_many(ROADS.metrics[mode], stand, door)[:, 0] if members else np.empty(0)
        expected_s = np.sort(all_ms / 1000 + KINDS[kind].turn_out_s)[:count]
        np.testing.assert_allclose([c.eta_s for c in answer.chosen], expected_s, atol=0.002)
        assert (answer.shortfall is None) == (len(members) >= count)


def test_the_path_leads_from_the_responder_to_the_door():
    """Its first arc lies on the responder's edge, its last on the victim's."""
    picture = picture_of(("car 1", "officer", at("W-X", 0.5)))
    recommendation = ask(picture, at("A-B", 0.5), one("officer"))
    choice = recommendation.answers[0].chosen[0]
    door: RoadPositions = recommendation.doors["police"]
    assert choice.path.arcs[0] >> 1 == choice.origin.edge[0]
    assert choice.path.arcs[-1] >> 1 == door.edge[0]


def test_status_after_a_dispatch_takes_effect_at_once():
    """Whoever is on the way is not recommended again."""
    picture = picture_of(("car 1", "officer", at("D-E", 0.5)))
    picture.set_status([(HOME, "car 1")], Status.EN_ROUTE)
    assert ask(picture, at("A-B", 0.5), one("officer")).answers[0].chosen == ()
