"""Which scenarios a unit at a place would catch, and which of its places another one makes useless.

Places, scenarios and units are indices. The columns stand place by place, within a place in the
order in which units are ready there.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def last_passings(first, place, time_s, place_count):
    """The last time at which each scenario passes each of its places: (int64[place + 1] first,
    int32[] scenario, rising within a place, float64[] time in s)."""
    seen = np.full(place_count, -1, dtype=np.int64)
    place_first = np.zeros(place_count + 1, dtype=np.int64)
    for scenario in range(len(first) - 1):
        for i in range(first[scenario], first[scenario + 1]):
            if seen[place[i]] != scenario:
                seen[place[i]] = scenario
                place_first[place[i] + 1] += 1
    for p in range(place_count):
        place_first[p + 1] += place_first[p]
    end = place_first[:-1].copy()
    of = np.empty(place_first[place_count], dtype=np.int32)
    last_s = np.empty(place_first[place_count], dtype=np.float64)
    for scenario in range(len(first) - 1):
        for i in range(first[scenario], first[scenario + 1]):
            p = place[i]
            at = end[p] - 1
            if at >= place_first[p] and of[at] == scenario:
                last_s[at] = max(last_s[at], time_s[i])
            else:
                of[end[p]] = scenario
                last_s[end[p]] = time_s[i]
                end[p] += 1
    return place_first, of, last_s


@njit(cache=True, nogil=True)
def fill_columns(place_first, of, last_s, ready_s):
    """The columns that catch something: (int32 unit, int32 place, float64 ready in s, int64 first,
    int32 scenario), in the order of place, then ready, then unit."""
    units, places = ready_s.shape
    caught = np.zeros((places, units), dtype=np.int32)
    columns = 0
    total = 0
    for p in range(places):
        begin, end = place_first[p], place_first[p + 1]
        if begin == end:
            continue
        times = np.sort(last_s[begin:end])
        for u in range(units):
            if ready_s[u, p] <= times[-1]:
                n = len(times) - np.searchsorted(times, ready_s[u, p])
                caught[p, u] = n
                columns += 1
                total += n
    unit = np.empty(columns, dtype=np.int32)
    place = np.empty(columns, dtype=np.int32)
    ready = np.empty(columns, dtype=np.float64)
    first = np.empty(columns + 1, dtype=np.int64)
    scenario = np.empty(total, dtype=np.int32)
    column = 0
    at = 0
    for p in range(places):
        able = np.flatnonzero(caught[p])
        if len(able) == 0:
            continue
        times = np.empty(len(able), dtype=np.float64)
        for i in range(len(able)):
            times[i] = ready_s[able[i], p]
        order = np.argsort(times, kind="mergesort")
        for i in order:
            unit[column] = able[i]
            place[column] = p
            ready[column] = times[i]
            first[column] = at
            column += 1
            for j in range(place_first[p], place_first[p + 1]):
                if last_s[j] >= times[i]:
                    scenario[at] = of[j]
                    at += 1
    first[column] = at
    return unit, place, ready, first, scenario


@njit(cache=True, nogil=True)
def mark_dominated(unit, place, margin_s, first, scenario, alone, scenario_count, kept):
    """Clears `kept` (bool[column]) where another column of the same unit makes one useless.

    The other one catches all that it catches, has no smaller margin, and stands at a place that one
    unit holds (`alone`, bool[place]). Of columns that are the same in this the first is kept.
    Only columns that are kept on entry are looked at; `unit` is in any order.
    """
    units = 0
    for c in range(len(unit)):
        units = max(units, unit[c] + 1)
    unit_first = np.zeros(units + 1, dtype=np.int64)
    for c in range(len(unit)):
        if kept[c]:
            unit_first[unit[c] + 1] += 1
    for u in range(units):
        unit_first[u + 1] += unit_first[u]
    end = unit_first[:-1].copy()
    of_unit = np.empty(unit_first[units], dtype=np.int64)
    for c in range(len(unit)):
        if kept[c]:
            of_unit[end[unit[c]]] = c
            end[unit[c]] += 1
    words = (scenario_count + 63) >> 6
    for u in range(units):
        own = of_unit[unit_first[u] : unit_first[u + 1]]
        if len(own) < 2:
            continue
        # Which of the unit's columns catch each scenario, to compare only those that share one.
        by_first = np.zeros(scenario_count + 1, dtype=np.int64)
        bits = np.zeros((len(own), words), dtype=np.uint64)
        for i in range(len(own)):
            for j in range(first[own[i]], first[own[i] + 1]):
                s = scenario[j]
                by_first[s + 1] += 1
                bits[i, s >> 6] |= np.uint64(1) << np.uint64(s & 63)
        for s in range(scenario_count):
            by_first[s + 1] += by_first[s]
        by_end = by_first[:-1].copy()
        by = np.empty(by_first[scenario_count], dtype=np.int32)
        for i in range(len(own)):
            for j in range(first[own[i]], first[own[i] + 1]):
                s = scenario[j]
                by[by_end[s]] = i
                by_end[s] += 1
        for i in range(len(own)):
            c = own[i]
            rarest = scenario[first[c]]
            for j in range(first[c] + 1, first[c + 1]):
                s = scenario[j]
                if by_first[s + 1] - by_first[s] < by_first[rarest + 1] - by_first[rarest]:
                    rarest = s
            size = first[c + 1] - first[c]
            for j in range(by_first[rarest], by_first[rarest + 1]):
                d = own[by[j]]
                other = first[d + 1] - first[d]
                if (
                    d == c
                    or other < size
                    or margin_s[d] < margin_s[c]
                    or not alone[place[d]]
                    or (other == size and margin_s[d] == margin_s[c] and alone[place[c]] and d > c)
                ):
                    continue
                contained = True
                for word in range(words):
                    if bits[i, word] & ~bits[by[j], word] != 0:
                        contained = False
                        break
                if contained:
                    kept[c] = False
                    break
