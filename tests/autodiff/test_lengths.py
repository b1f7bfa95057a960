"""A gradient that holds a length is differentiated at 0, too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.autodiff import random_points

A, V = 5.0**0.5, np.array([1.0, 0.5])
SMOOTH: dict[str, tuple[Any, float]] = {
    "square": (lambda r: r**2, 2.0),
    "gauss": (lambda r: sg.exp(-(r**2) / 2), -1.0),
    "cosh": (lambda r: sg.cosh(r), 1.0),
    "matern 3/2": (lambda r: (1 + A * r) * sg.exp(-A * r), -5.0),
    "matern 5/2": (lambda r: (1 + A * r + 5 / 3 * r**2) * sg.exp(-A * r), -5 / 3),
    "sinc": (lambda r: sg.sin(r) / r, -1 / 3),
    "huber": (lambda r: sg.where(r < 1, 0.5 * r**2, r - 0.5), 1.0),
    "cube": (lambda r: r**3 + 0.5 * r**2, 1.0),
    "power": (lambda r: r**2.5, 0.0),
    "cone": (lambda r: r, 0.0),
}
LENGTHS: dict[str, Any] = {
    "norm": lambda u: sg.norm(u),
    "root": lambda u: sg.sqrt(sg.sum(u * u)),
    "hypot": lambda u: sg.hypot(u[0], u[1]),
    "written": lambda u: sg.sqrt(u[0] ** 2 + u[1] ** 2),
}


def along(loss: Any, u: Any, **options: Any) -> Any:
    """A gradient in the direction V, compiled with its own gradient."""
    return sg.compile(sg.sum(sg.grad(loss, u) * V), [u], **options)


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", SMOOTH)
def test_the_second_derivative_at_0_is_the_limit(name: str, length: str, target: str) -> None:
    """f''(0) times the direction; 0 where f has none, as it is a cone."""
    f, curvature = SMOOTH[name]
    u = sg.param("u", np.zeros(2))
    found = along(f(LENGTHS[length](u)), u, target=target)
    with np.errstate(all="ignore"):
        got = found(np.zeros(2))[1].u
    np.testing.assert_allclose(got, curvature * V, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("name", [k for k in SMOOTH if k != "cone"])
def test_beside_0_it_is_what_it_was(name: str) -> None:
    """The same function compiled as its own derivative: a difference of gradients tells."""
    f, _ = SMOOTH[name]
    u, at, step = sg.param("u", np.zeros(2)), np.array([0.3, -0.4]), 1e-5
    found = along(f(sg.norm(u)), u)(at)[1].u
    first = sg.compile(f(sg.norm(u)), [u])
    gap = np.subtract(first(at + step * V)[1].u, first(at - step * V)[1].u)
    np.testing.assert_allclose(found, gap / (2 * step), rtol=1e-6, atol=1e-8)


def test_rows_of_which_some_are_0() -> None:
    """Each row is a length of its own, written twice; verify() knows both kinds."""
    x = sg.param("x", np.array([[0.0, 0.0], [0.6, 0.8], [0.0, 0.0]]))
    loss = sg.sum((1 + sg.norm(x, axis=1)) * sg.exp(-sg.norm(x, axis=1)))
    f = along(loss, x)
    found = f(np.array([[0.0, 0.0], [0.6, 0.8], [0.0, 0.0]]))[1].x
    np.testing.assert_allclose(found[[0, 2]], [-V, -V], rtol=1e-14)
    n, e = np.array([0.6, 0.8]), np.exp(-1.0)  # f'/r = -e, f'' = 0 at r = 1
    np.testing.assert_allclose(found[1], -e * (V - n * (n @ V)), rtol=1e-13)
    assert f.verify().verified


CENTRES = np.array([[0.0, 0.0], [1.0, 0.5]])


def matern(r: Any) -> Any:
    return (1 + r + r * r / 3) * sg.exp(-r)


def kernels(x: Any) -> Any:
    return matern(sg.norm(x - CENTRES, axis=1))


WITHIN: dict[str, Any] = {
    "length scale": lambda x, t: matern(sg.norm(x) / t),
    "variance": lambda x, t: matern(sg.norm(x) / sg.sqrt(t)),
    "amplitude": lambda x, t: sg.sqrt(t) * matern(sg.norm(x)),
    "absolute": lambda x, t: matern(sg.norm(x)) * sg.exp(-abs(t)),
    "density": lambda x, t: t * sg.log(sg.sum(kernels(x))),
    "network": lambda x, t: (sg.sum(kernels(x) * np.array([2.0, 1.0])) - t) ** 2,
    "head": lambda x, t: sg.tanh(t * (kernels(x) @ np.array([0.3, 0.4]))),
    "picked": lambda x, t: t * kernels(x)[0],
    "root": lambda x, t: sg.sqrt(2 - t * sg.sum(kernels(x) * np.array([0.3, 0.4]))),
    "short": lambda x, t: matern(sg.norm(x) * sg.exp(8 * t)) * 1e-4,
    "wendland": lambda x, t: t * sg.relu(1 - sg.norm(x)) ** 4 * (4 * sg.norm(x) + 1),
}


@pytest.mark.parametrize("name", WITHIN)
def test_it_moves_with_all_that_the_function_depends_on(name: str) -> None:
    """The second derivative at 0 is that of gradients beside it, and so is its own by the rest."""
    x, t, at = sg.param("x", np.zeros(2)), sg.param("t", 0.7), np.zeros(2)
    loss = WITHIN[name](x, t)
    f, first = sg.compile(sg.sum(sg.grad(loss, x) * V), [x, t]), sg.compile(loss, [x, t])
    step = 1e-8 if name == "short" else 1e-5
    gap = np.subtract(first(x=step * V, t=0.7)[1].x, first(x=-step * V, t=0.7)[1].x)
    np.testing.assert_allclose(f(x=at, t=0.7)[1].x, gap / (2 * step), rtol=1e-4, atol=1e-7)
    again = sg.compile(sg.sum(sg.grad(sg.sum(sg.grad(loss, x) * V), x) * V[::-1]), [t])
    ends = [again(x=at, t=0.7 + h)[0] for h in (-1e-5, 1e-5)]
    found = again(x=at, t=0.7)[1].t
    assert found == pytest.approx((ends[1] - ends[0]) / 2e-5, rel=1e-6, abs=1e-8)


def test_each_number_of_an_array_is_on_its_own() -> None:
    """A scale and a mask for each row, in float32, whatever the others are."""
    x, scale = sg.param("x", np.zeros((3, 2), np.float32)), np.float32([0.01, 1.0, 0.001])
    r, mask = sg.norm(x, axis=1), np.float32([1.0, 0.0, 1.0])
    f = along(sg.sum((1 + r / scale) * sg.exp(-r / scale) * mask), x)
    want = np.outer(-mask / scale**2, V)
    np.testing.assert_allclose(f(np.zeros((3, 2), np.float32))[1].x, want, rtol=1e-6)


def test_a_slope_that_is_infinite_is_no_limit() -> None:
    """norm(u)**a for a below 2, as a parameter: 0, as where a is known."""
    u, a = sg.param("u", np.zeros(2)), sg.param("a", 1.5)
    f = sg.compile(sg.sum(sg.grad(sg.norm(u) ** a, u) * V), [u, a])
    with np.errstate(all="ignore"):
        found = f(u=np.zeros(2), a=1.5)[1]
    np.testing.assert_array_equal(found.u, [0.0, 0.0])
    assert found.a == 0.0


def limits(loss: Any, x: Any, at: Any) -> None:
    """The second derivative at a point is what first gradients beside it tell."""
    f, first, step = along(loss, x), sg.compile(loss, [x]), 1e-5 * np.broadcast_to(V, np.shape(at))
    gap = np.subtract(first(**{x.name: at + step})[1][0], first(**{x.name: at - step})[1][0])
    np.testing.assert_allclose(f(**{x.name: at})[1][0], gap / 2e-5, rtol=1e-4, atol=1e-6)


KITE = np.array([[-0.6, 0.8], [0.0, 0.0], [0.6, 0.8]])  # the same when it is turned over
BESIDE = np.array([[0.2, 0.3], *KITE[1:]])


def matern_of_rows(x: Any) -> Any:
    return sg.sum((1 + sg.norm(x, axis=1)) * sg.exp(-sg.norm(x, axis=1)))


def distances(x: Any) -> Any:
    return sg.norm(x[:, None] - KITE, axis=-1)


MIXED: dict[str, Any] = {
    "turned over": lambda x: sg.sum((h := sg.tanh(sg.norm(x, axis=1))) * h - h * sg.flip(h)),
    "turned twice": lambda x: sg.sum((sg.norm(x, axis=1) - turned(x)) ** 2),
    "transposed": lambda x: sg.sum(((k := sg.exp(-distances(x))) - k.T) ** 2),
    "spread": lambda x: sg.var(sg.exp(-sg.norm(x[1:2], axis=1))),
    "repeated": lambda x: sg.sum(sg.exp(-columns(x)) * (1 + sg.sin(columns(x)) * np.ones(2))),
    "scales": lambda x: matern_of_rows(x[1:2]) * sg.sum(1 / np.array([1.0, 2.0]) * x[0]),
    "scales of columns": lambda x: sg.sum((r := columns(x) / V) * 0 + (1 + r) * sg.exp(-r)),
    "picked": lambda x: sg.sum(sg.cosh(sg.norm(x, axis=1))) + 3 * sg.cosh(sg.norm(x, axis=1)[1]),
    "beside another": lambda x: matern(sg.norm(x[1])) * matern_of_rows(x - KITE),
    "beside a kink": lambda x: matern(sg.norm(x[1])) * sg.sum(abs(x[0])),
    "powers": lambda x: sg.norm(x[1]) ** 2 * sg.sum(x[0]) ** 3,
}


def turned(x: Any) -> Any:
    return sg.flip(sg.norm(sg.flip(x, 0), axis=1))


def columns(x: Any) -> Any:
    return sg.norm(x, axis=1, keepdims=True)


@pytest.mark.parametrize("name", MIXED)
def test_what_mixes_lengths_is_flat_or_has_no_part_in_it(name: str) -> None:
    """Half of a limit would be a wrong number."""
    at = KITE if name != "transposed" else BESIDE
    limits(MIXED[name](x := sg.param("x", at)), x, at)


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: 3 * sg.sum((sg.norm(x, axis=1) - sg.mean(sg.norm(x, axis=1))) ** 2),
        lambda x: (sg.hypot(x[0, 0], x[0, 1]) * sg.cos(sg.arctan2(x[0, 1], x[0, 0] + 0.0))) ** 2,
        lambda x: sg.norm(x[0]) + 1e-3 * (1 + 1e3 * sg.norm(x[0])) * sg.exp(-1e3 * sg.norm(x[0])),
    ],
    ids=["added", "polar", "sharp"],
)
def test_what_is_not_smooth_has_no_limit(loss: Any) -> None:
    """Its second derivative at 0 is what it was."""
    x, at = sg.param("x", np.zeros((2, 2))), np.array([[0.0, 0.0], [0.6, 0.8]])
    with np.errstate(all="ignore"):
        found = along(loss(x), x)(at)[1].x[0]
    np.testing.assert_array_equal(found[~np.isnan(found)], 0.0)


CONES: dict[str, Any] = {
    "cubic": lambda r: r[0] * r[1] ** 2,
    "mean": lambda r: sg.mean(r) ** 3,
    "sum": lambda r: sg.sum(r) ** 3,
    "balanced": lambda r: r[0] * r[1] ** 2 * (r[1] - 1),
    "beyond": lambda r: sg.sum(sg.cosh(r)) + sg.where(r[1] > 1, r[0] * (r[1] - 2), 0.0),
    "rectified": lambda r: sg.sum(sg.cosh(r)) + r[0] * sg.relu(r[1] - 1),
}


@pytest.mark.parametrize("name", CONES)
def test_a_cone_is_one_though_it_is_flat_where_all_lengths_are_0(name: str) -> None:
    at = np.array([[0.0, 0.0], [0.6, 0.8]])
    x = sg.param("x", at)
    found = along(CONES[name](sg.norm(x, axis=1)), x)(at)[1].x[0]
    np.testing.assert_array_equal(found, [0.0, 0.0])


def test_a_cone_of_two_lengths_among_many_is_one() -> None:
    """Whichever they are: each length becomes 0 alone."""
    for i, j, n in ((2, 0, 3), (0, 3, 12), (7, 11, 12)):
        at = np.full((n, 2), 0.3)
        at[i] = 0.0
        x = sg.param("x", at)
        r = sg.norm(x, axis=1)
        for loss in (r[i] * r[j] ** 2 * (r[j] - 1), r[i] * r[j] * r[1]):
            np.testing.assert_array_equal(along(loss, x)(at)[1].x[i], [0.0, 0.0])


THIRDS: dict[str, tuple[Any, float]] = {
    "factor": (lambda a, r: a * sg.cosh(r), 3.0),
    "exponential": (lambda a, r: sg.exp(a) * sg.cosh(r), 4.0),
    "matern": (lambda a, r: a * (1 + r) * sg.exp(-r), -3.0),
}


@pytest.mark.parametrize("name", THIRDS)
def test_third_derivatives_are_right_too(name: str) -> None:
    function, want = THIRDS[name]
    u = sg.param("u", np.zeros(2))
    y = function(u[0], sg.norm(u))
    for _ in range(2):
        y = sg.grad(y, u)[0]
    assert sg.compile(y, [u])(np.zeros(2))[1].u[0] == pytest.approx(want, rel=1e-14)


def test_terms_that_cancel_in_a_sum_are_flat() -> None:
    """0.7 - 0.2*2 - 0.1*3 is no 0 of floats."""
    u, a = sg.param("u", np.zeros(2)), np.array([0.7, -0.2, -0.1])
    parts = sg.exp(-np.array([1.0, 2.0, 3.0]) * sg.norm(u))
    for loss in (sg.sum(a * parts), a @ parts):
        np.testing.assert_allclose(along(loss, u)(np.zeros(2))[1].u, -V, rtol=1e-13)


LATER: dict[str, tuple[Any, dict[str, Any]]] = {
    "a flag": (lambda c, v: sg.sum(c) - sg.where(v["flag"], c[1], 0.0), {"flag": True}),
    "a count": (lambda c, v: sg.sum(c) + v["count"] * c[1], {"count": -1}),
    "counts": (lambda c, v: sg.sum(c) + v["count"] * c[1], {"count": 3}),
    "a mask": (lambda c, v: sg.sum(v["mask"].astype(float) * (c - c[1])), {"mask": [True] * 3}),
    "a level": (lambda c, v: sg.sum(c) - sg.where(v["level"] > 5, c[1], 0.0), {"level": 6.0}),
    "a side": (lambda c, v: sg.sum(c) - sg.relu(-v["level"]) * c[1], {"level": -1.0}),
}


@pytest.mark.parametrize("name", LATER)
def test_what_is_switched_on_later_is_told_apart(name: str) -> None:
    """Whatever part of a function no trial saw, it is flat or has no limit."""
    x = sg.param("x", KITE)
    inputs = {
        "flag": sg.input("flag", (), dtype="bool"),
        "count": sg.input("count", (), dtype="i64"),
        "mask": sg.input("mask", (3,), dtype="bool"),
        "level": sg.input("level"),
    }
    loss, given = LATER[name]
    made = loss(sg.cosh(sg.norm(x, axis=1)), inputs)
    step = 1e-5 * np.broadcast_to(V, KITE.shape)
    f, first = along(made, x), sg.compile(made, [x])
    ends = [first(x=KITE + h, **given)[1].x for h in (step, -step)]
    np.testing.assert_allclose(f(x=KITE, **given)[1].x, (ends[0] - ends[1]) / 2e-5, atol=1e-5)


def test_each_row_is_tried() -> None:
    at = np.array([[1.0, 0.5]] * 7 + [[0.0, 0.0]])
    for share in (-1.0, 3.0):
        x = sg.param("x", at)
        r = sg.norm(x, axis=1)
        limits(sg.sum(sg.cosh(r)) + share * sg.cosh(r[-1]), x, at)


def test_a_guard_that_computes_the_same_again_is_seen() -> None:
    """The angle is another where both are 0, which a trial along a ray does not see."""
    at = np.array([0.3, 0.4])
    x = sg.param("x", at)
    a, b = x[0] - 0.3, x[1] - 0.4
    angle = sg.arctan2(b, sg.where(sg.logical_and(a == 0, b == 0), 1.0, a))
    found = along((sg.norm(x - at) * sg.cos(angle)) ** 2, x)(at)[1].x
    np.testing.assert_array_equal(found, [0.0, 0.0])


@pytest.mark.parametrize("part", [slice(-7, None), slice(4, -4), slice(-40, None)])
def test_sizes_that_must_be_large_do_no_harm(part: slice) -> None:
    x = sg.input("x", ("N", 2))
    r = sg.norm(x, axis=1)
    assert sg.grad(sg.sum(((1 + r) * sg.exp(-r))[part]), x).shape == ("N", 2)


def test_large_arrays_are_tried_at_few_points_or_at_none() -> None:
    """It takes the numbers of one point at most, and no trial is made of tens of millions."""
    trials = random_points.RandomPoints()
    for n, points in ((10, random_points.POINTS), (2000, 1), (20_000, 0)):
        x = sg.param(f"x{n}", np.zeros((n, 1000)))
        try:
            assert len(trials.points([x.instr])) == points
        except ValueError:
            assert not points


@pytest.mark.parametrize("real", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [0.01, 50.0, 360.0, 930.0, 1e4])
def test_the_scale_of_a_length_does_not_matter(real: Any, scale: float) -> None:
    """Whatever is a constant of its own, rounded on its own."""
    u, s = sg.param("u", np.zeros(2, real)), real(scale)
    r = sg.norm(u)
    found = along((1 + A * r / s + 5 * r**2 / (3 * s**2)) * sg.exp(-(A / s) * r), u)
    np.testing.assert_allclose(found(np.zeros(2, real))[1].u, -5 / 3 / scale**2 * V, rtol=1e-5)


def test_an_infinite_limit_leaves_the_gradient_alone() -> None:
    u, w = sg.param("u", np.zeros(2)), sg.param("w", 1e160)
    f = sg.compile(sg.sum(sg.grad((w * sg.norm(u)) ** 2, u) * V), [u, w])
    with np.errstate(all="ignore"):
        value, grads = f(u=np.zeros(2), w=1e160)
    assert value == 0.0
    np.testing.assert_array_equal(grads.u, 0.0)


def test_kernels_that_are_coupled_grow_line_by_line() -> None:
    """What one length needs is no more, the more there are: in operations, for a long text is cut
    into pages, and each has lines of its own."""
    counts = []
    for n in (4, 8, 16):
        x = sg.param("x", np.ones(2))
        parts = [sg.norm(x - np.array([np.sin(k), np.cos(k)])) for k in range(n)]
        loss = sg.log(sum((1 + r) * sg.exp(-r) for r in parts))
        counts.append(len(along(loss, x).ir.body))
    assert counts[2] - counts[1] < 3 * (counts[1] - counts[0])


def test_lengths_of_lengths_grow_line_by_line() -> None:
    """A limit is not taken of what holds one."""
    counts = []
    for layers in (2, 4, 8):
        u = sg.param("u", np.ones(2))
        x: Any = u
        for _ in range(layers):
            x = sg.roll(x, 1) * sg.exp(-0.5 * sg.cosh(sg.norm(x)))
        counts.append(len(along(sg.sum(x), u).ir.body))
    assert counts[2] - counts[1] < 3 * (counts[1] - counts[0])


COUPLED: dict[str, Any] = {
    "two": lambda x: (sg.norm(3 * x[0]) - sg.norm(x[0])) ** 2,
    "product": lambda x: sg.norm(x[0]) * sg.norm(2 * x[0]),
    "perimeter": lambda x: (sg.sum(sg.norm(x, axis=1)) - 1) ** 2,
    "cone": lambda x: sg.norm(x[0]) * sg.norm(x[1]),
}


@pytest.mark.parametrize("name", COUPLED)
def test_where_lengths_are_coupled_it_stays_0(name: str) -> None:
    """A limit along one length alone would be a wrong number, where two are 0 together."""
    at = np.array([[0.0, 0.0], [0.6, 0.8]])
    x = sg.param("x", at)
    np.testing.assert_array_equal(along(COUPLED[name](x), x)(at)[1].x[0], [0.0, 0.0])


@pytest.mark.parametrize("r", [5e-200, 5.0, 5e200])
def test_a_gradient_as_a_value_is_the_one_that_is_compiled(r: float) -> None:
    """Also where a square overflows, and at a pole, where both are nan."""
    a, b = sg.param("a", 0.6 * r), sg.param("b", 0.8 * r)
    loss = sg.log(sg.hypot(a, b))
    f, g = sg.compile(loss, [a]), sg.compile(sg.grad(loss, a), [a])
    with np.errstate(all="ignore"):
        assert g(0.6 * r, 0.8 * r)[0] == pytest.approx(f(0.6 * r, 0.8 * r)[1].a, rel=1e-15)
        assert np.isnan([f(0.0, 0.0)[1].a, g(0.0, 0.0)[0]]).all()


def test_a_root_that_is_never_0_has_no_limit() -> None:
    """Layers of normalisation grow line by line."""
    x = sg.param("x", np.arange(5.0))
    h: Any = x
    for _ in range(6):
        h = (h - sg.mean(h)) / sg.sqrt(sg.var(h) + 1e-5) + sg.sin(h)
    source = sg.compile(sg.sum(sg.grad(sg.sum(h * V[0]), x) ** 2), [x]).source
    assert "np.where" not in source
    assert source.count("\n") < 600


def test_a_first_derivative_is_written_as_it_was() -> None:
    """What is differentiated once chooses no limit."""
    u = sg.param("u", np.zeros(2))
    source = sg.compile((1 + sg.norm(u)) * sg.exp(-sg.norm(u)), [u]).source
    assert source.count("np.where") == 1
