"""Contracting a hierarchy's vertices without weights: which links there can ever be.

Vertices are named by rank. A link from a vertex to a higher one is an *up link* of the lower
vertex, a link from a higher vertex is a *down link* of the lower one. Contracting `v` joins every
`x` with a link `x -> v` to every `y` with a link `v -> y`. Unlike the chordal completion of the
undirected graph (Dibbelt, Strasser, Wagner, ACM JEA 21, 2016, section 4) this keeps only links
that some directed path through lower vertices can give a weight; the rest would be infinite
whatever the metric, and with turn rules that is most of them (Buchhold et al., ATMOS 2020,
section 4).
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def tree_of(first_lower, lower):
    """Parents (-1 for a root) in the elimination tree of a graph given by the lower neighbours of
    every vertex (Liu, SIAM J. Matrix Anal. Appl. 11, 1990)."""
    count = len(first_lower) - 1
    parent = np.full(count, -1, np.int32)
    ancestor = np.full(count, -1, np.int32)
    for u in range(count):
        for i in range(first_lower[u], first_lower[u + 1]):
            v = lower[i]
            while ancestor[v] != -1 and ancestor[v] != u:
                above = ancestor[v]
                ancestor[v] = u
                v = above
            if ancestor[v] == -1:
                ancestor[v] = u
                parent[v] = u
    return parent


@njit(cache=True, nogil=True)
def lower_neighbours(link_from, link_to, count):
    """(first, lower neighbour) of every vertex, whichever way the links lead."""
    first = np.zeros(count + 1, np.int64)
    for i in range(len(link_from)):
        if link_from[i] != link_to[i]:
            first[max(link_from[i], link_to[i]) + 1] += 1
    for u in range(count):
        first[u + 1] += first[u]
    lower = np.empty(first[count], np.int32)
    place = first[:-1].copy()
    for i in range(len(link_from)):
        if link_from[i] != link_to[i]:
            u = max(link_from[i], link_to[i])
            lower[place[u]] = min(link_from[i], link_to[i])
            place[u] += 1
    return first, lower


@njit(cache=True, nogil=True)
def postorder(parent):
    """New number of every vertex, such that each subtree has consecutive numbers, its root the
    highest and its root's largest branch right below it. An order and the postorder of its
    elimination tree give the same links."""
    count = len(parent)
    size = np.ones(count, np.int32)
    largest = np.full(count, -1, np.int32)
    for v in range(count):
        above = parent[v]
        if above >= 0:
            size[above] += size[v]
            if largest[above] < 0 or size[v] >= size[largest[above]]:
                largest[above] = v
    number = np.empty(count, np.int32)
    taken = np.zeros(count, np.int32)
    for v in range(count):
        if largest[v] >= 0:
            taken[v] = size[largest[v]]
    free = count
    # From the highest down, every vertex takes the highest numbers left in its parent's range.
    for v in range(count - 1, -1, -1):
        above = parent[v]
        if above < 0:
            number[v] = free - 1
            free -= size[v]
        elif largest[above] == v:
            number[v] = number[above] - 1
        else:
            number[v] = number[above] - 1 - taken[above]
            taken[above] += size[v]
    return number


@njit(cache=True, nogil=True)
def group_by(key, count):
    """(first, item) of the items with each key, in their order."""
    first = np.zeros(count + 1, np.int32)
    for i in range(len(key)):
        first[key[i] + 1] += 1
    for k in range(count):
        first[k + 1] += first[k]
    item = np.empty(len(key), np.int32)
    place = first[:-1].copy()
    for i in range(len(key)):
        item[place[key[i]]] = i
        place[key[i]] += 1
    return first, item


@njit(cache=True, nogil=True)
def _longer(array, length):
    new = np.empty(length, array.dtype)
    new[: len(array)] = array
    return new


@njit(cache=True, nogil=True)
def _gather(
    u, own_first, own, into_newest, into_older, into_tail, out_first, out_head, mark, stamp, found
):
    """The upper ends of all links of one direction at `u`, unsorted in `found`; returns (how many,
    how many triangles give a weight to them).

    They are its own turns' and, for every lower `v` on the other side, those of `v` beyond `u`.
    """
    count = 0
    triangles = 0
    for i in range(own_first[u], own_first[u + 1]):
        if mark[own[i]] != stamp:
            mark[own[i]] = stamp
            found[count] = own[i]
            count += 1
    link = into_newest[u]
    while link >= 0:
        v = into_tail[link]
        for j in range(out_first[v + 1] - 1, out_first[v] - 1, -1):
            if out_head[j] <= u:
                break
            triangles += 1
            if mark[out_head[j]] != stamp:
                mark[out_head[j]] = stamp
                found[count] = out_head[j]
                count += 1
        link = into_older[link]
    return count, triangles


@njit(cache=True, nogil=True)
def contract(count, turn_from, turn_to):
    """All links: (first_up, up_head, first_down, down_head, triangles).

    `turn_from` and `turn_to` are the vertices that turns lead from and to. The heads of each
    vertex's links rise; `first_*` are int64[vertex + 1]. `triangles` (int64[vertex]) counts, for
    each vertex, the lower triangles of all of its links.
    """
    upward = np.empty(len(turn_from), np.int32)
    downward = np.empty(len(turn_from), np.int32)
    up_key = np.empty(len(turn_from), np.int32)
    down_key = np.empty(len(turn_from), np.int32)
    ups = 0
    downs = 0
    for i in range(len(turn_from)):
        if turn_from[i] < turn_to[i]:
            up_key[ups] = turn_from[i]
            upward[ups] = turn_to[i]
            ups += 1
        elif turn_to[i] < turn_from[i]:
            down_key[downs] = turn_to[i]
            downward[downs] = turn_from[i]
            downs += 1
    own_first_up, item = group_by(up_key[:ups], count)
    own_up = upward[:ups][item]
    own_first_down, item = group_by(down_key[:downs], count)
    own_down = downward[:downs][item]

    up_room = 3 * count + 64
    down_room = 3 * count + 64
    up_head = np.empty(up_room, np.int32)
    up_tail = np.empty(up_room, np.int32)
    up_older = np.empty(up_room, np.int32)
    down_head = np.empty(down_room, np.int32)
    down_tail = np.empty(down_room, np.int32)
    down_older = np.empty(down_room, np.int32)
    up_newest = np.full(count, -1, np.int32)
    down_newest = np.full(count, -1, np.int32)
    first_up = np.zeros(count + 1, np.int64)
    first_down = np.zeros(count + 1, np.int64)
    triangles = np.zeros(count, np.int64)
    mark = np.full(count, -1, np.int64)
    found = np.empty(count, np.int32)
    for u in range(count):
        # u -> h for every u -> v -> h: v is the lower end of a down link from u.
        size, weighed = _gather(
            u,
            own_first_up,
            own_up,
            down_newest,
            down_older,
            down_tail,
            first_up,
            up_head,
            mark,
            2 * np.int64(u),
            found,
        )
        triangles[u] += weighed
        begin = first_up[u]
        first_up[u + 1] = begin + size
        if begin + size > up_room:
            up_room = 2 * up_room + size
            up_head = _longer(up_head, up_room)
            up_tail = _longer(up_tail, up_room)
            up_older = _longer(up_older, up_room)
        found[:size].sort()
        for i in range(size):
            head = found[i]
            up_head[begin + i] = head
            up_tail[begin + i] = u
            up_older[begin + i] = up_newest[head]
            up_newest[head] = begin + i
        # h -> u for every h -> v -> u: v is the lower end of an up link to u.
        size, weighed = _gather(
            u,
            own_first_down,
            own_down,
            up_newest,
            up_older,
            up_tail,
            first_down,
            down_head,
            mark,
            2 * np.int64(u) + 1,
            found,
        )
        triangles[u] += weighed
        begin = first_down[u]
        first_down[u + 1] = begin + size
        if begin + size > down_room:
            down_room = 2 * down_room + size
            down_head = _longer(down_head, down_room)
            down_tail = _longer(down_tail, down_room)
            down_older = _longer(down_older, down_room)
        found[:size].sort()
        for i in range(size):
            head = found[i]
            down_head[begin + i] = head
            down_tail[begin + i] = u
            down_older[begin + i] = down_newest[head]
            down_newest[head] = begin + i
    return (
        first_up,
        up_head[: first_up[count]].copy(),
        first_down,
        down_head[: first_down[count]].copy(),
        triangles,
    )


@njit(cache=True, nogil=True)
def tree_of_links(first_up, up_head, first_down, down_head):
    """Parents in the smallest tree in which the upper ends of all links of a vertex are among its
    ancestors. It is the elimination tree of the links that are left, and lower than that of the
    turns."""
    count = len(first_up) - 1
    first = np.zeros(count + 1, np.int64)
    for head in up_head:
        first[head + 1] += 1
    for head in down_head:
        first[head + 1] += 1
    for u in range(count):
        first[u + 1] += first[u]
    lower = np.empty(first[count], np.int32)
    place = first[:-1].copy()
    for v in range(count):
        for j in range(first_up[v], first_up[v + 1]):
            lower[place[up_head[j]]] = v
            place[up_head[j]] += 1
        for j in range(first_down[v], first_down[v + 1]):
            lower[place[down_head[j]]] = v
            place[down_head[j]] += 1
    return tree_of(first, lower)


@njit(cache=True, nogil=True)
def links_by_head(first_link, head):
    """(first, link, tail) of the links to every upper end; tails rise."""
    count = len(first_link) - 1
    first, link = group_by(head, count)
    tail = np.empty(len(head), np.int32)
    for v in range(count):
        for j in range(first_link[v], first_link[v + 1]):
            tail[j] = v
    return first, link, tail[link]


@njit(cache=True, nogil=True)
def link_between(first_link, head, low, high):
    """The link between a vertex and a higher one, or -1."""
    a = first_link[low]
    b = first_link[low + 1]
    while a < b:
        middle = (a + b) >> 1
        if head[middle] < high:
            a = middle + 1
        else:
            b = middle
    if a < first_link[low + 1] and head[a] == high:
        return a
    return -1


@njit(cache=True, nogil=True)
def links_of_turns(low, high, first_link, head):
    """The link on which each turn lies, by its lower and higher vertex."""
    link = np.empty(len(low), np.int32)
    for i in range(len(low)):
        link[i] = link_between(first_link, head, low[i], high[i])
    return link


@njit(cache=True, nogil=True)
def divide_work(parent, work, parts):
    """Consecutive ranges of vertices that can be customised one after another or, those that do
    not contain one another, at once: (first vertex, last vertex, the range that must wait for it
    or -1), each in the order of last vertices.

    `parent` is an elimination tree in postorder. Subtrees of at most a `parts`-th of all work are
    put together; what is above them is divided where branches meet.
    """
    count = len(parent)
    below = np.zeros(count, np.int64)  # work of the subtree
    size = np.ones(count, np.int32)
    total = np.int64(0)
    for v in range(count):
        below[v] += work[v] + 1
        total += work[v] + 1
        if parent[v] >= 0:
            below[parent[v]] += below[v]
            size[parent[v]] += size[v]
    limit = max(total // parts, 1)
    task = np.full(count, -1, np.int32)  # of vertices above, and of the roots of subtrees
    tops = np.zeros(count, np.int32)  # children that are above
    for v in range(count):
        if below[v] > limit and parent[v] >= 0:
            tops[parent[v]] += 1
    first = np.empty(count, np.int32)
    last = np.empty(count, np.int32)
    tasks = 0
    v = 0
    # A run of small subtrees side by side: [begin, v).
    while v < count:
        # The largest small subtree that begins here, if any, has its root highest.
        if below[v] > limit:
            # A vertex above: continues the range of the one above child it follows at once.
            if (
                tops[v] == 1
                and v > 0
                and below[v - 1] > limit
                and parent[v - 1] == v
                and last[tasks - 1] == v - 1
            ):
                last[tasks - 1] = v
            else:
                first[tasks] = v
                last[tasks] = v
                tasks += 1
            task[v] = tasks - 1
            v += 1
        else:
            begin = v
            gathered = np.int64(0)
            while v < count and below[v] <= limit:
                # Climb from the first leaf to the largest small subtree.
                root = v
                while parent[root] >= 0 and below[parent[root]] <= limit:
                    root = parent[root]
                if gathered > 0 and gathered + below[root] > limit:
                    break
                gathered += below[root]
                v = root + 1
            first[tasks] = begin
            last[tasks] = v - 1
            for u in range(begin, v):
                task[u] = tasks
            tasks += 1
    waits = np.full(tasks, -1, np.int32)
    for k in range(tasks):
        for u in range(first[k], last[k] + 1):
            # What a range leads to are ancestors of one another: the nearest is the one that waits.
            if parent[u] > last[k] and (waits[k] < 0 or task[parent[u]] < waits[k]):
                waits[k] = task[parent[u]]
    return first[:tasks].copy(), last[:tasks].copy(), waits
