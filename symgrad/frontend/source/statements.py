"""The user's statements: assignments to names, and the values that the names take.

The file tells which statements there are.  Names only help readers, so a file that cannot be read
or parsed raises no error: it has no statements.

The bytecode tells which value a variable takes: of ``y = g(w * 2.0)`` that is what ``g`` returns
and not the product, and of ``c, s = cos(x), sin(x)`` each has its own.  The stack is followed from
the instruction that made a value to the store, past conditions, in which every branch makes one.

>>> def rotated(x):
...     c, s = abs(x), abs(-x); t = c*s if x else c + s
...     return t
>>> sorted(stored(rotated.__code__, x.offset).name for x in dis.get_instructions(rotated.__code__)
...        if x.opname.startswith("BINARY"))
['t', 't']
"""

from __future__ import annotations

import ast
import dis
import linecache
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from types import CodeType
from typing import Any, NamedTuple

MODULES = ("sg", "symgrad", "np", "numpy", "math")  # as they are called for the most part

Site = tuple[CodeType, int]  # a code object and the offset of the instruction that runs in it

_MAKES = (ast.BinOp, ast.UnaryOp, ast.Call, ast.Subscript, ast.Attribute)
_CHOOSES = (ast.IfExp, ast.BoolOp, ast.Lambda, ast.NamedExpr, ast.comprehension)
_SEEN = (ast.Assign, ast.AnnAssign, ast.For, ast.ListComp, ast.GeneratorExp)


@dataclass(frozen=True)
class Assignment:
    """An assignment to a name; ``repeats`` if it is in a loop, ``alone`` if it is the only one on
    its lines."""

    path: str
    line: int
    name: str
    repeats: bool
    alone: bool = True
    value: ast.AST | None = field(default=None, compare=False)

    @cached_property
    def plain(self) -> bool:
        """True if the name takes all that the statement's own operators and calls make, for it
        makes nothing for the user's functions and chooses nothing."""
        assert self.value is not None
        return self.alone and all(map(_is_plain, ast.walk(self.value)))

    @property
    def calls(self) -> bool:
        """True if the name takes what a call returns."""
        return self.plain and isinstance(self.value, ast.Call)

    @property
    def lists(self) -> bool:
        """True if the name takes the list of a comprehension, or of several within each other."""
        node, inner = self.value, 0
        while isinstance(node, ast.ListComp):
            node, inner = node.elt, inner + 1
        found = [n for n in ast.walk(self.value or ast.Pass()) if isinstance(n, ast.ListComp)]
        return self.alone and inner == len(found) > 0


# What takes expressions and gives none: a variable that takes the result is no name for them.
_COMPILES = frozenset({"check_gradient", "compile", "draw_dot", "function", "to_sympy"})


def _is_plain(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if isinstance(owner, ast.Name) and owner.id in MODULES:
            return node.func.attr not in _COMPILES  # type: ignore[attr-defined]
        given = [*node.args, *[k.value for k in node.keywords]]
        return not any(isinstance(n, _MAKES) for argument in given for n in ast.walk(argument))
    return not isinstance(node, _CHOOSES)


@lru_cache(maxsize=64)
def tree_of(path: str) -> ast.Module:
    """The file's syntax tree; an empty one where it cannot be read."""
    try:
        return ast.parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])  # no Python file, such as a notebook's


@lru_cache(maxsize=64)
def nodes(path: str) -> list[tuple[ast.AST, bool]]:
    """Assignments, loops and comprehensions in their order, each with True if it is in a loop."""
    found: list[tuple[ast.AST, bool]] = []
    stack: list[tuple[Any, bool]] = [(tree_of(path), False)]
    while stack:
        node, looped = stack.pop()
        kind = type(node)
        if kind in _SEEN:
            found.append((node, looped))
        looped = looped or kind in (ast.For, ast.While)
        below: list[Any] = []
        for part in kind._fields:
            inner = getattr(node, part, None)
            below += inner if type(inner) is list else [inner]
        stack += [(n, looped) for n in reversed(below) if isinstance(n, ast.AST)]
    return found


