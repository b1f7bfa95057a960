"""The conventions at kinks and edges, in emitted code: both targets, at first and second order.

One row a convention of the README's table, and rows for what the table implies.  A row gives the
loss, the point, the gradient there, and the matrix of second derivatives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.engine import Value

INF, NAN = math.inf, math.nan
LN2 = math.log(2.0)

Row = tuple[Callable[..., Any], list[float], list[float], list[list[float]]]
ZERO2 = [[0.0, 0.0], [0.0, 0.0]]

TABLE: dict[str, Row] = {
    "relu'(0) is 0": (lambda x: sg.relu(x), [0.0], [0.0], [[0.0]]),
    "abs'(0) is 0": (lambda x: abs(x), [0.0], [0.0], [[0.0]]),
    "sign'(0) is 0": (lambda x: sg.sign(x), [0.0], [0.0], [[0.0]]),
    "maximum shares a tie": (sg.maximum, [1.0, 1.0], [0.5, 0.5], ZERO2),
    "minimum shares a tie": (sg.minimum, [1.0, 1.0], [0.5, 0.5], ZERO2),
    "a square of a tie": (lambda x: sg.maximum(x, 0) ** 2, [0.0], [0.0], [[0.5]]),
    "max shares a tie": (
        lambda x, y, z: sg.max(sg.stack([x, y, z])),
        [1.0, 0.0, 1.0],
        [0.5, 0.0, 0.5],
        [[0.0] * 3] * 3,
    ),
    "min shares a tie": (lambda x, y: sg.min(sg.stack([x, y])), [2.0, 2.0], [0.5, 0.5], ZERO2),
    "clip at its lower edge": (lambda x: sg.clip(x, -1, 1), [-1.0], [1.0], [[0.0]]),
    "clip at its upper edge": (lambda x: sg.clip(x, -1, 1), [1.0], [1.0], [[0.0]]),
    "maximum of nan": (sg.maximum, [NAN, 1.0], [NAN, NAN], ZERO2),
    "where(x > 0, log x, 0) at 0": (
        lambda x: sg.where(x > 0, sg.log(x), 0),
        [0.0],
        [0.0],
        [[0.0]],
    ),
    "where around sqrt": (
        lambda x, y: sg.where(x > 0, sg.sqrt(x) * y, y**2),
        [0.0, 3.0],
        [0.0, 6.0],
        [[0.0, 0.0], [0.0, 2.0]],
    ),
    "where around a quotient": (
        lambda x: sg.where(sg.equal(x, 0), 1.0, sg.arctan(x) / x),
        [0.0],
        [0.0],
        [[0.0]],
    ),
    "sin(x)/x, guarded": (  # a rule knows the function, and with it the limit
        lambda x: sg.where(sg.equal(x, 0), 1.0, sg.sin(x) / x),
        [0.0],
        [0.0],
        [[-1 / 3]],
    ),
    "where within where": (
        lambda x: sg.where(x > 0, sg.where(x > 1, sg.log(x - 1), sg.log(x)), 0),
        [0.0],
        [0.0],
        [[0.0]],
    ),
    "where around an overflow": (
        lambda x: sg.where(x < 1, sg.exp(x), sg.log(x)),
        [1000.0],
        [1e-3],
        [[-1e-6]],
    ),
    "sqrt'(0) is inf": (sg.sqrt, [0.0], [INF], [[-INF]]),
    "norm at 0": (lambda x, y: sg.norm(sg.stack([x, y])), [0.0, 0.0], [0.0, 0.0], ZERO2),
    "norm at 0, by hand": (lambda x, y: sg.sqrt(x * x + y * y), [0.0, 0.0], [0.0, 0.0], ZERO2),
    "norm at 0, by hand, of an array": (
        lambda x, y: sg.sqrt(sg.sum(sg.stack([x, y]) ** 2)),
        [0.0, 0.0],
        [0.0, 0.0],
        ZERO2,
    ),
    "log1p(exp x) at 1000": (lambda x: sg.log1p(sg.exp(x)), [1000.0], [1.0], [[0.0]]),
    "log(1 + exp x) at 1000": (lambda x: sg.log(1 + sg.exp(x)), [1000.0], [1.0], [[0.0]]),
    "1/(1 + exp x) at 1000": (lambda x: 1 / (1 + sg.exp(x)), [1000.0], [0.0], [[0.0]]),
    "std of equals": (lambda x, y: sg.std(sg.stack([x, y])), [2.0, 2.0], [0.0, 0.0], ZERO2),
    "var of one": (lambda x: sg.var(sg.reshape(x, (1,))), [3.0], [0.0], [[0.0]]),
    "hypot at 0": (sg.hypot, [0.0, 0.0], [0.0, 0.0], ZERO2),
    "x**y at (0, 2)": (sg.power, [0.0, 2.0], [0.0, 0.0], [[2.0, 0.0], [0.0, 0.0]]),
    "x**y below 0": (sg.power, [-2.0, 3.0], [12.0, NAN], [[-12.0, NAN], [NAN, NAN]]),
    "x**0 at 0": (lambda x: x**0, [0.0], [0.0], [[0.0]]),
    "x**1 at 0": (lambda x: x**1, [0.0], [1.0], [[0.0]]),
    "x**2 at 0": (lambda x: x**2, [0.0], [0.0], [[2.0]]),
    "x**3 below 0": (lambda x: x**3, [-2.0], [12.0], [[-12.0]]),
    "0**x": (lambda x: 0.0**x, [2.0], [0.0], [[0.0]]),
    "xlogy at (0, 0)": (sg.xlogy, [0.0, 0.0], [-INF, 0.0], [[0.0, INF], [0.0, 0.0]]),
    "xlogy at (0, 2)": (sg.xlogy, [0.0, 2.0], [LN2, 0.0], [[0.0, 0.5], [0.5, 0.0]]),
    "x**y at (2, 0)": (sg.power, [2.0, 0.0], [0.0, LN2], [[0.0, 0.5], [0.5, LN2**2]]),
    "log(x)**2 at 1": (lambda x: sg.log(x) * sg.log(x), [1.0], [0.0], [[2.0]]),
    "x log(1 + x) at 0": (lambda x: x * sg.log(1 + x), [0.0], [0.0], [[2.0]]),
    "(x - 3) log(x/3) at 3": (lambda x: (x - 3) * sg.log(x / 3), [3.0], [0.0], [[2 / 3]]),
    "two choices of one log": (
        lambda x: sg.where(x > 0, sg.log(x), 0.0) + sg.where(x > 1, sg.log(x), 0.0),
        [0.0],
        [0.0],
        [[0.0]],
    ),
    "a choice of log and of its square": (
        lambda x: sg.where(x > 0, sg.log(x), 0.0) + sg.where(x > 0, sg.log(x) ** 2, 0.0),
        [0.0],
        [0.0],
        [[0.0]],
    ),
    "a root of less than 0 beside a log": (
        lambda x: sg.log(x) * sg.where(x > 1, sg.sqrt(x - 1), 0.0),
        [0.5],
        [0.0],
        [[0.0]],
    ),
    "a product with one zero": (
        lambda x, y, z: sg.prod(sg.stack([x, y, z])),
        [0.0, 2.0, 3.0],
        [6.0, 0.0, 0.0],
        [[0.0, 3.0, 2.0], [3.0, 0.0, 0.0], [2.0, 0.0, 0.0]],
    ),
    "a product with two zeros": (
        lambda x, y, z: sg.prod(sg.stack([x, y, z])),
        [0.0, 0.0, 3.0],
        [0.0, 0.0, 0.0],
        [[0.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]],
    ),
    "a product of zeros": (
        lambda x, y, z: sg.prod(sg.stack([x, y, z])),
        [0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0],
        [[0.0] * 3] * 3,
    ),
    "logsumexp with a -inf": (
        lambda x, y, z: sg.logsumexp(sg.stack([x, y, z])),
        [-INF, 0.0, 0.0],
        [0.0, 0.5, 0.5],
        [[0.0, 0.0, 0.0], [0.0, 0.25, -0.25], [0.0, -0.25, 0.25]],
    ),
    "logsumexp of -inf alone is a softmax of nothing": (
        lambda x, y: sg.logsumexp(sg.stack([x, y])),
        [-INF, -INF],
        [NAN, NAN],
        [[NAN, NAN], [NAN, NAN]],
    ),
    "log_softmax with a -inf": (
        lambda x, y: sg.log_softmax(sg.stack([x, y]))[1],
        [-INF, 0.0],
        [0.0, 0.0],
        ZERO2,
    ),
    "softmax with a -inf": (
        lambda x, y, z: sg.softmax(sg.stack([x, y, z]))[1],
        [-INF, 0.0, 0.0],
        [0.0, 0.25, -0.25],
        [[0.0] * 3] * 3,
    ),
    "softplus far out": (sg.softplus, [1000.0], [1.0], [[0.0]]),
    "sigmoid far out": (sg.sigmoid, [-1000.0], [0.0], [[0.0]]),
}


def compiled(row: Row, target: str, strict: bool) -> tuple[list[float], list[list[float]]]:
    """The gradient and the second derivatives at the row's point."""
    build, point, *_ = row
    xs = [sg.param(f"x{i}", v) for i, v in enumerate(point)]
    options = {"target": target, "strict": strict, "check": False}
    f = sg.compile(build(*xs), wrt=xs, **options)
    gradients = sg.grad(build(*xs), xs)
    # Without checks, so that what is computed is seen and not judged.
    second = [sg.compile(g, wrt=xs, **options).python(*point)[1] for g in gradients]
    return list(f.python(*point)[1]), [list(row) for row in second]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("name", TABLE)
