"""The text form of the IR: complete, deterministic to the byte, readable, and read back.

One instruction a line, its type after a colon and its origins as a comment::

    func @loss(param %w: f64[2], input %x: f64[N, 2]) {
      %z = matmul %x, %w : f64[N]                    // train.py:12
      return %z
    }

A value prints as its hint; a second value of the same hint as ``%hint.1``, and one without a hint
as a number, so that hints survive printing and parsing.  ``parse(str(f), ops) == f`` for every
function whose hints are names and whose parameters carry no origins (the text has none for them).
The parser reads grammar and names; the verifier checks the types.

>>> print(parse("func @f(input %x: f64[N]) {\\n  return %x\\n}\\n", {}), end="")
func @f(input %x: f64[N]) {
  return %x
}
>>> print(excerpt(["a", "b"], 2))
     1 | a
  >  2 | b
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symgrad.errors import IRError, LimitError
from symgrad.ir.function import KINDS, Function, Instr, Origin, Origins, freeze, literal, parameter
from symgrad.ir.op import CONSTANT, Attribute, Op
from symgrad.ir.types import Type, parse_type

_COLUMN = 49


def value_names(values: Sequence[Instr]) -> dict[int, str]:
    """The printed name of each value, by ``id``."""
    names: dict[int, str] = {}
    seen: dict[str, int] = {}
    unnamed = 0
    for x in values:
        if not x.hint:
            names[id(x)] = f"%{unnamed}"
            unnamed += 1
            continue
        count = seen.get(x.hint, 0)
        seen[x.hint] = count + 1
        names[id(x)] = f"%{x.hint}.{count}" if count else f"%{x.hint}"
    return names


def attribute_text(value: object) -> str:
    """An attribute's value as the parser reads it."""
    if isinstance(value, tuple):
        return "(" + ", ".join(map(attribute_text, value)) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if value is None:
        return "none"
    return literal(value)


def instruction_text(x: Instr, names: dict[int, str]) -> str:
    """One line of a body, without indentation."""
    if x.is_constant:
        head = f"{names[id(x)]} = constant {literal(x['value'])} : {x.type}"
    else:
        operands = ", ".join(names.get(id(o), "%<undefined>") for o in x.operands)
        attributes = ", ".join(f"{k} = {attribute_text(v)}" for k, v in x.attributes)
        head = " ".join(
            part
            for part in (
                f"{names[id(x)]} = {x.op.name}",
                operands,
                f"{{{attributes}}}" if attributes else "",
                f": {x.type}",
            )
            if part
        )
    return with_origins(head, x)


def with_origins(head: str, x: Instr) -> str:
    if not x.origins:
        return head
    return f"{head:<{_COLUMN}}// {', '.join(map(str, x.origins))}"


def body_lines(function: Function) -> list[str]:
    """The printed body, a line an instruction."""
    names = value_names((*function.parameters, *function.body))
    return ["  " + instruction_text(x, names) for x in function.body]


def signature(function: Function) -> str:
    names = value_names((*function.parameters, *function.body))
    items = [f"{p['kind']} {names[id(p)]}: {p.type}" for p in function.parameters]
    return f"func @{function.name}({', '.join(items)}) {{"


def print_function(function: Function) -> str:
    """The text of a function; ``parse`` reads it back to an equal one."""
    names = value_names((*function.parameters, *function.body))
    results = ", ".join(names.get(id(r), "%<undefined>") for r in function.results)
    lines = [signature(function), *body_lines(function), f"  return {results}".rstrip(), "}"]
    return "\n".join(lines) + "\n"


MAX_CHARACTERS = 1 << 28
MAX_LINES = 1 << 22
MAX_NESTING = 64

_HEADER = re.compile(r"func @(\S+?)\(")
_VALUE = re.compile(r"%[^\s,:=(){}\[\]%]+")
_OP = re.compile(r"[A-Za-z_]\w*")
_TYPE = re.compile(r"[a-z0-9]+\[[^\]]*\]")
_ORIGIN = re.compile(r"(of )?(.+?):(\d+)(?:, |$)")
_SUFFIX = re.compile(r"(.+)\.\d+\Z")
_ATOM = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*")|(?P<word>true|false|none|nan\b)'
    r"|(?P<float>-?(?:inf\b|\d+\.\d*(?:e[+-]?\d+)?|\d+e[+-]?\d+))|(?P<int>-?\d+)"
)
_WORDS: dict[str, Attribute] = {"true": True, "false": False, "none": None, "nan": float("nan")}
_CLOSE = {"(": ")", "[": "]"}


