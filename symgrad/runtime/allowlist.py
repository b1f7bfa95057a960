r"""The fixed grammar of emitted text: arithmetic on its arguments and nothing else.

Every text passes here before it runs, our own included.  Node kinds, names, attributes and imports
are each on a list; whatever is not is refused with its line.  A module defines functions, and
constants that are literals or arrays of literals: to load it takes no more than to read it.

>>> _ = check_source("import numpy as np\n\n\ndef f(x):\n    return np.tanh(x)\n")
>>> check_source("def f(x):\n    return open(x)\n")
Traceback (most recent call last):
symgrad.errors.FormatError: line 2: the name 'open' is not allowed in emitted code

It is defence in depth, not a sandbox: a function that is called may still use all memory or time.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn

from symgrad.errors import FormatError, LimitError
from symgrad.runtime.libraries import METHODS, STANDARD, Library, words

MAX_BYTES = 64 * 1024 * 1024
MAX_LINES = 500_000

BUILTINS: tuple[str, ...] = (
    "abs",
    "bool",
    "float",
    "int",
    "len",
    "max",
    "min",
    "pow",
    "range",
    "round",
    "slice",
)
BUILTINS += ("sum", "tuple", "zip", "enumerate", "True", "False", "None", "ValueError")


_NODES = (
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AugAssign,
    ast.For, ast.If, ast.Raise, ast.Expr, ast.Pass, ast.Break, ast.Continue, ast.Import,
    ast.ImportFrom, ast.alias, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.IfExp, ast.Compare,
    ast.Call, ast.keyword,
    ast.Constant, ast.Attribute, ast.Subscript, ast.Starred, ast.Name, ast.List, ast.Tuple,
    ast.Slice, ast.ListComp, ast.GeneratorExp, ast.comprehension,
)  # fmt: skip
# The fields below a node that are looked into; every context and operator is allowed.
_LEAVES = words("ctx op ops id name attr arg kind asname module level type_comment is_async")
_BELOW: dict[type, tuple[str, ...]] = {
    kind: tuple([field for field in kind._fields if field not in _LEAVES]) for kind in _NODES
}
_BELOW[ast.Constant] = ()
_DEEPEST = 5  # parts of the name of something in a module
_LITERALS = frozenset({bool, int, float, str, type(None), type(...)})


@dataclass(frozen=True)
class Permitted:
    """The names that texts may use which import no other modules than certain ones.

    imports  the modules that ``import`` may name, each with its alias
    single   what ``from`` may import, by module
    owners   what may be read of a module, by the name that texts give it
    fixed    names that mean one thing in every text
    numbers  names of numbers that a literal cannot spell
    dtypes, makers  of the calls that make numbers and arrays of literals
    """

    imports: frozenset[tuple[str, str | None]]
    single: Mapping[str, frozenset[str]]
    owners: Mapping[str, frozenset[str]]
    methods: frozenset[str]
    fixed: frozenset[str]
    numbers: frozenset[str]
    dtypes: frozenset[str]
    makers: frozenset[str]


@cache
def permitted(libraries: tuple[Library, ...]) -> Permitted:
    """What texts may use that import the standard modules and these."""
    every = (*STANDARD, *libraries)
    whole = [m for m in every if m.whole]
    owners = {m.called: m.names for m in whole}
    owners.update({f"{m.called}.{part}": names for m in whole for part, names in m.parts})

    def of_all(kind: str) -> frozenset[str]:
        return frozenset(f"{m.called}.{name}" for m in whole for name in getattr(m, kind))

    return Permitted(
        frozenset((m.name, m.alias or None) for m in whole),
        {m.name: m.single for m in reversed(every)},
        owners,
        METHODS.union(*[m.methods for m in every]),
        frozenset({"float", *[m.called for m in whole]}),
        of_all("numbers"),
        of_all("dtypes"),
        of_all("dtypes") | of_all("makers") | {"float"},
    )


def check_source(
    source: str, given: Iterable[str] = (), libraries: tuple[Library, ...] = ()
) -> ast.Module:
    """The parsed text, if all of it is allowed.

    given      names that it may read besides
    libraries  that it may import besides the standard ones, as a target declares them
    Raises FormatError, naming what is refused and its line; LimitError for a text that is larger
    than ``MAX_BYTES`` or ``MAX_LINES``.
    """
    tree = parse(source)
    own = permitted(libraries)
    known = frozenset(BUILTINS).union(given) | _module_names(tree)
    allowed = (ast.FunctionDef, ast.Assign, ast.Import, ast.ImportFrom)
    for statement in tree.body:
        if not isinstance(statement, allowed) and not _is_text(statement):
            _refuse(statement, f"{_kind(statement)} outside a function")
        _check_runs_nothing(statement, own)
        _check(statement, known, own)
    return tree


def parse(source: str) -> ast.Module:
    """``ast.parse`` whose failures are ours."""
    if len(source) > MAX_BYTES:
        raise LimitError(f"the text has {len(source)} characters; the limit is {MAX_BYTES}")
    lines = source.count("\n")
    if lines > MAX_LINES:
        raise LimitError(
            f"the text has {lines} lines; the limit is {MAX_LINES}. Write loops over the data as "
            "array expressions, or compile a smaller batch"
        )
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise FormatError(f"this is no Python text, or it was cut short: {error}") from error
    except (RecursionError, MemoryError) as error:
        raise FormatError("the text nests deeper than Python can parse") from error


def _module_names(tree: ast.Module) -> frozenset[str]:
    names: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            names.update(a.asname or a.name for a in statement.names)
        elif isinstance(statement, ast.Assign):
            names.update(_stored(statement))
    return frozenset(names)


def _stored(statement: ast.Assign) -> set[str]:
    targets = [n for target in statement.targets for n in ast.walk(target)]
    return {n.id for n in targets if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}


def _check(statement: ast.stmt, known: frozenset[str], own: Permitted) -> None:
    """One walk over a statement; a long text names few things often, so names are kept apart."""
    loaded: dict[str, ast.AST] = {}
    stored: dict[str, ast.AST] = {}
    stack: list[Any] = [statement]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is ast.Name:
            (loaded if type(node.ctx) is ast.Load else stored)[node.id] = node
            continue
        if kind not in _BELOW:
            _refuse(node, _kind(node))
        if kind is ast.arg:
            stored[node.arg] = node
        elif kind in _CHECKS:
            _CHECKS[kind](node, statement, own)
        for field in _BELOW[kind]:
            below = getattr(node, field)
            if type(below) is list:
                stack += [n for n in below if n is not None]
            elif below is not None:
                stack.append(below)
    if isinstance(statement, ast.FunctionDef):
        known = known.union(stored)
    _check_names(loaded, stored, known, own)


def _check_runs_nothing(statement: ast.stmt, own: Permitted) -> None:
    """Refuses what would be computed when the module is loaded."""
    if isinstance(statement, ast.FunctionDef):
        given = statement.args
        defaults = [*given.defaults, *(d for d in given.kw_defaults if d is not None)]
        for default in defaults:
            _check_literal(default, "a default that is computed", own)
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            if not isinstance(target, ast.Name):
                _refuse(target, f"{_kind(target)} that is assigned to outside a function")
        _check_literal(statement.value, "a constant that is computed", own)


def _check_literal(value: ast.expr, what: str, own: Permitted) -> None:
    """Refuses all but literals, tuples and lists of them, arrays made of them, and another name.

    A name inside a literal is refused: tuples that share tuples make arrays of any size.
    """
    stack: list[ast.AST] = [] if isinstance(value, ast.Name) else [value]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Tuple | ast.List):
            stack += node.elts
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            stack.append(node.operand)
        elif isinstance(node, ast.Call) and _dotted(node.func) in own.makers:
            told = [k.value for k in node.keywords if k.arg == "dtype"]
            dtypes = [value for value in told if _dotted(value) in own.dtypes]
            if len(node.args) != 1 or len(dtypes) != len(node.keywords):
                _refuse(node, what)
            stack += node.args
        elif not (isinstance(node, ast.Constant) or _dotted(node) in own.numbers):
            _refuse(node, what)


def _dotted(node: ast.AST) -> str:
    """``np.array``, ``np.linalg.norm`` or ``float``; "" for what is no name, nor one of its
    attributes."""
    names: list[str] = []
    while isinstance(node, ast.Attribute) and len(names) < _DEEPEST:
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *names[::-1]]) if isinstance(node, ast.Name) else ""


def _check_names(
    loaded: dict[str, ast.AST], stored: dict[str, ast.AST], known: frozenset[str], own: Permitted
) -> None:
    for name, node in stored.items():
        _plain_name(node, name, own)
    for name, node in loaded.items():
        if name not in own.fixed:
            _plain_name(node, name, own)
        if name not in known:
            _refuse(node, f"the name {name!r}")


def _plain_name(node: ast.AST, name: str, own: Permitted) -> None:
    """Refuses a name that is given a meaning, if it has one already."""
    if name.startswith("__"):
        _refuse(node, f"the name {name!r}")
    if name in own.fixed:
        _refuse(node, f"another meaning of {name!r}")


def _check_constant(node: ast.Constant, top: ast.stmt, own: Permitted) -> None:
    if type(node.value) not in _LITERALS:
        _refuse(node, f"a {type(node.value).__name__} literal")


def _check_call(node: ast.Call, top: ast.stmt, own: Permitted) -> None:
    if not isinstance(node.func, ast.Name | ast.Attribute):
        _refuse(node, "a call of something that is no name")


def _check_raise(node: ast.Raise, top: ast.stmt, own: Permitted) -> None:
    if not _is_plain_error(node):
        _refuse(node, "an error other than raise ValueError(text)")


def _check_keyword(node: ast.keyword, top: ast.stmt, own: Permitted) -> None:
    if node.arg is None:
        _refuse(node.value, "** in a call")


def _check_expression(node: ast.Expr, top: ast.stmt, own: Permitted) -> None:
    if not (_is_text(node) or isinstance(node.value, ast.Call)):
        _refuse(node, "a bare expression")


def _is_plain_error(node: ast.Raise) -> bool:
    """``raise ValueError("...")``: a check of sizes says what it expected."""
    call = node.exc
    if node.cause or not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
        return False
    texts = [a.value for a in call.args if isinstance(a, ast.Constant)]
    named = call.func.id == "ValueError" and not call.keywords
    return named and len(call.args) == len(texts) == 1 and isinstance(texts[0], str)


def _check_attribute(node: ast.Attribute, top: ast.stmt, own: Permitted) -> None:
    if not isinstance(node.ctx, ast.Load):
        _refuse(node, f"an assignment to the attribute {node.attr!r}")
    allowed = own.owners.get(_dotted(node.value), own.methods)
    if node.attr not in allowed:
        _refuse(node, f"the attribute {node.attr!r}")


def _check_import(node: ast.Import | ast.ImportFrom, top: ast.stmt, own: Permitted) -> None:
    if node is not top:
        _refuse(node, "an import inside a function")
    for alias in node.names:
        if isinstance(node, ast.Import):
            if (alias.name, alias.asname) not in own.imports:
                _refuse(node, f"the import of {alias.name!r}")
        elif node.level or alias.name not in own.single.get(node.module or "", ()):
            _refuse(node, f"the import of {alias.name!r} from {node.module!r}")
        elif alias.asname is not None:
            _plain_name(node, alias.asname, own)


def _check_function(node: ast.FunctionDef, top: ast.stmt, own: Permitted) -> None:
    if node is not top:
        _refuse(node, "a function inside a function")
    if node.decorator_list or node.returns or getattr(node, "type_params", None):
        _refuse(node, f"a decorator or annotation of {node.name!r}")
    if node.args.vararg or node.args.kwarg:
        _refuse(node, f"* in the arguments of {node.name!r}")
    for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
        if a.annotation is not None:
            _refuse(a, f"an annotation of {a.arg!r}")
    _plain_name(node, node.name, own)


def _is_text(node: ast.AST) -> bool:
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return False
    return isinstance(node.value.value, str)


_CHECKS: dict[type, Callable[[Any, ast.stmt, Permitted], None]] = {
    ast.Constant: _check_constant,
    ast.Attribute: _check_attribute,
    ast.Call: _check_call,
    ast.Raise: _check_raise,
    ast.keyword: _check_keyword,
    ast.Expr: _check_expression,
    ast.Import: _check_import,
    ast.ImportFrom: _check_import,
    ast.FunctionDef: _check_function,
}


def _kind(node: ast.AST) -> str:
    return type(node).__name__


def _refuse(node: ast.AST, what: str) -> NoReturn:
    line = getattr(node, "lineno", 0)
    raise FormatError(f"line {line}: {what} is not allowed in emitted code")
