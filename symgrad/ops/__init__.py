"""The op table, filled: every op of the IR, declared once.

>>> OPS["tanh"].doc
'the hyperbolic tangent; the error of 1 - y*y is at most 2**-52, absolute'
"""

from symgrad.ops import (  # noqa: F401
    activation,
    arithmetic,
    cancelling,
    gathering,
    index_slices,
    matrix,
    normal,
    partial_sums,
    powers,
    product,
    reduction,
    selection,
    shape,
    strong,
    transcendental,
)
from symgrad.ops.float_algebra import FLOATS, FloatAlgebra
from symgrad.ops.terms import OPS, ArrayAlgebra, IRAlgebra, Term, register

__all__ = ["FLOATS", "OPS", "ArrayAlgebra", "FloatAlgebra", "IRAlgebra", "Term", "register"]
