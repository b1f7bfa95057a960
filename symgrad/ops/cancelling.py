"""Functions that cancel near 0, or overflow far from it, when they are written as they are meant.

1 - cos(x) has no digit at 1e-9, log(cosh(x)) is inf at 711, 1/(exp(x) - 1) has the slope nan there.
The rules of ``stable_rules`` bring formulas to these ops.  Each derivative is one of them again, or
a function that has no such place, so that the second one is as good as the first.

>>> import symgrad.ops
>>> float(COSM1.evaluate(1e-9)), float(STUMPFF.evaluate(0.0, k=3, d=0)) == 1 / 6
(-5e-19, True)
"""

from __future__ import annotations

import math
from typing import Any

from symgrad.ops import array_functions
from symgrad.ops import defining as d
from symgrad.ops.table import REAL, elementwise, of_arrays


def _stumpff(sp: Any, x: Any, *, k: int, d: int) -> Any:
    """x c_k' = c_(k-1) - k c_k, differentiated d - 1 times; c_0 is the cosine."""
    if d and k:
        less = _stumpff(sp, x, k=k, d=d - 1)
        return (_stumpff(sp, x, k=k - 1, d=d - 1) - (k + d - 1) * less) / x
    if not k:
        return (1 - (d + 1) // 2 % 2 * 2) * (sp.sin(x) if d % 2 else sp.cos(x))
    c = sp.sin(x) / x if k % 2 else (1 - sp.cos(x)) / (x * x)
    for n in range(2 - k % 2, k, 2):
        c = (sp.Rational(1, math.factorial(n)) - c) / (x * x)
    return c


COSM1 = elementwise(
    "cosm1",
    of_arrays(array_functions.cosm1),
    meaning=lambda sp, x: sp.cos(x) - 1,
    partials=lambda f, y, x: (-f.sin(x),),
    approximate=True,
    doc="cos(x) - 1, accurate near 0",
)
SQRT1PM1 = elementwise(
    "sqrt1pm1",
    of_arrays(array_functions.sqrt1pm1),
    meaning=lambda sp, x: sp.sqrt(1 + x) - 1,
    partials=lambda f, y, x: (f.divide(0.5, f.sqrt(1.0 + x)),),
    domain=((-0.9, 4.0),),
    approximate=True,
    doc="sqrt(1 + x) - 1, accurate near 0; nan below -1",
)
LOG_COSH = elementwise(
    "log_cosh",
    of_arrays(array_functions.log_cosh),
    meaning=lambda sp, x: sp.log(sp.cosh(x)),
    partials=lambda f, y, x: (f.tanh_by_sech(x),),
    approximate=True,
    doc="log(cosh(x)), without overflow and accurate near 0",
)
SECH = elementwise(
    "sech",
    of_arrays(array_functions.sech),
    meaning=lambda sp, x: 1 / sp.cosh(x),
    partials=lambda f, y, x: (-y * f.tanh(x),),
    approximate=True,
    doc="1/cosh(x), without overflow",
)
CSCH = elementwise(
    "csch",
    of_arrays(array_functions.csch),
    meaning=lambda sp, x: 1 / sp.sinh(x),
    partials=lambda f, y, x: (f.divide(-y, f.tanh(x)),),
    domain=((0.1, 4.0),),
    approximate=True,
    doc="1/sinh(x), without overflow; an infinity at 0",
)
BOSE = elementwise(
    "bose",
    of_arrays(array_functions.bose),
    meaning=lambda sp, x: 1 / (sp.exp(x) - 1),
    partials=lambda f, y, x: (y * f.bose(-x),),
    domain=((0.1, 4.0),),
    approximate=True,
    doc="1/(e**x - 1), the mean number of bosons in a state, without overflow",
)
# c_k(x) is Stumpff's (1947) of x**2; what each derivative is of, stays one family.
STUMPFF = elementwise(
    "stumpff",
    of_arrays(array_functions.stumpff),
    meaning=_stumpff,
    partials=lambda f, y, x, *, k, d: (f.stumpff(x, k=k, d=d + 1),),
    domain=(REAL,),
    attributes=("k", "d"),
    approximate=True,
    definition=d.STUMPFF,
    doc="the d-th derivative of 1/k! - x*x/(k + 2)! + ...: sin(x)/x for k = 1 and d = 0",
)
TANH_BY_SECH = elementwise(
    "tanh_by_sech",
    None,
    meaning=lambda sp, x: sp.tanh(x),
    partials=lambda f, y, x: (f.square(f.sech(x)),),
    expansion=lambda f, x: f.tanh(x),
    inline=True,
    doc="tanh(x), whose derivative is right where 1 - tanh(x)**2 is 0 in floats",
)
COTH = elementwise(
    "coth",
    None,
    meaning=lambda sp, x: 1 / sp.tanh(x),
    partials=lambda f, y, x: (-f.square(f.csch(x)),),
    domain=((0.1, 4.0),),
    expansion=lambda f, x: f.divide(1.0, f.tanh(x)),
    inline=True,
    doc="1/tanh(x); its derivative is right where that of tanh is 0 in floats",
)
LOG_ABS = elementwise(
    "log_abs",
    None,
    meaning=lambda sp, x: sp.log(sp.Abs(x)),
    partials=lambda f, y, x: (f.divide(1.0, x),),
    domain=((0.1, 4.0),),
    expansion=lambda f, x: f.log(f.absolute(x)),
    inline=True,
    doc="log(abs(x)), whose derivative is 1/x on both sides",
)
