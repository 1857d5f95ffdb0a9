"""A neighbour is asked, offers, is taken at its word, or is not: one story each."""

from __future__ import annotations

import msgspec
import pytest

from dispatch.errors import ConflictError
from dispatch.interceptions import asking, offering, posts
from dispatch.interceptions.case import Post
from dispatch.interceptions.hearing import hear
from dispatch.interceptions.messages import KINDS, Reported, Withdrawn
from dispatch.interceptions.partners import ANSWER_WITHIN_S, CONFIRM_WITHIN_S
from dispatch.interceptions.words import Holder, InterceptionRole, PostState
from tests.dispatch.interceptions.county import LEAD, County

EVERYBODY = list(range(8))


def offered() -> County:
    """Kaizhou has been asked and has offered two units, each at one place."""
    county = County.begin()
    county.ask("kaizhou")
    county.deliver_kinds("interception.requested")
    county.answer("kaizhou")
    county.deliver_kinds("interception.offered")
    return county


def committed() -> County:
    """The lead has asked for both offers; nothing of that has arrived."""
    county = offered()
    county.plan_and_commit(EVERYBODY)
    return county


def confirmed() -> County:
    """Kaizhou has sent two units, and the lead knows it."""
    county = committed()
    county.deliver_kinds("interception.committed")
    county.deliver_kinds("interception.confirmed")
    return county


def theirs(county: County) -> list[Post]:
    """The lead's posts that Kaizhou holds, or is to hold."""
    return [one for one in county.lead().interception.posts if one.holder is Holder.NEIGHBOUR]


def sent(county: County) -> list[Post]:
    """Kaizhou's own posts."""
    return list(county.centres["kaizhou"].case.interception.posts)


def states(found: list[Post]) -> list[str]:
    return [one.state.value for one in found]


def test_an_offer_binds_nobody_and_a_confirmed_one_does():
    """Kaizhou's units are free until the lead asks for them and Kaizhou says yes."""
    county = offered()
    assert len(county.centres["kaizhou"].free()) == 2
    county = committed()
    assert states(theirs(county)) == ["asked", "asked"]
    county.deliver_kinds("interception.committed")
    assert states(theirs(county)) == ["asked", "asked"], "nobody has heard of a yes yet"
    assert county.centres["kaizhou"].free() == []
    county.deliver_kinds("interception.confirmed")
    assert states(theirs(county)) == states(sent(county)) == ["ordered", "ordered"]


def test_a_miss_that_the_lead_is_told_by_hand_frees_the_neighbour_s_unit():
    """The lead's dispatcher hears on the radio that the coach is past: Kaizhou's unit is free, the
    other one stays, and what the dispatcher noted stays at home."""
    county = confirmed()
    past, still = theirs(county)
    county.do(LEAD, posts.miss, past.checkpoint_id, None, None, "a tip of the victim's daughter")
    county.deliver_kinds("interception.released")
    assert states(theirs(county)) == ["missed", "ordered"]
    ended = {one.offer_id: (one.state.value, one.reason) for one in sent(county)}
    assert ended == {past.offer_id: ("released", "missed"), still.offer_id: ("ordered", "")}
    assert len(county.centres["kaizhou"].free()) == 1
    county.check()


def test_a_miss_that_one_neighbour_tells_frees_another_one_s_unit_at_the_same_place():
    """Kaizhou and Yunyang both stand where the coach got past Kaizhou."""
    county = County.begin()
    for neighbour in ("kaizhou", "yunyang"):
        county.ask(neighbour)
        county.deliver_kinds("interception.requested")
        county.answer(neighbour)
        county.deliver_kinds("interception.offered")
    county.plan_and_commit(EVERYBODY)
    county.deliver_kinds("interception.committed")
    county.deliver_kinds("interception.confirmed")
    county.unit_does("kaizhou", "miss")
    county.calm_down()
    county.check()
    county.check_agreement()


def test_who_was_taken_by_a_visit_meanwhile_is_withdrawn():
    """Between offer and commit one of the two went to a victim: the lead plans without that one."""
    county = committed()
    kaizhou = county.centres["kaizhou"]
    kaizhou.engaged[kaizhou.units[0]] = "a visit"
    county.deliver_kinds("interception.committed")
    county.calm_down()
    assert sorted(states(theirs(county))) == ["ordered", "withdrawn"]
    assert states(sent(county)) == ["ordered"]
    assert county.lead().interception.plan_wanted


def test_silence_counts_as_no_and_a_yes_that_comes_later_is_released():
    """Kaizhou said yes in time, but its letters lay somewhere: nobody waits there for nothing."""
    county = committed()
    county.deliver_kinds("interception.committed")
    county.now_s += CONFIRM_WITHIN_S
    county.do(LEAD, asking.tick)
    assert states(theirs(county)) == ["withdrawn", "withdrawn"]
    late = [one for one in county.network if one.kind == "interception.confirmed"]
    assert len(late) == 2
    county.calm_down()
    assert states(theirs(county)) == ["withdrawn", "withdrawn"]
    assert states(sent(county)) == ["released", "released"]
    assert len(county.centres["kaizhou"].free()) == 2


