"""Names for the emitted text, from the user's own.

Hints come first and stay as they are where they can.  A hint that several values share gets a
letter (``h1_1a``, ``h1_1b``) after a digit, or else a number.  Keywords, builtins that the text
uses, and names of the target's prelude get an underscore.  Values without a hint are called after
the op that made them.  Literals, sizes and views by a subscript need no name: they are written out
wherever they are read.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from symgrad.codegen.target import is_bounded_count
from symgrad.ir.function import Instr, Role
from symgrad.ir.naming import before, letter_of, lettered, letters, numbered

RESERVED = frozenset(
    {"np", "math", "float", "int", "bool", "len", "range", "tuple", "abs", "min", "max", "zip"}
    | {"inf", "nan", "print", "sum", "__builtins__"}
    | set(keyword.kwlist)
    | set(keyword.softkwlist)
)


_SHORT = 14
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
        groups.setdefault(x.hint or unnamed(x), []).append(x)
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

    def like(self, name: str, other: str) -> str:
        """A name that belongs to the part of another."""
        if other in self.letters:
            self.letters.setdefault(name, self.letters[other])
        return name


def unnamed(
    x: Instr,
    user: Mapping[int, Instr] | None = None,
    known: Mapping[int, str] | None = None,
    partial: bool = False,
) -> str:
    """A name for a value that nobody named.

    user     the first instruction that reads each value: what an activation takes is called z
    known    the texts of its operands, by ``id``: where they are short names, so is theirs
    partial  it is made for a gradient, of values of the way forward alone
    """
    first = user.get(id(x)) if user else None
    part = part_played(x, first) if first else ""
    if part:
        return part
    if user and first and "adds" in x.op.traits and divides(x, first, user):
        return "denom"
    texts = [(known or {}).get(id(o), "") for o in x.operands]
    texts = [
        t if t.isidentifier() else owned(o) or t for t, o in zip(texts, x.operands, strict=True)
    ]
    name = from_operands(x, texts)
    if name and not name.startswith("d_"):
        return name
    core = moved(x)
    if core.op.symbol in ("*", "/") and first and is_scale(x, first):
        return "scale"
    return "slope" if partial and is_slope(core) else called_by_op(x)


def is_scale(x: Instr, first: Instr) -> bool:
    """True of a factor of a larger array."""
    others = [o for o in first.operands if o is not x and not o.is_constant]
    return first.op.symbol == "*" and len(others) == 1 and x.type.shape != first.type.shape


def short_name(text: str, x: Instr) -> str:
    """The name of a value, or its owner's, as part of another; an op's word tells nothing there."""
    if text.isidentifier():
        return "" if x.op.symbol and not x.hint and text.startswith(x.op.called) else text
    return owned(x) or text


def divides(x: Instr, first: Instr, user: Mapping[int, Instr]) -> bool:
    """True if the first reader of a value divides by it, or by its square."""
    if all(o is x for o in first.operands) and len(first.operands) == 2:
        x, first = first, user.get(id(first), first)
    return first.op.name == "divide" and first.operands[1] is x and first.operands[0] is not x


def is_slope(x: Instr) -> bool:
    """True of a quotient, or of 1 - y*y and its like: most derivatives have such a form."""
    if "adds" in x.op.traits:
        return x.op.symbol == "-" and x.operands[0].is_constant
    return x.op.symbol == "/"


def written(role: Role) -> str:
    """A name for a value that stands in no line of the text, after the user's formula."""
    return role.called or _formula(role.value, role.operands, 2)


def _formula(x: Instr, operands: Sequence[Instr], depth: int) -> str:
    """A name made of those of the operands, where these are short, or else of the op."""
    while is_written_out(x) and x.op.name == "reshape":  # of the same elements in the same places
        x, operands = operands[0], operands[0].operands
    if x.hint:
        return x.hint
    parts = [moved(o) for o in operands]
    texts = [
        owned(o) or (_formula(o, o.operands, depth - 1) if depth and o.operands else "")
        for o in parts
    ]
    return from_operands(x, texts) or called_by_op(x)


def owned(x: Instr) -> str:
    """The name of a value, or of what it shows in other places, whether or not it has a line."""
    x = moved(x)
    return x.hint or (x.role.called if x.role else "")


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


