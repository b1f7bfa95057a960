"""The text form of the IR: complete, deterministic to the byte, and readable.

One instruction a line, its type after a colon and its origins as a comment::

    func @loss(param %w: f64[2], input %x: f64[N, 2]) {
      %z = matmul %x, %w : f64[N]                    // train.py:12
      return %z
    }

A value prints as its hint; a second value of the same hint as ``%hint.1``, and one without a hint
as a number, so that hints survive printing and parsing.
"""

from __future__ import annotations

from collections.abc import Sequence

from symgrad.ir.function import Function, Instr, literal

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