@lru_cache(maxsize=64)
def assignments(path: str) -> dict[int, list[Assignment]]:
    """The assignments to names, by each of their lines."""
    naming = [(node, looped) for node, looped in nodes(path) if _targets(node)]
    every: dict[int, ast.AST] = {id(node): node for node in _statements(path).values()}
    every.update((id(node), node) for node, _ in naming)
    on_line = Counter(line for node in every.values() for line in _span(node))
    lines: dict[int, list[Assignment]] = {}
    for node, looped in naming:
        span = _span(node)
        alone = bool(_assigned(node)) and all(on_line[line] == 1 for line in span)
        value: ast.AST | None = getattr(node, "value", None)
        made = [Assignment(path, span[0], name, looped, alone, value) for name in _targets(node)]
        for line in span:
            lines.setdefault(line, []).extend(made)
    return lines


def _span(node: ast.AST) -> range:
    """The lines of a statement."""
    assert isinstance(node, ast.stmt)
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _targets(node: ast.AST) -> list[str]:
    """The names that a statement assigns, those of a tuple one by one; no name with ``_`` first."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    if not targets or isinstance(node.value, ast.Lambda):  # type: ignore[attr-defined]
        return []
    parts = [p for t in targets for p in (t.elts if isinstance(t, ast.Tuple | ast.List) else [t])]
    return [p.id for p in parts if isinstance(p, ast.Name) and not p.id.startswith("_")]


def statement(path: str, line: int) -> ast.stmt | None:
    """The simple statement on a line."""
    return _statements(path).get(line)


@lru_cache(maxsize=64)
def _statements(path: str) -> dict[int, ast.stmt]:
    simple = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr)
    lines: dict[int, ast.stmt] = {}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, simple):
            span = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            lines.update(dict.fromkeys(span, node))
    return lines


def is_return(path: str, line: int) -> bool:
    """True if the line is part of a statement that returns a value, or of a lambda."""
    node = statement(path, line)
    return isinstance(node, ast.Return) or any(
        isinstance(n, ast.Lambda) for n in ast.walk(node or ast.Pass())
    )


@lru_cache(maxsize=256)
def parameters(path: str, name: str) -> list[str]:
    """The parameters of a file's function, if it has one of that name."""
    found = [
        n for n in ast.walk(tree_of(path)) if isinstance(n, ast.FunctionDef) and n.name == name
    ]
    return [a.arg for a in found[0].args.args] if len(found) == 1 else []


def value_of(path: str, name: str) -> ast.expr | None:
    """The expression that a file assigns to a name, if there is one such assignment."""
    found = [a for a in _statements(path).values() if _assigned(a) == name]
    distinct = list(dict.fromkeys(found))
    return getattr(distinct[0], "value", None) if len(distinct) == 1 else None


def _assigned(node: ast.AST) -> str:
    """The name that a statement gives to a value, or nothing."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target: ast.expr = node.targets[0]
    elif isinstance(node, ast.AnnAssign):
        target = node.target
    else:
        return ""
    plain = isinstance(target, ast.Name) and not isinstance(node.value, ast.Lambda)
    return target.id if plain and isinstance(target, ast.Name) else ""


RETURNED = "return"  # in place of a variable, for what is returned

_SILENT = frozenset({"NOP", "RESUME", "CACHE", "EXTENDED_ARG", "KW_NAMES", "PUSH_EXC_INFO"})
_LOADS = frozenset({"LOAD_FAST", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF"})
_CALLS = frozenset({"PRECALL", "CALL", "CALL_FUNCTION"})
_TURNS = {"ROT_TWO": 2, "ROT_THREE": 3, "ROT_FOUR": 4}
_PLACES = frozenset({"SUBSCR", "ATTR", "SLICE", "ANNOTATION"})  # a store in no variable
_TAKE = ("POP_", "DELETE_", "PRECALL", "STORE_", "END_FOR", "LIST_", "SET_", "MAP_", "DICT_")
_ENDS = frozenset({"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"})


class Taken(NamedTuple):
    """The variable that takes a value, or ``RETURNED``; ``part`` is the value's place in a tuple
    that is returned, and ``parts`` are the variables that take the parts of the value; ``call`` is
    the function that takes it as an argument, and the argument's place or name."""

    name: str = ""
    part: int | None = None
    parts: tuple[str, ...] = ()
    call: tuple[str, int | str] | None = None


