"""Helpers are the functions that evaluate the ops, by their source."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from symgrad.codegen import TARGETS
from symgrad.codegen.target import Helper
from symgrad.ops import OPS, on_floats

SPECIAL = [0.0, -0.0, 5e-324, -1e-300, 1e-8, 0.5, -1.0, 3.0, -40.0, 1e300, -1e300]
SPECIAL += [710.0, math.inf, -math.inf, math.nan]
ATTRIBUTES: dict[str, tuple[Any, ...]] = {"elu": (1.5,), "stumpff": (3, 1), "mills_tail": (2,)}
# SciPy's are not those that symgrad evaluates with, for SciPy is no dependency of it.
APART = ("ndtr", "inverse_mills", "mills_tail")


def functions(target: str) -> dict[str, Any]:
    """All helpers of a target, run from their texts."""
    helpers: dict[str, Helper] = dict(TARGETS[target].helpers)
    lines = [
        *(m.line for m in TARGETS[target].libraries),
        *(line for h in helpers.values() for line in h.imports),
    ]
    own = [line for line in lines if "scipy" not in line]
    own += [h.source for h in helpers.values() if not any("scipy" in i for i in h.imports)]
    namespace: dict[str, Any] = {}
    exec("\n".join(own), namespace)
    return namespace


PYTHON = [
    n
    for n, op in OPS.items()
    if getattr(on_floats(op), "__name__", "") in TARGETS["python"].helpers
]
ELEMENTWISE = {n for n, op in OPS.items() if op.kind == "elementwise"}
NUMPY = [n for n in TARGETS["numpy"].helpers if n in ELEMENTWISE and n not in APART]
PAIRS = [(name, *op.beside) for name, op in OPS.items() if op.beside]


def test_every_helper_is_of_an_op_or_of_another_helper() -> None:
    for target in TARGETS.values():
        needed = {n for h in target.helpers.values() for n in h.needs}
        used = {e.helper for e in target.emit.values() if hasattr(e, "helper")}
        used |= {*target.idiom_helpers.values()}
        used |= {helper for _, _, helper in PAIRS}
        assert needed | used >= {*target.helpers}


@pytest.mark.parametrize("name", PYTHON)
def test_a_helper_of_floats_evaluates_the_op(name: str) -> None:
    """Bit for bit, on zeros, infinities, nan, tiny and huge numbers."""
    own: Any = on_floats(OPS[name])
    helper = functions("python")[own.__name__]
    given = ATTRIBUTES.get(name, ())
    for point in itertools.product(SPECIAL, repeat=OPS[name].arity or 1):
        assert repr(helper(*point, *given)) == repr(own(*point, *given)), point


@pytest.mark.parametrize("name", NUMPY)
def test_a_helper_of_arrays_evaluates_the_op(name: str) -> None:
    """Bit for bit, on zeros, infinities, nan, tiny and huge numbers."""
    op, helper = OPS[name], functions("numpy")[name]
    given = ATTRIBUTES.get(name, ())
    points = np.array(list(itertools.product(SPECIAL, repeat=op.arity or 1))).T
    with np.errstate(all="ignore"):
        got = helper(*points, *given)
    want = op.evaluate(*points, **dict(zip(op.attributes, given, strict=True)))
    assert got.tobytes() == np.asarray(want).tobytes()


def test_the_maximum_that_is_finite_is_as_the_ops_say() -> None:
    """Bit for bit where(isfinite(max), max, 0), whose idiom it is."""
    helper = functions("numpy")["finite_max"]
    rows = np.array(list(itertools.product(SPECIAL, repeat=2)))
    top = OPS["max"].evaluate(rows, axis=(1,), keepdims=True)
    want = OPS["where"].evaluate(OPS["isfinite"].evaluate(top), top, 0.0)
    assert helper(rows, 1, keepdims=True).tobytes() == want.tobytes()


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize(("second", "first", "helper"), PAIRS)
def test_a_helper_of_two_values_evaluates_both_ops(
    target: str, second: str, first: str, helper: str
) -> None:
    """Bit for bit, as each of the two is evaluated alone; a target may lack an op and its helper,
    and write its expansion."""
    if second not in TARGETS[target].emit:
        assert helper not in TARGETS[target].helpers
        return
    both = functions(target)[helper]
    for x in SPECIAL:
        with np.errstate(all="ignore"):
            got = both(np.float64(x) if target == "numpy" else x)
        for name, value in zip((first, second), got, strict=True):
            own: Any = OPS[name].evaluate if target == "numpy" else on_floats(OPS[name])
            assert repr(float(value)) == repr(float(own(x))), (name, x)
