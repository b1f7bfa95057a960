"""Branches that hold at one point alone: how much work it is to find them."""

import pytest

import symgrad as sg
from symgrad.certify.lone_branches import SHARED, lone_branches, nests
from symgrad.frontend.arrays.trace import trace

v = sg.param("x", 1.0)


def test_a_chain_of_shared_wheres_takes_work_in_proportion():
    """Each where is a nest, of itself and of few of those that it shares."""
    orders = {}
    for count in (50, 100):
        y = v
        for k in range(count):
            y = sg.where(v > k / 7, y * 1.01 + v, y)
        found = list(nests(trace([y]).function))
        orders[count] = [len(nest.order) for nest in found]
        assert len(found) == count
    assert max(orders[100]) == max(orders[50]) == 2 * (SHARED + 1)
    assert sum(orders[100]) < 2.1 * sum(orders[50])


def test_a_chain_of_wheres_is_one_nest():
    """Hundreds of pieces are looked at, and the one that holds at a point alone is found."""
    y = sg.where(v < 150.5, v, sg.where(v > 150.5, 2.0 * v, 7.0 * v))
    for k in range(300):
        y = sg.where(v < k / 2 - 0.25, k * v, y)
    f = trace([y]).function
    assert len(list(nests(f))) == 1
    (note,) = lone_branches(f, f.parameters)
    assert note.startswith("Where x = 150.5 the derivative is that of the branch that holds there")


def test_a_branch_that_a_shared_where_holds_alone_is_found():
    """A where that is used by itself, too, is a branch of another one nonetheless."""
    shared = sg.where(v < 0, 1.0 + v, 7.0 * v + 1.0)
    f = trace([sg.where(v > 0, sg.exp(v), shared) + shared]).function
    (note,) = lone_branches(f, f.parameters)
    assert note.startswith("Where x = 0.0")


@pytest.mark.parametrize(("value", "count"), [(1.0, 1), (float("nan"), 0), (float("inf"), 0)])
def test_a_branch_without_a_value_has_no_note(value, count):
    """Where the loss is not finite there is no derivative, of whatever branch."""
    f = trace([sg.where(v > 0, sg.exp(v), sg.where(v < 0, 1.0 + v, value))]).function
    assert len(lone_branches(f, f.parameters)) == count
