"""Names for the emitted text, from the user's own.

Hints come first and stay as they are where they can.  A hint that several values share gets a
letter (``h1_1a``, ``h1_1b``) after a digit, or else a number.  Keywords, builtins that the text
uses, and names of the target's prelude get an underscore.  ``unnamed`` has names for values without
a hint.  Literals, sizes and views by a subscript need no name: they are written out
wherever they are read.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from symgrad.codegen.target import is_bounded_count
from symgrad.ir.function import Instr, Role
from symgrad.ir.naming import letter_of, lettered, letters, numbered

RESERVED = frozenset(
    {"np", "math", "float", "int", "bool", "len", "range", "tuple", "abs", "min", "max", "zip"}
    | {"inf", "nan", "print", "sum", "__builtins__"}
    | set(keyword.kwlist)
    | set(keyword.softkwlist)
)


_NEAR = 64  # values that are looked at for the part that one belongs to

_FEW = 8  # literals and sizes, and signs, in an expression that is written wherever it is used


class Names:
    """Hands out names, each once.

    reserved  those of the target's own modules
    kept      names that are left to those who want them as they are
    """

    def __init__(
        self,
        taken: Iterable[str] = (),
        reserved: Collection[str] = (),
        kept: Collection[str] = (),
    ) -> None:
        self.reserved, self.kept = RESERVED.union(reserved), frozenset(kept)
        self.taken = {*self.reserved, *taken}
        self.last: dict[str, int] = {}

    def fresh(self, wanted: str) -> str:
        """``wanted``, or the next free name made from it."""
        name = allowed(wanted + "_" if wanted in self.reserved else wanted)
        number = self.last.get(name, 1)
        candidate = name
        while candidate in self.taken or (candidate in self.kept and candidate != wanted):
            number += 1
            candidate = numbered(name, number) if name == "d" else f"{name}_{number}"
        self.last[name] = number
        self.taken.add(candidate)
        return candidate

    def series(self, wanted: str, count: int) -> list[str]:
        """Names for ``count`` values that share a hint, told apart by letters."""
        if count > 1:
            names = [lettered(wanted, letter) for letter in letters(count)]
            if not any(name in self.taken for name in names):
                self.taken.update(names)
                return names
        return [self.fresh(wanted) for _ in range(count)]


def allowed(name: str) -> str:
    """The name, or another one for what Python or its readers take for something else.

    >>> allowed("_x"), allowed("__x"), allowed("__class__"), allowed("_")
    ('_x', 'p_x', 'p_class', 'p_')
    """
    inner = name.strip("_")
    return f"p_{inner}" if name.startswith("__") or not inner else name


def name_values(values: Sequence[Instr], names: Names) -> dict[int, str]:
    """A name for each of several values with hints, by ``id``."""
    groups: dict[str, list[Instr]] = {}
    for x in values:
        groups.setdefault(x.hint or x.op.name, []).append(x)
    result: dict[int, str] = {}
    for hint, members in groups.items():
        for x, name in zip(members, names.series(hint, len(members)), strict=True):
            result[id(x)] = name
    return result


def lettered_names(names: Iterable[str]) -> dict[str, str]:
    """The letter of each name whose stem runs through the same letters as others do."""
    stems: dict[str, list[str]] = {}
    for name in names:
        found = letter_of(name)
        if found:
            stems.setdefault(found[0], []).append(found[1])
    runs = {stem: own for stem, own in stems.items() if sorted(own) == letters(len(own))}
    return {stem + letter: letter for stem, own in runs.items() if len(own) > 1 for letter in own}


class Lettering:
    """The parts of a program that do the same side by side, by the letters of their values.

    named  the names of values, by ``id``; those to come are read, too
    """

    def __init__(self, named: Mapping[int, str]) -> None:
        self.named, self.letters = named, lettered_names(named.values())

    def lettered(self, name: str, operands: Sequence[Instr]) -> str:
        """The name of a value with the letter of the one part that its operands belong to."""
        letters: set[str] = set()
        stack, left = list(operands) if self.letters else [], _NEAR
        while stack and left:
            o, left = stack.pop(), left - 1
            known = self.named.get(id(o)) or o.hint
            if known in self.letters:
                letters.add(self.letters[known])
            elif not known:
                stack += o.operands
        if len(letters) != 1 or stack:
            return name
        (letter,) = letters
        if not re.search(rf"[_0-9]{letter}(_|$)", name):
            name = lettered(name, letter)
        self.letters.setdefault(name, letter)
        return name

    def beside(self, name: str, owner: str) -> str:
        """The name of a value with the letter of the value that it is a part of."""
        letter = self.letters.get(owner)
        return lettered(name, letter) if letter else name

    def like(self, name: str, other: str) -> str:
        """A name that belongs to the part of another."""
        if other in self.letters:
            self.letters.setdefault(name, self.letters[other])
        return name


def is_taken(role: Role) -> bool:
    """True of what a function of the user's takes as an argument, and is called so."""
    origins = role.value.origins
    return bool(role.called) and len(origins) == 1 and origins[0].function.endswith(")")


def owned(x: Instr) -> str:
    """The name of a value, or of what it shows in other places, whether or not it has a line."""
    x = moved(x)
    return x.hint or (x.role.called if x.role and not is_taken(x.role) else "")


def moved(x: Instr) -> Instr:
    """The value whose elements ``x`` shows in other places, all of them."""
    while len(x.operands) == 1 and not x.hint and shows_all(x):
        (x,) = x.operands
    return x


def shows_all(x: Instr) -> bool:
    """True of a view with as many elements, or of one that repeats them."""
    if x.op.kind == "shape":
        return not x.op.cost
    return "view" in x.op.traits and x.type.size == x.operands[0].type.size


def identity_told(parts: Iterable[Instr]) -> str:
    """What textbooks call a step that is made of these values, for a comment; "" for none."""
    for x in parts:
        if x.op.name == "subtract" and _is_softmax(x.operands[0]) and _is_one_hot(x.operands[1]):
            return "softmax minus one-hot"
    return ""


def _is_softmax(x: Instr) -> bool:
    """Exponentials over their sum."""
    if len(x.operands) != 2 or x.operands[0].op.name != "exp":
        return False
    total = moved(x.operands[1])
    return "contracts" in total.op.traits and total.operands == x.operands[:1]


def _is_one_hot(x: Instr) -> bool:
    """Rows of the identity matrix."""
    return "picks" in x.op.traits and x.operands[0].op.name == "diag"


def is_cheap(x: Instr) -> bool:
    """A literal, a size, or a sign or quotient of a few: written wherever it is used."""
    stack, left = [x], _FEW
    while stack and left:
        top = stack.pop()
        if is_short(top):
            left -= 1
        elif top.op.name in ("divide", "negative"):
            stack += top.operands
            left -= top.op.name == "negative"
        else:
            return False
    return not stack


def is_short(x: Instr) -> bool:
    """A literal, a size, or a view of an argument."""
    if x.is_constant or x.op.name == "size":
        return x.type.rank == 0
    if x.op.name == "within":
        return x.operands[0].is_parameter
    if x.op.name == "index":
        return x.operands[0].is_parameter and not x.hint
    return is_bounded_count(x)


def is_written_out(x: Instr) -> bool:
    """A view that nobody named, by a subscript: slices, or axes of size 1 more or fewer."""
    if x.op.name == "index":
        return not x.hint
    if x.op.name != "reshape" or not x.operands[0].type.rank:
        return False
    before, after = ([d for d in o.type.shape if d != 1] for o in (x.operands[0], x))
    return before == after
