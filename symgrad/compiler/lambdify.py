"""``sg.lambdify``: SymPy's function of that name, with the gradient by reverse mode.

>>> import sympy as sp
>>> x, y = sp.symbols("x y")
>>> f = lambdify([x, y], x**2 * y, grad=True)
>>> f(3.0, 2.0)
(18.0, (12.0, 9.0))
>>> f([1.0, 3.0], 2.0)[1][0]
array([ 4., 12.])

Floats run in plain Python.  Arrays broadcast as in SymPy's own: each element is one evaluation, so
that the gradient has the shape of the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from symgrad.compiler.compile import compile, function
from symgrad.compiler.compiled import CompiledFunction
from symgrad.compiler.options import check_flag
from symgrad.errors import ArgumentError, ShapeError, UnsupportedError
from symgrad.frontend.arrays.expr import Expr, as_expr
from symgrad.frontend.arrays.leaf import Leaf, input
from symgrad.frontend.arrays.manipulation import broadcast_to
from symgrad.frontend.arrays.reductions import sum as total
from symgrad.frontend.refusals import located
from symgrad.symbolic.binding import bindable, converted

_MODULES = (None, "math", "numpy", "scipy")
_SIZE = "n_points"


@located
def lambdify(
    args: Any,
    expr: Any,
    modules: Any = None,
    *,
    grad: bool = False,
    cse: bool = True,
    dummify: bool = True,
) -> Lambdified:
    """A function of ``args`` that evaluates ``expr``; with ``grad``, ``(value, gradient)``.

    args     a symbol, or a list of symbols, MatrixSymbols, IndexedBases, DeferredVectors and nested
             lists or matrices of symbols; applied functions such as x(t) and their derivatives, too
    expr     an expression; without ``grad`` also a Matrix, or nested lists and tuples
    modules  None, "math" (floats alone), "numpy" or "scipy"; any other is refused
    grad     the gradient by reverse mode, arranged as ``args`` are
    cse, dummify   as in SymPy; common subexpressions are always shared, names are always safe
    Raises UnsupportedError, DomainError, ArgumentError for a symbol that is no argument.
    """
    check_flag("grad", grad)
    names = [modules] if isinstance(modules, str) or modules is None else list(modules)
    for name in names:
        if not isinstance(name, str | None) or name not in _MODULES:
            raise UnsupportedError(
                f"modules={name!r}: expected 'math', 'numpy' or 'scipy'; for others, and for "
                "functions of your own, use sympy.lambdify or sg.elementwise"
            )
    return Lambdified(_Arguments(args, expr), expr, names == ["math"], grad)


class _Arguments:
    """The arguments as a tree, and the scalars or arrays that they are made of, flat."""

    def __init__(self, args: Any, expr: Any) -> None:
        self.flat: list[Any] = []
        self.expr = expr
        self.several = _is_list(args)
        self.tree = [self.add(a) for a in (args if self.several else [args])]
        if len(set(self.flat)) != len(self.flat):
            raise ArgumentError("args: a symbol is listed twice; list each once")
        plain = [isinstance(node, int) for node in self.tree]
        self.is_flat = all(plain) and not self.arrays()

    def add(self, a: Any) -> Any:
        """The node of an argument: a place among the flat ones, or a shape and its nodes."""
        import sympy as sp

        if isinstance(a, sp.DeferredVector):
            elements = _elements_of(a, self.expr)
            return ("vector", [self.add(e) for e in elements])
        if isinstance(a, sp.MatrixBase):
            return (a.shape, [self.add(e) for e in a.flat()])
        if _is_list(a):
            return ("list", [self.add(e) for e in a])
        if not bindable(a):
            raise ArgumentError(f"args: expected a symbol, got {type(a).__name__} {a}")
        self.flat.append(a)
        return len(self.flat) - 1

    def arrays(self) -> bool:
        """True if some argument is an array as a whole: a MatrixSymbol or an IndexedBase."""
        return any(getattr(a, "shape", ()) != () for a in self.flat)

    def leaves(self, shape: tuple[str, ...] = ()) -> dict[Any, Leaf]:
        """An input for each; scalars get the given shape."""
        from symgrad.symbolic.indices import dim_of

        names = _names(self.flat)
        leaves = {}
        for a, name in zip(self.flat, names, strict=True):
            own = getattr(a, "shape", ())
            if own is None:
                raise ArgumentError(f"args: the shape of {a} is unknown; give it shape=")
            leaves[a] = input(name, tuple(map(dim_of, own)) if own else shape)
        return leaves

    def ordered(self, values: Sequence[Any], named: Mapping[str, Any]) -> list[Any]:
        """The values of a call in the order of the arguments; those by name are called as SymPy's
        are, after the symbols."""
        names = [_called(self.flat[n]) if isinstance(n, int) else "" for n in self.tree]
        rest = dict(named)
        found = list(values)
        for name in names[len(values) :]:
            if name not in rest:
                raise ArgumentError(f"the argument {name or 'that is a list'} is missing")
            found.append(rest.pop(name))
        if rest:
            known = ", ".join(filter(None, names))
            raise ArgumentError(f"{next(iter(rest))} is no argument, or given twice (of {known})")
        return found

    def flatten(self, values: Sequence[Any]) -> list[Any]:
        """The values of a call in the order of the flat arguments."""
        if len(values) != len(self.tree):
            raise ArgumentError(f"expected {len(self.tree)} arguments, got {len(values)}")
        out: list[Any] = []
        stack = list(zip(reversed(self.tree), reversed(values), strict=True))
        while stack:
            node, value = stack.pop()
            if isinstance(node, int):
                out.append(value)
                continue
            shape, nodes = node
            items = list(value if shape == "list" else np.asarray(value).reshape(-1))
            if shape == "vector":  # what lies beyond the last element that is read is ignored
                items = items[: len(nodes)]
            if len(items) != len(nodes):
                raise ShapeError(f"an argument holds {len(items)} values, expected {len(nodes)}")
            stack.extend(zip(reversed(nodes), reversed(items), strict=True))
        return out

    def nest(self, flat: Sequence[Any]) -> Any:
        """The parts of a gradient, arranged as the arguments."""
        nested = tuple(_nested(node, flat) for node in self.tree)
        return nested if self.several else nested[0]


def _called(symbol: Any) -> str:
    return str(getattr(symbol, "name", symbol))


def _nested(node: Any, flat: Sequence[Any]) -> Any:
    if isinstance(node, int):
        return flat[node]
    shape, nodes = node
    parts = [_nested(n, flat) for n in nodes]
    if shape in ("list", "vector"):
        return tuple(parts)
    array = np.array(parts)
    return array.reshape(*shape, *array.shape[1:])


def _is_list(a: Any) -> bool:
    return isinstance(a, list | tuple)


def _names(symbols: Iterable[Any]) -> list[str]:
    """A distinct identifier for each symbol: its name, without what no identifier holds."""
    taken: set[str] = {_SIZE}
    names = []
    for i, s in enumerate(symbols):
        name = re.sub(r"\W+", "_", str(getattr(s, "name", "") or f"a{i}"), flags=re.ASCII)
        name = name.strip("_") or f"a{i}"
        name = f"a_{name}" if name[0].isdigit() else name
        while name in taken:
            name = f"{name}_{i}"
        taken.add(name)
        names.append(name)
    return names


def _elements_of(vector: Any, expr: Any) -> list[Any]:
    """The elements of a DeferredVector up to the last one that the expression reads."""
    from symgrad.symbolic.from_sympy import leaves

    pattern = re.compile(re.escape(str(vector.name)) + r"\[(\d+)\]\Z")
    found = [pattern.match(str(s.name)) for e in _flat(expr) for s in leaves(e)]
    last = max((int(m.group(1)) for m in found if m), default=-1)
    return [vector[i] for i in range(last + 1)]


def _flat(expr: Any) -> list[Any]:
    """The expressions in nested lists."""
    flat, stack = [], [expr]
    while stack:
        e = stack.pop()
        if _is_list(e):
            stack.extend(reversed(e))
        else:
            flat.append(e)
    return flat


class Lambdified:
    """A function made by ``lambdify``.  ``source`` is the text that runs for floats.

    ``scalar`` is the compiled function behind it; arrays have one of their own, compiled at the
    first call that passes any.
    """

    def __init__(self, arguments: _Arguments, expr: Any, floats_only: bool, grad: bool) -> None:
        if grad and (_is_list(expr) or getattr(expr, "is_Matrix", False)):
            raise ArgumentError(
                "grad=True needs one scalar expression; make one function for each, or one of a sum"
            )
        self._arguments = arguments
        self._expr = expr
        self._floats_only = floats_only
        self._grad = grad
        self._vectorized: CompiledFunction | None = None
        target = "numpy" if arguments.arrays() else "python"
        self.scalar = self._compile(arguments.leaves(), target)
        self._direct = arguments.is_flat and not _needs_arranging(expr, arguments, grad)
        self._count = len(arguments.flat)
        self.__name__ = "lambdified"
        self._link()

    def _link(self) -> None:
        self._python = self.__wrapped__ = self.scalar.python
        self.__doc__ = self._python.__doc__

    def __getstate__(self) -> dict[str, Any]:
        own = ("_python", "__wrapped__")
        return {name: value for name, value in vars(self).items() if name not in own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._link()

    @property
    def source(self) -> str:
        """The emitted text; it runs without symgrad and without SymPy."""
        return self.scalar.source

    @located
    def __call__(self, /, *values: Any, **named: Any) -> Any:
        if named:
            values = tuple(self._arguments.ordered(values, named))
        if self._direct and len(values) == self._count and set(map(type, values)) <= {float}:
            return self._python(*values)
        flat = self._arguments.flatten(values)
        if self._arguments.arrays():
            return self._arranged(self.scalar(*flat))
        if all(np.ndim(v) == 0 for v in flat):
            return self._arranged(self.scalar(*flat))
        if self._floats_only:
            raise ShapeError("modules='math' takes numbers; leave modules out to pass arrays")
        return self._over_arrays([np.asarray(v) for v in flat])

    def _over_arrays(self, flat: list[Any]) -> Any:
        try:
            shape = np.broadcast_shapes(*(a.shape for a in flat))
        except ValueError as error:
            raise ShapeError(f"the arguments do not broadcast: {error}") from error
        if self._vectorized is None:
            self._vectorized = self._compile(self._arguments.leaves((_SIZE,)), "numpy")
        rows = [np.broadcast_to(a, shape).reshape(-1) for a in flat]
        result = self._vectorized(*rows)

        def back(part: Any) -> Any:
            return np.reshape(part, shape)

        if self._grad:
            (_, value), grads = result
            return self._arranged((back(value), [back(g) for g in grads]))
        return self._arranged(_mapped(back, result))

    def _compile(self, leaves: dict[Any, Leaf], target: str) -> CompiledFunction:
        """The function of the leaves: a value and gradients, or all outputs as one flat tuple."""
        points = list(leaves.values())
        shape = (_SIZE,) if any(leaf.shape == (_SIZE,) for leaf in points) else ()
        if self._grad:
            value = _whole(converted(self._expr, leaves, True), shape)
            if not shape:
                return compile(value, wrt=points, target=target, name="lambdified")
            return compile(total(value), points, aux=value, target=target, name="lambdified")
        outputs = [
            converted(e, leaves, False)
            for whole in _flat(self._expr)
            for e in _scalars(whole, leaves)
        ]
        outputs = [_whole(e, shape) for e in outputs]
        single = not _is_list(self._expr) and len(outputs) == 1
        wanted = outputs[0] if single else tuple(outputs)
        return function(points, wanted, target=target, name="lambdified")

    def _arranged(self, result: Any) -> Any:
        if self._grad:
            value, grads = result
            return value, self._arguments.nest(tuple(grads))
        if not _is_list(self._expr) and not getattr(self._expr, "is_Matrix", False):
            return result
        values = iter(result if isinstance(result, tuple) else (result,))
        return _like(self._expr, values)

    def __repr__(self) -> str:
        return f"<lambdified {', '.join(map(str, self._arguments.flat))}: {self._expr}>"


def _whole(e: Expr, shape: tuple[str, ...]) -> Expr:
    """A constant output, too, gets a value for each point."""
    missing = bool(shape) and e.shape == ()
    return as_expr(broadcast_to(e, shape)) if missing else e


def _scalars(expr: Any, leaves: dict[Any, Leaf]) -> list[Any]:
    """The elements of an explicit matrix; anything else as a whole."""
    return list(expr.flat()) if hasattr(expr, "flat") else [expr]


def _mapped(apply: Callable[[Any], Any], result: Any) -> Any:
    return tuple(map(apply, result)) if isinstance(result, tuple) else apply(result)


def _needs_arranging(expr: Any, arguments: _Arguments, grad: bool) -> bool:
    if grad:
        return not arguments.several
    return _is_list(expr) or bool(getattr(expr, "is_Matrix", False))


def _like(expr: Any, values: Any) -> Any:
    """The flat values, arranged as the expression: lists, tuples, and arrays for matrices."""
    if _is_list(expr):
        return type(expr)(_like(e, values) for e in expr)
    if hasattr(expr, "flat"):
        flat = [next(values) for _ in range(expr.rows * expr.cols)]
        array = np.array(flat)
        return array.reshape(expr.rows, expr.cols, *array.shape[1:])
    return next(values)
