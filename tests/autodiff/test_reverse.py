"""Reverse mode: its laws, stated on small functions and checked by the interpreter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import symgrad.ops  # noqa: F401  (fills the op table)
from symgrad.autodiff import differentiate, gradients
from symgrad.errors import DTypeError, ShapeError
from symgrad.ir.function import Function, Origin, function, parameter
from symgrad.ir.run import interpret
from symgrad.ir.types import Dim, Type
from symgrad.ops.table import IRAlgebra

Rule = Callable[..., Any]


def build(rule: Rule, *shapes: tuple[Dim, ...]) -> Function:
    """A function of float parameters a, b, c of the given shapes."""
    f = IRAlgebra()
    ps = [parameter(n, Type("f64", s), "param") for n, s in zip("abcdef", shapes, strict=False)]
    return function("f", ps, [rule(f, *map(f.term, ps)).instr])


def gradient(rule: Rule, *arrays: Any, strict: bool = False) -> list[Any]:
    f = build(rule, *[np.shape(a) for a in arrays])
    g = differentiate(f, range(len(arrays)), strict=strict)
    return [np.asarray(r) for r in interpret(g, [np.asarray(a, float) for a in arrays])[1:]]


def differences(rule: Rule, *arrays: Any) -> list[Any]:
    """Central differences, element by element."""
    f = build(rule, *[np.shape(a) for a in arrays])
    result = []
    for k, a in enumerate(arrays):
        base = np.array(a, float)
        out = np.zeros_like(base)
        for i in np.ndindex(base.shape):
            sides = []
            for step in (1e-6, -1e-6):
                moved = base.copy()
                moved[i] += step
                given = [moved if j == k else np.asarray(x, float) for j, x in enumerate(arrays)]
                sides.append(float(interpret(f, given)[0]))
            out[i] = (sides[0] - sides[1]) / 2e-6
        result.append(out)
    return result


def total(f: Any, x: Any) -> Any:
    return f.sum(x, axis=tuple(range(f.type(x).rank)), keepdims=False)


RNG = np.random.default_rng(7)
A, B, V = RNG.uniform(0.5, 1.5, (3, 2)), RNG.uniform(0.5, 1.5, (2, 3)), RNG.uniform(0.5, 1.5, 2)

COMPOSITIONS: dict[str, tuple[Rule, Sequence[Any]]] = {
    "matrix product": (lambda f, a, b: total(f, f.tanh(f.matmul(a, b))), (A, B)),
    "matrix times vector": (lambda f, a, v: total(f, f.exp(f.matmul(a, v))), (A, V)),
    "broadcast of a row": (lambda f, a, v: total(f, a * v / (a + v)), (A, V)),
    "broadcast of a scalar": (lambda f, a, s: total(f, a**s), (A, 1.7)),
    "one value used three times": (lambda f, v: total(f, v * v * f.log(v)), (V,)),
    "mean of squares": (lambda f, a: f.mean(a * a, axis=(0, 1), keepdims=False), (A,)),
    "max along an axis": (lambda f, a: total(f, f.max(a, axis=(1,), keepdims=False)), (A,)),
    "logsumexp": (lambda f, a: total(f, f.logsumexp(a, axis=(1,), keepdims=False)), (A,)),
    "softplus minus product": (lambda f, a, v: total(f, f.softplus(a) - a * v), (A, V)),
}


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_gradients_agree_with_finite_differences(name: str) -> None:
    """A gradient is the limit of differences, for compositions and broadcasts."""
    rule, arrays = COMPOSITIONS[name]
    for got, want in zip(gradient(rule, *arrays), differences(rule, *arrays), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_second_derivatives_are_symmetric(name: str) -> None:
    """u.H.v equals v.H.u: the gradient function is ordinary IR and differentiates again."""
    rule, arrays = COMPOSITIONS[name]
    f = build(rule, *[np.shape(a) for a in arrays])
    first = differentiate(f, [0])
    a = first.parameters[0]
    rng = np.random.default_rng(3)
    u, v = rng.normal(size=np.shape(arrays[0])), rng.normal(size=np.shape(arrays[0]))

    def along(direction: Any) -> Any:
        p = parameter("direction", a.type)
        t = IRAlgebra()
        inner = total(t, t.term(first.results[1]) * t.term(p)).instr
        (g,) = gradients(inner, [a])
        whole = function("h", [*first.parameters, p], [g])
        return interpret(whole, [*map(np.asarray, arrays), direction])[0]

    assert np.sum(along(u) * v) == pytest.approx(np.sum(along(v) * u), rel=1e-9, abs=1e-12)


def test_a_parameter_that_the_loss_does_not_reach_has_zero_gradient() -> None:
    """Its gradient is zeros of its own type."""
    d_a, d_b = gradient(lambda f, a, b: total(f, a * a), V, A)
    np.testing.assert_array_equal(d_a, 2 * V)
    np.testing.assert_array_equal(d_b, np.zeros_like(A))


def test_the_branch_not_taken_gives_no_nan_at_first_order() -> None:
    """where(x > 0, log x, 0) has derivative 0 at 0 and below, though 1/x is inf there."""
    (d,) = gradient(
        lambda f, x: total(f, f.where(f.greater(x, 0.0), f.log(x), 0.0)), [-1.0, 0.0, 2.0]
    )
    np.testing.assert_array_equal(d, [0.0, 0.0, 0.5])


def test_the_branch_not_taken_gives_no_nan_at_second_order() -> None:
    """The same for the second derivative, -1/x^2 where x > 0 and 0 elsewhere."""
    f = build(lambda f, x: total(f, f.where(f.greater(x, 0.0), f.sqrt(x), 0.0)), (3,))
    x = f.parameters[0]
    (g,) = gradients(f.results[0], [x])
    t = IRAlgebra()
    (h,) = gradients(total(t, t.term(g)).instr, [x])
    got = interpret(function("h", [x], [h]), [np.array([-1.0, 0.0, 4.0])])[0]
    np.testing.assert_allclose(got, [0.0, 0.0, -1 / 32])


def test_a_guard_survives_reductions_inside_the_branch() -> None:
    """A row whose norm is 0 is guarded, although a sum stands between sqrt and the elements."""

    def rule(f: Any, x: Any) -> Any:
        s = f.sum(x * x, axis=(1,), keepdims=False)
        return total(f, f.where(f.greater(s, 0.0), f.sqrt(s), 0.0))

    (d,) = gradient(rule, [[3.0, 4.0], [0.0, 0.0]])
    np.testing.assert_allclose(d, [[0.6, 0.8], [0.0, 0.0]])


def test_an_infinite_factor_of_the_branch_not_taken_is_ignored() -> None:
    """where(c, x*y, 0) with an infinite y: the derivative to x is a choice, not a product."""
    (d, _) = gradient(
        lambda f, x, y: total(f, f.where(f.isfinite(y), x * y, 0.0)), [1.0, 2.0], [np.inf, 3.0]
    )
    np.testing.assert_array_equal(d, [0.0, 3.0])


def test_strict_masks_select() -> None:
    """relu's mask multiplies by default, 0 * inf = nan; strict selects, and gives 0."""

    def rule(f: Any, x: Any, y: Any) -> Any:
        return total(f, f.relu(x) * y)

    with_product, _ = gradient(rule, [-1.0], [np.inf])
    with_select, _ = gradient(rule, [-1.0], [np.inf], strict=True)
    assert np.isnan(with_product[0])
    assert with_select[0] == 0.0