def test_a_release_that_overtakes_its_commit_leaves_nobody_bound():
    """The order of letters is nothing to rely on."""
    county = committed()
    county.plan_and_commit([])  # the next plan needs nobody
    county.deliver_kinds("interception.released")
    county.deliver_kinds("interception.committed")
    assert sent(county) == []
    county.calm_down()
    assert len(county.centres["kaizhou"].free()) == 2


def test_a_unit_that_cannot_go_on_is_withdrawn_for_the_lead_too():
    """A puncture: the lead plans anew, and asks again."""
    county = confirmed()
    county.unit_does("kaizhou", "withdraw")
    county.deliver_kinds("interception.withdrawn")
    assert sorted(states(theirs(county))) == ["ordered", "withdrawn"]
    assert county.lead().interception.plan_wanted
    assert asking.should_ask(county.lead().interception, "kaizhou")


def test_a_report_that_overtakes_the_yes_says_yes_as_well():
    """Whoever stands there has come."""
    county = committed()
    county.deliver_kinds("interception.committed")
    county.unit_does("kaizhou", "man")
    county.deliver_kinds("interception.reported")
    assert states(theirs(county)) == ["manned", "asked"]
    county.deliver_kinds("interception.confirmed")
    assert states(theirs(county)) == ["manned", "ordered"]


@pytest.mark.parametrize(("what", "state"), [("clear", "clear"), ("miss", "missed")])
def test_what_happens_at_their_place_is_known_to_the_lead(what, state):
    """Held in vain, or passed."""
    county = confirmed()
    county.unit_does("kaizhou", "man")
    county.now_s += 60.0
    county.unit_does("kaizhou", what)
    county.calm_down()
    assert states(theirs(county))[0] == state
    assert county.lead().interception.is_open


def test_a_catch_at_their_place_ends_it_for_everybody():
    """Kaizhou's car at the toll gate has stopped the coach."""
    county = confirmed()
    county.ask("yunyang")
    county.deliver_kinds("interception.requested")
    county.unit_does("kaizhou", "man")
    county.unit_does("kaizhou", "catch")
    county.calm_down()
    for centre in county.centres.values():
        assert centre.case.interception.state.value == "caught"
        assert centre.free() == centre.units


def test_a_neighbour_that_does_not_answer_is_counted_as_having_nothing():
    """The plan of the others does not wait; the centre is told."""
    county = County.begin()
    county.ask("kaizhou")
    assert county.lead().interception.due_at_s == county.now_s + ANSWER_WITHIN_S
    county.now_s += ANSWER_WITHIN_S
    county.do(LEAD, asking.tick)
    county.do(LEAD, asking.tick)
    told = [one.type for one in county.centres[LEAD].history]
    assert told.count("interception.unanswered") == 1
    assert county.lead().interception.due_at_s is None
    county.calm_down()
    county.answer("kaizhou")
    county.calm_down()
    assert len(county.lead().interception.offers) == 2, "late is better than never"


def test_of_two_requests_the_last_one_is_answered():
    """The first one arrives after the second: it is about an older sighting."""
    county = County.begin()
    county.ask("kaizhou")
    county.now_s += ANSWER_WITHIN_S
    county.do(LEAD, asking.tick)
    county.seen(LEAD)
    county.ask("kaizhou")
    first, second = (one for one in county.network if one.kind == "interception.requested")
    county.network.clear()
    county.deliver(second)
    county.deliver(first)
    assert county.centres["kaizhou"].case.interception.request.round == 2
    county.answer("kaizhou")
    county.calm_down()
    assert county.lead().interception.partners["kaizhou"].answered == 2


def test_a_neighbour_that_hears_of_it_after_it_is_over_is_told_so():
    """The stand-down came first and meant nothing there; its offer is answered with another one."""
    county = County.begin()
    county.ask("kaizhou")
    county.end(LEAD)
    request, ended = county.network
    county.network.clear()
    county.deliver(ended)
    assert county.centres["kaizhou"].case is None
    county.deliver(request)
    county.answer("kaizhou")
    county.calm_down()
    assert not county.centres["kaizhou"].case.interception.is_open


def test_sightings_flow_to_all_who_take_part_and_not_back():
    """A camera of Kaizhou sees the coach: Wanzhou knows, and tells Yunyang."""
    county = offered()
    county.ask("yunyang")
    county.deliver_kinds("interception.requested")
    county.answer("yunyang")
    county.calm_down()
    county.now_s += 1.0
    county.seen("kaizhou")
    county.calm_down()
    seen_at_s = {
        centre.case.interception.last_seen.sighting.seen_at_s for centre in county.centres.values()
    }
    assert len(seen_at_s) == 1
    told = [one for one in county.centres[LEAD].history if one.type == "interception.told"]
    sightings = [one for one in told if one.data["message"] == "interception.sighted"]
    assert [one.data["centre"] for one in sightings] == ["yunyang"]


