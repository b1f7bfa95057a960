"""float32 stays float32: where a number of Python's own must say that it is one.

NumPy gives such a number the dtype of the array it meets.  Where it meets conditions alone, or goes
into a function that makes arrays of its operands, it would be a float64, and with it all that is
computed from the result.
"""

from __future__ import annotations

from collections.abc import Sequence

from symgrad.codegen.numpy_target import is_bounded_count, is_plain_quotient
from symgrad.codegen.text import Text, call
from symgrad.ir.function import Instr

_ARITHMETIC = ("add", "subtract", "multiply", "negative", "size", "constant")
_single = call("np.float32")


class Singles:
    """Knows which values the text computes with Python's own numbers."""

    def __init__(self) -> None:
        self.numbers: set[int] = set()

    def is_number(self, x: Instr) -> bool:
        """Whether a value of float32 is a Python number in the text."""
        return x.type.rank == 0 and (x.is_constant or x.op.name == "size" or id(x) in self.numbers)

    def marked(self, x: Instr, texts: Sequence[Text], conditions: Sequence[bool]) -> list[Text]:
        """The operands' texts, with ``np.float32`` where the result would not be of that dtype.

        conditions  whether an operand is written as a condition that stands for 0 or 1
        """
        own = [o.type.dtype == "f32" and self.is_number(o) for o in x.operands]
        if x.type.rank == 0 and all(own) and _is_arithmetic(x):
            self.numbers.add(id(x))
            return list(texts)
        # A helper computes with its operands one by one.
        if x.op.expansion is not None or (x.op.partials is None and x.op.name != "where"):
            return [_single(t) if weak else t for t, weak in zip(texts, own, strict=True)]
        told = zip(x.operands, own, conditions, strict=True)
        if any(o.type.dtype == "f32" and not (weak or bare) for o, weak, bare in told):
            return list(texts)
        first = own.index(True) if True in own else len(own)
        return [_single(t) if i == first else t for i, t in enumerate(texts)]


def _is_arithmetic(x: Instr) -> bool:
    return x.op.name in _ARITHMETIC or is_bounded_count(x) or is_plain_quotient(x)
