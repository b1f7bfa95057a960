"""The base class of scalars: the operands and the op that made them."""

from __future__ import annotations

from itertools import count
from types import CodeType
from typing import Any

from symgrad.frontend.numpy_protocol import OnNumPy
from symgrad.frontend.scalars.backprop import USER
from symgrad.frontend.source.origin import decode
from symgrad.ir.function import Origin
from symgrad.ops import OPS

# The ops whose results are conditions.
TRUTHS = frozenset(name for name, op in OPS.items() if "condition" in op.traits)
_SHOWN = {"negative": "neg", "relu": "ReLU", "start": "", "input": ""}  # as micrograd shows them

serial = count().__next__


class ScalarNode(OnNumPy):
    """A scalar and its origin: the part that ``Value`` and ``Condition`` have in common."""

    __slots__ = ()
    _in_objects = True

    _traced = False  # True if its number is not known yet
    _at: int  # with _code: the user's instruction that made the node, decoded by ``origin``
    _code: CodeType | None
    _exponent: float  # of a power whose exponent is a number
    _name: str  # the op's name in the IR; of a leaf "", "start" (the 0 of a sum) or "input"
    _operands: tuple[Any, ...]
    _serial: int  # creation order, which is a topological order

    @property
    def _prev(self) -> tuple[Any, ...]:
        """The operands, each once."""
        return tuple(dict.fromkeys(self._operands))

    @property
    def _op(self) -> str:
        """The operation as micrograd shows it: ``+``, ``*``, ``**2``, ``ReLU``, ``tanh``."""
        if self._name == "power" and len(self._operands) == 1:
            return f"**{self._exponent}"
        op = OPS.get(self._name)
        if op is not None and op.symbol and self._name not in TRUTHS:
            return op.symbol
        return _SHOWN.get(self._name, self._name.removeprefix(USER))

    @property
    def origin(self) -> Origin | None:
        """The file and line that made this node; None for a leaf."""
        return None if self._code is None else decode(self._code, self._at)
