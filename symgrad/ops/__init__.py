"""The op table, filled: every op of the IR, declared once.

An elementwise op belongs in the file that says what is hard about it: ``arithmetic`` (the four
rules, extrema, rounding), ``powers`` (roots and lengths), ``transcendental`` (exp, log, circular,
hyperbolic, their inverses), ``activation`` (between the layers of a network), ``cancelling`` (for
a formula that loses its digits), ``normal`` (the normal distribution), ``selection`` (comparisons,
logic, choices), ``strong`` (an exact zero wins).  Of arrays: ``shape``, ``index_slices``,
``gathering`` (by arrays of integers), ``reduction``, ``partial_sums``, ``product``, ``matrix``.

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
from symgrad.ops.float_algebra import FloatAlgebra, on_floats
from symgrad.ops.table import OPS, ArrayAlgebra, IRAlgebra, Term, register

__all__ = ["OPS", "ArrayAlgebra", "FloatAlgebra", "IRAlgebra", "Term", "on_floats", "register"]