def test_the_convention_holds(name: str, target: str, strict: bool) -> None:
    """The emitted gradient, and the gradient of each of its entries, are the stated ones."""
    with np.errstate(all="ignore"):
        first, second = compiled(TABLE[name], target, strict)
    _, _, want, want_second = TABLE[name]
    np.testing.assert_allclose(first, want, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(second, want_second, rtol=1e-12, atol=1e-15)


BY_HAND = [name for name in TABLE if "by hand" in name or "exp x)" in name]


def takes_arrays(build: Callable[..., Any], count: int) -> bool:
    """Whether a row works element by element: of a row of ones it makes another of any length."""
    try:
        shapes = [
            build(*[sg.param(f"x{i}", np.ones(n)) for i in range(count)]).shape for n in (2, 3)
        ]
    except sg.errors.ShapeError:
        return False
    return shapes == [(2,), (3,)]


ELEMENTWISE = [
    name
    for name, (build, at, *_) in TABLE.items()
    if "softmax" not in name and takes_arrays(build, len(at))
]


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_convention_holds_in_arrays(name: str, target: str) -> None:
    """Each element of an array has the gradient, and the second derivatives, of the number."""
    build, point, want, want_second = TABLE[name]
    xs = [sg.param(f"x{i}", np.array([v, v])) for i, v in enumerate(point)]
    with np.errstate(all="ignore"):
        found = sg.compile(sg.sum(build(*xs)), wrt=xs, target=target, check=False)()[1]
        gradients = sg.grad(sg.sum(build(*xs)), xs)
        second = [sg.compile(sg.sum(g), wrt=xs, target=target, check=False)()[1] for g in gradients]
    np.testing.assert_allclose(found, np.outer(want, [1, 1]), rtol=1e-14, atol=1e-15)
    wanted = np.multiply.outer(want_second, [1, 1])
    np.testing.assert_allclose(second, wanted, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_convention_holds_for_values(name: str) -> None:
    """Eagerly, as written, and compiled for both targets."""
    build, point, want, _ = TABLE[name]
    xs = [Value(v) for v in point]
    loss = build(*xs)
    with np.errstate(all="ignore"):
        loss.backward()
        eager = [x.grad for x in xs]
        found = [sg.compile(loss, wrt=xs, target=t)(point)[1] for t in ("numpy", "python")]
    np.testing.assert_allclose(found, [want, want], rtol=1e-14, atol=1e-15)
    if name in BY_HAND:
        assert np.isnan(eager).all()  # nothing is rewritten there; micrograd's is nan, too
    else:
        np.testing.assert_allclose(eager, want, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("stabilize", [True, False])
def test_a_gradient_by_what_a_rewrite_would_remove_stays(stabilize: bool) -> None:
    """log(exp(x)) is x; its gradient by exp(x) is the reciprocal of that all the same."""
    x = sg.param("x", 2.0)
    e = sg.exp(x)
    by_e, by_x = sg.grad(sg.log(e), [e, x], stabilize=stabilize)
    _, value = sg.function([], (by_e, by_x))()
    assert value == pytest.approx(1.0)
    assert sg.function([], by_e)() == pytest.approx(math.exp(-2.0))


def test_the_formula_as_written_has_the_gradient_as_written() -> None:
    """``stabilize=False``: nan where the formula's derivative overflows."""
    x = sg.param("x", 1000.0)
    loss = 1 / (1 + sg.exp(x))
    with np.errstate(all="ignore"):
        (as_written,) = sg.grad(loss, [x], stabilize=False)
        f = sg.function([], as_written, stabilize=False)
        assert math.isnan(f())
        assert sg.function([], sg.grad(loss, x))() == 0.0


P = np.array([[0.0, 2.0], [0.0, 0.0], [3.0, 1.0]])

ROWS, COLUMNS, LABELS = np.array([0, 0, 2]), np.array([0, 1, 1]), np.array([[0], [1], [1]])

# Each takes log(x) or 1/x to somewhere, and where(x > 0) or where(x[:, 0] > 0) chooses behind it.
BEHIND: dict[str, Callable[[Any], Any]] = {
    "max": lambda x: sg.where(x[:, 0] > 0, sg.max(sg.log(x), axis=1), x[:, 1]),
    "prod": lambda x: sg.where(x[:, 0] > 0, sg.prod(1 / x, axis=1), x[:, 1]),
    "mean": lambda x: sg.where(x[:, 0] > 0, sg.mean(sg.log(x) ** 2, axis=1), x[:, 1]),
    "logsumexp": lambda x: sg.where(x[:, 0] > 0, sg.logsumexp(sg.log(x), axis=1), x[:, 1]),
    "std": lambda x: sg.where(x[:, 0] > 0, sg.std(sg.log(x + x * x), axis=1), x[:, 1]),
    "index": lambda x: sg.where(x[1:] > 0, sg.log(x[1:]), x[1:]),
    "flip": lambda x: sg.where(x[::-1] > 0, sg.log(x)[::-1], x[::-1]),
    "transpose": lambda x: sg.where(x.T > 0, sg.log(x).T, x.T),
    "concatenate": lambda x: sg.where(
        sg.concatenate([x, x]) > 0, sg.concatenate([sg.log(x), x]), 1.0
    ),
    "broadcasting": lambda x: sg.where(x[:, :1] > 0, sg.log(x[:, :1]) * x, x),
    "a scalar condition": lambda x: sg.where(x[0, 0] > 0, sg.log(x) @ x.T, x[0, 1]),
    "a scalar condition and a gather": lambda x: sg.where(
        x[0, 0] > 0, sg.take(sg.log(x), [2, 2, 0], axis=0), x[0, 1]
    ),
    "broadcast_to": lambda x: sg.where(
        sg.broadcast_to(x, (2, 3, 2)) > 0, sg.broadcast_to(sg.log(x), (2, 3, 2)), 1.0
    ),
    "a new axis": lambda x: sg.where(x[:, None] > 0, sg.log(x)[:, None] * x, x),
    "take": lambda x: sg.where(sg.take(x, ROWS, axis=0) > 0, sg.take(sg.log(x), ROWS, axis=0), 1.0),
    "gather": lambda x: sg.where(x[ROWS, COLUMNS] > 0, sg.log(x)[ROWS, COLUMNS], 1.0),
    "take_along_axis": lambda x: sg.where(
        sg.take_along_axis(x, LABELS, axis=1) > 0, sg.take_along_axis(1 / x, LABELS, axis=1), 1.0
    ),
    "diagonal": lambda x: sg.where(sg.diagonal(x[1:]) > 0, sg.diagonal(sg.log(x[1:])), 1.0),
    "tril": lambda x: sg.where(x > 0, sg.tril(sg.log(x)), x),
}


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("name", BEHIND)
def test_the_branch_not_taken_gives_no_nan_behind_another_operation(name: str, target: str) -> None:
    """At 0, log has slope inf; the gradient is that of the function with 0 moved to -1, twice."""
    with np.errstate(all="ignore"):
        x = sg.param("x", P)
        loss = sg.sum(BEHIND[name](x))
        g = sg.grad(loss, x)
        whole = sg.compile(loss + sg.sum(sg.sin(g)), wrt=x, target=target)
        (at_zero,) = whole(P)[1]
        (below,) = whole(np.where(P == 0.0, -1e-9, P))[1]
    assert np.isfinite(at_zero).all()
    np.testing.assert_allclose(at_zero, below, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_a_cast_between_floats_keeps_the_branches_apart(target: str) -> None:
    """The branch not taken contributes nothing, cast or not."""
    x = sg.param("x", np.array([0.0, 2.0]))
    y = sg.where(x > 1, sg.astype(sg.astype(sg.square(x), "f32"), "f64"), 0.0)
    assert sg.compile(sg.sum(y), target=target)(x=[0.5, 2.0])[1].x[0] == 0.0
