r"""Finds the line of a text that assigns a component of the result.

>>> text = "def f(w, b):\n    d_w = w * b\n    d_b = 1.0\n    return w, (d_w, d_b)\n"
>>> line_of(text, "d_w[1]")
(2, 'd_w = w * b')
>>> line_of(text, "d_w[1, 0]")
(2, 'd_w = w * b')
"""

from __future__ import annotations

import ast
import re

_PLACE = re.compile(r"d_(?P<name>\w+)(\[(?P<index>\d+)(, \d+)*\])?\Z")


def line_of(text: str, component: str) -> tuple[int, str]:
    """The number and text of the line that assigns a component last; (0, "") if it is not found.

    ``d_theta[3]`` is the fourth entry of the vector, by name where the text returns a tuple.
    """
    found = _PLACE.match(component)
    try:
        functions = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)]
    except (SyntaxError, ValueError):
        return 0, ""
    if not functions or not (found or component == "the value"):
        return 0, ""
    function = functions[-1]
    last = function.body[-1]
    if not isinstance(last, ast.Return) or not isinstance(last.value, ast.Tuple):
        return 0, ""
    value, grads = last.value.elts[0], last.value.elts[-1]
    target: ast.AST = value
    if found:
        names = [a.arg for a in function.args.args]
        parts = grads.elts if isinstance(grads, ast.Tuple) else [grads]
        place = _place(found, names, parts)
        target = parts[place] if place < len(parts) else grads
    name = next((n.id for n in ast.walk(target) if isinstance(n, ast.Name) and n.id != "float"), "")
    line = _assigned(function, name) or last.lineno
    return line, text.splitlines()[line - 1].strip()


def _place(found: re.Match[str], names: list[str], parts: list[ast.expr]) -> int:
    """The part of the gradients by the argument's name, or by the entry of the one vector."""
    wanted = f"d_{found['name']}"
    for i, part in enumerate(parts):
        if any(isinstance(n, ast.Name) and n.id == wanted for n in ast.walk(part)):
            return i
    if len(names) == 1 or found["name"] == "theta":
        return int(found["index"] or 0)
    return names.index(found["name"]) if found["name"] in names else 0


def _assigned(function: ast.FunctionDef, name: str) -> int:
    lines = [
        node.lineno
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
    ]
    return max(lines, default=0)
