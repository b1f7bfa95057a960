"""Whole arrays of numbers against numbers one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from claims import claim
from mutants import mutants

from symgrad.checker import (
    Agrees,
    Claim,
    Identity,
    Refuted,
    Skipped,
    check_balls,
    check_identity,
)
from symgrad.checker import claim as claims
from symgrad.checker.ball_arrays import BallArrays
from symgrad.checker.balls import Balls, Dual, precision
from symgrad.checker.cells import Cells
from symgrad.checker.enclosures import Enclosures, product_of_slices
from symgrad.checker.real_functions import F
from symgrad.checker.residues import SMALL, Residues
from symgrad.errors import DomainError, UnsupportedError

RNG = np.random.default_rng(7)


def added_at(x: Any) -> Any:
    y = 0 * x
    np.add.at(y, np.array([1, 1, 0]), x[[2, 0, 1]])
    np.subtract.at(y[:, 1], np.array([0, 2, -1]), x[:, 0])
    return y


def written(x: Any) -> Any:
    y = x.copy()
    y[1:, ::2] = x[:2, :1] * x[:2, ::2]
    y[0] += 2
    view = y.T[1]
    view *= y[:, 0]
    np.multiply(y[2], x[1], out=y[1])
    return y


# On 3 rows of 4 numbers.
EXPRESSIONS: dict[str, Callable[[Any], Any]] = {
    "arithmetic": lambda x: (x + 1) * (2 - x) / (x * x + 3) - -x / 4,
    "matmul": lambda x: x @ x.T @ x,
    "vectors": lambda x: (x[0] @ x[1]) * (x @ x[0]).sum() + np.dot(x[2], x.T).sum(),
    "stacked": lambda x: np.matmul(x[None, :, :3], np.stack([x[:, 1:], x[:, :3]])),
    "sums": lambda x: x.sum(axis=0, keepdims=True) * x.sum(axis=1)[:, None] + np.sum(x),
    "mean": lambda x: x.mean(axis=1) + np.mean(x),
    "einsum": lambda x: np.einsum("ij,kj,ki->ik", x, x, x[:, :3]),
    "outer": lambda x: np.outer(x[0], x[1]) + np.vdot(x, x),
    "moved": lambda x: np.concatenate([x[:, :1], x[:, ::-1]], axis=1).reshape(5, 3).T,
    "taken": lambda x: np.take(x, [2, 0], axis=0) + x[[1, 2]][:, [3, 0, 1, 2]],
    "chosen": lambda x: np.where(x > 1, x * x, -x) * (x[:, :1] <= x),
    "written": written,
    "added": added_at,
    "repeated": lambda x: np.repeat(x, 2, axis=0)[1:4] * np.tile(x[0], 1),
}


@pytest.mark.parametrize(
    "algebra",
    [Residues("seed", ""), Enclosures(), BallArrays()],
    ids=["residues", "pairs", "balls"],
)
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_arrays_are_what_their_numbers_are(name: str, algebra: Any) -> None:
    """Views, products and sums of cells give what exact fractions give."""
    whole = RNG.integers(-9, 10, (3, 4)).astype(float) / 4
    exact = np.array([Fraction(v) for v in whole.flat]).reshape(whole.shape)
    want = np.asarray(EXPRESSIONS[name](exact))
    with precision(256):
        found = EXPRESSIONS[name](algebra.lift(whole))
        assert isinstance(found, Cells)
        assert algebra.equal(found, algebra.lift(want))
        assert not algebra.equal(found, algebra.lift(want + Fraction(1, 2**70)))


def numbers(shape: tuple[int, ...]) -> Any:
    """Of all sizes, and full mantissas."""
    return RNG.normal(size=shape) * 2.0 ** RNG.integers(-40, 40, shape)


def encloses(x: Any, exact: Any) -> bool:
    """Whether each ball of an array holds its fraction, and is narrow."""
    cells = np.asarray(x).ravel().tolist()
    pairs = [
        (abs(Fraction(hi) + Fraction(lo) - q), Fraction(rad), max(abs(q), 1))
        for (hi, lo, rad), q in zip(cells, np.ravel(exact), strict=True)
    ]
    return all(gap <= rad <= size * Fraction(1, 2**80) for gap, rad, size in pairs)


def fractions(x: Any) -> Any:
    return np.array([Fraction(v) for v in x.flat], object).reshape(x.shape)


@pytest.mark.parametrize("shapes", [((3, 4), (4, 2)), ((4,), (4, 2)), ((3, 4), (4,)), ((4,), (4,))])
@pytest.mark.parametrize("unit", [0.0, 2.0**-53])
@pytest.mark.parametrize("duals", ["", "a", "b", "ab"])
def test_a_product_of_balls_is_the_one_number_by_number(
    shapes: tuple[Any, Any], unit: float, duals: str
) -> None:
    """The same numbers and slopes, in whatever order floats are added."""
    rng, a, b = np.random.default_rng(0), BallArrays(unit), Balls(unit)
    ball = np.frompyfunc(b.variable, 1, 1)

    def drawn(shape: tuple[int, ...], dual: bool) -> tuple[Any, Any]:
        values, slopes = rng.normal(size=shape), rng.normal(size=shape)
        x, d = a.variables(values), a.variables(slopes)
        one_by_one = np.frompyfunc(Dual, 2, 1)(ball(values), ball(slopes)) if dual else ball(values)
        return a.paired(x, d) if dual else x, one_by_one

    (x, u), (y, v) = drawn(shapes[0], "a" in duals), drawn(shapes[1], "b" in duals)
    found, plain = x @ y, u @ v
    assert np.shape(found) == np.shape(plain)
    for part in ("value", "slope") if duals else ("value",):
        got = getattr(found, part)
        want = [getattr(p, part) if duals else p for p in np.ravel(plain)]
        for p, q in zip(np.ravel(np.asarray(got)["x"]), want, strict=True):
            assert q.balls.arithmetic.bound(p - q.x) <= 2e-14
            assert p.overlaps(q.x)
        wide, narrow = np.ravel(got.spread()), np.array([q.spread() for q in want])
        assert np.all(wide >= 0.3 * narrow)


@pytest.mark.parametrize("name", ["maximum", "max"])
def test_the_largest_of_several_is_one_of_them(name: str) -> None:
    """Those that tie share its slope, not its value: a third of three times a ball is no float."""
    a: Any
    for a in (BallArrays(), Enclosures()):
        x = a.paired(a.lift(np.full(3, 0.75)), a.lift(np.array([1.0, 2.0, 6.0])))
        y = F.max(x) if name == "max" else F.maximum(F.maximum(x[0], x[1]), x[2])
        assert y.value.literal() == 0.75
        assert (y.slope - (3.0 if name == "max" else 3.75)).bound() < 1e-14


@pytest.mark.parametrize("op", ["add", "subtract", "multiply", "divide"])
def test_balls_hold_the_exact_value(op: str) -> None:
    """However far apart the operands are; and of two balls, all that they hold."""
    a = Enclosures()
    x, y = numbers((300,)), numbers((300,))
    both = getattr(np, op)(a.lift(x), a.lift(y))
    exact = getattr(np, op)(fractions(x), fractions(y))
    found = np.asarray(both).ravel().tolist()
    for (hi, lo, rad), q in zip(found, exact, strict=True):
        assert abs(Fraction(hi) + Fraction(lo) - q) <= Fraction(rad) <= abs(q) * Fraction(1, 2**95)
    again = getattr(np, op)(both, a.lift(y))  # of two floats now
    exact = getattr(np, op)(exact, fractions(y))
    for (hi, lo, rad), q in zip(np.asarray(again).ravel().tolist(), exact, strict=True):
        assert abs(Fraction(hi) + Fraction(lo) - q) <= Fraction(rad)


def test_whole_numbers_stay_exact() -> None:
    """So that ties are met: nothing that two floats hold gets a radius."""
    a = Enclosures()
    x = a.lift(RNG.integers(-1000, 1000, (20, 20)).astype(float) / 8)
    slices = product_of_slices(np.asarray(x), np.asarray(x))
    for y in (x @ x, x * x + x, x.sum(axis=0), x / 4, slices):
        assert not np.asarray(y)["rad"].any()


@pytest.mark.parametrize("terms", [1, 30, 700])
def test_products_of_slices_hold_the_exact_ones(terms: int) -> None:
    """Of midpoints of two floats, with a radius."""
    a = Enclosures()
    x, y = RNG.normal(size=(3, terms)), RNG.normal(size=(terms, 2))
    p, q = a.lift(x) / 3, a.lift(y) / 7
    exact = fractions(x).dot(fractions(y)) / 21
    assert encloses(product_of_slices(np.asarray(p), np.asarray(q)), exact)


def test_a_root_times_itself_is_what_it_is_the_root_of() -> None:
    """Also where a residue has none, for values and for duals."""
    a = Residues("seed", "")
    x = a.variables(np.arange(1.0, 9.0))
    assert np.all(F.sqrt(x) ** 2 == x)
    text = "import numpy as np\ndef f(x):\n    return np.sum(x * x), (2.0 * x,)\n"
    loss = "import numpy as np\ndef loss(x):\n    return np.sum(np.sqrt(x * x + 0.0) ** 2)"
    assert isinstance(check_identity(Claim(text, loss, {"x": "f64[300]"}, ("x",))), Identity)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "tanh", "sin", "arctan", "erf", "log1p"])
def test_functions_of_balls_hold_the_exact_value(name: str) -> None:
    """As mpmath has it, to 60 digits."""
    x = RNG.uniform(0.1, 9.0, 20)
    with precision(256):
        found = F.__dict__[name](Enclosures().lift(x))
    with mpmath.workdps(60):
        of = getattr(mpmath, {"arctan": "atan"}.get(name, name))
        exact = [Fraction(str(of(mpmath.mpf(v)))) for v in x]
    cells = np.asarray(found).tolist()
    for (hi, lo, rad), q in zip(cells, exact, strict=True):
        assert abs(Fraction(hi) + Fraction(lo) - q) <= Fraction(rad) + Fraction(1, 10**50)
        assert rad < 1e-28 * max(1.0, abs(hi))


def test_no_ball_about_0_is_divided_by() -> None:
    """Nor is its root taken; 0 itself has one."""
    a = Enclosures()
    x = a.lift(np.array([1.0])) / 3 * 3 - 1
    with np.errstate(all="ignore"), pytest.raises(DomainError):
        (1 / x).alive()
    with np.errstate(all="ignore"), pytest.raises(DomainError):
        F.sqrt(x).alive()
    with np.errstate(all="ignore"):
        assert F.sqrt(a.lift(np.zeros(1))).literal() == 0.0


STEPS = """
import numpy as np
def f(w, x):
    z = x * w
    hit = z > 1.5
    return np.sum(np.where(hit, z * z - 0.75, z)), (np.sum(np.where(hit, 2.0 * z, 1.0) * x, 0),)
