"""Cotangents of slices and of indexed rows are one array, into which each part is written."""

from __future__ import annotations

import re

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
    for line in ("d_x = np.zeros((2, 3))", "d_x[:, 1] = -3.0", "np.add.at(d_x[:, k], i, "):
        assert line in body(g)
    for h, given in ((f, {}), (g, {"i": np.array([1, 1, 0, -1])})):
        assert not h.verify().refuted
        assert np.all(np.isfinite(h(**given)[1][0]))


def test_few_columns_are_added_up_one_by_one() -> None:
    """np.add.at is several times as fast for vectors; one loop serves all, and wide rows none."""
    i, j = (sg.input(name, ("N",), dtype="i64") for name in "ij")
    given = {"i": np.array([2, 0, -1, 2]), "j": np.array([1, 2, 0, 1])}
    for width, loop in ((3, True), (20, False)):
        x = sg.param("x", np.random.default_rng(0).normal(size=(3, width)))
        spans = x[i] - x[j]
        f = sg.compile(sg.sum(spans**3) + 2.0 * sg.sum(x[:, 0]))
        assert body(f).count(f"for k in range({width}):") == loop
        assert ("np.subtract.at(d_x[:, k], j, " in body(f)) == loop
        assert f.verify().verdict == "verified"
        d_x = np.zeros((3, width))
        d_spans = 3.0 * (x.data[given["i"]] - x.data[given["j"]]) ** 2
        np.add.at(d_x, given["i"], d_spans)
        np.add.at(d_x, given["j"], -d_spans)
        d_x[:, 0] += 2.0
        np.testing.assert_allclose(f(**given)[1][0], d_x, rtol=1e-13)


def test_what_one_index_places_is_added_up_first() -> None:
    """Rows of one index, and slices of one key, are written once, whatever stands between them."""
    x, i = sg.param("x", np.ones((5, 3))), sg.input("i", ("N",), dtype="i64")
    w = sg.input("w", ("N", 3))
    loss = sg.sum(x[i] * w + sg.sin(x[i])) - sg.sum(x[:, 0] ** 2) + sg.sum(x[:, 0] * 2.0)
    f = sg.compile(loss)
    assert body(f).count(".at(") == 1
    assert body(f).count("d_x[:, 0] ") == 1
    assert f.verify().verdict == "verified"


def test_what_is_written_into_a_place_is_a_line_of_the_gradient() -> None:
    """A value of the forward pass that is placed has a comment that says ``of`` its line."""
    x = sg.param("x", X)
    errors = sg.sin(x[:, 0])
    f = sg.compile(sg.sum(x[:, 1] * errors))
    (line,) = [line for line in body(f).splitlines() if "d_x[:, 1] = " in line]
    assert " of " in line


def test_scalar_programs_ask_for_no_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is placed in an array, planning costs nothing."""
    from symgrad.codegen.placements import Placements

    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Placements, "filling", refuse)
    x = sg.param("x", X)
    sg.compile(sg.sum(sg.sin(x) * x + x), target="numpy")
    values = [sg.Value(float(k)) for k in range(5)]
    sg.compile(sum(v * v for v in values), wrt=values)


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

    assert calls(320) < 5 * calls(80)


def test_the_shift_of_masked_scores_is_guarded() -> None:
    """A row of -inf alone has the logarithm -inf, scaled or not."""
    s, m = sg.param("s", np.ones((2, 3))), sg.input("m", (2, 3))
    mask = np.zeros((2, 3))
    mask[1] = -np.inf
    for scores in (s + m, (s + m) / 2.0, 0.5 * (s + m)):
        f = sg.compile(sg.sum(sg.exp(sg.logsumexp(scores, axis=1))), [s])
        with np.errstate(all="ignore"):
            assert np.isfinite(f(np.ones((2, 3)), mask)[0])


def test_what_is_added_with_a_minus_is_taken_away() -> None:
    """Second differences: neither += of a negative factor, nor brackets behind a minus."""
    c = sg.param("c", np.arange(7.0) ** 2)
    bends = c[2:] - 2.0 * c[1:6] + c[:5]
    f = sg.compile(sg.sum(bends * bends))
    assert "+= -" not in f.source
    assert re.search(r"d_c\[1:6\] -= \d\.0 \* ", f.source)
    assert f.verify().verdict == "verified"


def test_one_place_in_each_row_is_written_into() -> None:
    """What is picked of each row, by whatever view of its index, goes back by an assignment."""
    w = sg.param("w", np.random.default_rng(1).normal(size=(3, 4)))
    x, label = sg.input("x", ("N", 3)), sg.input("label", ("N",), dtype="i64")
    given = {"x": np.arange(6.0).reshape(2, 3), "label": np.array([1, -1])}
    for picked in (
        sg.take_along_axis(sg.sin(x @ w), label[:, None], axis=1)[:, 0],
        sg.take_along_axis(sg.sin(x @ w), label.reshape(-1, 1), axis=1).reshape(-1),
    ):
        f = sg.compile(sg.sum(picked**3))
        assert body(f).count("[np.arange(N), label]") == 2
        assert re.search(r"\n    d_\w+\[np\.arange\(N\), label\] = ", body(f))
        assert f.verify().verdict == "verified"
        z = given["x"] @ w.data
        d_z = np.zeros((2, 4))
        rows = [0, 1], [1, 3]
        d_z[rows] = (3.0 * np.sin(z) ** 2 * np.cos(z))[rows]
        np.testing.assert_allclose(f(**given)[1][0], given["x"].T @ d_z, rtol=1e-12)


def test_what_is_read_of_placed_parts_is_read_of_the_parts() -> None:
    """The inner gradient of differences has no array that is wider than they are."""
    x = sg.param("x", np.random.default_rng(2).normal(size=(5, 3)))
    padded = sg.concatenate([np.zeros((5, 1)), sg.sin(x), np.ones((5, 1))], axis=1)
    f = sg.compile(sg.sum(sg.diff(padded, axis=1) ** 4))
    assert re.search(r"\((\w+)\[:, :3\] - \1\[:, 1:\]\) \* np\.cos\(x\)", body(f))
    assert "np.zeros((5, 5))" not in body(f)
    assert f.verify().verdict == "verified"


def test_places_that_may_repeat_in_a_row_are_added_up() -> None:
    """A table of indices names a row several times, though its rows are counted."""
    x = sg.param("x", np.random.default_rng(3).normal(size=(3, 4)))
    f = sg.compile(sg.sum(x[np.arange(3), sg.input("i", ("M", 3), dtype="i64")] ** 3))
    i = np.array([[0, 1, 2], [0, 3, 2], [0, 1, 1]])
    d_x = np.zeros((3, 4))
    np.add.at(d_x, (np.arange(3), i), 3.0 * x.data[np.arange(3), i] ** 2)
    np.testing.assert_allclose(f(i=i)[1][0], d_x, rtol=1e-13)
