"""The walk over a SymPy expression, and how the values of its parts combine.

The walk is iterative and visits each object once, so that what is shared stays shared.  Classes are
told apart by identity, never by name, and no text is evaluated.  The meaning of a class stands in
``TABLE``, which ``from_sympy`` fills.

A value is a number of SymPy's, exact until an op needs a float; a bool; a term of the algebra; or
a ``Lane``, a term that still depends on indices such as the i of ``x[i]``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import sympy as sp
from sympy.logic.boolalg import BooleanAtom

from symgrad.errors import DomainError, DTypeError, ShapeError, UnsupportedError
from symgrad.symbolic.sympy_numbers import to_float

_SHOWN = 40  # nodes of an object that an error shows
_APPLIED = (sp.core.function.AppliedUndef, sp.Derivative)

Bind = Callable[[Any], Any]


class Lane(NamedTuple):
    """A term whose leading axes run over the indices, in order."""

    term: Any
    indices: tuple[Any, ...]


class Entry(NamedTuple):
    """The meaning of a class of SymPy.

    parts    object -> the objects whose values it needs
    compute  (reader, object, values of the parts) -> value
    """

    compute: Callable[[Reader, Any, list[Any]], Any]
    parts: Callable[[Any], Sequence[Any]] = lambda x: x.args


TABLE: dict[type, Entry] = {}
_INSTEAD = Entry(lambda r, x, values: values[0])
HINTS: dict[type, str] = {}  # what to do about a class without a meaning


class Reader:
    """One walk: the values of the objects seen so far, by ``id``."""

    def __init__(
        self,
        f: Any,
        bind: Bind,
        applied: Mapping[Any, Any],
        sized: Callable[[Any], Any] = lambda size: size,
        better: Callable[[Any], Any] = lambda x: x,
    ) -> None:
        self.f = f
        self.bind = bind
        self.applied = applied
        self.better = better  # another expression in place of one
        self.sized = sized  # a size of SymPy's -> the same, with the numbers that are bound in it
        self.constant = f.exactly if hasattr(type(f), "exactly") else to_float
        self.summed: dict[Any, Any] = {}  # the indices of sums, each with its sum
        self.known: dict[int, Any] = {}
        self.kept: list[Any] = []  # what is known by id has to stay alive

    def term(self, expr: Any) -> Any:
        """The value of a whole expression: a term, or a float where no symbol is in it."""
        value = self.value(expr)
        if isinstance(value, Lane):
            free = ", ".join(map(str, value.indices))
            raise UnsupportedError(f"the index {free} is free; sum over it with sp.Sum")
        return self.constant(value) if isinstance(value, sp.Basic) else value

    def value(self, root: Any) -> Any:
        """The value of an expression, from those of its parts."""
        stack: list[tuple[Any, Entry | None, Sequence[Any]]] = [(root, None, ())]
        while stack:
            x, entry, parts = stack.pop()
            if id(x) in self.known:
                continue
            if isinstance(x, _APPLIED) and x in self.applied:
                self.kept.append(x)
                self.known[id(x)] = self.applied[x]
                continue
            if entry is None and (better := self.better(x)) is not x:
                stack.append((x, _INSTEAD, [better]))
                stack.append((better, None, ()))
                continue
            if entry is None and (not x.is_Atom or type(x) in TABLE):  # Indexed is an atom, too
                entry = entry_of(x)
                parts = entry.parts(x)
                if isinstance(x, sp.Sum | sp.Product):
                    self.summed.update((limit[0], x) for limit in x.limits)
                stack.append((x, entry, parts))
                stack.extend((part, None, ()) for part in reversed(parts))
                continue
            self.kept += [x, parts]
            values = [self.known[id(p)] for p in parts]
            self.known[id(x)] = self.computed(entry, x, values) if entry else self.atom(x)
        return self.known[id(root)]

    def computed(self, entry: Entry, x: Any, values: list[Any]) -> Any:
        """The value of an object from those of its parts; errors name it."""
        try:
            return entry.compute(self, x, values)
        except (ShapeError, DTypeError) as error:
            name = shown(x)
            if name in str(error):
                raise
            raise type(error)(f"{name}: {error}") from error

    def atom(self, x: Any) -> Any:
        if isinstance(x, BooleanAtom):
            return bool(x)
        if isinstance(x, sp.Symbol):
            refuse_complex(x)
            if x in self.summed:
                raise UnsupportedError(
                    f"{shown(self.summed[x])}: the index {x} stands for an axis, as in y[{x}], and "
                    "is no number; where the limits are numbers call .doit(), else write k[i] for "
                    "it and bind k to an array such as np.arange"
                )
            return self.bind(x)
        return real_number(x)

    def call(self, op: str, *values: Any, **attributes: Any) -> Any:
        """An op on values; lanes are lined up by their indices."""
        numbers = [self.constant(v) if isinstance(v, sp.Basic) else v for v in values]
        indices = tuple(dict.fromkeys(i for v in numbers if isinstance(v, Lane) for i in v.indices))
        if indices:
            numbers = [self.lined_up(v, indices) for v in numbers]
        result = getattr(self.f, op)(*numbers, **attributes)
        return Lane(result, indices) if indices else result

    def lined_up(self, value: Any, indices: tuple[Any, ...]) -> Any:
        """A term with one axis an index, of size 1 where it does not depend on the index."""
        if not isinstance(value, Lane):
            if not isinstance(value, bool | float) and self.f.type(value).rank:
                raise UnsupportedError(
                    "an array without an index stands beside x[i]; index it with the same i"
                )
            return value
        term, order = value.term, [i for i in indices if i in value.indices]
        axes = tuple(value.indices.index(i) for i in order)
        if axes != tuple(range(len(axes))):
            term = self.f.transpose(term, axes=axes)
        sizes = dict(zip(order, self.f.type(term).shape, strict=True))
        shape = tuple(sizes.get(i, 1) for i in indices)
        return term if len(order) == len(shape) else self.f.reshape(term, shape=shape)

    def folded(self, op: str, values: Sequence[Any]) -> Any:
        """The op between all values, from the left."""
        total = values[0]
        for v in values[1:]:
            total = self.call(op, total, v)
        return total


def meaning(x: Any) -> Entry | None:
    """The meaning of an object, if it has one."""
    for kind in type(x).__mro__:
        if kind in TABLE or kind in HINTS:
            return TABLE.get(kind)
    return None


def entry_of(x: Any) -> Entry:
    """The meaning of an object.  Raises UnsupportedError, with its name and what to do."""
    entry = meaning(x)
    if entry is not None:
        return entry
    hints = [HINTS[kind] for kind in type(x).__mro__ if kind in HINTS]
    hint = (*hints, "rewrite it by functions of the op table, or define an op: sg.elementwise")[0]
    raise UnsupportedError(f"SymPy's {type(x).__name__} has no meaning here; {hint}")


def real_number(x: Any) -> Any:
    """A number, as it is.  Raises DomainError where it is not real."""
    if not isinstance(x, sp.Expr):
        entry_of(x)
    if x is sp.I or x is sp.S.ComplexInfinity or x.is_extended_real is False:
        raise DomainError(f"{x} is not real; symgrad computes with real numbers")
    if not x.is_number:
        entry_of(x)
    return x


def refuse_complex(x: Any) -> None:
    """Raises DomainError for a symbol that is declared not to be a real number."""
    if x.is_commutative is False:
        raise DomainError(
            f"the symbol {x} is declared not to commute; symgrad computes with real numbers, "
            "which do, and with MatrixSymbols"
        )
    if x.is_real is False or (x.is_complex and x.is_extended_real is None):
        raise DomainError(
            f"the symbol {x} is declared complex; symgrad computes with real numbers, "
            "so declare it with real=True"
        )


def shown(x: Any) -> str:
    """An object as text if it is small, otherwise its class: what is shared may be long as text."""
    stack, count = [x], 0
    while stack:
        count += 1
        if count > _SHOWN:
            return f"SymPy's {type(x).__name__}"
        stack.extend(stack.pop().args)
    try:
        return str(x)
    except Exception:  # SymPy's printer evaluates products, and refuses those of wrong shapes
        return f"SymPy's {type(x).__name__}"


def all_numbers(values: Sequence[Any]) -> bool:
    """True if the values are SymPy's numbers, so that their combination is one too."""
    return all(isinstance(v, sp.Basic) for v in values)