"""


def steps(w: Any, x: Any) -> Any:
    z = x * w
    return np.sum(np.where(z > 1.5, z * z - 0.75, z))


@pytest.mark.parametrize(
    ("old", "new"),
    [("> 1.5", "> 1.5"), ("> 1.5", ">= 1.5"), ("> 1.5", "> 1.50001"), ("* x, 0", "* x + 0 * w, 0")],
)
def test_whole_arrays_are_judged_at_points(
    old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ties and thresholds are looked for in arrays as they are among numbers."""
    monkeypatch.setattr(Claim, "numbers_too", lambda claim, n: False)
    monkeypatch.setattr("symgrad.checker.judge.MANY", 1)
    types = {"w": "f64[3]", "x": "f64[N, 3]"}
    found = check_balls(Claim(STEPS.replace(old, new), steps, types, ("w",)), (1, 4))
    if new in (old, "* x + 0 * w, 0"):
        assert isinstance(found, Agrees)
        assert (found.bits, found.one_sided, found.idle) == (106, (), ())
    else:
        assert isinstance(found, Refuted)


def test_the_moduli_are_primes_of_which_2_is_a_square() -> None:
    assert all(sympy.isprime(p) and p % 8 == 7 and p < 2**31 for p in SMALL)
    assert len({*SMALL}) == len(SMALL)


