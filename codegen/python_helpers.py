"""Functions that the ``python`` target writes into a module, so that floats behave as in NumPy.

Python's own raise: log(0), 1/0, exp(1000), (-8)**(1/3).  These give -inf, inf, inf and nan, as IEEE
arithmetic and the interpreter say.
"""

from __future__ import annotations

from symgrad.codegen.helpers import helpers_of
from symgrad.codegen.target import Helper
from symgrad.ops import float_functions


def _m(*names: str) -> tuple[str, ...]:
    return tuple(f"from math import {name}" for name in names)


def _guarded(name: str, function: str, error: str, value: str, doc: str) -> Helper:
    """A math function with the value that IEEE gives where Python raises."""
    source = f'''def {name}(x):
    """{doc}"""
    return {function}(x) if {error} else {value}
'''
    needs = _m(function)
    return Helper(name, source, needs)


_NAN = 'float("nan")'
_INF = 'float("inf")'

HELPERS = {
    helper.name: helper
    for helper in (
        _guarded(
            "exp_", "exp", "not x > 709.782712893384", _INF, "exp(x); inf where it overflows."
        ),
        _guarded("exp2_", "pow", "False", f"pow(2.0, x) if x < 1024.0 else x * {_INF}", "2**x."),
        _guarded("sin_", "sin", f"abs(x) != {_INF}", _NAN, "sin(x); nan for an infinity."),
        _guarded("cos_", "cos", f"abs(x) != {_INF}", _NAN, "cos(x); nan for an infinity."),
        _guarded("tan_", "tan", f"abs(x) != {_INF}", _NAN, "tan(x); nan for an infinity."),
        _guarded("sqrt_", "sqrt", "not x < 0.0", _NAN, "sqrt(x); nan below 0."),
        _guarded("asin_", "asin", "not abs(x) > 1.0", _NAN, "asin(x); nan outside [-1, 1]."),
        _guarded("acos_", "acos", "not abs(x) > 1.0", _NAN, "acos(x); nan outside [-1, 1]."),
        _guarded("acosh_", "acosh", "not x < 1.0", _NAN, "acosh(x); nan below 1."),
        _guarded(
            "atanh_",
            "atanh",
            "not abs(x) >= 1.0",
            f"x * {_INF} if abs(x) == 1.0 else {_NAN}",
            "atanh(x); an infinity at 1 and -1, nan beyond.",
        ),
        _guarded(
            "sinh_",
            "sinh",
            "not abs(x) > 710.4758600739439",
            f"x * {_INF}",
            "sinh(x); inf where it overflows.",
        ),
        _guarded(
            "cosh_",
            "cosh",
            "not abs(x) > 710.4758600739439",
            _INF,
            "cosh(x); inf where it overflows.",
        ),
        _guarded(
            "expm1_",
            "expm1",
            "not x > 709.782712893384",
            _INF,
            "exp(x) - 1; inf where it overflows.",
        ),
        *(
            _guarded(
                f"{name}_",
                name,
                "not x <= 0.0",
                f'(float("-inf") if x == 0.0 else {_NAN})',
                f"{name}(x); -inf at 0, nan below.",
            )
            for name in ("log", "log2", "log10")
        ),
        _guarded(
            "log1p_",
            "log1p",
            "not x <= -1.0",
            f'(float("-inf") if x == -1.0 else {_NAN})',
            "log(1 + x); -inf at -1, nan below.",
        ),
        Helper(
            "divide",
            '''def divide(x, y):
    """x / y; an infinity or nan where y is 0."""
    if y != 0.0:
        return x / y
    return float("nan") if x == 0.0 or x != x else copysign(float("inf"), x) * copysign(1.0, y)
''',
            _m("copysign"),
        ),
        Helper(
            "power",
            '''def power(x, y):
    """x**y for real numbers; nan for a root of a negative one, inf where it overflows."""
    if y == 0.0 or x == 1.0:
        return 1.0
    if x == 0.0 and y < 0.0:
        odd = y % 2.0 == 1.0
        return copysign(float("inf"), x) if odd else float("inf")
    if x < 0.0 and y != floor_(y) and x != float("-inf"):
        return float("nan")
    if x == 0.0 or abs(x) in (1.0, float("inf")) or abs(y) < 1e300 and abs(
        y * log2(abs(x))
    ) < 1023.0:
        return pow(x, y)
    size = pow_or_inf(abs(x), y)
    return -size if x < 0.0 and y % 2.0 == 1.0 else size
''',
            _m("copysign", "log2", "pow"),
            ("floor_", "pow_or_inf"),
        ),
        Helper(
            "pow_or_inf",
            '''def pow_or_inf(x, y):
    """x**y for positive x; inf where it overflows."""
    if x != x or y != y:
        return x + y
    size = y * log2(x)
    if size < 1023.0:
        return pow(x, y)
    if size > 1025.0:
        return float("inf")
    if abs(y) > 256.0:
        half = pow(x, 0.5 * y)
        return half * half
    return pow(x, y - 1.0) * x if y > 0.0 else pow(x, y + 1.0) / x
''',
            _m("log2", "pow"),
        ),
        Helper(
            "floor_",
            '''def floor_(x):
    """floor(x) as a float, -0.0 too; infinities and nan stay."""
    return copysign(floor(x), x) if abs(x) < 4503599627370496.0 else x
''',
            _m("copysign", "floor"),
        ),
        Helper(
            "ceil_",
            '''def ceil_(x):
    """ceil(x) as a float, -0.0 too; infinities and nan stay."""
    return copysign(ceil(x), x) if abs(x) < 4503599627370496.0 else x
''',
            _m("ceil", "copysign"),
        ),
        Helper(
            "round_",
            '''def round_(x):
    """The nearest integer, the even one of two, as a float; infinities and nan stay."""
    return copysign(round(x), x) if abs(x) < 4503599627370496.0 else x
''',
            _m("copysign"),
        ),
        Helper(
            "argmax",
            '''def argmax(xs):
    """The index of the first largest, or of the first nan if there is one."""
    best = 0
    for i, x in enumerate(xs):
        if x > xs[best] or (x != x and xs[best] == xs[best]):
            best = i
    return best
''',
        ),
        Helper(
            "argmin",
            '''def argmin(xs):
    """The index of the first least, or of the first nan if there is one."""
    best = 0
    for i, x in enumerate(xs):
        if x < xs[best] or (x != x and xs[best] == xs[best]):
            best = i
    return best
''',
        ),
        Helper(
            "sign",
            '''def sign(x):
    """-1, 0 or 1; nan for nan."""
    return x if x != x else float(x > 0.0) - float(x < 0.0)
''',
        ),
        Helper(
            "maximum",
            '''def maximum(x, y):
    """The larger one; nan if either is nan."""
    return x if x >= y or x != x else y
''',
        ),
        Helper(
            "minimum",
            '''def minimum(x, y):
    """The smaller one; nan if either is nan."""
    return x if x <= y or x != x else y
''',
        ),
        Helper(
            "clip",
            '''def clip(x, low, high):
    """x, but at least low and then at most high; nan if any is nan."""
    return minimum(maximum(x, low), high)
''',
            (),
            ("maximum", "minimum"),
        ),
        Helper(
            "relu",
            '''def relu(x):
    """x where positive, else 0; nan for nan."""
    return 0.0 if x <= 0.0 else x
''',
        ),
        Helper(
            "elu",
            '''def elu(x, alpha):
    """x where positive, alpha * (exp(x) - 1) elsewhere."""
    return x if x > 0.0 else alpha * expm1(x)
''',
            _m("expm1"),
        ),
        Helper(
            "sigmoid",
            '''def sigmoid(x):
    """1 / (1 + exp(-x)), without overflow."""
    e = exp(-abs(x))
    return (e if x < 0.0 else 1.0) / (1.0 + e)
''',
            _m("exp"),
        ),
        Helper(
            "softplus",
            '''def softplus(x):
    """log(1 + exp(x)), without overflow."""
    return (x if not x < 0.0 else 0.0) + log1p(exp(-abs(x)))
''',
            _m("exp", "log1p"),
        ),
        Helper(
            "log_sigmoid",
            '''def log_sigmoid(x):
    """log(1 / (1 + exp(-x))), without overflow."""
    return (x if not x > 0.0 else 0.0) - log1p(exp(-abs(x)))
''',
            _m("exp", "log1p"),
        ),
        Helper(
            "logaddexp",
            '''def logaddexp(x, y):
    """log(exp(x) + exp(y)), without overflow."""
    if x == y:
        return x + 0.6931471805599453
    return (x if x > y or x != x else y) + log1p(exp(-abs(x - y)))
''',
            _m("exp", "log1p"),
        ),
        Helper(
            "xlogy",
            '''def xlogy(x, y):
    """x * log(y), and 0 where x is 0 and y is no nan."""
    return 0.0 if x == 0.0 and y == y else x * log_(y)
''',
            (),
            ("log_",),
        ),
        Helper(
            "xlog1py",
            '''def xlog1py(x, y):
    """x * log(1 + y), and 0 where x is 0 and y is no nan."""
    return 0.0 if x == 0.0 and y == y else x * log1p_(y)
''',
            (),
            ("log1p_",),
        ),
        Helper(
            "log1mexp",
            '''def log1mexp(x):
    """log(1 - exp(x)) for x below 0, without cancellation."""
    return log1p(-exp(x)) if x <= -0.6931471805599453 else log_(-expm1_(x))
''',
            _m("exp", "log1p"),
            ("log_", "expm1_"),
        ),
    )
}
HELPERS |= helpers_of(float_functions)
