"""Names for values that nobody named, made from those of values that have one.

A value is called after its formula, as far as that makes a short name: ``exp_eta``, ``norm_u``,
``U_user``.  Where it does not, the value bears the name of what it is a part of: ``z1_denom`` is
the denominator in z1, and ``K_exp`` the exponential that K is made of.  Only what leads to the loss
alone is called after its op.  A name that is taken gives way to the next one.

Names of sums in products, and their like, would be read wrongly and are not made: ``a_b_minus_c``
is a*b - c.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

from symgrad.codegen.identifiers import is_taken, is_written_out, moved, owned, shows_all
from symgrad.codegen.target import Text
from symgrad.ir.function import Instr, Role
from symgrad.ir.naming import before, letter_of, lettered, numbered

_LONG, _SHORT = 22, 18  # letters of the name of a sum, or of a part; and of other formulas
_DEPTH = 2  # steps of a formula
_NEAR = 32  # values that are looked at for what one of them is

_PLAIN = frozenset({"dots", "zeros"})  # words that say enough alone

_ATOM, _PRODUCT, _SUM, _VAGUE = range(4)  # how tightly the parts of a name belong together


class Unnamed:
    """The names of one function's values that nobody named.

    body     the values in their order
    user     the first instruction that reads each value, by ``id``
    named    the names that values have so far, by ``id``, and ``texts`` what is written for them
    derived  the values that belong to gradients, by ``id``
    results  those that the function returns, and ``inlined`` those that get no line if they can
    """

    def __init__(
        self,
        body: Sequence[Instr],
        user: Mapping[int, Instr],
        named: Mapping[int, str],
        texts: Mapping[int, Text],
        derived: Collection[int],
        results: Sequence[Instr],
        inlined: Collection[Instr],
    ) -> None:
        self.body, self.user, self.named, self.texts = body, user, named, texts
        self.derived, self.results, self.inlined = derived, results, inlined
        self.numbers: dict[str, int] = {}
        self.longer: dict[str, int] = {}  # names with the length of the owners in them
        self.binds: dict[str, int] = {}  # how tightly their parts belong together
        self.owners: dict[int, str] = {}  # what those on the way to it serve, which have no name
        self.bare: set[str] = set()  # names that tell the op alone, and nothing as parts of others

    def candidates(self, x: Instr) -> Iterator[str]:
        """Names for a value, the best first; the last is the op's word."""
        role, called = x.role, x.role.called if x.role else ""
        taken = role is not None and is_taken(role)
        if called and not taken:
            if called.endswith("_slope"):
                self.longer[called] = len(called) - len("slope")
            yield called
        first = self.user.get(id(x))
        word, plain = self.word(x, first)
        owner = self.owner(x)
        if owner and not plain:
            yield from self.owned_by(owner, word)
        inside = part_played(x, first) if first else ""
        if inside:
            yield inside
        if plain:
            if role and not role.of:
                yield from self.made(x, _formula(role.value, role.operands, _DEPTH))
            yield from self.made(x, self.phrase(x, _DEPTH))
        if taken:
            yield self.counted(called)
        if owner and word not in _PLAIN:
            yield from self.owned_by(owner, word)
        self.bare.add(word)
        yield word

    def made(self, x: Instr, phrase: tuple[str, int]) -> Iterator[str]:
        """The name of a formula; other names are made of it as of the formula."""
        for name in fitting(phrase[0], x):
            self.binds[name] = phrase[1] if phrase[1] == _SUM else _ATOM
            yield name

    def owned_by(self, owner: str, word: str) -> Iterator[str]:
        """The name of a part of ``owner``."""
        for name in fitting(part_of(owner, word)):
            self.longer[name] = len(name) - len(word)
            yield name

    def counted(self, called: str) -> str:
        """The name of a function's argument, with a number where it takes several."""
        if self.roles[called] < 2:
            return called
        self.numbers[called] = number = self.numbers.get(called, 0) + 1
        return numbered(called, number)

    @cached_property
    def roles(self) -> Counter[str]:
        """How many values that are not inlined have each name by their role."""
        return Counter(x.role.called for x in self.body if x.role and x not in self.inlined)

    def word(self, x: Instr, first: Instr | None) -> tuple[str, bool]:
        """The word for a value's part, and whether its formula says more than that."""
        if first and "adds" in x.op.traits and divides(x, first, self.user):
            return "denom", False
        if x.operands and shows_all(x) and x.operands[0].is_constant:
            return ("zeros" if x.operands[0]["value"] == 0.0 else "constants"), True
        core = moved(x)
        if core.op.symbol in ("*", "/") and first and is_scale(x, first):
            return "scale", True
        return ("slope" if is_slope(core) and self.is_partial(x) else called_by_op(x)), True

    def owner(self, x: Instr) -> str:
        """The named value that a value is a part of, or ""."""
        role = x.role
        owner = role.owner if role and not role.of else self.served_by(x)
        return "" if owner == before(self.results[0].hint or "loss") else owner

    def served_by(self, x: Instr) -> str:
        """The named value that a value serves, through its first readers; "" for the function's
        first result, which everything serves."""
        passed: list[int] = []
        y, found = self.user.get(id(x)), ""
        while y is not None and y is not self.results[0] and not found:
            passed.append(id(y))
            known = self.owners.get(id(y))
            found = self.served(y) or known or ""
            y = None if known is not None else self.user.get(id(y))
        self.owners.update(dict.fromkeys(passed, found))
        return found

    def served(self, y: Instr) -> str:
        """The name of a value, or of what it is the derivative by."""
        name = self.named.get(id(y)) or owned(y)
        return name[2:] if id(y) in self.derived and name.startswith("d_") else name

    def is_partial(self, x: Instr) -> bool:
        """True of a derivative of an elementwise op, not yet times anything that comes back."""
        stack, left = [x], _NEAR
        while stack and left:
            o, left = stack.pop(), left - 1
            if id(o) in self.derived:
                if o.op.partials is None or o.hint or (o.role and o.role.of):
                    return False
                stack += o.operands
        return id(x) in self.derived and not stack and x.type.is_float

    def phrase(self, x: Instr, depth: int) -> tuple[str, int]:
        """A name made from a formula's, and how tightly its parts belong together."""
        return composed(x, [self.part(o, below(x, depth)) for o in x.operands])

    def part(self, o: Instr, depth: int) -> tuple[str, int]:
        """The name of an operand, or one made for it."""
        name = self.named.get(id(o)) or owned(o)
        text = self.texts.get(id(o))
        if not name and text and text.text.isidentifier():
            name = text.text
        if name or not depth or o.is_constant:
            return ("" if name in self.bare else name), self.binds.get(name, _ATOM)
        base = moved(o)
        return self.part(base, depth) if base is not o else self.phrase(o, depth)