def test_large_products_are_exact() -> None:
    """Residues near the prime do not overflow, however many are summed."""
    algebra = Residues("seed", "")
    x = algebra.lift(np.full((2, 5000), -1.0))
    assert algebra.equal(x @ x.T, algebra.lift(np.full((2, 2), 5000.0)))


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_has_no_value_kills_what_it_goes_into() -> None:
    """Unless a choice leaves it out; to compare it raises."""
    algebra = Residues("seed", "")
    x = algebra.lift(np.array([0.0, 2.0]))
    assert algebra.equal(np.where(x == 0, 0, 1 / x), algebra.lift(np.array([0.0, 0.5])))
    with pytest.raises(DomainError):
        (1 / x).sum().alive()
    with pytest.raises(DomainError):
        bool(np.all(1 / x > 0))


@pytest.mark.parametrize("name", ["argmax", "sort", "nonzero", "cumsum", "prod"])
def test_what_is_not_known_of_arrays_is_refused(name: str) -> None:
    """NumPy would order cells field by field."""
    x = Residues("seed", "").lift(np.arange(3.0))
    with pytest.raises((UnsupportedError, TypeError)):
        getattr(x, name)()
    with pytest.raises((UnsupportedError, TypeError)):
        getattr(np, name)(x)


SOFTMAX = """
import numpy as np
def f(w, x):
    z = x @ w
    top = z.max(axis=1, keepdims=True)
    e = np.exp(z - top)
    total = e.sum(axis=1, keepdims=True)
    h = np.tanh(z)
    loss = np.sum(np.log(total) + top) + np.sum(h * h)
    d_z = e / total + 2.0 * h * (1.0 - h * h)
    return loss, (x.T @ d_z,)
"""


