"""H3 cells of points and of the map."""

import h3.api.basic_int as h3
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.cells import (
    ancestors_of,
    arcs_in_cell,
    cell_named,
    cells_of,
    centres_of,
    edges_in_cell,
    name_of,
    neighbours_of,
    nodes_in_cell,
    range_of,
    resolution_of,
)
from geodata.errors import RequestError
from tests.towns import town

points = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
resolutions = st.integers(0, 15)


@given(points, resolutions, resolutions)
def test_bit_arithmetic_equals_the_library(point, fine, coarse):
    """Ancestors, resolutions and ranges, everywhere on the globe, pentagons included."""
    coarse, fine = sorted((coarse, fine))
    (cell,) = cells_of([point[0]], [point[1]], fine)
    assert cell == h3.latlng_to_cell(point[1], point[0], fine)
    parent = h3.cell_to_parent(int(cell), coarse)
    assert ancestors_of(np.array([cell]), coarse)[0] == parent
    assert resolution_of(cell) == fine
    least, greatest = range_of(parent, fine)
    assert least <= cell <= greatest


@pytest.mark.parametrize("base", [*h3.get_pentagons(1)[:2], *h3.get_res0_cells()[:3]])
def test_a_range_holds_the_descendants_and_nothing_else(base):
    """All children of all cells of a level are in exactly one parent's range."""
    own = h3.get_resolution(base)
    family = [
        child for cell in h3.grid_disk(base, 1) for child in h3.cell_to_children(cell, own + 2)
    ]
    least, greatest = range_of(base, own + 2)
    inside = {child for child in family if least <= child <= greatest}
    assert inside == set(h3.cell_to_children(base, own + 2))


def test_a_name_goes_both_ways():
    """Hexadecimal at the border, numbers inside."""
    cell = int(cells_of([108.38], [30.81], 9)[0])
    assert cell_named(name_of(cell)) == cell
    assert cell_named(name_of(cell).upper()) == cell


@pytest.mark.parametrize(
    "name", ["", "89", "xyz", "0x89411a4b1b7ffff", "8" * 17, "ffffffffffffffff", " 89411a4b1b7ffff"]
)
def test_what_is_no_cell_is_refused(name):
    """One sentence with an example."""
    with pytest.raises(RequestError, match="not an H3 cell; one looks like"):
        cell_named(name)


def test_resolutions_end_at_fifteen():
    """And ancestors are coarser."""
    with pytest.raises(RequestError, match="0 to 15, not 16"):
        cells_of([0.0], [0.0], 16)
    cell = cells_of([0.0], [0.0], 5)
    with pytest.raises(RequestError, match="no ancestor"):
        ancestors_of(cell, 6)
    with pytest.raises(RequestError, match="no descendants at 4"):
        range_of(cell[0], 4)


def test_neighbours_and_centres():
    """A cell has six neighbours, and its centre lies in it."""
    (cell,) = cells_of([108.38], [30.81], 9)
    disk = neighbours_of(cell)
    assert len(disk) == 7
    assert cell in disk
    assert (cells_of(*centres_of(disk), 9) == disk).all()
    assert len(centres_of(np.empty(0, np.uint64))[0]) == 0


def test_a_cell_of_the_map_holds_its_nodes_arcs_and_edges():
    """Every cell of every resolution around three crossroads, against a look at each node.

    A -------- B -------- C
    |
    D
    """
    roads = town("A----------------B----------------C\n|\nD", ["A-B-C", "A-D"]).network
    for resolution in range(16):
        for cell in {h3.cell_to_parent(int(c), resolution) for c in roads.node_cell}:
            inside = {
                node
                for node in range(roads.node_count)
                if h3.cell_to_parent(int(roads.node_cell[node]), resolution) == cell
            }
            nodes = nodes_in_cell(roads, cell)
            assert set(range(nodes.start, nodes.stop)) == inside
            arcs = [
                arc
                for arc in range(2 * roads.edge_count)
                if {int(roads.arc_tail[arc]), int(roads.arc_head[arc])} & inside
            ]
            assert list(arcs_in_cell(roads, cell)) == arcs
            assert list(edges_in_cell(roads, cell)) == sorted({arc // 2 for arc in arcs})


def test_a_cell_elsewhere_holds_nothing():
    """An empty slice, not an error."""
    roads = town("A--B", ["A-B"]).network
    (cell,) = cells_of([8.69], [49.41], 7)
    assert nodes_in_cell(roads, cell).start == nodes_in_cell(roads, cell).stop
    assert len(edges_in_cell(roads, cell)) == 0
