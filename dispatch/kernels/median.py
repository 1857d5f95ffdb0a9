"""Inner loops of the p-median: Lagrangian bound, and exchanging one post for another.

`cost` is float64[candidate, demand], finite: weight times time.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def savings(cost, price, saved):
    """Fills `saved` (float64[candidate], none above 0): what each candidate, if it were open, would
    bring at these prices (float64[demand]) of serving each demand."""
    for post in range(cost.shape[0]):
        total = 0.0
        for demand in range(cost.shape[1]):
            less = cost[post, demand] - price[demand]
            if less < 0.0:
                total += less
        saved[post] = total


@njit(cache=True, nogil=True)
def served_times(cost, price, chosen, times):
    """Fills `times` (int64[demand]): by how many of the chosen posts each demand is served."""
    times[:] = 0
    for post in chosen:
        for demand in range(cost.shape[1]):
            if cost[post, demand] < price[demand]:
                times[demand] += 1


@njit(cache=True, nogil=True)
def two_nearest(cost, chosen, nearest, first_cost, second_cost):
    """Fills, for each demand, the place in `chosen` of its cheapest post, and the two least
    costs; the second is inf where only one is chosen. Returns the total."""
    total = 0.0
    for demand in range(cost.shape[1]):
        first_cost[demand] = np.inf
        second_cost[demand] = np.inf
        for place in range(len(chosen)):
            here = cost[chosen[place], demand]
            if here < first_cost[demand]:
                second_cost[demand] = first_cost[demand]
                first_cost[demand] = here
                nearest[demand] = place
            elif here < second_cost[demand]:
                second_cost[demand] = here
        total += first_cost[demand]
    return total


@njit(cache=True, nogil=True)
def best_exchange(cost, chosen, fixed, nearest, first_cost, second_cost, is_chosen):
    """(gain, candidate to open, place in `chosen` to close) of the best exchange (Whitaker, INFOR
    21, 1983); `fixed` (bool[place]) are never closed. Gain 0 where none is better."""
    best_gain = 0.0
    best_open = -1
    best_close = -1
    loss = np.empty(len(chosen))
    for post in range(cost.shape[0]):
        if is_chosen[post]:
            continue
        gain = 0.0
        loss[:] = 0.0
        for demand in range(cost.shape[1]):
            here = cost[post, demand]
            if here < first_cost[demand]:
                gain += first_cost[demand] - here
            else:
                loss[nearest[demand]] += min(here, second_cost[demand]) - first_cost[demand]
        for place in range(len(chosen)):
            if not fixed[place] and gain - loss[place] > best_gain:
                best_gain = gain - loss[place]
                best_open = post
                best_close = place
    return best_gain, best_open, best_close
