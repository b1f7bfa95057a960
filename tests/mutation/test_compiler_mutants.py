"""Faults planted in the compiler are caught by random programs and ``verify()``.

Here are a few of them; ``python tests/mutation/compiler.py`` is the run at full size: all that are
declared in ``compiler_mutants.txt``, and up to 10,000 programs for each.  Where the compiler's text
has changed, so that a fault no longer stands in it, declare another one in its place.
"""

from __future__ import annotations

from collections import Counter

import pytest
from campaign import many
from compiler import GROUPS, UNSEEN, Mutant, Sound, caught, declared

EVERY = declared()
QUICK = (
    "ops/product.py matmul_pullback: return g * b",
    "autodiff/reverse.py _Sweep.accumulate",
    "autodiff/reverse.py _Sweep.applied",
    "rewrite/reals.py _scalars_first:",
    "rewrite/sums.py _packed",
    "rewrite/softmax.py source",
    "rewrite/passes.py _key: (x.op",
    "reroll/leaf_tensors.py Leaves.block: key",
    "reroll/leaf_tensors.py Leaves.gathered",
    "reroll/plan_to_ir.py Lowering.assembled",
    "codegen/identifiers.py Names.fresh",
    "codegen/vectors.py Vectors.build: [base",
    "codegen/target.py infix: within(b",
    "codegen/numpy_target.py _reduction: axes[0]",
    "codegen/numpy_moves.py _transpose: map",
)


@pytest.fixture(scope="module")
def sound() -> Sound:
    """The programs of this very compiler, for all tests."""
    return Sound()


def test_there_are_faults_of_every_kind() -> None:
    """Two hundred at least, thirty of each group, none declared twice, one that is not shown."""
    assert len(set(EVERY)) == len(EVERY)
    counts = Counter(mutant.group for mutant in EVERY)
    assert counts.pop(UNSEEN) == 1
    assert set(counts) == set(GROUPS)
    assert sum(counts.values()) >= 200
    assert min(counts.values()) >= 30


def test_each_fault_can_still_be_planted() -> None:
    """What it replaces stands where it says, once, and the module is Python with it."""
    for mutant in EVERY:
        compile(mutant.source, mutant.file, "exec")


def test_without_a_fault_nothing_is_caught(sound: Sound) -> None:
    """The same programs in a process of their own: each is what it is here."""
    assert caught(None, sound, limit=64) is None


@pytest.mark.parametrize("start", QUICK[:: many(3, 1)])
def test_a_fault_is_caught(start: str, sound: Sound) -> None:
    """Some random program is refuted, or refused, that is verified otherwise."""
    (mutant,) = [m for m in EVERY if shown(m).startswith(start)]
    assert caught(mutant, sound, limit=200)


def shown(mutant: Mutant) -> str:
    return str(mutant).removeprefix(mutant.group).strip()
