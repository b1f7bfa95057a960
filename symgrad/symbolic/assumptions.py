"""Where each op has its meaning: what a certificate assumes of the values that reach it.

>>> assumptions_of(("log", "tanh", "divide"))
('log of what is above 0', 'divisors that are not 0')
"""

from __future__ import annotations

from collections.abc import Iterable

ASSUMED: dict[str, str] = {
    "log": "log of what is above 0",
    "log2": "log2 of what is above 0",
    "log10": "log10 of what is above 0",
    "log1p": "log1p of what is above -1",
    "log1mexp": "log1mexp of what is below 0",
    "xlogy": "xlogy(x, y) for y above 0",
    "xlog1py": "xlog1py(x, y) for y above -1",
    "sqrt": "sqrt of what is above 0",
    "divide": "divisors that are not 0",
    "reciprocal": "divisors that are not 0",
    "power": "x**n for x above 0, or a whole n that is a literal",
    "arcsin": "arcsin and arccos within (-1, 1)",
    "arccos": "arcsin and arccos within (-1, 1)",
    "arccosh": "arccosh of what is above 1",
    "arctanh": "arctanh within (-1, 1)",
    "arctan2": "arctan2 away from the origin",
    "round": "round away from halves, floor and ceil away from whole numbers",
    "floor": "round away from halves, floor and ceil away from whole numbers",
    "ceil": "round away from halves, floor and ceil away from whole numbers",
}


def assumptions_of(ops: Iterable[str]) -> tuple[str, ...]:
    """Each assumption once."""
    return tuple(dict.fromkeys(ASSUMED[name] for name in ops if name in ASSUMED))