def reference(w: Any, x: Any) -> Any:
    z = np.matmul(x, w)
    return np.sum(F.logsumexp(z, 1)) + np.sum(F.tanh(z) ** 2)


def softmax(text: str) -> Claim:
    return Claim(text, reference, {"w": "f64[6, 5]", "x": "f64[N, 6]"}, ("w",))


def test_large_arrays_are_judged_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """The identity is modulo several primes, and its error bound is stated."""
    monkeypatch.setattr(claims, "LARGE", 0)
    found = check_identity(softmax(SOFTMAX), (1, 3))
    assert isinstance(found, Identity)
    assert found.several >= 4
    assert found.bits >= 40
    assert "primes near 2**31" in str(found)


def test_every_change_of_a_text_is_found_on_arrays_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What numbers one by one do not take for the reference, whole arrays do not either."""
    monkeypatch.setattr(Claim, "numbers_too", lambda claim, n: False)
    monkeypatch.setattr(claims, "LARGE", 0)
    alive = [
        what
        for what, text in mutants(SOFTMAX)
        if isinstance(check_identity(softmax(text), (2,)), Identity)
    ]
    assert alive == ["line 5: z to x"]  # softmax is the same whatever it is shifted by


def moons(theta: Any, x: Any, t: Any) -> Any:
    h, at = x, 0
    for inputs, outputs in ((2, 16), (16, 16), (16, 1)):
        rows = theta[at : at + outputs * (inputs + 1)].reshape(outputs, inputs + 1)
        h, at = h @ rows[:, :-1].T + rows[:, -1], at + rows.size
        h = F.relu(h) if outputs > 1 else h
    return np.mean(F.relu(1 - t * h[:, 0])) + 1e-4 * np.sum(theta * theta)


@pytest.mark.parametrize("name", ["moons_readable", "moons_fast"])
def test_texts_with_a_workspace_are_judged_whole(name: str) -> None:
    found = check_identity(replace(claim(name), reference=moons), (1, 2))
    assert isinstance(found, Identity)
    assert found.several > 1


def test_a_wrong_one_is_told_by_its_component(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "LARGE", 0)
    found = check_identity(softmax(SOFTMAX.replace("x.T @ d_z", "x.T @ (d_z * d_z)")), (2,))
    assert isinstance(found, Skipped)
    assert found.reason.startswith("not the reference at N = 2: d_w[")