def fitting(name: str, x: Instr | None = None) -> Iterator[str]:
    """The name, of the formula of ``x``, if there is one and it is short; d_v is a derivative."""
    length = _SHORT if x and "reduces" not in x.op.traits else _LONG
    if 0 < len(name) <= length and not name.startswith("d_"):
        yield name


def written(role: Role) -> str:
    """A name for a value that stands in no line of the text, after the user's formula."""
    x, word = role.value, called_by_op(role.value)
    name = role.called or next(fitting(_formula(x, role.operands, _DEPTH)[0], x), "")
    return name or next(fitting(role.owner and part_of(role.owner, word)), word)


def part_of(owner: str, word: str) -> str:
    """The name of a part of ``owner``."""
    return f"{owner.removeprefix('pre_')}_{word}"


def _formula(x: Instr, operands: Sequence[Instr], depth: int) -> tuple[str, int]:
    """A name made of those of the operands, where these are short."""
    while is_written_out(x) and x.op.name == "reshape":  # of the same elements in the same places
        x, operands = operands[0], operands[0].operands
    if x.hint or not operands:
        return x.hint, _ATOM
    parts = [moved(o) for o in operands]
    return composed(x, [_known(o, below(x, depth)) for o in parts])


def below(x: Instr, depth: int) -> int:
    """The steps that are left behind one; the name of a view has one alone."""
    return 0 if x.op.kind == "shape" else depth - 1


def _known(o: Instr, depth: int) -> tuple[str, int]:
    name = owned(o)
    return (name, _ATOM) if name or not depth else _formula(o, o.operands, depth)


_MULTIPLES = {0.5: "half_{}", 2.0: "twice_{}"}
_WITH_ONE = {"+": "one_plus_{}", "-": "one_minus_{}", "/": "inverse_{}"}
_WITH_COUNT = {"+": ("{}_plus_{}", "{}_minus_{}"), "-": ("{}_minus_{}", "{}_plus_{}")}
_COUNTED = frozenset(n * sign for n in range(1, 10) for sign in (1, -1))
_BINDS = {"+": _SUM, "-": _SUM, "/": _SUM}
_WORST = {"+": (_SUM, _SUM), "-": (_SUM, _PRODUCT), "/": (_PRODUCT, _ATOM)}


