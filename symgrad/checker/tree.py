r"""What the tree of a text becomes before it runs on numbers that are not floats.

>>> text = "def f(x):\n    return x / 3 if x < 0.5 else x\n"
>>> print(ast.unparse(made_exact(ast.parse(text))).splitlines()[1].strip())
return __exact__(x) / 3 if __compare__('lt', x, __exact__(0.5)) else x
"""

from __future__ import annotations

import ast
from typing import Any

_COMPARISONS = {
    "Eq": "eq",
    "In": "in",
    "Is": "is",
    "IsNot": "is not",
    "NotIn": "not in",
    "Gt": "gt",
    "GtE": "ge",
    "Lt": "lt",
    "LtE": "le",
    "NotEq": "ne",
}


def made_exact(tree: ast.Module) -> ast.Module:
    """Wraps each float literal of a function, and what a / divides, in ``__exact__``; each literal
    of the module in ``__fraction__``; comparisons in ``__compare__``."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for f in functions:
        _tell(f)
    _wrap([statement for f in functions for statement in f.body], "__exact__")
    _wrap([node for node in tree.body if isinstance(node, ast.Assign)], "__fraction__")
    return tree


def _wrap(statements: list[Any], name: str) -> None:
    stack: list[ast.AST] = [*statements]
    while stack:
        node = stack.pop()
        for field in node._fields:
            value: Any = getattr(node, field, None)
            parts = value if isinstance(value, list) else [value]
            stack += [part for part in parts if isinstance(part, ast.AST)]
            divided = (
                field == "left" and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
            )
            if divided or any(map(_is_float, parts)):
                new = [_called(name, p) if divided or _is_float(p) else p for p in parts]
                setattr(node, field, new if isinstance(value, list) else new[0])


def _tell(f: ast.FunctionDef) -> None:
    """Calls in place of comparisons, but for those that decide about an exception alone."""
    nodes = [*ast.walk(f)]
    guards = [n.test for n in nodes if isinstance(n, ast.If) and _raises(n)]
    exempt = {id(n) for test in guards for n in ast.walk(test)}
    for node in reversed(nodes):  # what is inside first
        for field in node._fields:
            value: Any = getattr(node, field, None)
            if isinstance(value, list):
                value[:] = [p if id(p) in exempt else _call_of(p) for p in value]
            elif id(value) not in exempt:
                setattr(node, field, _call_of(value))


def _raises(node: ast.If) -> bool:
    return not node.orelse and all(isinstance(s, ast.Raise) for s in node.body)


def _call_of(node: Any) -> Any:
    if not isinstance(node, ast.Compare):
        return node
    names = ", ".join(_COMPARISONS[type(op).__name__] for op in node.ops)
    return _called("__compare__", ast.Constant(names), node.left, *node.comparators)


def _is_float(node: Any) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is float


def _called(name: str, *nodes: ast.expr) -> ast.expr:
    call = ast.copy_location(ast.Call(ast.Name(name, ast.Load()), [*nodes], []), nodes[-1])
    return ast.fix_missing_locations(call)
