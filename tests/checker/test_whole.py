"""Compiled functions with some hundreds of numbers, whose arrays are judged whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.checker import judge

pytest.importorskip("flint")
RNG = np.random.default_rng(5)


def net() -> Any:
    x, t = sg.input("x", ("N", 8)), sg.input("t", ("N",))
    w1, b1 = sg.param("w1", RNG.normal(size=(8, 32))), sg.param("b1", np.zeros(32))
    w2 = sg.param("w2", RNG.normal(size=32))
    return sg.mean(sg.maximum(1 - t * (sg.maximum(x @ w1 + b1, 0.0) @ w2), 0.0))


def pooled() -> Any:
    x, k = sg.input("x", ("N", 40)), sg.param("k", RNG.normal(size=5))
    h = sum(k[i] * x[:, i : 36 + i] for i in range(5))
    return sg.mean(sg.max(sg.reshape(h, ("N", 18, 2)), axis=2) ** 2)


PROGRAMS: dict[str, Any] = {
    "net": net,
    "pooled": pooled,
    "largest": lambda: sg.sum(sg.maximum(sg.param("w", np.linspace(-1, 1, 300)) ** 2, 0.3)),
    "clipped": lambda: sg.sum(sg.clip(sg.param("w", np.linspace(-1, 1, 300)), -0.5, 0.5) ** 2),
    "smooth": lambda: sg.log(sg.sum(sg.exp(sg.param("w", RNG.normal(size=300))))),
}


def judged(f: Any, old: str = "", new: str = "") -> Any:
    if old:
        assert f.source.count(old) == 1
        f.source = f.source.replace(old, new)
    return f.verify()


@pytest.mark.parametrize("name", PROGRAMS)
def test_arrays_alone_verify_what_is_right(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No number is asked one by one; and floats are measured, where they are chosen, too."""

    def no_numbers(claim: Any, *rest: Any) -> Any:
        assert claim.whole
        return agreement(claim, *rest)

    agreement = judge._agreement
    monkeypatch.setattr(judge, "_agreement", no_numbers)
    found = sg.compile(PROGRAMS[name]()).verify()
    assert found.verified
    assert 1e-18 < found.levels["L3"]["bound"] < 1e-9
    assert name == "smooth" or "combinations of comparisons" in str(found)


def test_floats_that_are_far_off_are_told_where_numbers_are_chosen() -> None:
    """What is compared with itself is the same, however it is rounded."""
    f = sg.compile(PROGRAMS["largest"]())
    assert judged(
        f, "    return float(", "    d_w = (d_w + 1e14) - 1e14\n    return float("
    ).refuted


@pytest.mark.parametrize("far", [3e10, 1e12])
def test_sums_are_as_exact_as_numbers_one_by_one_tell(far: float) -> None:
    """The bound is of sums as they come, not of all orders, which is wider by the root of n."""
    f = sg.compile(sg.sum(sg.exp(sg.param("w", np.linspace(-1, 1, 300)))))
    spoilt = f"    d_w = (d_w + {far}) - {far}\n    return float("
    assert judged(f, "    return float(", spoilt).refuted


def test_ties_of_some_operands_alone_are_met() -> None:
    """Points at which all of them are equal show nothing of it."""
    a, b, c = (sg.param(name, np.zeros(120)) for name in "abc")
    f = sg.compile(sg.sum(sg.maximum(sg.maximum(a, b), c) ** 2))
    wrong = "slope_by_b_mask / (1.0 + slope_by_b_mask_2 * slope_by_c_mask)"
    assert judged(f, "slope_by_b_mask / slope_by_b_denom", wrong).refuted


@pytest.mark.parametrize("new", ["(h3 >= 0.0)", "(h3 > 1e-6)"])
def test_a_wrong_slope_of_a_hidden_layer_is_refuted_or_told(new: str) -> None:
    x, t = sg.input("x", ("N", 2)), sg.input("t", ("N",))
    h, sizes = x, ((2, 16), (16, 16), (16, 1))
    for i, (m, n) in enumerate(sizes):
        h = h @ sg.param(f"W{i}", RNG.normal(size=(m, n))) + sg.param(f"b{i}", np.zeros(n))
        h = sg.relu(h) if n > 1 else h
    f = sg.compile(sg.mean(sg.relu(1 - t * h[:, 0])))
    assert judged(f, "(h3 > 0.0)", new).refuted
