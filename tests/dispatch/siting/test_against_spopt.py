"""The models that PySAL's spopt has give its optimum, on the same times."""

import numpy as np
import pulp
import pytest
from spopt.locate import LSCP, MCLP, PCenter, PMedian

from dispatch.siting.centre import p_centre
from dispatch.siting.covering import lscp, mclp
from dispatch.siting.median import p_median
from dispatch.siting.problem import SitingProblem
from tests.dispatch.siting.random_problems import random_problem

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PuLP's, of spopt's calls

WITHIN_S = 220.0
MORE = 5
SEEDS = range(4)


def problem_of(seed: int, existing: int = 0):
    """Of a size that nobody tries out by hand."""
    return random_problem(seed, candidates=40, demands=150, existing=existing)


def solved(model):
    model = model.solve(pulp.PULP_CBC_CMD(msg=False))
    assert pulp.LpStatus[model.problem.status] == "Optimal"
    return pulp.value(model.problem.objective)


def there(problem):
    """spopt's way to say which posts are kept."""
    return {"predefined_facilities_arr": problem.existing.astype(int)}


@pytest.mark.parametrize("seed", SEEDS)
def test_lscp(seed):
    """spopt has no weights here: everybody is to be covered."""
    problem = problem_of(seed)
    meant = problem.weight > 0
    reachable = (problem.time_s <= WITHIN_S).any(axis=0)
    times = problem.time_s[:, meant & reachable]
    assert solved(LSCP.from_cost_matrix(times.T, WITHIN_S)) == lscp(problem, WITHIN_S).value


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("existing", [0, 3])
def test_mclp(seed, existing):
    """With posts that exist as well."""
    problem = problem_of(seed, existing)
    theirs = MCLP.from_cost_matrix(
        problem.time_s.T, problem.weight, WITHIN_S, MORE + existing, **there(problem)
    )
    assert mclp(problem, MORE, WITHIN_S).value == pytest.approx(solved(theirs))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("existing", [0, 3])
def test_p_median(seed, existing):
    """The sum of weight times seconds."""
    problem = problem_of(seed, existing)
    theirs = PMedian.from_cost_matrix(
        problem.time_s.T, problem.weight, MORE + existing, **there(problem)
    )
    assert p_median(problem, MORE).value == pytest.approx(solved(theirs))


@pytest.mark.parametrize("seed", SEEDS)
def test_p_centre(seed):
    """On a smaller one: spopt's program for it is slow."""
    problem = random_problem(seed, candidates=12, demands=40)
    meant = problem.weight > 0
    theirs = PCenter.from_cost_matrix(problem.time_s[:, meant].T, 3)
    assert p_centre(problem, 3).value == pytest.approx(solved(theirs))


def test_the_same_posts_serve_the_same_demand_first():
    """Not only the same value: where the optimum is one choice, the same one."""
    rng = np.random.default_rng(3)
    problem = problem_of(7)
    jittered = problem.time_s + rng.random(problem.time_s.shape)
    unique = SitingProblem.of_times(jittered, problem.weight + 0.5)
    theirs = PMedian.from_cost_matrix(unique.time_s.T, unique.weight, MORE)
    theirs = theirs.solve(pulp.PULP_CBC_CMD(msg=False))
    chosen = [k for k, served in enumerate(theirs.fac2cli) if served]
    assert p_median(unique, MORE).chosen.tolist() == chosen