def composed(x: Instr, parts: Sequence[tuple[str, int]]) -> tuple[str, int]:
    """The name of a value, of those of its operands, if they have any, and if it is read as it is
    meant."""
    texts, binds = [t for t, _ in parts], [b for _, b in parts]
    if len(parts) == 2 and any(o.is_constant for o in x.operands):
        return _with_literal(x, *parts[x.operands[0].is_constant])
    if x.op.name == "where" and x.operands[1].is_constant and texts[2]:
        if x.operands[2] not in x.operands[0].operands:
            return "", _ATOM
        return f"safe_{texts[2]}", _ATOM  # another number in place of 0
    if not all(texts) or sum(map(len, texts)) > _LONG:
        return "", _ATOM
    if len(texts) == 1:
        return (_of_one(x, texts[0]) if binds[0] < _VAGUE else ""), _ATOM
    if len(texts) == 2 and texts[0] == texts[1]:
        return _of_itself(x, texts[0]), _ATOM
    if len({*texts}) < len(texts):
        return "", _ATOM
    if "arranges" in x.op.traits:
        return _joined(x, texts), _ATOM
    worst = _WORST.get(x.op.symbol, (_PRODUCT, _PRODUCT))
    if not x.op.named or len(binds) != 2 or any(map(int.__gt__, binds, worst)):
        return "", _ATOM
    return _side_by_side(x, texts), _BINDS.get(x.op.symbol, _PRODUCT)


def _of_one(x: Instr, text: str) -> str:
    """A name for a function of one value."""
    for start, instead in x.op.renames:
        if text.startswith(start) and len(text) > len(start):
            return instead + text[len(start) :]
    if x.op.kind == "shape" and x.type.rank < x.operands[0].type.rank:
        return f"flat_{text}"
    if not x.op.named and x.op.partials is None:
        return ""
    return (x.op.named or f"{x.op.called or x.op.name}_{{}}").format(text)


def _of_itself(x: Instr, text: str) -> str:
    """A name for a product of a value with itself."""
    if "contracts" in x.op.traits:
        return f"sum_square_{text}" if all(o is x.operands[0] for o in x.operands) else ""
    return f"square_{text}" if x.op.symbol == "*" else ""


def _side_by_side(x: Instr, texts: Sequence[str]) -> str:
    """A name of several; q_a and k_a are q_k_a."""
    if x.op.symbol == "*" and texts[0] == f"square_{texts[1]}":
        return f"cube_{texts[1]}"
    own = [letter_of(t) for t in texts]
    one = {found[1] for found in own if found}
    if all(own) and len(one) == 1:
        stems = [found[0].rstrip("_") for found in own if found]
        if len({*stems}) == len(stems):
            return lettered(x.op.named.format(*stems), one.pop())
    return x.op.named.format(*texts)


def _joined(x: Instr, texts: Sequence[str]) -> str:
    """A name for values put together: heads of heads_a and heads_b."""
    stems = {found[0].rstrip("_") for t in texts if (found := letter_of(t))}
    if len(stems) == 1 and all(map(letter_of, texts)):
        return stems.pop()
    return f"{texts[0]}_and_{texts[1]}" if len(texts) == 2 else ""


def _with_literal(x: Instr, text: str, binds: int) -> tuple[str, int]:
    """A name for what an operation with a literal makes."""
    first = x.operands[0].is_constant
    value, symbol = x.operands[not first]["value"], x.op.symbol
    pattern, bound = "", _ATOM
    if symbol == "*":
        pattern = _MULTIPLES.get(value, "scaled_{}")
        bound = _ATOM if value in _MULTIPLES else _VAGUE
    elif value == 1.0 and x.type.is_float and (first or symbol == "+"):
        pattern, bound = _WITH_ONE.get(symbol, ""), _BINDS.get(symbol, _ATOM)
    elif value in (2.0, 3.0) and not first and symbol == "**":
        pattern = "square_{}" if value == 2.0 else "cube_{}"
    elif symbol in _WITH_COUNT and value in _COUNTED and not x.type.is_float and (not first):
        return (text and _WITH_COUNT[symbol][value < 0].format(text, abs(value))), _SUM
    else:
        return "", _ATOM
    return (pattern.format(text) if text and binds < _SUM else ""), bound


def is_scale(x: Instr, first: Instr) -> bool:
    """True of a factor of a larger array."""
    others = [o for o in first.operands if o is not x and not o.is_constant]
    return first.op.symbol == "*" and len(others) == 1 and x.type.shape != first.type.shape


def divides(x: Instr, first: Instr, user: Mapping[int, Instr]) -> bool:
    """True if the first reader of a value divides by it, or by its square."""
    if all(o is x for o in first.operands) and len(first.operands) == 2:
        x, first = first, user.get(id(first), first)
    return first.op.symbol == "/" and first.operands[1] is x and first.operands[0] is not x


def is_slope(x: Instr) -> bool:
    """True of a quotient, or of 1 - y*y and its like: most derivatives have such a form."""
    if "adds" in x.op.traits:
        return x.op.symbol == "-" and x.operands[0].is_constant
    return x.op.symbol == "/"


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
