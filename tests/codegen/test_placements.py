"""Cotangents of slices and of indexed rows are one array, into which each part is written."""

from __future__ import annotations

import numpy as np
import pytest

import symgrad as sg

X = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 2.0]])


def body(f: sg.CompiledFunction) -> str:
    return f.source.rpartition('"""')[2]


def test_each_part_is_written_where_it_stands() -> None:
    """Zeros only where something is left; what meets another is added, by index one by one."""
    x, i = sg.param("x", X), sg.input("i", ("N",), dtype="i64")
    f = sg.compile(sg.sum(sg.sin(x[:, 0])) + sg.sum(x[:, 1] * x[:, 2]))
    for line in ("d_x = np.empty((2, 3))", "d_x[:, 0] = "):
        assert line in body(f)
    g = sg.compile(sg.sum(x[i] ** 2) - sg.sum(x[:, 1] ** 3))
    for line in ("d_x = np.zeros((2, 3))", "np.add.at(d_x, i, ", "d_x[:, 1] += -3.0"):
        assert line in body(g)
    for h, given in ((f, {}), (g, {"i": np.array([1, 1, 0, -1])})):
        assert not h.verify().refuted
        assert np.all(np.isfinite(h(**given)[1][0]))


@pytest.mark.parametrize("whole", ["x * y", "x @ y", "where"])
def test_a_negated_whole_comes_first(whole: str) -> None:
    x, y = sg.param("x", np.array([1.0, -2.0, 3.0])), sg.param("y", np.array([4.0, 5.0, 6.0]))
    value = {"x * y": sg.sum(x * y), "x @ y": x @ y, "where": sg.sum(sg.where(x > 0, y * x, x))}
    f = sg.compile(-value[whole] - sg.sum(x[:2] ** 2), [x, y])
    assert f.verify().verdict == "verified"


def test_many_parts_take_linear_time() -> None:
    """Four times the parts take about four times the calls: parts are not compared in pairs."""
    import sys

    def calls(n: int) -> int:
        x, count = sg.param("x", np.ones((n, 2))), 0
        loss = sum((sg.sin(x[k, 0]) * x[k, 1] for k in range(n)), start=sg.sum(x))

        def watch(*_: object) -> None:
            nonlocal count
            count += 1

        before = sys.getprofile()
        sys.setprofile(watch)
        try:
            sg.compile(loss)
        finally:
            sys.setprofile(before)
        return count

    assert calls(160) < 5 * calls(40)


def test_the_shift_of_masked_scores_is_guarded() -> None:
    """A row of -inf alone has the logarithm -inf, scaled or not."""
    s, m = sg.param("s", np.ones((2, 3))), sg.input("m", (2, 3))
    mask = np.zeros((2, 3))
    mask[1] = -np.inf
    for scores in (s + m, (s + m) / 2.0, 0.5 * (s + m)):
        f = sg.compile(sg.sum(sg.exp(sg.logsumexp(scores, axis=1))), [s])
        with np.errstate(all="ignore"):
            assert np.isfinite(f(np.ones((2, 3)), mask)[0])
