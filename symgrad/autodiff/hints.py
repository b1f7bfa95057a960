"""Names that derivatives will want, given before differentiation.

The operand of the activation that made ``losses`` becomes ``pre_losses``, that of ``h1`` becomes
``z1``; an activation of ``x @ w + b`` that nobody named is a hidden layer, ``h1``, ``h2``; a
difference that is squared is an error; and the loss is called ``loss`` if nobody named it.  The
values of a softmax are weights.  Values that share a name are told apart here, so that each
cotangent ``d_v`` bears the name of its own ``v``: ``h1_1`` of four examples becomes ``h1_1a`` to
``h1_1d``, and what is computed from example b is lettered b.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import is_

from symgrad.ir.function import Function, Instr, Role, all_values
from symgrad.ir.naming import before, is_inside, lettered, letters, numbered
from symgrad.ir.rebuild import rebuild


def name_operands(function: Function, wanted: bool = False) -> Function:
    """The same function with the names above; ``wanted`` tells that it has those which values want,
    whose operands want no further ones."""
    named = told_apart(function, own_names(function) if wanted else wanted_names(function))
    return renamed(function, named, parts_played(function, named))


def with_wanted_names(function: Function) -> Function:
    """The same function with the names that values want, several of which may be one name: equal
    values may become one before they are told apart."""
    wanted = wanted_names(function)

    def change(x: Instr, operands: tuple[Instr, ...]) -> Instr:
        hint = wanted.get(id(x), x.hint)
        same = hint == x.hint and all(map(is_, operands, x.operands))
        return x if same else x.replace(operands, hint)

    return rebuild(function, change)


def own_names(function: Function) -> dict[int, str]:
    """The names that are given."""
    return {id(x): x.hint for x in function.body if x.hint and not x.is_constant}


def wanted_names(function: Function) -> dict[int, str]:
    """The names that are given, and those that a value's part asks for."""
    wanted = own_names(function)
    loss = function.results[0]
    if not (loss.is_parameter or loss.is_constant):
        wanted.setdefault(id(loss), "loss")
    for y in function.body:
        for x, name in role_names(y, wanted.get(id(y), "")):
            if not (x.hint or x.is_constant or x.is_parameter):
                wanted.setdefault(id(x), name)
    return wanted


def parts_played(function: Function, named: Mapping[int, str]) -> dict[int, str]:
    """Names for values that get no hint, should they need a line: that of the user's function that
    returns them; what a named sum adds up is its terms; and a softmax makes weights."""
    found: dict[int, str] = {}
    for y in function.body:
        name = named.get(id(y), "")
        if name and "contracts" in y.op.traits and "loss" not in name and len(y.operands) == 1:
            (x,) = y.operands
            if not (x.is_parameter or x.is_constant or id(x) in named):
                found.setdefault(id(x), f"{name}_terms")
        elif y.operands and normalised(y) is y.operands[0]:
            found[id(y)] = "log_weights"
        elif softmax_of(y) is not None and found.get(id(y.operands[0])) == "log_weights":
            found[id(y)] = "weights"
    return {**found, **returned(function, named)}


def returned(function: Function, named: Mapping[int, str]) -> dict[int, str]:
    """The names of functions for what they return; ``f_x`` for what one takes as its ``x``."""
    taken = {*named.values()} | {p.hint for p in function.parameters}
    known: dict[int, str] = {}
    found: dict[int, str] = {}
    for y in function.body:
        key = id(y.origins)
        if key not in known:
            known[key] = y.origins[0].function if len(y.origins) == 1 else ""
        if known[key].endswith(")"):
            found[id(y)] = known[key][:-1].replace("(", "_")
        elif known[key] and known[key] not in taken and y.type.is_float:
            found[id(y)] = known[key]
            for x in y.operands:  # a call that makes several values returns the last
                if x.origins == y.origins:
                    found.pop(id(x), None)
    return found


def role_names(y: Instr, name: str) -> list[tuple[Instr, str]]:
    """The names of the operands of ``y`` for the part they play."""
    if not y.operands:
        return []
    x = y.operands[0]
    if x.op.name == "subtract" and is_square_or_distance(y):
        called = difference_called(x)
        return [(x, called)] if called else []
    if y.op.name == "logsumexp":
        return [(x, "logits")]
    if not name and is_hidden_layer(y):
        return [(y, "h"), (x, "z")]
    if name and y.op.partials is not None and len(y.operands) == 1:
        is_log = softmax_of(y)  # no text has that in a line
        return [(x, f"log_{name}" if is_log else before(name))]
    return []


def difference_called(x: Instr) -> str:
    """A name for a difference that is squared: an error, unless it is one from a number, as 1 - p
    is, from the mean of its own elements, or of elements of one value."""
    a, b = map(shown, x.operands)
    if "reduces" in b.op.traits and b.operands[0] is x.operands[0]:
        return "centred"
    if a.is_constant and not x.operands[0].type.rank:
        return ""
    if a is b:
        return "diffs" if x.type.rank else "diff"
    return "errors" if x.type.rank else "err"


def shown(x: Instr) -> Instr:
    """The value of which a view shows elements."""
    while "view" in x.op.traits and not {"reduces", "contracts"} & {*x.op.traits}:
        x = x.operands[0]
    return x


def normalised(x: Instr) -> Instr | None:
    """The y of u - logsumexp(y), which is the logarithm of a softmax where u is y."""
    if x.op.name != "subtract":
        return None
    lse = x.operands[1]
    while lse.op.name == "reshape":
        (lse,) = lse.operands
    return lse.operands[0] if lse.op.name == "logsumexp" else None


def softmax_of(y: Instr) -> Instr | None:
    """The x of exp(u - logsumexp(x))."""
    return normalised(y.operands[0]) if y.op.name == "exp" else None