def parse(text: str, ops: Mapping[str, Op]) -> Function:
    """The function that ``text`` describes; ``ops`` gives each op by its name.

    Raises IRError with the line and the lines around it, LimitError for text over the caps.
    """
    if len(text) > MAX_CHARACTERS:
        raise LimitError(f"{len(text)} characters of IR; symgrad.ir.text.MAX_CHARACTERS allows "
                         f"{MAX_CHARACTERS}")  # fmt: skip
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise LimitError(f"{len(lines)} lines of IR; symgrad.ir.text.MAX_LINES allows "
                         f"{MAX_LINES}")  # fmt: skip
    return _Parser(lines, ops).function()


class _Parser:
    """A position in the text, and the values defined before it."""

    def __init__(self, lines: list[str], ops: Mapping[str, Op]) -> None:
        self.lines = lines
        self.ops = ops
        self.row = 0
        self.at = 0
        self.line = lines[0]
        self.values: dict[str, Instr] = {}

    def function(self) -> Function:
        self.row = -1
        self.next_line()
        header = self.match(_HEADER, "a header 'func @name(...) {'")
        parameters = self.parameters()
        self.expect("{")
        self.end()
        body: list[Instr] = []
        self.next_line()
        while not self.accept("return"):
            body.append(self.instruction())
            self.next_line()
        results = self.operands()
        self.end()
        self.next_line()
        self.expect("}")
        self.end()
        for row in range(self.row + 1, len(self.lines)):
            if self.lines[row].strip():
                self.row = row
                raise self.fault("text after the closing brace; parse one function at a time")
        return Function(header.group(1), parameters, tuple(body), results)

    def parameters(self) -> tuple[Instr, ...]:
        found: list[Instr] = []
        while not self.accept(")"):
            if found:
                self.expect(",")
            kind = self.match(_OP, "a parameter 'kind %name: type'").group()
            if kind not in KINDS:
                raise self.fault(f"unknown kind {kind!r}; one of {', '.join(KINDS)}")
            name = self.match(_VALUE, "a parameter's name").group()
            self.expect(":")
            found.append(self.define(name, parameter(_hint(name), self.type(), kind)))
        return tuple(found)

    def instruction(self) -> Instr:
        name = self.match(_VALUE, "'%name = op ...' or 'return ...'").group()
        self.expect("=")
        op_name = self.match(_OP, "an op").group()
        operands: tuple[Instr, ...] = ()
        attributes: tuple[tuple[str, Attribute], ...]
        if op_name == "constant":
            value = self.literal()
            self.expect(":")
            type = self.type()
            op, attributes = CONSTANT, (("value", self.constant(value, type)),)
        else:
            if op_name not in self.ops or op_name == "parameter":
                raise self.fault(f"unknown op {op_name!r}; import the module that has it")
            op, operands, attributes = self.ops[op_name], self.operands(), self.attributes()
            self.expect(":")
            type = self.type()
        origins = self.origins()
        return self.define(name, Instr(op, operands, attributes, type, _hint(name), origins))

    def define(self, name: str, x: Instr) -> Instr:
        if name in self.values:
            raise self.fault(f"{name} is defined twice; give one of them another name")
        self.values[name] = x
        return x

    def operands(self) -> tuple[Instr, ...]:
        found: list[Instr] = []
        self.space()
        while not self.line.startswith(("{", ":", "//"), self.at) and self.at < len(self.line):
            if found:
                self.expect(",")
            name = self.match(_VALUE, "a value such as %x").group()
            if name not in self.values:
                raise self.fault(f"{name} is used but not defined above")
            found.append(self.values[name])
            self.space()
        return tuple(found)

    def attributes(self) -> tuple[tuple[str, Attribute], ...]:
        found: list[tuple[str, Attribute]] = []
        if not self.accept("{"):
            return ()
        while not self.accept("}"):
            if found:
                self.expect(",")
            key = self.match(_OP, "an attribute 'key = value'").group()
            self.expect("=")
            found.append((key, self.literal()))
        return tuple(found)

    def literal(self) -> Attribute:
        """A scalar, or nested tuples; read with a stack, so that depth is a stated cap."""
        stack: list[tuple[str, list[Any]]] = []
        while True:
            self.space()
            mark = self.line[self.at : self.at + 1]
            value: Any
            if mark and mark in "([":
                if len(stack) == MAX_NESTING:
                    raise self.fault(f"a literal nested deeper than {MAX_NESTING}")
                self.at += 1
                stack.append((_CLOSE[mark], []))
                if not self.accept(stack[-1][0]):
                    continue
                value = tuple(stack.pop()[1])
            else:
                value = self.atom()
            while stack:
                close, items = stack[-1]
                items.append(value)
                if self.accept(","):
                    if not self.accept(close):
                        break
                else:
                    self.expect(close)
                value = tuple(stack.pop()[1])
            else:
                return value

    def atom(self) -> Attribute:
        found = self.match(_ATOM, "a literal")
        text = found.group()
        if found.lastgroup == "string":
            return re.sub(r"\\(.)", r"\1", text[1:-1])
        if found.lastgroup == "word":
            return _WORDS[text]
        try:
            return float(text) if found.lastgroup == "float" else int(text)
        except ValueError as error:
            raise self.fault(f"not a number that fits: {error}") from error

    def constant(self, value: Any, type: Type) -> Any:
        # An empty literal does not show all of its dims, so it is compared with the one expected.
        try:
            given = np.zeros([int(d) for d in type.shape]) if 0 in type.shape else value
            frozen = freeze(given, type)
        except (ValueError, TypeError, OverflowError) as error:
            raise self.fault(f"the literal is not a {type}: {error}") from error
        if 0 in type.shape and frozen != value:
            raise self.fault(f"the literal is not a {type}: {value!r}")
        return frozen

    def type(self) -> Type:
        text = self.match(_TYPE, "a type such as f64[N, 3]").group()
        try:
            return parse_type(text)
        except ValueError as error:
            raise self.fault(str(error)) from error

    def origins(self) -> Origins:
        if not self.accept("//"):
            self.end()
            return ()
        self.space()
        text = self.line[self.at :].rstrip()
        found: list[Origin] = []
        at = 0
        while at < len(text):
            origin = _ORIGIN.match(text, at)
            if origin is None:
                raise self.fault("origins read '// file:line, of file:line'")
            found.append(Origin(origin.group(2), int(origin.group(3)), bool(origin.group(1))))
            at = origin.end()
        return tuple(found)

    def next_line(self) -> None:
        """Moves to the next line that is not blank."""
        self.row += 1
        while self.row < len(self.lines) and not self.lines[self.row].strip():
            self.row += 1
        if self.row >= len(self.lines):
            self.row = len(self.lines) - 1
            raise self.fault("the text ends here, before the function does; is it cut short?")
        self.line, self.at = self.lines[self.row], 0

    def space(self) -> None:
        line, at = self.line, self.at
        while at < len(line) and line[at].isspace():
            at += 1
        self.at = at

    def accept(self, mark: str) -> bool:
        self.space()
        if not self.line.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def expect(self, mark: str) -> None:
        if not self.accept(mark):
            raise self.fault(f"expected {mark!r}, got {self.rest()}")

    def match(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        self.space()
        found = pattern.match(self.line, self.at)
        if found is None:
            raise self.fault(f"expected {what}, got {self.rest()}")
        self.at = found.end()
        return found

    def end(self) -> None:
        self.space()
        if self.at < len(self.line):
            raise self.fault(f"expected the end of the line, got {self.rest()}")

    def rest(self) -> str:
        return repr(self.line[self.at : self.at + 20]) if self.line[self.at :] else "nothing"

    def fault(self, message: str) -> IRError:
        return IRError(f"line {self.row + 1}: {message}\n{excerpt(self.lines, self.row + 1)}")


def _hint(name: str) -> str:
    """The hint behind a printed name: none for a number, else the name without its count."""
    bare = name[1:]
    if bare.isdigit():
        return ""
    counted = _SUFFIX.match(bare)
    return counted.group(1) if counted else bare


_LINES = 10
_WIDTH = 160


def excerpt(lines: Sequence[str], fault: int) -> str:
    """At most ten numbered lines around line ``fault`` (counted from 1), which is marked."""
    first = max(1, min(fault - _LINES // 2, len(lines) - _LINES + 1))
    shown = []
    for number, line in enumerate(lines[first - 1 : first - 1 + _LINES], first):
        text = line if len(line) <= _WIDTH else line[:_WIDTH] + " ..."
        shown.append(f"  {'>' if number == fault else ' '} {number:>2} | {text}".rstrip())
    return "\n".join(shown)


Function.__str__ = print_function  # type: ignore[method-assign, assignment]
