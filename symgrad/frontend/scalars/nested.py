"""An array argument of a traced function, as nested sequences of scalars.

Rows can be iterated, indexed, sliced, zipped and measured, as lists can; ``X[i, j]`` and
``X[:, j]`` work as in NumPy.  Arithmetic on whole rows is refused: a traced function computes with
scalars.

>>> X = Nested.of("X", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], (3, 2))
>>> len(X), X.shape, X[-1][0], X[0, 1], X[1:, 0].tolist()
(3, (3, 2), 5.0, 2.0, [3.0, 5.0])
>>> [a + b for a, b in X]
[3.0, 7.0, 11.0]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from symgrad.errors import TraceError
from symgrad.frontend.namespace import with_method_names
from symgrad.frontend.operands import is_int
from symgrad.frontend.operators import Operators
from symgrad.frontend.refusals import refusing, unknown
from symgrad.frontend.scalars.value import Value
from symgrad.frontend.source.origin import caller
from symgrad.ops import OPS

_refused = refusing(lambda rows, what: rows._refusal(what))


def _operator(name: str, *_: Any) -> Callable[..., NoReturn]:
    """A method that refuses an operator, given as an op's name or as it is written."""
    truth = name in OPS and "condition" in OPS[name].traits
    return _refused("a comparison of a whole row" if truth else "arithmetic on a whole row")


@with_method_names
class Nested(Operators[Any], Sequence[Any], operator=_operator, refused=_operator):
    """Rows of rows of scalars, all of one shape.  ``name`` is the argument's."""

    __slots__ = ("_items", "name", "shape")

    def __init__(self, name: str, items: list[Any], shape: tuple[int, ...]) -> None:
        self.name = name
        self.shape = shape
        self._items = items

    @staticmethod
    def of(name: str, scalars: Sequence[Any], shape: tuple[int, ...]) -> Any:
        """The scalars, in row-major order, in a shape; the scalar itself for ``()``."""
        items = list(scalars)
        if not shape:
            return items[0]
        for k in range(len(shape) - 1, 0, -1):
            n, inner = shape[k], shape[k:]
            count = int(np.prod(shape[:k]))
            items = [Nested(name, items[i * n : (i + 1) * n], inner) for i in range(count)]
        return Nested(name, items, shape)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    @property
    def T(self) -> Nested:
        """The transpose of a matrix."""
        if self.ndim != 2:
            raise self._refusal("the transpose of anything but a matrix")
        columns = [self[:, j] for j in range(self.shape[1])]
        return Nested(self.name, columns, (self.shape[1], self.shape[0]))

    def tolist(self) -> list[Any]:
        """The scalars in nested lists."""
        return [x.tolist() for x in self._items] if self.ndim > 1 else list(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            items = self._items[key]
            return Nested(self.name, items, (len(items), *self.shape[1:]))
        if isinstance(key, tuple):
            return self._at(key)
        if isinstance(key, Value):
            raise unknown(f"the index into {self.name}", "use sg.pick(values, index)", key)
        if not is_int(key):
            raise self._refusal(f"an index of type {type(key).__name__}")
        if not -len(self) <= key < len(self):
            raise IndexError(f"{self.name}: index {key} is out of range for {len(self)} entries")
        return self._items[key]

    def _at(self, key: tuple[Any, ...]) -> Any:
        """The element or rows at a key with one entry an axis, as in NumPy."""
        if len(key) > self.ndim:
            raise IndexError(f"{self.name}: {len(key)} indices for shape {self.shape}")
        if not key:
            return self
        first, *rest = key
        found = self[first]
        if not rest:
            return found
        if not isinstance(first, slice):
            return found._at(tuple(rest))
        rows = [row._at(tuple(rest)) for row in found]
        inner = rows[0].shape if rows and isinstance(rows[0], Nested) else ()
        return Nested(self.name, rows, (len(rows), *inner))

    def _refusal(self, what: str) -> TraceError:
        return TraceError(
            f"{what} is not available for the argument {self.name}, at {caller()}: a traced "
            "function gets its arrays as nested sequences of scalars; loop over them, or write "
            "the loss with sg.input and array expressions"
        )

    __setitem__ = __delitem__ = _refused("an assignment to an element")
    __array__ = _refused("np.asarray")
    __array_ufunc__ = _refused("a NumPy function")
    __array_function__ = _refused("a NumPy function")
    __neg__ = __abs__ = _refused("arithmetic on a whole row")
    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        if self.ndim == 1 and len(self) == 1:
            raise self._refusal("the truth of a row of one number")
        return len(self) > 0

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(str(self._refusal(f".{name}")) if name[:1] != "_" else name)

    def __repr__(self) -> str:
        return f"<{self.name}: nested scalars of shape {self.shape}>"