def is_hidden_layer(y: Instr) -> bool:
    """An activation of x @ w + b."""
    if "activation" not in y.op.traits or not y.type.rank:
        return False
    (x,) = y.operands
    if x.hint and not is_inside(x.hint, "h"):  # such as logits, which a loss may be made of
        return False
    return x.op.name == "matmul" or (
        x.op.name == "add" and any(o.op.name == "matmul" for o in x.operands)
    )


def is_square_or_distance(y: Instr) -> bool:
    if y.op.name == "power":
        return y.operands[1].is_constant and y.operands[1]["value"] == 2
    if y.op.name == "multiply":
        return y.operands[0] is y.operands[1]
    return y.op.name in ("square", "absolute")


def told_apart(function: Function, wanted: Mapping[int, str]) -> dict[int, str]:
    """Distinct names: letters for values side by side, numbers for values made from each other."""
    groups: dict[str, list[Instr]] = {}
    for x in function.body:
        if id(x) in wanted:
            groups.setdefault(wanted[id(x)], []).append(x)
    taken = {p.hint for p in function.parameters} | set(groups)
    result = {id(xs[0]): name for name, xs in groups.items() if len(xs) == 1}
    several = {name: xs for name, xs in groups.items() if len(xs) > 1}
    chains = chained(function, several)
    for name in chains:
        members = several[name]
        whole = members[-1] is function.results[0]  # the loss keeps the name that the user knows
        names = numbers(name, len(members) - whole, taken) + [name] * whole
        result.update(zip(map(id, members), names, strict=True))
    beside = {name: xs for name, xs in several.items() if name not in chains}
    for name, own in by_part(function, beside).items():
        named = [lettered(name, letter) for letter in own]
        if all(x.op.name == "view" for x in beside[name]):  # blocks of a vector, by their places
            beside[name].sort(key=lambda x: int(x["offset"]))
            named = numbers(name, len(named), taken)
        elif taken.intersection(named):
            named = numbers(name, len(named), taken)
        taken.update(named)
        result.update(zip(map(id, beside[name]), named, strict=True))
    clashes = {p.hint for p in function.parameters}
    for key, name in result.items():
        if name in clashes:
            (result[key],) = numbers(name, 1, taken)
    return result


def numbers(name: str, count: int, taken: set[str]) -> list[str]:
    """The first free numbered names."""
    names: list[str] = []
    number = 1
    while len(names) < count:
        if numbered(name, number) not in taken:
            names.append(numbered(name, number))
        number += 1
    taken.update(names)
    return names


def chained(function: Function, groups: Mapping[str, list[Instr]]) -> set[str]:
    """The names of groups in which each member is computed from the one before."""
    if not groups:
        return set()
    bits = {id(x): 1 << i for i, xs in enumerate(groups.values()) for x in xs}
    reached: dict[int, int] = {}
    loose = 0  # groups with a member, after the first, that reads no other
    seen = 0
    for x in function.body:
        mask = 0
        for o in x.operands:
            mask |= reached.get(id(o), 0)
        bit = bits.get(id(x), 0)
        if bit & seen & ~mask:
            loose |= bit
        seen |= bit
        if mask | bit:
            reached[id(x)] = mask | bit
    return {name for i, name in enumerate(groups) if not loose >> i & 1}


def by_part(function: Function, groups: Mapping[str, list[Instr]]) -> dict[str, list[str]]:
    """A letter for each member of each group: that of the one part it is computed from, if any.

    A member that reads several parts, or none, takes its group's next free letter.
    """
    if not groups:
        return {}
    pools = {name: dict.fromkeys(letters(len(xs))) for name, xs in groups.items()}
    rest = {name: iter(letters(len(xs))) for name, xs in groups.items()}
    home = {id(x): name for name, xs in groups.items() for x in xs}
    chosen: dict[str, list[str]] = {name: [] for name in groups}
    nothing = frozenset[str]()

    def parts(x: Instr, operands: Sequence[frozenset[str]]) -> frozenset[str]:
        """The letters of the parts that a value is computed from, no more than two of them."""
        found = set(filter(None, operands))
        part = next(iter(found)) if len(found) == 1 else nothing.union(*found)
        if id(x) in home:
            pool = pools[home[id(x)]]
            letter = next(iter(part)) if len(part) == 1 else ""
            if letter not in pool:
                letter = next(free for free in rest[home[id(x)]] if free in pool)
            del pool[letter]
            chosen[home[id(x)]].append(letter)
            part = part or frozenset([letter])
        return part if len(part) <= 2 else frozenset(sorted(part)[:2])

    all_values(function, parts, [nothing] * len(function.parameters))
    return chosen


def renamed(function: Function, wanted: Mapping[int, str], parts: Mapping[int, str]) -> Function:
    """The function with the given hints, and with roles for values that have none."""
    owners = owners_of(function, {**parts, **wanted})

    def change(x: Instr, operands: tuple[Instr, ...]) -> Instr:
        key = id(x)
        hint = wanted.get(key, x.hint)
        if not (hint or x.role or x.is_constant) and x.type.is_float:
            role = Role(x, parts.get(key, ""), None, operands, owners.get(key, ""))
            return x.replace(operands, hint, role=role)
        same = hint == x.hint and all(map(is_, operands, x.operands))
        return x if same else x.replace(operands, hint)

    return rebuild(function, change)


def owners_of(function: Function, named: Mapping[int, str]) -> dict[int, str]:
    """The named value that each value is a part of, through its first readers; none for what leads
    to the loss alone."""
    owners: dict[int, str] = {}
    for y in reversed(function.body):
        own = named.get(id(y)) or owners.get(id(y), "")
        if y is function.results[0]:
            own = ""
        for x in y.operands:
            owners[id(x)] = own
    return owners
