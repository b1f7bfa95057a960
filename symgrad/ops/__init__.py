"""The op table, filled: every op of the IR, declared once.

>>> OPS["tanh"].doc
'the hyperbolic tangent; the error of 1 - y*y is at most 2**-52, absolute'
"""

# isort: off  (a later room may use the ops of an earlier one)
from symgrad.ops import arithmetic, transcendental, activation, selection  # noqa: F401
from symgrad.ops.algebra import ArrayAlgebra, IRAlgebra, Term
from symgrad.ops.table import OPS, register
# isort: on

__all__ = ["OPS", "ArrayAlgebra", "IRAlgebra", "Term", "register"]
