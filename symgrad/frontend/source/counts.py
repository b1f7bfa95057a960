"""Numbers of a program that depend on the number of examples, found in the user's file.

``sum(losses) * (1.0 / len(losses))`` leaves the number 0.25 in the program, and its line shows that
it is 1 over the number of examples.

>>> tree = ast.parse("total * (1.0 / len(losses))", mode="eval")
>>> counted(tree, 4, {})
({0.25: ('divide', (1.0, 'N')), 4.0: 'N'}, set())
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, NamedTuple

from symgrad.frontend.source.origin import PATHS
from symgrad.frontend.source.statements import statement, value_of
from symgrad.ir.function import Origins
from symgrad.ops.float_algebra import value

Form = Any  # a number, "N", or an op with its operands

_OPS: dict[type, str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
}


class Counted(NamedTuple):
    """The value of an expression, and its form in terms of the count."""

    value: float
    form: Form


def form_of(value: float, origins: Origins, count: int, variables: Mapping[str, Any]) -> Form:
    """The form of a number in terms of the count, or None if it does not depend on it.

    Raises LookupError, with the line, if the file does not show it.
    """
    for origin in origins:
        path = PATHS[origin.file]
        tree = statement(path, origin.line)
        if tree is None:
            continue
        forms, written = counted(tree, count, variables, path)
        if value in forms and value not in written:
            return forms[value]
        if value in forms or (value in (count, 1.0 / count) and value not in written):
            raise LookupError(f"{value!r} may depend on the number of examples, {origin}")
    return None


def is_length(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"


def counted(
    tree: ast.AST, count: int, variables: Mapping[str, Any], path: str = ""
) -> tuple[dict[float, Form], set[float]]:
    """The forms of a statement's numbers that depend on the count, and its other numbers."""
    found: dict[float, Form] = {}
    written: set[float] = set()
    stack: list[tuple[ast.AST, bool]] = [(tree, False)]
    while stack:
        node, within = stack.pop()
        made = _evaluated(node, count, variables, path)
        if made is not None and not isinstance(made.form, float):
            found.setdefault(float(made.value), made.form)
            within = True
        elif made is not None and not within:
            written.add(float(made.value))
        stack += [(n, within) for n in reversed(list(ast.iter_child_nodes(node)))]
    return found, written


def _evaluated(
    node: ast.AST, count: int, variables: Mapping[str, Any], path: str
) -> Counted | None:
    """An expression of numbers and the count."""
    if isinstance(node, ast.Constant):
        if not isinstance(node.value, int | float) or isinstance(node.value, bool):
            return None
        return Counted(node.value, float(node.value))
    if is_length(node):
        assert isinstance(node, ast.Call)
        return Counted(count, "N") if _is_count(node, count, variables) else None
    if isinstance(node, ast.Name):
        known = variables.get(node.id, count)
        assigned = value_of(path, node.id) if type(known) is int and known == count else None
        if assigned is not None and is_length(assigned):
            return _evaluated(assigned, count, variables, path)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPS:
        left = _evaluated(node.left, count, variables, path)
        right = _evaluated(node.right, count, variables, path)
        if left is None or right is None or (isinstance(node.op, ast.Div) and not right.value):
            return None
        name = _OPS[type(node.op)]
        number = value(name)(left.value, right.value)
        plain = isinstance(left.form, float) and isinstance(right.form, float)
        return Counted(number, float(number) if plain else (name, (left.form, right.form)))
    return None


def _is_count(call: ast.Call, count: int, variables: Mapping[str, Any]) -> bool:
    """True if ``len(name)`` is the number of examples, or the variable is unknown."""
    if len(call.args) != 1 or not isinstance(call.args[0], ast.Name):
        return False
    value = variables.get(call.args[0].id)
    try:  # the user's own line asked for the same length
        return value is None or len(value) == count
    except Exception:
        return False
