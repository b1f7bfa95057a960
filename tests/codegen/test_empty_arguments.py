"""Arguments without elements stand where the user listed them, on every target."""

from __future__ import annotations

import inspect
from itertools import permutations
from typing import Any

import numpy as np
import pytest

import symgrad as sg

VALUES: dict[str, Any] = {"a": np.zeros(0), "b": np.ones(2), "c": np.zeros((0, 3)), "d": 2.0}


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("order", [*permutations("abd"), *permutations("acd"), ("b", "c", "a")])
def test_an_empty_argument_keeps_its_place(order: tuple[str, ...], target: str) -> None:
    """None of its elements tells where it stands; gradients come in the same order."""
    leaves = [sg.param(name, VALUES[name]) for name in order]
    loss = sum((3.0 * sg.sum(leaf) for leaf in leaves[1:]), sg.sum(leaves[0]))
    f = sg.compile(loss, leaves, target=target)
    assert tuple(inspect.signature(f).parameters) == order
    value, gradients = f()
    assert value == np.sum(VALUES[order[0]]) + sum(3.0 * np.sum(VALUES[k]) for k in order[1:])
    assert gradients._fields == order
    assert [np.size(g) for g in gradients] == [np.size(VALUES[k]) for k in order]
    assert f.verify().verdict == "verified"
