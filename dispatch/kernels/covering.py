"""What a choice of columns catches, a good choice at once, and the levels that an exact one needs.

Columns stand place by place, soonest first, and are nested within a place: a place is held by its
k-th chosen column, where k is the number of units needed there.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def caught_by(chosen, place, first, scenario, units_needed, caught):
    """Sets `caught` (bool[scenario], false on entry) for the columns in bool[column] `chosen`."""
    at = -1
    there = 0
    for c in range(len(place)):
        if not chosen[c]:
            continue
        if place[c] != at:
            at = place[c]
            there = 0
        there += 1
        if there == units_needed[at]:
            for i in range(first[c], first[c + 1]):
                caught[scenario[i]] = True


@njit(cache=True, nogil=True)
def choose_greedily(
    unit, place, place_first, margin_s, first, scenario, weight, units_needed, allowed, most, chosen
):
    """Adds to `chosen` (bool[column], the standing ones on entry) at most `most` columns.

    Again and again the place whose soonest free units catch the most more for each unit sent; of
    equal ones the one with the larger margin.
    """
    places = len(place_first) - 1
    units = 0
    for c in range(len(unit)):
        units = max(units, unit[c] + 1)
    busy = np.zeros(units, dtype=np.bool_)
    for c in range(len(unit)):
        if chosen[c]:
            busy[unit[c]] = True
    caught = np.zeros(len(weight), dtype=np.bool_)
    caught_by(chosen, place, first, scenario, units_needed, caught)
    while most > 0:
        best = -1
        best_value = 0.0
        best_margin_s = -np.inf
        for p in range(places):
            there = 0
            sent = 0
            least_s = np.inf
            for c in range(place_first[p], place_first[p + 1]):
                if chosen[c]:
                    there += 1
                elif allowed[c] and not busy[unit[c]]:
                    there += 1
                    sent += 1
                    least_s = min(least_s, margin_s[c])
                else:
                    continue
                if there == units_needed[p]:
                    if 0 < sent <= most:
                        gain = 0.0
                        for i in range(first[c], first[c + 1]):
                            if not caught[scenario[i]]:
                                gain += weight[scenario[i]]
                        value = gain / sent
                        if value > 0.0 and (
                            value > best_value or (value == best_value and least_s > best_margin_s)
                        ):
                            best, best_value, best_margin_s = p, value, least_s
                    break
        if best < 0:
            return
        there = 0
        for c in range(place_first[best], place_first[best + 1]):
            if not chosen[c]:
                if not allowed[c] or busy[unit[c]]:
                    continue
                chosen[c] = True
                busy[unit[c]] = True
                most -= 1
            there += 1
            if there == units_needed[best]:
                for i in range(first[c], first[c + 1]):
                    caught[scenario[i]] = True
                break


@njit(cache=True, nogil=True)
def count_levels(place_first, first, scenario, units_needed, scenario_count):
    """How many columns of each place catch each scenario, where that is enough to hold it.

    Returns (int32[pair] scenario, int32[pair] place, int32[pair] columns, whether the columns of
    every place are nested).
    """
    room = 0
    for p in range(len(place_first) - 1):
        if place_first[p] < place_first[p + 1]:
            room += first[place_first[p] + 1] - first[place_first[p]]
    of = np.empty(room, dtype=np.int32)
    at = np.empty(room, dtype=np.int32)
    columns = np.empty(room, dtype=np.int32)
    deepest = np.zeros(scenario_count, dtype=np.int32)
    often = np.zeros(scenario_count, dtype=np.int32)
    pairs = 0
    nested = True
    for p in range(len(place_first) - 1):
        begin = place_first[p]
        if begin == place_first[p + 1]:
            continue
        for c in range(begin, place_first[p + 1]):
            for i in range(first[c], first[c + 1]):
                deepest[scenario[i]] = c - begin + 1
                often[scenario[i]] += 1
        found = 0
        for i in range(first[begin], first[begin + 1]):
            s = scenario[i]
            found += often[s]
            nested = nested and deepest[s] == often[s]
            if deepest[s] >= units_needed[p]:
                of[pairs] = s
                at[pairs] = p
                columns[pairs] = deepest[s]
                pairs += 1
            deepest[s] = 0
            often[s] = 0
        nested = nested and found == first[place_first[p + 1]] - first[begin]
    return of[:pairs], at[:pairs], columns[:pairs], nested


@njit(cache=True, nogil=True)
def soonest_of_places(place_first, units_needed, allowed, standing, count, kept):
    """Sets `kept` for the soonest `count` allowed columns of each place, and for the standing."""
    for p in range(len(place_first) - 1):
        left = max(count, units_needed[p])
        for c in range(place_first[p], place_first[p + 1]):
            if standing[c]:
                kept[c] = True
            elif allowed[c] and left > 0:
                kept[c] = True
                left -= 1
