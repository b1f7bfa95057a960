"""Array expressions: ``Expr``, its leaves, and NumPy's functions on them.

Importing the room defines all of ``FUNCTIONS``:

    expr, leaf, size   the classes
    eager              functions that take plain arrays, too
    ufuncs             elementwise functions, on ``Value``s as well
    reductions, manipulation, composed, subscript, creation   the other functions
    trace              expressions as an IR function

>>> FUNCTIONS["maximum"](2.0, 3.0)
np.float64(3.0)
"""

from symgrad.frontend.arrays import (  # noqa: F401
    composed,
    creation,
    manipulation,
    reductions,
    subscript,
    ufuncs,
)
from symgrad.frontend.namespace import FUNCTIONS

__all__ = ["FUNCTIONS"]
