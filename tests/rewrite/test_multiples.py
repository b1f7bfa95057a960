"""Literals leave large arrays for what is smaller."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgrad as sg

RNG = np.random.default_rng(7)


def compiled(loss: Any) -> tuple[sg.CompiledFunction, str]:
    f = sg.compile(loss)
    assert f.verify().verdict == "verified"
    return f, f.source.rpartition('"""')[2]


def points() -> tuple[Any, Any, Any]:
    p, y = sg.param("p", RNG.normal(size=(20, 3))), sg.input("y", ("N", 3))
    return p, y, sg.input("w", (20, "N"))


def test_a_literal_leaves_an_array_that_only_smaller_ones_are_made_of():
    """The gradient of a kernel has one pass over all pairs, and its literals stand before sums."""
    p = sg.param("p", RNG.normal(size=(60, 3)))
    squares = sg.sum(p * p, axis=1)[:, None] + sg.sum(p * p, axis=1)[None] - 2.0 * p @ p.T
    kernel = sg.exp(-0.5 * squares)
    f, text = compiled(0.3 * sg.sum(sg.input("w", (60, 60)) * kernel))
    backward = text[text.index("# gradients") :]
    assert "w * kernel" in backward
    assert "* w * kernel" not in backward
    assert f.ir is not None


def test_a_literal_stays_where_the_array_is_read_as_it_is():
    """A tanh reads all of it, so that nothing would be saved."""
    p, y, w = points()
    _, text = compiled(sg.sum(sg.tanh(w * sg.exp(-3.0 * (p @ y.T)))))
    assert text.count("-3.0") <= 3


@pytest.mark.parametrize(
    ("scale", "there", "back"),
    [
        (lambda x: 0.7 * x, "(0.7 * q.T)", "= 0.7 * ("),
        (lambda x: x / 7.0, "(q.T / 7.0)", " / 7.0 "),
    ],
)
def test_a_product_takes_a_literal_into_its_small_factor(scale, there, back):
    """The scores of many pairs are not gone over again for the literal, nor is their gradient."""
    p, q = sg.param("p", RNG.normal(size=(200, 3))), sg.input("q", ("N", 3))
    f, text = compiled(sg.sum(sg.tanh(scale(p @ q.T))))
    assert there in text
    assert back in text
    assert "(1.0 - losses * losses) @ q" in text
    given = {"q": RNG.normal(size=(5, 3))}
    plain = sg.compile(sg.sum(sg.tanh(scale(p @ q.T))), reassociate=False)
    np.testing.assert_allclose(f(**given)[1][0], plain(**given)[1][0], rtol=1e-12)


def test_a_product_that_is_no_larger_keeps_its_literal():
    """As the user wrote it: logits over a temperature."""
    w = sg.param("w", RNG.normal(size=(4, 3)))
    _, text = compiled(sg.mean(sg.logsumexp(sg.input("x", ("N", 4)) @ w / 2.5, axis=1)))
    assert "/ 2.5" in text
    assert "w / 2.5" not in text
