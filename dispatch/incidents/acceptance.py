"""How likely somebody is to say yes, what that costs, and how many to ask at once.

**Who is asked first.** Somebody who is there after ``t`` seconds and says yes with probability
``p`` is worth asking before another one not when ``t`` is smaller, but when the expected time
until somebody stands there is. Ask one after the other, where a refusal costs ``w`` seconds, and
let ``V`` be the expected time of all that comes behind the two. Asking i before j takes

    p_i t_i + (1 - p_i) (w + p_j t_j + (1 - p_j) (w + V))

and j before i the same with the letters changed over. The difference is

    p_i p_j (t_i - t_j) + w (p_j - p_i)

in which ``V`` is gone; it is negative exactly when ``t_i + w / p_i < t_j + w / p_j``. Each is
worth a number of their own, so the order by these numbers is the best of all orders (the exchange
argument of Smith, Naval Research Logistics Quarterly 3, 1956). ``w`` less is the same order:
``t + w (1 - p) / p``, which is the arrival, and the time that refusals would cost if everybody
were like them (:func:`set_back_s`). Nobody who always says yes is set back.

**What a refusal costs.** Whoever is asked alone and refuses has cost the whole time to answer. Of
several who are asked at once one refusal costs nothing as long as the others suffice. That they do
not is what the policy lets happen with probability ``1 - target``: so much of the time to answer a
refusal costs then (:func:`refusal_s`). Taking the whole time instead sends people from farther away
to spare a wait that hardly ever comes. Over drawn cases with 30 to 120 s to answer, those whom this
order puts in front take 0.8 to 1.4 per cent longer in the mean than the best of all sets that could
be asked; with the whole time it would be 1.1 to 4.0 per cent.

**How many are asked at once.** As few, from the front of that order, as bring the probability that
enough of them say yes to what the policy wants (:func:`ask_at_once`). Each answers for themselves,
so that the number of yeses has a Poisson binomial distribution (:func:`chance_of_enough`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dispatch.incidents.policy import Policy

LONGEST_SET_BACK_S = 86_400.0
"""As far as a question sets a kind back (`dispatch.question.Want`)."""


@dataclass(frozen=True, slots=True)
class Answers:
    """How offers to one kind of responder ended. Offers withdrawn before an answer do not count."""

    accepted: int = 0
    refused: int = 0
    """Declined, or not answered in time."""


class Acceptance:
    """The probability that each kind accepts an offer in time. Immutable.

    What was counted is weighed with what the policy expects: the mean of the Beta distribution that
    the expectation becomes once the answers are known (Gelman et al., Bayesian Data Analysis, 3rd
    ed., section 2.4).
    """

    def __init__(self, policy: Policy, counted: Mapping[str, Answers] | None = None) -> None:
        counted = counted or {}
        self._chance = {
            kind: _mean(counted.get(kind, Answers()), of_ten / 10, policy.acceptance_weight)
            for kind, of_ten in policy.accept_of_ten.items()
        }

    def chance(self, kind: str) -> float:
        """Probability that somebody of this kind accepts in time."""
        return self._chance[kind]

    def set_back_s(self, kinds: Iterable[str], refusal_s: float) -> dict[str, float]:
        """By kind, the seconds that it is ranked behind its arrival."""
        return {kind: set_back_s(self._chance[kind], refusal_s) for kind in kinds}


def _mean(answers: Answers, expected: float, weight: float) -> float:
    return (answers.accepted + weight * expected) / (answers.accepted + answers.refused + weight)


def set_back_s(chance: float, refusal_s: float) -> float:
    """Seconds that refusals would cost before a yes, if all were asked in turn who accept with
    this chance and a refusal takes ``refusal_s``."""
    if chance <= 0.0:
        return LONGEST_SET_BACK_S
    return min(refusal_s * (1.0 - chance) / chance, LONGEST_SET_BACK_S)


def refusal_s(acknowledge_s: float, at_once: bool, target: float) -> float:
    """Seconds that one refusal costs on the whole: of somebody who is asked alone, or of several
    asked ``at_once`` who suffice with probability ``target``."""
    return acknowledge_s * (1.0 - target) if at_once else acknowledge_s


def chance_of_enough(chances: Iterable[float], enough: int) -> float:
    """Probability that at least ``enough`` say yes, of some who do so with these chances."""
    if enough <= 0:
        return 1.0
    # less[n]: probability of n yeses so far, for n below enough; the rest is enough already.
    less = [1.0] + [0.0] * (enough - 1)
    reached = 0.0
    for chance in chances:
        reached += less[-1] * chance
        for n in range(enough - 1, 0, -1):
            less[n] = less[n] * (1.0 - chance) + less[n - 1] * chance
        less[0] *= 1.0 - chance
    return reached


def ask_at_once(
    asked: Sequence[float], next_ones: Sequence[float], enough: int, target: float
) -> int:
    """How many of the next ones to ask, from the front, so that of them and those who have been
    asked already at least ``enough`` say yes with probability ``target``. All, if all are too few.
    """
    for more in range(len(next_ones) + 1):
        if chance_of_enough([*asked, *next_ones[:more]], enough) >= target:
            return more
    return len(next_ones)