def test_nothing_is_computed_for_values_that_no_parameter_needs() -> None:
    """The gradient with respect to b alone has no instruction that serves only a."""
    f = build(lambda f, a, b: total(f, f.matmul(f.tanh(a), b)), (3, 2), (2, 3))
    whole = differentiate(f, [1])
    names = [x.op.name for x in whole.body]
    assert names.count("matmul") == 2
    assert "subtract" not in names


def test_a_loss_that_is_no_scalar_is_refused() -> None:
    """The error says what to reduce with."""
    f = build(lambda f, a: a * a, (2,))
    with pytest.raises(ShapeError, match=r"scalar loss, got f64\[2\]; reduce it with sg.sum"):
        differentiate(f, [0])


def test_gradients_with_respect_to_integers_are_refused() -> None:
    """An i64 value has no gradient."""
    p = parameter("i", Type("i64"), "param")
    f = IRAlgebra()
    loss = f.cast(f.term(p), dtype="f64").instr
    with pytest.raises(DTypeError, match="'i' is i64"):
        gradients(loss, [p])


def test_a_long_chain_is_differentiated_without_recursion() -> None:
    """20,000 operations in a row."""
    p = parameter("x", Type("f64"), "param")
    f = IRAlgebra()
    x = f.term(p)
    for _ in range(20_000):
        x = f.sin(x)
    whole = differentiate(function("f", [p], [x.instr]), [0])
    assert len(whole.body) >= 40_000


@pytest.mark.parametrize("made", [(), (Origin("loss.py", 7),)])
def test_the_sum_of_a_parameters_cotangents_is_of_the_lines_that_read_it(made: Any) -> None:
    """The line that made a parameter tells nothing of its gradient."""
    a = parameter("a", Type("f64"), "param").replace(origins=made)
    one, two = (IRAlgebra((Origin("loss.py", line),)) for line in (1, 2))
    y = two.sin(two.multiply(one.exp(one.term(a)), two.term(a)))
    _, d_a = differentiate(function("f", [a], [y.instr]), [0]).results
    assert d_a.op.name == "add"
    assert d_a.origins == (Origin("loss.py", 1, True), Origin("loss.py", 2, True))
