"""What is promised between centres holds in whatever order, and however often, messages arrive."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dispatch.interceptions import asking, offering
from tests.dispatch.interceptions.county import LEAD, NEIGHBOURS, County

neighbours = st.sampled_from(NEIGHBOURS)


class BetweenCentres(RuleBasedStateMachine):
    """Everybody does what they may at any time; letters are late, lost, doubled, out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.county = County.begin()

    @rule(neighbour=neighbours)
    def ask(self, neighbour):
        self.county.ask(neighbour)

    @rule(neighbour=neighbours)
    def answer(self, neighbour):
        self.county.answer(neighbour)

    @rule(neighbour=neighbours)
    def offers_come_quickly(self, neighbour):
        """As they mostly do: asked, answered, and all of it arrives."""
        self.county.ask(neighbour)
        self.county.deliver_kinds("interception.requested")
        self.county.answer(neighbour)
        self.county.deliver_kinds("interception.offered")

    @rule()
    def commit_all(self):
        """Everybody of ours and every offer."""
        self.county.plan_and_commit(list(range(8)))

    @rule(choice=st.lists(st.integers(0, 7), max_size=5))
    def commit(self, choice):
        self.county.plan_and_commit(choice)

    @rule(neighbour=neighbours, what=st.sampled_from(["man", "withdraw", "clear", "miss"]))
    def go_on(self, neighbour, what):
        self.county.unit_does(neighbour, what)

    @rule(neighbour=neighbours)
    def a_visit_takes_somebody(self, neighbour):
        centre = self.county.centres[neighbour]
        for unit in centre.free()[:1]:
            centre.engaged[unit] = "a visit"

    @rule(name=st.sampled_from([LEAD, *NEIGHBOURS]))
    def seen(self, name):
        case = self.county.centres[name].case
        if case is not None and case.interception.is_open:
            self.county.seen(name)

    @rule(seconds=st.sampled_from([5.0, 25.0, 400.0]))
    def time_goes_by(self, seconds):
        self.county.now_s += seconds
        self.county.do(LEAD, asking.tick)

    @rule(data=st.data())
    def one_arrives(self, data):
        network = self.county.network
        if network:
            place = data.draw(st.integers(0, len(network) - 1))
            self.county.deliver(network.pop(place))

    @rule(data=st.data(), remembered=st.booleans())
    def one_arrives_and_will_again(self, data, remembered):
        """A copy; and one whose id was forgotten, as if it had been told anew."""
        network = self.county.network
        if network:
            letter = network[data.draw(st.integers(0, len(network) - 1))]
            self.county.deliver(letter, remember=remembered)

    @rule(neighbour=neighbours)
    def hand_over(self, neighbour):
        self.county.do(LEAD, asking.offer_hand_over, neighbour, "over the border")

    @rule(neighbour=neighbours, accepts=st.booleans())
    def decide(self, neighbour, accepts):
        if self.county.centres[neighbour].case is not None:
            self.county.do(neighbour, offering.decide_hand_over, accepts, "")

    @rule(name=st.sampled_from([LEAD, *NEIGHBOURS]), chance=st.integers(0, 9))
    def end(self, name, chance):
        if chance == 0:
            self.county.end(name)

    @rule(neighbour=neighbours, chance=st.integers(0, 9))
    def catch(self, neighbour, chance):
        if chance == 0:
            self.county.unit_does(neighbour, "catch")

    @invariant()
    def nothing_is_claimed_that_is_not_so(self):
        self.county.check()

    def teardown(self):
        self.county.calm_down()
        self.county.check()
        self.county.check_agreement()


BetweenCentres.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
test_whatever_the_network_does = BetweenCentres.TestCase
