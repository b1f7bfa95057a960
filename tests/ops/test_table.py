"""What ops declare of themselves, of which no other file keeps a list."""

from __future__ import annotations

import numpy as np
import pytest

from symgrad.ir.op import TRAITS, Op
from symgrad.ops import OPS
from symgrad.ops.table import ArrayAlgebra

RNG = np.random.default_rng(3)


def test_a_trait_is_one_that_is_told() -> None:
    with pytest.raises(ValueError, match=r"over: no traits \{'moving'\}; those are exact"):
        Op("over", "shape", 1, infer=lambda x: x, evaluate=lambda x: x, traits=("moving",))


@pytest.mark.parametrize("trait", TRAITS)
def test_each_trait_tells_some_ops_from_others(trait: str) -> None:
    told = [op for op in OPS.values() if trait in op.traits]
    assert 1 < len(told) < len(OPS) / 2


EXACT = [k for k, op in OPS.items() if "exact" in op.traits and op.kind == "elementwise"]


@pytest.mark.parametrize("name", EXACT)
def test_what_is_exact_gives_elements_of_its_operands(name: str) -> None:
    """Their negatives, 0 and 1, or whole numbers among them."""
    op = OPS[name]
    xs = RNG.normal(size=(op.arity or 1, 50)) * 7
    found = np.abs(op.evaluate(*xs))
    known = np.isin(found, np.abs(xs)) | (found == np.round(found))
    assert known.all()


@pytest.mark.parametrize("name", [k for k, op in OPS.items() if "activation" in op.traits])
def test_an_activation_has_one_operand_and_a_slope(name: str) -> None:
    op = OPS[name]
    given = dict.fromkeys(op.attributes, 0.1)
    assert op.arity == 1
    assert op.partials is not None
    assert np.isfinite(op.partials(ArrayAlgebra(), op.evaluate(0.5, **given), 0.5, **given)[0])
