r"""Rewrites the syntax tree of a text, so that it runs on numbers that are not floats.

>>> text = "def f(x):\n    return x / 3 + (x < 0.5)\n"
>>> print(ast.unparse(made_exact(ast.parse(text))).splitlines()[1].strip())
return __exact__(x) / 3 + __compare__('lt', x, __exact__(0.5))
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

_LEAVES = frozenset((ast.Name, ast.Constant, ast.Load, ast.Store))
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


def stated(text: str, atoms: Mapping[str, str]) -> str:
    """The text with formulas, below all, in place of some helpers; lines keep their numbers.  A
    helper that is not the known one to the letter stays."""
    found = {source: formula for source, formula in atoms.items() if source in text}
    for source in found:
        text = text.replace(source, "\n" * source.count("\n"))
    return "\n\n".join([text, *found.values()])


def made_exact(tree: ast.Module) -> ast.Module:
    """Wraps each float literal of a function, and what a / divides, in ``__exact__``; each literal
    of the module in ``__fraction__``; comparisons in ``__compare__``; ``@`` in ``__product__``;
    what may or may not run in ``__passed__``."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for f in functions:
        _tell(f)
        _mark(f)
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


def nodes(root: ast.AST) -> list[ast.AST]:
    """All below, and the root; ``ast.walk`` takes three times as long."""
    found = [root]
    for node in found:
        for field in node._fields if type(node) not in _LEAVES else ():
            below = getattr(node, field, None)
            if isinstance(below, ast.AST):
                found.append(below)
            elif isinstance(below, list):
                found += [x for x in below if isinstance(x, ast.AST)]
    return found


def _tell(f: ast.FunctionDef) -> None:
    """Calls in place of ``@``, and of comparisons, but for those that decide about an exception
    alone."""
    all_of_it = nodes(f)
    if not any(isinstance(n, ast.Compare | ast.MatMult) for n in all_of_it):
        return
    guards = [n.test for n in all_of_it if isinstance(n, ast.If) and _raises(n)]
    exempt = {id(n) for test in guards for n in nodes(test)}
    for node in reversed(all_of_it):  # what is inside first
        for field in node._fields:
            value: Any = getattr(node, field, None)
            if isinstance(value, list):
                value[:] = [p if id(p) in exempt else _call_of(p) for p in value]
            elif id(value) not in exempt:
                setattr(node, field, _call_of(value))


def _raises(node: Any) -> bool:
    return not node.orelse and all(isinstance(s, ast.Raise) for s in node.body)


def _call_of(node: Any) -> Any:
    """``a < b < c`` is two comparisons, each a place of its own; a text has no side effects."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return _called("__product__", node.left, node.right)
    if not isinstance(node, ast.Compare):
        return node
    names = [ast.Constant(_COMPARISONS[type(op).__name__]) for op in node.ops]
    pairs = zip(names, [node.left, *node.comparators], node.comparators, strict=False)
    calls = [_called("__compare__", *pair) for pair in pairs]
    return calls[0] if len(calls) == 1 else ast.copy_location(ast.BoolOp(ast.And(), calls), node)


def _mark(f: ast.FunctionDef) -> None:
    """Has each part that may or may not run say so."""
    for node in nodes(f):
        if isinstance(node, ast.If | ast.For | ast.While) and not _raises(node):
            for block in filter(None, (node.body, node.orelse)):
                told = ast.Expr(_called("__passed__", _place(block[0])))
                block.insert(0, ast.copy_location(told, block[0]))
        elif isinstance(node, ast.IfExp):
            node.body, node.orelse = _marked(node.body), _marked(node.orelse)
        elif isinstance(node, ast.BoolOp):
            node.values[1:] = map(_marked, node.values[1:])
        elif isinstance(node, ast.ListComp | ast.GeneratorExp):
            node.elt = _marked(node.elt)


def _marked(node: ast.expr) -> ast.expr:
    return _called("__passed__", _place(node), node)


def _place(node: Any) -> ast.expr:
    place: Any = node.lineno, node.col_offset
    return ast.copy_location(ast.Constant(place), node)


def parts(tree: ast.Module, name: str) -> set[tuple[int, int]]:
    """Lines and columns of what may or may not run, in a function and those that it calls."""
    functions: dict[str, ast.AST] = {f.name: f for f in tree.body if isinstance(f, ast.FunctionDef)}
    found, stack = set[Any](), [name]
    while stack:
        for node in nodes(functions.pop(stack.pop(), ast.Pass())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                stack.append(node.func.id)
                if node.func.id == "__passed__" and isinstance(node.args[0], ast.Constant):
                    found.add(node.args[0].value)
    return found


def _is_float(node: Any) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is float


def _called(name: str, *nodes: ast.expr) -> ast.expr:
    call = ast.copy_location(ast.Call(ast.Name(name, ast.Load()), [*nodes], []), nodes[-1])
    return ast.fix_missing_locations(call)
