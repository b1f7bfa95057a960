"""The op table, filled: every op of the IR, declared once.

>>> OPS["tanh"].doc
'the hyperbolic tangent; the error of 1 - y*y is at most 2**-52, absolute'
"""

from symgrad.ops import (  # noqa: F401
    activation,
    arithmetic,
    cancelling,
    einsum,
    gathering,
    indexing,
    matrix,
    packing,
    places,
    powers,
    product,
    reduction,
    running,
    segments,
    selection,
    shape,
    strong,
    tails,
    transcendental,
)
from symgrad.ops.algebra import ArrayAlgebra, IRAlgebra, Term
from symgrad.ops.floats import FLOATS, FloatAlgebra
from symgrad.ops.table import OPS, register

__all__ = ["FLOATS", "OPS", "ArrayAlgebra", "FloatAlgebra", "IRAlgebra", "Term", "register"]
