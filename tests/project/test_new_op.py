"""A new elementwise op is declared in one place and named in the front end in another, no more.

The product files that it touches are two: one of ``symgrad/ops``, with the declaration, and
``symgrad/frontend/arrays/ufuncs.py``, with its public names.  That is not the whole job: API.md
lists all functions (``make api`` writes it), and ``AT_INFINITY`` in ``tests/ops/test_slopes.py``
needs the op's slopes at -inf and inf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import sin
from typing import Any

import numpy as np
import pytest
import sympy as sp

import symgrad as sg
from symgrad import Value
from symgrad.errors import UnsupportedError
from symgrad.frontend.arrays.expr import apply
from symgrad.frontend.arrays.ufuncs import UFUNCS, enter
from symgrad.frontend.namespace import FUNCTIONS, ON_SCALARS
from symgrad.ops import OPS
from symgrad.ops.table import elementwise

NAME = "cardinal_sine"
X = np.linspace(-2.0, 2.0, 8).reshape(4, 2)


def _value(f: Any, x: Any) -> Any:
    zero = f.equal(x, 0.0)
    angle = f.where(zero, 1.0, x)
    return f.where(zero, 1.0, f.sin(angle) / angle)


def _slope(f: Any, y: Any, x: Any) -> tuple[Any]:
    zero = f.equal(x, 0.0)
    return (f.where(zero, 0.0, (f.cos(x) - y) / f.where(zero, 1.0, x)),)


def _on_arrays(x):
    """sin(x)/x, and 1 at 0."""
    zero = x == 0.0
    return np.where(zero, 1.0, np.sin(x) / np.where(zero, 1.0, x))


def _on_floats(x):
    """sin(x)/x, and 1 at 0."""
    return 1.0 if x == 0.0 else sin(x) / x


WAYS: dict[str, dict[str, Any]] = {
    "by an expansion": {"expansion": _value},
    "by sources": {"sources": (_on_arrays, _on_floats)},
}


@pytest.fixture(scope="module", params=WAYS.values(), ids=WAYS)
def cardinal_sine(request: Any) -> Iterator[Callable[[Any], Any]]:
    """What a contributor writes: the declaration, and the entry of the front end's table."""
    elementwise(
        NAME,
        None,
        meaning=lambda sp, x: sp.Piecewise((1, sp.Eq(x, 0)), (sp.sin(x) / x, True)),
        partials=_slope,
        **request.param,
        doc="sin(x)/x, and 1 at 0",
    )
    UFUNCS[NAME] = NAME
    enter(NAME, NAME)
    yield FUNCTIONS[NAME]
    del OPS[NAME], UFUNCS[NAME], FUNCTIONS[NAME]
    ON_SCALARS.discard(NAME)


def is_right(f: Any, *arguments: Any) -> bool:
    """Verified in full, with gradients that differences confirm."""
    value, grads = f(*arguments)
    point, rest = np.asarray(arguments[0]), arguments[1:]
    steps = 1e-6 * np.eye(point.size).reshape(-1, *point.shape)
    slopes = [(f(point + s, *rest)[0] - f(point - s, *rest)[0]) / 2e-6 for s in steps]
    np.testing.assert_allclose(np.ravel(grads), slopes, rtol=1e-6, atol=1e-8)
    return bool(np.isfinite(value)) and f.verify().verified


def test_on_arrays_and_saved(cardinal_sine: Any, tmp_path: Any) -> None:
    """The numpy target, and the file that a program is saved in."""
    x, w = sg.input("x", ("N", 2)), sg.param("w", [0.3, 0.7])
    f = sg.compile(sg.mean(cardinal_sine(x @ w) ** 2))
    assert is_right(f, w.data, X)
    f.save(tmp_path / "step.py")
    loaded = sg.load(tmp_path / "step.py")
    assert is_right(loaded, w.data, X)
    assert loaded(w.data, X)[0] == f(w.data, X)[0]


def test_in_plain_python(cardinal_sine: Any) -> None:
    """The python target, at 0 too."""
    a = sg.param("a", 0.0)
    f = sg.compile(cardinal_sine(a) + cardinal_sine(2.0 * a + 1.0), target="python")
    assert is_right(f, 0.3)
    assert f(0.0)[0] == 1.0 + np.sin(1.0)


@pytest.mark.parametrize(("target", "style"), [("numpy", None), ("python", "looped")])
def test_re_rolled_and_looped(cardinal_sine: Any, target: str, style: str | None) -> None:
    """Scalars become arrays, or a loop over the examples; eager values and gradients agree."""
    ws = [Value(0.1 * i - 0.3) for i in range(4)]
    total: Any = 0.0
    for i in range(12):
        total = total + cardinal_sine(sum(w * (0.1 * i + j) for j, w in enumerate(ws)))
    total.backward()
    options = {} if style is None else {"style": style}
    f = sg.compile(total, wrt=ws, target=target, **options)
    assert ("    for " in f.source) == (style == "looped")
    assert ("@ theta" in f.source) == (target == "numpy")
    theta = [w.data for w in ws]
    assert is_right(f, theta)
    assert f(theta)[0] == pytest.approx(total.data, rel=1e-14)
    np.testing.assert_allclose(f(theta)[1], [w.grad for w in ws], rtol=1e-12)


def test_as_a_formula(cardinal_sine: Any) -> None:
    """SymPy has it by its meaning."""
    a, x = sg.param("a", 0.3), sp.Symbol("x", positive=True)
    formula = sg.to_sympy(cardinal_sine(a * a), symbols={a: x})
    assert sp.simplify(formula - sp.sin(x**2) / x**2) == 0


def test_an_op_without_a_text_says_what_it_lacks() -> None:
    """Its reference alone lets it run, and no target knows how to write it."""
    elementwise("bare", np.sinc, lambda sp, x: sp.sin(x) / x, _slope, doc="sin(x)/x")
    try:
        loss = apply("bare", sg.param("a", 0.3))
        for target in ("numpy", "python"):
            with pytest.raises(UnsupportedError, match=r"'bare'.*an expansion or sources"):
                sg.compile(loss, target=target)
    finally:
        del OPS["bare"]