def test_the_lead_passes_once_the_neighbour_has_accepted():
    """Over the border: Kaizhou leads, its units stay where they are, Wanzhou's are let go."""
    county = confirmed()
    county.do(LEAD, asking.offer_hand_over, "kaizhou", "over the border")
    county.deliver_kinds("interception.hand_over_offered")
    assert county.centres["kaizhou"].case.interception.role is InterceptionRole.NEIGHBOUR
    county.do("kaizhou", offering.decide_hand_over, True, "")
    assert county.centres["kaizhou"].case.interception.role is InterceptionRole.NEIGHBOUR
    county.deliver_kinds("interception.hand_over_answered")
    assert county.lead().interception.state.value == "handed_over"
    assert county.centres[LEAD].free() == county.centres[LEAD].units
    county.calm_down()
    there = county.centres["kaizhou"].case.interception
    assert (there.role, there.is_open) == (InterceptionRole.LEAD, True)
    assert states(sent(county)) == ["ordered", "ordered"]
    assert there.plan_wanted


def test_a_neighbour_that_refuses_or_is_silent_leaves_the_lead_where_it_is():
    """And a yes that comes after that changes nothing."""
    county = offered()
    county.do(LEAD, asking.offer_hand_over, "kaizhou", "over the border")
    county.deliver_kinds("interception.hand_over_offered")
    county.do("kaizhou", offering.decide_hand_over, False, "nobody here")
    county.calm_down()
    assert county.lead().interception.hand_over.reason == "nobody here"
    county.do(LEAD, asking.offer_hand_over, "kaizhou", "again")
    county.deliver_kinds("interception.hand_over_offered")
    county.do("kaizhou", offering.decide_hand_over, True, "")
    county.now_s += 1_000.0
    county.do(LEAD, asking.tick)
    county.calm_down()
    assert county.lead().interception.role is InterceptionRole.LEAD
    assert county.lead().interception.is_open
    assert county.centres["kaizhou"].case.interception.role is InterceptionRole.NEIGHBOUR


def test_a_centre_that_takes_no_part_is_not_listened_to():
    """Dazhou knows the id of the case, and no more."""
    county = confirmed()
    before = len(county.centres[LEAD].history)
    (post, _) = theirs(county)
    hear(
        county.lead(), "dazhou", 1, Withdrawn(offer_id=post.offer_id, reason=""),
        county.centres[LEAD].take, county.now_s,
    )  # fmt: skip
    county.write(LEAD)
    assert post.state is PostState.ORDERED
    assert len(county.centres[LEAD].history) == before


def test_a_neighbour_cannot_end_what_another_one_holds():
    """Yunyang takes part, and speaks for its own offers only."""
    county = confirmed()
    county.ask("yunyang")
    county.calm_down()
    (post, _) = theirs(county)
    for state in ("caught", "missed", "delayed"):
        hear(
            county.lead(), "yunyang", 9,
            Reported(offer_id=post.offer_id, state=state, at_s=county.now_s),
            county.centres[LEAD].take, county.now_s,
        )  # fmt: skip
        county.write(LEAD)
    assert post.state is PostState.ORDERED
    assert county.lead().interception.is_open


def test_only_the_lead_asks():
    """A neighbour that wants others to be asked tells the lead."""
    county = offered()
    case = county.centres["kaizhou"].case
    with pytest.raises(ConflictError, match="led by wanzhou"):
        asking.ask(case, "yunyang", [], county.now_s)
    with pytest.raises(ConflictError, match="led by wanzhou"):
        asking.offer_hand_over(case, "yunyang", "", county.now_s)


def test_what_a_neighbour_learns_is_what_the_messages_say():
    """No unit, no responder and no other place of ours is in any of them; nor theirs in answers."""
    county = confirmed()
    county.unit_does("kaizhou", "man")
    county.calm_down()
    told = [
        one
        for centre in county.centres.values()
        for one in centre.history
        if one.type == "interception.told"
    ]
    assert len(told) >= 6
    text = msgspec.json.encode([one.data for one in told]).decode()
    for word in ("unit:", "wanzhou-0", "kaizhou-0", "responder", "officer"):
        assert word not in text, word
    assert {one.data["message"] for one in told} <= set(KINDS)


def test_a_released_offer_is_not_planned_with_again():
    """It is over for good; the neighbour is asked anew for another one."""
    county = confirmed()
    county.plan_and_commit([0, 1])
    county.calm_down()
    interception = county.lead().interception
    assert interception.offers == ()
    assert all(not post.live for post in theirs(county))
    assert states(theirs(county)) == ["released", "released"]
    assert asking.should_ask(interception, "kaizhou")
