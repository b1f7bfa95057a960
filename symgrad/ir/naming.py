"""Names: which there may be, and how one is made from another, as all rooms have it.

``z1`` is the operand of the activation that made ``h1``, ``pre_losses`` that of ``losses``.  Values
of one name are told apart by letters where they stand side by side (``h1_1a``, ``ypred_a``), and
by numbers where each is made from the one before (``h1``, ``h2``).

>>> before("h2_1"), before("losses")
('z2_1', 'pre_losses')
>>> lettered("ypred", "a"), lettered("h1_1", "a"), numbered("h", 2), numbered("h1", 2)
('ypred_a', 'h1_1a', 'h2', 'h1_2')
>>> letters(3), letters(30)[-1]
(['a', 'b', 'c'], 'bd')
>>> letter_of("ypred_a"), letter_of("h1_1b"), letter_of("alpha")
(('ypred_', 'a'), ('h1_1', 'b'), None)
"""

from __future__ import annotations

import re
import unicodedata
from functools import reduce
from itertools import product

from symgrad.errors import NamingError
from symgrad.ir.function import Function

ALPHABET = "abcdefghijklmnopqrstuvwxyz"

_HIDDEN = re.compile(r"h(\d+(_\d+)*[a-z]{0,2}|_[a-z]{1,2})?\Z")
_INSIDE = re.compile(r"z(\d+(_\d+)*[a-z]{0,2}|_[a-z]{1,2})\Z")
_LETTERED = re.compile(r"(.*(?:\d|[A-Za-z0-9]_))([a-z]{1,3})\Z")


def check_name(name: object) -> str:
    """``name``, if it can name a value.  Raises NamingError.

    Keywords and builtins pass: emitted code spells them differently.
    """
    if not isinstance(name, str) or not name:
        raise NamingError(f"a name is a non-empty string, got {name!r}")
    if unicodedata.normalize("NFKC", name) != name:
        normal = unicodedata.normalize("NFKC", name)
        raise NamingError(f"{name!r} reads as {normal!r} in Python; use that spelling")
    if not name.isidentifier():
        raise NamingError(f"{name!r} is no identifier; use letters, digits and underscores")
    return name


def before(name: str) -> str:
    """The name for the value that an activation turned into ``name``."""
    if name == "exps" or name.startswith("exps_"):
        return f"shifted{name[4:]}"
    return f"z{name[1:]}" if _HIDDEN.match(name) else f"pre_{name}"


def is_inside(name: str, outer: str) -> bool:
    """True if ``name`` is the conventional one for the operand of what made ``outer``."""
    return name == before(outer) or _INSIDE.match(name) is not None


def letters(count: int) -> list[str]:
    """Distinct suffixes of one width: a, b, ... or aa, ab, ..."""
    width = 1
    while len(ALPHABET) ** width < count:
        width += 1
    return ["".join(t) for t, _ in zip(product(ALPHABET, repeat=width), range(count), strict=False)]


def lettered(name: str, letter: str) -> str:
    """``name`` for one of several that stand side by side; d_a would be the derivative by a.

    >>> lettered("d", "a"), lettered("d", "ab")
    ('d1', 'd2')
    """
    if name == "d":
        return numbered(name, 1 + reduce(lambda n, c: 26 * n + ALPHABET.index(c), letter, 0))
    return name + letter if name[-1:].isdigit() else f"{name}_{letter}"


def numbered(name: str, number: int) -> str:
    """``name`` for one of several that are made from each other."""
    return f"{name}_{number}" if name[-1:].isdigit() else f"{name}{number}"


def letter_of(name: str) -> tuple[str, str] | None:
    """The stem and the letter of a name that has one."""
    found = _LETTERED.match(name)
    return (found[1], found[2]) if found and found[1] != "d_" else None


def named_inside(function: Function) -> set[int]:
    """The values that are named after the activation which takes them."""
    return {
        id(x.operands[0])
        for x in function.body
        if len(x.operands) == 1 and x.hint and is_inside(x.operands[0].hint, x.hint)
    }
