"""Gradients are a tuple in which the parameters' names come first."""

from __future__ import annotations

import copy
import pickle

import pytest

import symgrad as sg
from symgrad.errors import ArgumentError

NAMED = [name for name in dir(sg.compile(sg.param("w", 2.0) * 1.0)()[1]) if name.isidentifier()]
NAMES = sorted({*NAMED, "class", "lambda", "len", "self", "T", "_private", "__own", "__dict__"})


@pytest.mark.parametrize("name", NAMES)
def test_any_name_reads_the_gradient_and_leaves_a_tuple(name: str) -> None:
    """Also names that tuples, named tuples and Python itself have, as attribute and as key."""
    w, v = sg.param(name, 2.0), sg.param("v", 3.0)
    grads = sg.compile(w * w * v)()[1]
    assert getattr(grads, name) == grads[name] == 12.0
    first, second = grads
    assert (first, second, len(grads), grads[1:]) == (12.0, 4.0, 2, (4.0,))
    assert isinstance(grads, tuple)
    assert grads == (12.0, 4.0)
    assert grads < (13.0,)
    assert hash(grads) == hash((12.0, 4.0))
    assert repr(grads) == f"Gradients({name}=12.0, v=4.0)"
    copies = [pickle.loads(pickle.dumps(grads, p)) for p in range(pickle.HIGHEST_PROTOCOL + 1)]
    for same in (copy.copy(grads), copy.deepcopy(grads), *copies):
        assert same == grads
        assert type(same) is type(grads)
        assert getattr(same, name) == 12.0


def test_they_are_a_named_tuple_where_no_name_is_in_the_way() -> None:
    """Libraries that map over trees make a named tuple anew of its type and its entries."""
    grads = sg.compile(sg.param("w", 2.0) * sg.param("b", 3.0))()[1]
    assert grads._fields == type(grads)._fields == ("w", "b")
    assert grads._asdict() == {"w": 3.0, "b": 2.0}
    assert grads._replace(b=5.0) == type(grads)(3.0, 5.0) == type(grads)._make([3.0, 5.0])
    assert type(grads._replace(b=5.0)) is type(grads)
    with pytest.raises(ArgumentError, match="no gradient of 'c'; there is w, b"):
        grads._replace(c=1.0)


def test_a_name_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    grads = sg.compile(sg.param("w", 2.0) * 1.0)()[1]
    with pytest.raises(AttributeError, match="no gradient of 'b'; there is w"):
        _ = grads.b
    with pytest.raises(ArgumentError, match="no gradient of 'b'; there is w"):
        _ = grads["b"]
