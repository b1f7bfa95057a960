"""Numbers that are repeated, reductions of all, turned products: before and after, and as emitted.

The rules are also tried at huge, tiny and signed values, in ``test_bits_and_reals.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgrad as sg

RNG = np.random.default_rng(7)


def leaves() -> dict[str, Any]:
    return {
        "w": sg.param("w", RNG.normal(size=4)),
        "q": sg.param("q", RNG.normal(size=(3, 4))),
        "x": sg.input("x", ("N", 5, 3)),
        "s": sg.input("s", ("N", "N")),
        "r": sg.input("r", ("N",)),
    }


@pytest.mark.parametrize(
    ("loss", "lines", "never"),
    [
        pytest.param(
            lambda w, **_: sg.sum(sg.softmax(w) * np.arange(4.0)),
            ["top = w.max()", " / exps.sum()"],
            ["keepdims"],
            id="a softmax of a vector needs no axes",
        ),
        pytest.param(
            lambda w, **_: sg.sum(sg.log_softmax(w) ** 2),
            [".max()"],
            ["keepdims", "np.full"],
            id="nor does its logarithm",
        ),
        pytest.param(
            lambda w, **_: sg.sum(sg.tanh(w - sg.sum(w, axis=0, keepdims=True))),
            ["w - w.sum()"],
            ["keepdims"],
            id="a sum over all axes that is broadcast",
        ),
        pytest.param(
            lambda w, **_: sg.sum(sg.concatenate([sg.zeros(1), sg.cumsum(w)]) ** 2 * w[0]),
            ["np.concatenate([np.zeros(1), "],
            ["DATA"],
            id="zeros are written where they are read",
        ),
        pytest.param(
            lambda q, x, **_: sg.sum(sg.tanh((x @ q) @ sg.exp(x @ q).swapaxes(1, 2))),
            [".transpose(0, 2, 1) @ "],
            [").transpose(0, 2, 1)\n"],
            id="no product is turned because an operand was",
        ),
        pytest.param(
            lambda w, s, **_: sg.mean(sg.diagonal(sg.exp(s * w[0])) - sg.sum(s * w[1], axis=0)),
            ["np.eye(N)"],
            ["np.diag(", "np.full"],
            id="a diagonal of 1/N",
        ),
    ],
)
def test_the_text_is_as_one_writes_it_and_is_verified(
    loss: Callable[..., Any], lines: list[str], never: list[str]
) -> None:
    f = sg.compile(loss(**leaves()))
    body = f.source.rpartition('"""')[2]
    assert all(line in f.source for line in lines), body
    assert not any(line in f.source for line in never), body
    assert f.verify().verdict == "verified"


def test_a_reduction_that_is_joined_with_others_keeps_its_axes() -> None:
    w = sg.param("w", np.arange(4.0))
    total = sg.sum(w, axis=0, keepdims=True)
    f = sg.compile(sg.sum(sg.concatenate([total, w]) ** 2))
    assert f()[0] == pytest.approx(36.0 + 14.0)
    assert f.verify().verdict == "verified"