Made = frozenset[tuple[int, Any]]  # offsets of instructions that may have made a value, and which
# part of a tuple that they made it is, or None for the whole; or -1, and the name of a variable
Item = Any  # of the stack: ``Made``, or a list of items for what is built of parts

_NONE: Made = frozenset()


def stored(code: CodeType, offset: int) -> Taken:
    """The place of the value which is made at an offset.  During a call the offset may be any
    within its instruction."""
    offsets, found = _by_offset(code)
    return found.get(offsets[max(bisect_right(offsets, offset) - 1, 0)], Taken())


@lru_cache(maxsize=256)
def _by_offset(code: CodeType) -> tuple[list[int], dict[int, Taken]]:
    instructions = list(dis.get_instructions(code))
    return [x.offset for x in instructions], _Stack().places(instructions)


class _Stack:
    """What stands on the stack, and what became of it: instruction by instruction, once.

    A jump forward takes the stack to its target, where it meets the other way; one back adds
    nothing new.
    """

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.waiting: dict[int, list[Item]] = {}
        self.running = True
        self.found: dict[int, Taken] = {}
        self.parts: dict[int, dict[int, str]] = {}
        self.keywords: tuple[str, ...] = ()
        self.split = False  # a call of two instructions, as CPython 3.11 has it

    def places(self, instructions: Sequence[dis.Instruction]) -> dict[int, Taken]:
        for x in instructions:
            if not self.running or x.offset in self.waiting:
                self.meet(self.waiting.pop(x.offset, []))
            if x.opcode in dis.hasjrel or x.opcode in dis.hasjabs:
                self.jump(x)
            elif x.opname.startswith("STORE_") and x.opname.partition("_")[2] not in _PLACES:
                self.store(x)
            elif x.opname in _ENDS:
                self.keep(self.pop() if x.opname == "RETURN_VALUE" else _NONE, RETURNED)
                self.running = False
            elif x.opname == "KW_NAMES":
                self.keywords = x.argval if isinstance(x.argval, tuple) else ()
            elif x.opname not in _SILENT:
                self.run(x)
        for offset, names in self.parts.items():
            parts = tuple(names.get(i, "") for i in range(max(names) + 1))
            self.found[offset] = self.found.get(offset, Taken())._replace(parts=parts)
        return self.found

    def pop(self) -> Item:
        return self.items.pop() if self.items else _NONE

    def take(self, count: int) -> list[Item]:
        return [self.pop() for _ in range(count)][::-1]

    def meet(self, other: list[Item]) -> None:
        """Goes on from a jump, or from it and the instruction before alike."""
        if self.running and len(other) == len(self.items):
            other = [_either(a, b) for a, b in zip(self.items, other, strict=True)]
        elif self.running:
            other = []
        self.items, self.running = other, True

    def jump(self, x: dis.Instruction) -> None:
        here = [*self.items]
        self.change(dis.stack_effect(x.opcode, x.arg, jump=True))
        if x.argval > x.offset:
            after, self.items = self.items, self.waiting.get(x.argval, [])
            self.running = x.argval in self.waiting
            self.meet(after)
            self.waiting[x.argval] = self.items
        self.items, self.running = here, True
        if x.opname.startswith("JUMP_") and "_IF_" not in x.opname:
            self.running = False
        else:
            self.change(dis.stack_effect(x.opcode, x.arg, jump=False))

    def change(self, by: int) -> None:
        self.take(-by)
        self.items += [_NONE] * by

    def keep(self, item: Item, name: str, part: int | None = None) -> None:
        """Tells what an item is made of that a variable takes it, or a reader of a tuple."""
        if isinstance(item, list):
            for i, inner in enumerate(item):
                self.keep(inner, name, i if part is None and name == RETURNED else part)
            return
        for offset, own in item:
            if offset < 0:
                continue
            if own is None:
                self.found.setdefault(offset, Taken(name, part))
            else:
                self.parts.setdefault(offset, {}).setdefault(own, name)

    def store(self, x: dis.Instruction) -> None:
        """One store, or two in one instruction as CPython 3.13 has them, or a store and a load."""
        names = list(x.argval) if isinstance(x.argval, tuple) else [x.argval]
        loads = x.opname == "STORE_FAST_LOAD_FAST"
        for name in names[:1] if loads else names:
            self.keep(self.pop(), name)
        if loads:
            self.items.append(_NONE)

    def give(self, count: int) -> None:
        """Tells which function takes the values on top as its arguments."""
        callee = self.items[-count - 1] if 0 < count < len(self.items) else _NONE
        names = [own for at, own in callee if at < 0] if isinstance(callee, frozenset) else []
        plain = count - len(self.keywords)
        for i, item in enumerate(self.items[-count:] if len(names) == 1 else ()):
            place = i if i < plain else self.keywords[i - plain]
            for offset, own in item if isinstance(item, frozenset) else ():
                if own is None:
                    self.found.setdefault(offset, Taken(call=(names[0], place)))
        self.keywords = ()

    def run(self, x: dis.Instruction) -> None:
        """An instruction that neither jumps nor stores."""
        items, argument = self.items, x.arg or 0
        if x.opname in _CALLS:
            if not self.split:
                self.give(argument)
            self.split = x.opname == "PRECALL"
        if x.opname in _LOADS:
            by = dis.stack_effect(x.opcode, x.arg, jump=False)
            items += [frozenset([(-1, x.argval)])] * by
        elif x.opname in _TURNS or x.opname == "ROT_N":  # the top goes below the next ones
            place = len(items) - _TURNS.get(x.opname, argument)
            items.insert(max(place, 0), self.pop())
        elif x.opname == "SWAP":
            if len(items) >= argument:
                items[-1], items[-argument] = items[-argument], items[-1]
        elif x.opname in ("COPY", "DUP_TOP"):
            depth = argument if x.opname == "COPY" else 1
            items.append(items[-depth] if len(items) >= depth else _NONE)
        elif x.opname in ("BUILD_TUPLE", "BUILD_LIST"):
            items.append(self.take(argument))
        elif x.opname == "LIST_APPEND":
            made = self.pop()
            if len(items) >= argument and isinstance(items[-argument], list):
                items[-argument].append(made)
        elif x.opname == "UNPACK_SEQUENCE":
            items += reversed(_parts(self.pop(), argument))
        else:
            self.compute(x)

    def compute(self, x: dis.Instruction) -> None:
        """An instruction that pops its operands and pushes what it makes."""
        by = dis.stack_effect(x.opcode, x.arg, jump=False)
        if by > 0 or (x.opname.startswith(_TAKE) and x.opname != "LIST_TO_TUPLE"):
            self.change(by)
        else:
            self.take(1 - by)
            self.items.append(frozenset([(x.offset, None)]))


def _either(a: Item, b: Item) -> Item:
    """What stands in one place of the stack behind both of two ways."""
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return a if a is b else [_either(p, q) for p, q in zip(a, b, strict=True)]
    return _NONE if isinstance(a, list) or isinstance(b, list) else a | b


def _parts(whole: Item, count: int) -> list[Item]:
    """The parts into which a tuple is unpacked."""
    if isinstance(whole, list):
        return whole if len(whole) == count else [_NONE] * count
    return [frozenset((at, i) for at, own in whole if own is None) for i in range(count)]