def part_played(x: Instr, user: Instr) -> str:
    """A name for the input of an activation, or for a term of a loss."""
    if len(user.operands) == 1 and user.op.inside:
        return before(user.hint) if user.hint else user.op.inside
    if "loss" not in user.hint:
        return ""
    if user.op.name in ("sum", "mean") and x.type.rank:
        return "losses"
    scaled = x.op.name == "multiply" and any(o.is_constant for o in x.operands)
    return "penalty" if user.op.name == "add" and scaled and not reads_data(x) else ""


def reads_data(x: Instr) -> bool:
    """True of a value that depends on more than params and literals."""
    stack, seen = [x], {x}
    while stack:
        top = stack.pop()
        if top.is_parameter and top["kind"] != "param":
            return True
        stack += [o for o in top.operands if o not in seen]
        seen.update(top.operands)
    return False


def from_operands(x: Instr, texts: Sequence[str]) -> str:
    """A name made from those of the operands, if these are short names."""
    if len(texts) == 2 and any(o.is_constant for o in x.operands):
        name = _with_literal(x, texts)
        if name is not None:
            return name
    if x.op.name == "where" and x.operands[1].is_constant and texts[2].isidentifier():
        return f"safe_{texts[2]}"  # another number in place of 0
    if not all(t.isidentifier() for t in texts) or not 0 < sum(map(len, texts)) <= _SHORT:
        return ""
    if "arranges" in x.op.traits and len(texts) > 1:
        stems = {found[0].rstrip("_") for t in texts if (found := letter_of(t))}
        return stems.pop() if len(stems) == 1 and all(map(letter_of, texts)) else ""
    own = [letter_of(t) for t in texts]
    one = {found[1] for found in own if found}
    if len(texts) > 1 and all(own) and len(one) == 1:  # q_a and k_a are q_k_a
        name = from_operands(x, [found[0].rstrip("_") for found in own if found])
        return name and lettered(name, one.pop())
    return x.op.named.format(*texts) if len({*texts}) == len(texts) else ""


_MULTIPLES = {0.5: "half_{}", 2.0: "twice_{}"}
_WITH_ONE = {"+": "one_plus_{}", "-": "one_minus_{}", "/": "inverse_{}"}
_WITH_COUNT = {"+": ("{}_plus_{}", "{}_minus_{}"), "-": ("{}_minus_{}", "{}_plus_{}")}
_COUNTED = frozenset(n * sign for n in range(1, 10) for sign in (1, -1))


def _with_literal(x: Instr, texts: Sequence[str]) -> str | None:
    """A name for what an operation with a literal makes; None where the op has none for that."""
    first = x.operands[0].is_constant
    value, text = x.operands[not first]["value"], texts[first]
    if x.op.symbol == "*":
        name = _MULTIPLES.get(value, "scaled_{}").format(text)
    elif value == 1.0 and x.type.is_float and (first or x.op.symbol == "+"):
        name = _WITH_ONE.get(x.op.symbol, "").format(text)
    elif x.op.symbol in _WITH_COUNT and value in _COUNTED and not x.type.is_float:
        if first and x.op.symbol == "-":
            return None
        name = _WITH_COUNT[x.op.symbol][value < 0].format(text, abs(value))
    else:
        return None
    return name if text.isidentifier() and len(text) <= _SHORT else ""


def _called_cast(x: Instr) -> str:
    """A name for a cast to integers or floats; a sum of truths is a count."""
    (a,) = x.operands
    if a.op.name == "sum" and a.type.dtype == "i64":
        return "count"
    kind = "float" if x.type.is_float else "int"
    if not x.type.rank and not a.hint:
        return "number"
    return f"{a.hint}_{kind}" if a.hint else f"{kind}s"


def is_dots(x: Instr) -> bool:
    """True of the inner products of rows."""
    ranks = [o.type.rank for o in x.operands]
    return "contracts" in x.op.traits and len(ranks) == 2 and 0 < x.type.rank < min(ranks)


def called_by_op(x: Instr) -> str:
    """The op's word, with the operand's name if there is one."""
    if x.op.name == "cast" and x.operands[0].type.dtype != "bool":
        return _called_cast(x)
    if x.op.name == "maximum" and x.operands[0].op.name == "size":
        return "count"
    base = "dots" if is_dots(x) else x.op.called or x.op.name
    if len(x.operands) == 1 and x.operands[0].hint and x.op.partials is not None:
        base = f"{base}_{x.operands[0].hint}"
    return base


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
