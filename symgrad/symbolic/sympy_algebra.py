"""The algebra of SymPy expressions: rules of derivatives and rewrites run on symbols.

Its attributes are the ops' meanings; arrays are NumPy arrays of expressions.

>>> import symgrad.ops
>>> f, x = SympyAlgebra(), sp.Symbol("x", real=True)
>>> f.log(1 + f.exp(x)), f.logsumexp(np.array([x, 2 * x]), axis=(0,), keepdims=False)
(log(exp(x) + 1), log(exp(2*x) + exp(x)))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from symgrad.ir.types import Type
from symgrad.ops.table import OPS
from symgrad.rewrite.patterns import Families


class SympyAlgebra(Families):
    """Computes with SymPy; ``namespace`` may stand in for it, to compute with numbers."""

    def __init__(self, namespace: Any = sp) -> None:
        self.namespace = namespace

    def __getattr__(self, name: str) -> Callable[..., Any]:
        op = OPS.get(name)
        if op is None:
            raise AttributeError(f"no op named {name!r}")
        if op.meaning is None:
            return op.evaluate
        meaning, namespace = op.meaning, self.namespace

        def apply(*xs: Any, **attributes: Any) -> Any:
            arrays = [x for x in xs if isinstance(x, np.ndarray)]
            if not arrays:
                return meaning(namespace, *map(self.number, xs), **attributes)
            rows = np.broadcast_arrays(*[np.asarray(x, dtype=object) for x in xs])
            out = np.empty(rows[0].shape, dtype=object)
            for place in np.ndindex(out.shape):
                values = [self.number(r[place]) for r in rows]
                out[place] = meaning(namespace, *values, **attributes)
            return out

        return apply

    def number(self, x: Any) -> Any:
        """A Python number as the exact number that it is."""
        return sp.Rational(x) if isinstance(x, float) and np.isfinite(x) else x

    def type(self, x: Any) -> Type:
        return Type("f64", np.shape(x))

    def mask(self, condition: Any) -> Any:
        return self.namespace.Piecewise((1, condition), (0, True))

    def logsumexp(self, x: Any, *, axis: Any, keepdims: bool) -> Any:
        return self.log(np.sum(self.exp(x), axis=axis, keepdims=keepdims))

    def matmul(self, a: Any, b: Any) -> Any:
        return np.asarray(a) @ np.asarray(b)
