"""``value_and_grad``: a Python function of micrograd's scalars, compiled when it is called.

>>> import symgrad as sg
>>> w = sg.Value(2.0, label="w")
>>> @sg.value_and_grad(wrt=[w])
... def loss(xs, ys):
...     return sum((w * x - y) ** 2 for x, y in zip(xs, ys)) / len(xs)
>>> loss([1.0, 2.0], [1.0, 1.0])
(5.0, array([7.]))

The function is traced with 3, 4 and 7 examples, and what is the same in all three is compiled once
for every number of them.  At each new number the first examples, some ten thousand scalars' worth,
are compared with the user's own loops.  If traces or numbers differ it is compiled for the very
shapes of the call, and ``notes`` say so.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from symgrad.codegen import AUTO, suited
from symgrad.compiler.calls import LARGEST, Call
from symgrad.compiler.compiled import CompiledFunction
from symgrad.compiler.history import History
from symgrad.compiler.options import check_flag, check_function_name, parse_options
from symgrad.compiler.specialise import KEPT, Specialiser
from symgrad.errors import ArgumentError, TraceError
from symgrad.frontend.refusals import located
from symgrad.frontend.scalars.lower import values_of
from symgrad.frontend.scalars.parameters import Buffer, bind, moves
from symgrad.frontend.scalars.traced import Tracing
from symgrad.frontend.scalars.value import Value

_ndarray = np.ndarray


@located
def value_and_grad(
    fn: Callable[..., Any] | None = None,
    wrt: Any = None,
    *,
    has_aux: bool = False,
    target: str = "numpy",
    name: str = "loss_and_grads",
    **options: Any,
) -> Any:
    """``fn`` as a function that returns ``(loss, d_theta)``, compiled at its first call.

    fn        takes arrays, which it gets as nested sequences of scalars, and static values, and
              returns a scalar; without it the result is a decorator
    wrt       the Module, or list of Values, to differentiate by; its ``theta`` is read at each call
    has_aux   fn returns ``(loss, aux)``, and the result is ``((loss, aux), d_theta)``: scalars are
              floats, nested lists arrays
    target    "numpy", which "auto" is here, or "python" for straight lines of scalars, compiled
              for each shape
    name      of the emitted function
    options   the fields of ``sg.Options``, but for ``sizes``

    The function is traced, so choices by numbers are written with ``sg.where``.  Its closure is
    read once, and Values that are not in ``wrt`` become constants, which ``notes`` tell: what is to
    change goes in by argument.  Arrays, lists of numbers, what hands out an array (a Series, a
    DataFrame), and numbers are inputs; iterators are read once and kept.  A number that ``fn`` asks
    for (``if k == 2``, ``range(k)``), and any other value, is static: each new one compiles again,
    and ``notes`` tell.  The last 128 shapes and static values are kept.
    Parameters that others have taken the place of are followed once ``theta`` was read.
    Raises ArgumentError where ``wrt`` is missing or unusable, or for an unknown option.
    """
    chosen = parse_options(options, target)
    check_flag("has_aux", has_aux)
    check_function_name(name)
    if chosen.sizes:
        raise ArgumentError("option 'sizes': a loss made of Values has no named sizes")
    if chosen.style == "looped":
        raise ArgumentError(
            "option 'style': value_and_grad writes straight lines for the target 'python'; compile "
            "a loss with sg.compile for a loop over its examples"
        )
    if wrt is None:
        raise ArgumentError("wrt is needed: pass the Module that fn reads, or a list of Values")
    several = isinstance(wrt, Value | Sequence) and not isinstance(wrt, str | bytes)
    if not several and not hasattr(wrt, "parameters"):
        raise ArgumentError(
            f"wrt: expected a Module or a list of Values, got {type(wrt).__name__}; arguments are "
            "data, and no gradient by them is asked for"
        )

    def decorated(fn: Callable[..., Any]) -> ValueAndGrad:
        if not callable(fn):
            raise ArgumentError(f"expected a function, got {type(fn).__name__}")
        if inspect.iscoroutinefunction(fn) or inspect.isasyncgenfunction(fn):
            raise ArgumentError(f"{fn.__name__} is asynchronous; write def in place of async def")
        medium = suited(arrays=True) if target == AUTO else target
        return ValueAndGrad(fn, wrt, Specialiser(fn, wrt, has_aux, medium, name, chosen))

    return decorated if fn is None else decorated(fn)


class ValueAndGrad:
    """A function with its gradient; call it like the function that it was made of."""

    __name__: str

    def __init__(self, fn: Callable[..., Any], wrt: Any, specialiser: Specialiser) -> None:
        functools.update_wrapper(self, fn)
        self.__name__ = getattr(fn, "__name__", type(fn).__name__)
        self.wrt = wrt
        self._signature = inspect.signature(fn)
        self._specialiser = specialiser
        self._lock = threading.RLock()
        self._ready: dict[tuple[Any, ...], Callable[..., Any]] = {}
        self._moves = -1
        self._theta: Any = None
        self._latest: CompiledFunction | None = None

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        if kwargs or moves[0] != self._moves:
            return self._run(args, kwargs)
        key: tuple[Any, ...] = ()
        for a in args:
            if a.__class__ is _ndarray:
                key += (a.shape, a.dtype)
            elif a.__class__ is float or (a.__class__ is int and -LARGEST <= a <= LARGEST):
                key += (a.__class__,)
            else:
                return self._run(args, kwargs)
        ready = self._ready.get(key)
        return self._run(args, kwargs) if ready is None else ready(self._theta, *args)

    def _run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call of new shapes, dtypes or static values: finds or compiles its function first."""
        self._refuse_in_a_trace()
        ready, values = self._prepared(Call.of(self._signature, args, kwargs))
        if not kwargs and len(values) == len(args) and all(map(_is_kept, args, values)):
            if len(self._ready) >= KEPT:
                self._ready.clear()
            self._ready[_key(args)] = ready
        return ready(self._theta, *values)

    def _refuse_in_a_trace(self) -> None:
        if Tracing.is_mine():
            raise TraceError(
                f"{self.__name__} was called while a function is traced, where its result would "
                "be frozen; call the plain function, its __wrapped__, instead"
            )

    def _prepared(self, call: Call) -> tuple[Callable[..., Any], list[Any]]:
        with self._lock:
            self._refresh()
            self._latest, ready, values = self._specialiser.find(call, self._theta)
        return ready, values

    def _refresh(self) -> None:
        """Learns where the parameters are; after a change of the module all starts anew."""
        values = values_of(self.wrt)
        if self._specialiser.use(values):
            self._ready.clear()
        bind(values)  # which may move them
        seen = moves[0]
        self._theta = bind(values)
        self._moves = seen

    def compiled(self, /, *args: Any, **kwargs: Any) -> CompiledFunction:
        """The compiled function for such arguments; compiles it where there is none yet."""
        self._refuse_in_a_trace()
        self._prepared(Call.of(self._signature, args, kwargs))
        assert self._latest is not None
        return self._latest

    @property
    def theta(self) -> Buffer:
        """The parameters as one vector, which is read at each call; ``wrt.theta`` of a module."""
        several = hasattr(self.wrt, "parameters")
        return bind(self.wrt.parameters() if several else values_of(self.wrt))

    @property
    def source(self) -> str:
        """The text of the function that was compiled or prepared last."""
        return self._last().source

    @property
    def history(self) -> History:
        """The steps of the compilation of that function."""
        return self._last().history

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks: constants that were frozen, and why a function is not for every N."""
        return self._last().notes

    def _last(self) -> CompiledFunction:
        if self._latest is None:
            raise ArgumentError(
                f"{self.__name__} is compiled at its first call; call it, or use "
                ".compiled(*args), first"
            )
        return self._latest

    def __reduce__(self) -> NoReturn:
        raise ArgumentError(
            f"{self.__name__} is tied to its Python function and cannot be pickled; pickle or save "
            ".compiled(*args), which needs neither"
        )

    def __repr__(self) -> str:
        return f"<value_and_grad of {self.__name__}{self._signature}>"


def _is_kept(given: Any, value: Any) -> bool:
    """True if an argument goes to the compiled function as it is."""
    return given is value or given.__class__ is value.__class__ in (float, int)


def _key(args: tuple[Any, ...]) -> tuple[Any, ...]:
    parts = [(a.shape, a.dtype) if a.__class__ is _ndarray else (a.__class__,) for a in args]
    return tuple(k for part in parts for k in part)


__all__ = ["ValueAndGrad", "value_and_grad"]
