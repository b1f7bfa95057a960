"""Each op, written by each target, computes what the interpreter says."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from symgrad.codegen import LOOPED, TARGETS, Unit, emit
from symgrad.codegen.scalarize import has_scalar_form
from symgrad.codegen.target import Target
from symgrad.ir.function import emit as build
from symgrad.ir.function import function, parameter
from symgrad.ir.op import Op
from symgrad.ir.run import interpret
from symgrad.ir.types import Type
from symgrad.ops import OPS
from symgrad.rewrite import expand

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -3.0, 19.0, -40.0, 1e-300, 1e300, -1e300]
SPECIAL += [710.0, -746.0, math.inf, -math.inf, math.nan]
ATTRIBUTES: dict[str, dict[str, Any]] = {
    "leaky_relu": {"slope": 0.1},
    "elu": {"alpha": 1.5},
    "strong_product": {"zero": (0, 1)},
    "continued": {"found": True},
}
ATTRIBUTES |= {"stumpff": {"k": 3, "d": 0}, "mills_tail": {"k": 1}}
ELEMENTWISE = [op for op in OPS.values() if op.partials is not None and op.kind != "leaf"]


def run(source: str, name: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {}
    exec(compile(source, name, "exec"), namespace)
    result: Callable[..., Any] = namespace[name]
    return result


def text(whole: Unit, name: str) -> str:
    """The text of a unit, with what the target lacks written out, as the driver does it."""
    target = TARGETS[name]
    return emit(replace(whole, function=expand(target.lacks)(whole.function)), target)


def unit(op: Op, shape: tuple[int, ...]) -> Unit:
    ps = [parameter(f"x{i}", Type("f64", shape)) for i in range(op.arity or 1)]
    attributes = {k: ATTRIBUTES.get(op.name, {}).get(k, 0) for k in op.attributes}
    return Unit(function("f", ps, [build(op, ps, attributes)]), 0, title="An op.")


@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)
def test_an_elementwise_op_is_the_same_in_numpy(op: Op) -> None:
    """The numpy target agrees with the interpreter on special values, nan and inf included."""
    pytest.importorskip("scipy")
    points = list(itertools.product(SPECIAL, repeat=op.arity or 1))
    columns = [np.array(c) for c in zip(*points, strict=True)]
    whole = unit(op, (len(points),))
    with np.errstate(all="ignore"):
        got = run(text(whole, "numpy"), "f")(*columns)
    (want,) = interpret(whole.function, columns)
    np.testing.assert_allclose(got, want, rtol=4e-15, atol=0)


@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)
def test_an_elementwise_op_is_the_same_in_python(op: Op) -> None:
    """The python target agrees too, and raises for no float."""
    whole = unit(op, ())
    f = run(text(whole, "python"), "f")
    for point in itertools.product(SPECIAL, repeat=op.arity or 1):
        (want,) = interpret(whole.function, [np.array(v) for v in point])
        got = f(*point)
        assert isinstance(got, float)
        np.testing.assert_allclose(got, float(want), rtol=4e-15, atol=5e-324, err_msg=f"{point}")


@pytest.mark.parametrize("name", ["floor", "ceil", "round"])
def test_rounding_keeps_the_sign_of_zero(name: str) -> None:
    """-0.3 rounds up to -0.0, by which a division gives -inf."""
    f = run(text(unit(OPS[name], ()), "python"), "f")
    for point in (-0.0, 0.0, -0.3, -1e-320, 0.3, 0.5, -0.5, 1.5, -2.5):
        assert repr(f(point)) == repr(float(getattr(np, name)(point)))


@pytest.mark.parametrize("target", TARGETS)
def test_every_op_is_written_or_refused(target: str) -> None:
    """Completeness: an op is in the target's table, in a family it expands, or in its refusals."""
    table = TARGETS[target]
    known = {*table.emit, *table.refusals, "parameter", "constant"}
    known |= {name for name, op in OPS.items() if op.expansion is not None}
    if not table.takes_arrays:
        known |= {name for name, op in OPS.items() if has_scalar_form(op)}
    assert sorted(set(OPS) - known) == [] or table.partial


@pytest.mark.parametrize("target", TARGETS)
def test_emitting_twice_gives_the_same_bytes(target: str) -> None:
    """Emission keeps no state."""
    whole = unit(OPS["sigmoid"], ())
    assert text(whole, target) == text(whole, target)


def test_emitted_scalars_are_plain_numbers_without_warnings() -> None:
    """The python target is silent where NumPy would warn."""
    f = run(text(unit(OPS["log"], ()), "python"), "f")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert f(0.0) == -math.inf


@pytest.mark.parametrize("target", [*TARGETS.values(), LOOPED], ids=["numpy", "python", "looped"])
def test_one_expansion_leaves_nothing_to_expand(target: Target) -> None:
    """What an op that the target lacks is made of are ops that it has."""
    for op in ELEMENTWISE:
        body = expand(target.lacks)(unit(op, ()).function).body
        assert not [x.op.name for x in body if target.lacks(x)]
