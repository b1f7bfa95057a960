"""All mutants of a text by one change: operators, signs, terms, operands, indices, constants."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from itertools import islice

SWAPS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.Div),
    ast.Div: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
}
FLIPS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
}
CALLS = {
    "maximum": "minimum",
    "minimum": "maximum",
    "greater": "less",
    "multiply": "add",
    "subtract": "add",
    "tanh": "sinh",
    "exp": "expm1",
    "log": "log1p",
    "sin": "cos",
    "cos": "sin",
    "ones": "empty",
}
COMMUTE = frozenset(
    {"add", "multiply", "vdot", "equal", "hypot", "logaddexp", "max", "maximum", "min", "minimum"}
)
Edit = Callable[[ast.AST], ast.AST]


def mutants(source: str, step: int = 1, first: int | None = None) -> Iterator[tuple[str, str]]:
    """(what was changed, the changed text) for every single change, or one in ``step`` of them.

    A name that is read is replaced by the one that was assigned last before it.
    """
    tree = ast.parse(source)
    names, count = _neighbours(tree), -1 - (step - 1 if first is None else first)
    whole = ast.unparse(tree)
    for index, node in enumerate(ast.walk(tree)):
        for what, edit in _edits(node, names):
            count += 1
            if count % step:
                continue
            changed = ast.parse(source)
            target = next(islice(ast.walk(changed), index, None))
            replacement = edit(target)
            if replacement is not target:
                _replace(changed, target, replacement)
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text != whole:
                yield f"line {getattr(node, 'lineno', 0)}: {what}", text


def _edits(node: ast.AST, names: dict[int, str]) -> Iterator[tuple[str, Edit]]:
    if isinstance(node, ast.BinOp | ast.AugAssign):
        for op in SWAPS.get(type(node.op), ()):
            yield f"{type(node.op).__name__} to {op.__name__}", _set("op", op())
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield "drop the right term", lambda n: n.left  # type: ignore[attr-defined]
        yield "drop the left term", lambda n: n.right  # type: ignore[attr-defined]
    if isinstance(node, ast.AugAssign):
        yield "drop the statement", lambda n: ast.copy_location(ast.Pass(), n)
        yield "overwrite", lambda n: ast.Assign([n.target], n.value)  # type: ignore[attr-defined]
    if isinstance(node, ast.Call) and len(node.args) == 2 and not _commutes(node):
        yield "swap the arguments", _set("args", node.args[::-1])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Div | ast.MatMult):
        yield "swap the operands", _swap
    if isinstance(node, ast.Compare):
        for flip in FLIPS.get(type(node.ops[0]), ()):
            yield f"{type(node.ops[0]).__name__} to {flip.__name__}", _set("ops", [flip()])
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "drop the sign", lambda n: n.operand  # type: ignore[attr-defined]
    if isinstance(node, ast.Constant) and type(node.value) is float and node.value:
        yield "constant by 1 + 2**-52", _set("value", node.value * (1 + 2.0**-52))
    if isinstance(node, ast.Constant) and type(node.value) is int:
        yield "index by 1", _set("value", node.value + 1)
    if isinstance(node, ast.Attribute) and node.attr in CALLS:
        yield f"{node.attr} to {CALLS[node.attr]}", _set("attr", CALLS[node.attr])
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield "drop the transpose", lambda n: n.value  # type: ignore[attr-defined]
    if isinstance(node, ast.Name) and id(node) in names:
        yield f"{node.id} to {names[id(node)]}", _set("id", names[id(node)])


def _neighbours(tree: ast.Module) -> dict[int, str]:
    """For each name read in a function, the local name that was assigned last before it."""
    found: dict[int, str] = {}
    for function in (n for n in tree.body if isinstance(n, ast.FunctionDef)):
        scope = [a.arg for a in function.args.args]
        for statement in function.body:
            stored = [n.id for n in ast.walk(statement) if _is(n, ast.Store)]
            for n in ast.walk(statement):
                if isinstance(n, ast.Name) and _is(n, ast.Load) and n.id in scope:
                    others = [s for s in scope if s != n.id]
                    if others:
                        found[id(n)] = others[-1]
            scope += [s for s in stored if s not in scope]
    return found


def _is(node: ast.AST, context: type[ast.expr_context]) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, context)


def _set(attribute: str, value: object) -> Edit:
    def edit(node: ast.AST) -> ast.AST:
        setattr(node, attribute, value)
        return node

    return edit


def _swap(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.BinOp)
    node.left, node.right = node.right, node.left
    return node


def _commutes(node: ast.Call) -> bool:
    return getattr(node.func, "attr", getattr(node.func, "id", "")) in COMMUTE


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if value is old:
                setattr(node, name, new)
            elif isinstance(value, list) and any(v is old for v in value):
                value[:] = [new if v is old else v for v in value]
