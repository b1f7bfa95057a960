"""Families that overflow, underflow or cancel as written: value, slope and curvature are right.

The right values are mpmath's, at digits enough for what cancels.
"""

from __future__ import annotations

import math
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from campaign import spoken

import symgrad as sg

TINY = [1e-20, -1e-10, 1e-5]
MIDDLE = [1e-3, 0.3, -0.7, 2.0, -5.0]
LARGE = [20.0, -40.0, 400.0, -800.0, 1e5]
ANY = [0.0, *TINY, *MIDDLE, *LARGE]
NOT_0 = [1e-5, *MIDDLE, *LARGE]


def ndtr(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def planck(x: Any) -> Any:
    return x**3 / mp.expm1(x)


FAMILIES: dict[str, tuple[Any, Any, list[float]]] = {
    "log(erfc/2)": (
        lambda z: sg.log(0.5 * sg.erfc(-z / math.sqrt(2.0))),
        lambda x: mp.log(ndtr(x)),
        [-1e8, -1e4, -40.0, -2.0, -0.5, 0.0, 3.0],
    ),
    "log(ndtr)": (lambda z: sg.log(sg.ndtr(z)), lambda x: mp.log(ndtr(x)), [-1e4, -40.0, 1.0]),
    "log(1 + erf)": (
        lambda z: sg.log(1.0 + sg.erf(z)),
        lambda x: mp.log(mp.erfc(-x)),
        [-1e3, -30.0, -1.0, 1.0, 3.0],
    ),
    "log1p(-erf)": (
        lambda z: sg.log1p(-sg.erf(z)),
        lambda x: mp.log(mp.erfc(x)),
        [30.0, 1.0, -1.0],
    ),
    "log cosh": (lambda z: sg.log(sg.cosh(z)), lambda x: mp.log(mp.cosh(x)), ANY),
    "log mean exp": (
        lambda z: sg.log((sg.exp(z) + sg.exp(-z)) / 2.0),
        lambda x: mp.log(mp.cosh(x)),
        [0.0, *TINY, *MIDDLE, -800.0],
    ),
    "1 - cos": (lambda z: 1.0 - sg.cos(z), lambda x: 1 - mp.cos(x), ANY),
    "cosh - 1": (lambda z: sg.cosh(z) - 1.0, lambda x: mp.cosh(x) - 1, [0.0, *TINY, *MIDDLE]),
    "(1 - cos)/x**2": (lambda z: (1 - sg.cos(z)) / z**2, lambda x: (1 - mp.cos(x)) / x**2, ANY),
    "(x - sin)/x**3": (lambda z: (z - sg.sin(z)) / z**3, lambda x: (x - mp.sin(x)) / x**3, ANY),
    "(x - sin)/(x*x*x)": (
        lambda z: (z - sg.sin(z)) / (z * z * z),
        lambda x: (x - mp.sin(x)) / x**3,
        TINY,
    ),
    "sin(x)/x": (lambda z: sg.sin(z) / z, lambda x: mp.sin(x) / x, ANY),
    "sinc": (lambda z: sg.sinc(z), lambda x: mp.sin(mp.pi * x) / (mp.pi * x), [0.0, *TINY, 0.3]),
    "guarded sinc": (
        lambda z: sg.where(z == 0.0, 1.0, sg.sin(z) / z),
        lambda x: mp.sin(x) / x,
        [0.0, *TINY],
    ),
    "sqrt(1 + x) - 1": (
        lambda z: sg.sqrt(1.0 + z) - 1.0,
        lambda x: mp.sqrt(1 + x) - 1,
        [0.0, *TINY, -0.999, 3.0, 1e10],
    ),
    "1 - sqrt(1 - x*x)": (
        lambda z: 1.0 - sg.sqrt(1.0 - z * z),
        lambda x: 1 - mp.sqrt(1 - x * x),
        [0.0, *TINY, -0.5, 0.99],
    ),
    "exp(x) - exp(-x)": (
        lambda z: sg.exp(z) - sg.exp(-z),
        lambda x: 2 * mp.sinh(x),
        [0.0, *TINY, *MIDDLE],
    ),
    "log((1 + x)/(1 - x))": (
        lambda z: sg.log((1.0 + z) / (1.0 - z)),
        lambda x: 2 * mp.atanh(x),
        [1e-3, 0.3, -0.999],
    ),
    "cosh/sinh": (lambda z: sg.cosh(z) / sg.sinh(z), mp.coth, NOT_0),
    "coth by hand": (
        lambda z: (sg.exp(z) + sg.exp(-z)) / (sg.exp(z) - sg.exp(-z)),
        mp.coth,
        NOT_0,
    ),
    "1/cosh": (lambda z: 1.0 / sg.cosh(z), mp.sech, ANY),
    "2/(exp(x) + exp(-x))": (lambda z: 2.0 / (sg.exp(z) + sg.exp(-z)), mp.sech, ANY),
    "1/cosh**2": (lambda z: 1.0 / sg.cosh(z) ** 2, lambda x: mp.sech(x) ** 2, MIDDLE),
    "1/sinh": (lambda z: 1.0 / sg.sinh(z), mp.csch, NOT_0),
    "1/(exp(x) - 1)": (lambda z: 1.0 / (sg.exp(z) - 1.0), lambda x: 1 / mp.expm1(x), NOT_0),
    "x**3/(exp(x) - 1)": (lambda z: z**3 / (sg.exp(z) - 1.0), planck, [0.0, 1e-5, *MIDDLE, *LARGE]),
    "exp(x)/exp(y)": (
        lambda z: sg.exp(z * z) / sg.exp(27.0 * z),
        lambda x: mp.exp(x * x - 27 * x),
        [1e-5, *MIDDLE, 27.5, 30.0],
    ),
    "exp(x)*exp(-x)": (lambda z: z * (sg.exp(z) * sg.exp(-z)), lambda x: x, [0.5, 800.0, -800.0]),
    "log(x*x)": (lambda z: sg.log(z * z), lambda x: mp.log(x * x), [1e-120, -1.5, 1e120]),
    "x*x/(y*y)": (lambda z: z * z / (1.0 + z) ** 2, lambda x: (x / (1 + x)) ** 2, [0.5, 1e60]),
    "1/(1/x + 1/y)": (
        lambda z: 1.0 / (1.0 / z + 1.0 / (z + 1.0)),
        lambda x: x * (x + 1) / (2 * x + 1),
        [0.0, 1e-200, 0.5, 1e60],
    ),
}


def right(exact: Any, at: float) -> list[Any]:
    """Value, slope and curvature by differences at hundreds of digits; a limit at 0."""
    with mp.workdps(700):
        x, h = mp.mpf(at), mp.mpf(10) ** -150 * max(abs(mp.mpf(at)), mp.mpf(1))
        try:
            before, here, after = exact(x - h), exact(x), exact(x + h)
        except ZeroDivisionError:
            before, here, after = exact(x - h), exact(h * mp.mpf(10) ** -20), exact(x + h)
        return [here, (after - before) / (2 * h), (before - 2 * here + after) / h**2]


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_right_to_the_second_order(name: str, target: str) -> None:
    """To 12 digits of what a float can hold, near 0, in the tails, and where it overflows."""
    formula, exact, points = FAMILIES[name]
    z = sg.param("z", 0.6)
    f = sg.compile(formula(z), target=target)
    slope = sg.compile(sg.grad(formula(z), [z])[0], target=target)
    with np.errstate(all="ignore"):
        for at in points:
            value, (first,) = f(at)
            again, (second,) = slope(at)
            wanted = right(exact, at)
            for got, want in zip((value, first, again), (*wanted[:2], wanted[1]), strict=True):
                close(got, want, at)
            close(second, wanted[2], at)


def close(got: float, want: Any, at: float) -> None:
    noise = mp.mpf(10) ** -100  # of the differences
    gap = abs(mp.mpf(got) - want) if math.isfinite(got) else mp.inf
    assert gap <= max(abs(want) * mp.mpf("1e-12"), noise), (at, got, float(want))


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_verified(name: str, target: str) -> None:
    """The checker takes the helpers' formulas, and the user's expression as it was written."""
    z = sg.param("z", 0.6)
    f = sg.compile(FAMILIES[name][0](z), target=target)
    found = f.verify()
    assert found.verified, str(found)


def test_a_helper_that_was_changed_is_judged_as_it_stands() -> None:
    """The formula stands for the known text alone: with one digit changed it is refuted."""
    from dataclasses import replace

    from symgrad.checker import Refuted, check_balls
    from symgrad.compiler.verifying import subject_of

    z = sg.param("z", 0.6)
    claim = subject_of(sg.compile(1.0 - sg.cos(z))).claims[0]
    assert claim.text.count("-2.0 * np.square") == 1
    wrong = replace(claim, text=claim.text.replace("-2.0 * np.square", "-2.0000001 * np.square"))
    assert not isinstance(check_balls(claim), Refuted)
    assert isinstance(check_balls(wrong), Refuted)


SINGLE = ["log(erfc/2)", "log cosh", "1 - cos", "(1 - cos)/x**2", "sin(x)/x", "1/cosh", "1/sinh"]


@pytest.mark.parametrize("name", [*SINGLE, "1/(exp(x) - 1)", "sqrt(1 + x) - 1"])
def test_a_family_stays_in_float32(name: str) -> None:
    """Results are float32 and right to its digits."""
    formula, exact, points = FAMILIES[name]
    at = np.array([p for p in points if p and 1e-6 < abs(p) < 50.0], np.float32)
    x = sg.param("x", at)
    f = sg.compile(sg.sum(formula(x)))
    _, (slopes,) = f()
    assert slopes.dtype == np.float32
    for got, p in zip(slopes, at, strict=True):
        want = float(right(exact, float(p))[1])
        assert got == pytest.approx(want, rel=2e-5, abs=1e-7), (name, p)


t = sp.Symbol("t", real=True)
FROM_SYMPY = [
    (sp.log(sp.erf(t / sp.sqrt(2)) / 2 + sp.Rational(1, 2)), lambda x: mp.log(ndtr(x)), -40.0),
    (sp.log(sp.erfc(t)), lambda x: mp.log(mp.erfc(x)), 30.0),
    (sp.log(sp.cosh(t)), lambda x: mp.log(mp.cosh(x)), 800.0),
    (1 - sp.cos(t), lambda x: 1 - mp.cos(x), 1e-9),
    (sp.sinc(t), lambda x: mp.sin(x) / x, 1e-9),
    (sp.Piecewise((sp.sin(t) / t, sp.Ne(t, 0)), (1, True)), lambda x: mp.sin(x) / x, 1e-9),
    ((1 - sp.cos(t)) / t**2, lambda x: (1 - mp.cos(x)) / x**2, 1e-9),
    (sp.sech(t), mp.sech, 800.0),
    (sp.coth(t), mp.coth, 30.0),
    (1 / (sp.exp(t) - 1), lambda x: 1 / mp.expm1(x), 800.0),
    (sp.sqrt(1 + t) - 1, lambda x: mp.sqrt(1 + x) - 1, 1e-17),
    (sp.log((1 + t) / (1 - t)), lambda x: 2 * mp.atanh(x), 1e-17),
]


@pytest.mark.parametrize(("expression", "exact", "at"), FROM_SYMPY, ids=spoken)
def test_a_family_is_right_by_lambdify(expression: Any, exact: Any, at: float) -> None:
    """SymPy's expressions meet the same rules."""
    value, (slope,) = sg.lambdify([t], expression, grad=True)(at)
    want = right(exact, at)
    close(float(value), want[0], at)
    close(float(slope), want[1], at)
