"""``CompiledFunction``: a plain emitted function, with its checks and its story.

``value, grads = f(x=X, y=Y)`` takes parameters from their ``.data``; ``f(w, b, X, Y)`` takes all
arguments in the order of the emitted signature.  Arrays in ``grads`` are fresh at every call.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from symgrad.certify import references
from symgrad.codegen import TARGETS
from symgrad.compiler import saved, verifying
from symgrad.compiler.causes import explained, is_finite, outside
from symgrad.compiler.history import History
from symgrad.compiler.saved import check_constants, check_facts
from symgrad.errors import ArgumentError, BoundsError, DomainError, FormatError, ShapeError
from symgrad.ir.function import Function
from symgrad.ir.types import Type
from symgrad.runtime import saving
from symgrad.runtime.arguments import Argument, Arranger, Checker, Signature
from symgrad.runtime.example_rows import EXAMPLES
from symgrad.runtime.load import load_function
from symgrad.runtime.named_gradients import Gradients, wrapper

if TYPE_CHECKING:
    from symgrad.certify.certificate import Certificate
    from symgrad.certify.references import Reference

Array = np.ndarray[Any, np.dtype[Any]]
Default = Mapping[str, Callable[[], Any]]


class CompiledFunction:
    """A callable that returns ``(value, gradients)``, or plain outputs if made by ``sg.function``.

    source      the text of a module that runs without symgrad; another one that is set is loaded,
                so that what is read is what runs, and what is verified
    python      the plain function of that text; no checks, constants last
    ir          the final IR function, None for a loaded file
    history     the steps of the compilation
    signature   names, types and kinds of the arguments
    notes       remarks: parameters that the loss does not reach, Values that became numbers
    reference   what it is compared with by ``verify``, if anything
    certificate the one that ``verify=True`` asked for when it was compiled, else None
    """

    certificate: Certificate | None = None
    subject: Any = None  # what ``verify`` looks at, once it was asked

    def __init__(
        self,
        source: str,
        signature: Signature,
        constants: Mapping[str, Array],
        default: Default,
        *,
        ir: Function | None = None,
        history: History | None = None,
        notes: tuple[str, ...] = (),
        check: bool = True,
        strict: bool = False,
        reference: Reference | None = None,
    ) -> None:
        self.reference = reference
        self.signature = signature
        self.ir = ir
        self.history = History() if history is None else history
        self.notes = notes
        self.check = check
        self.strict = strict
        self.__name__ = signature.name
        self.constants = dict(constants)
        self._bound = _bound(signature, constants)
        self._default = dict(default)
        self.source = source
        self._arguments = tuple(a for a in signature.arguments if a.kind != "constant")
        self._count = len(self._arguments)
        self._plain = signature.kind != "gradients"

    @property
    def source(self) -> str:
        return self._source

    @source.setter
    def source(self, text: str) -> None:
        target = TARGETS[self.signature.target]
        self.python = load_function(text, self.signature.name, libraries=target.libraries)
        self._source = text
        self.__wrapped__ = self.python
        self.__doc__ = self.python.__doc__
        self._default.update(_examples(self.python, self.signature))
        self._plainly = target.taking(self.python)
        self._run = self._finite if self.strict else self._plainly
        self.subject = self.certificate = None

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        values: Any = args
        if kwargs or len(args) != self._count:
            values = self._arranger.arrange(args, kwargs)
        if self.check:
            values = self._checker.check(values)
        try:
            result = self._run(*values, *self._bound)
        except IndexError as error:
            raise self._outside(values, error) from error
        if self._plain:
            return result
        value, grads = result
        return value, self._wrap(grads)

    # The first call makes what calls need: many a function is compiled to be read.
    @cached_property
    def _arranger(self) -> Arranger:
        return Arranger(self._arguments, self._default, str(self.signature))

    @cached_property
    def _checker(self) -> Checker:
        return Checker(self._arguments, self.signature, self._default)

    @cached_property
    def _wrap(self) -> Callable[[Iterable[Any]], Gradients]:
        return wrapper(tuple([name for name, _ in self.signature.wrt]))

    def ready(self, *values: Any) -> Callable[..., Any]:
        """Checks arguments once: a function for more of the same shapes and dtypes, which checks
        nothing but labels.  Raises as a call does."""
        if self.check:
            self._checker.check(values)
        if self.check and self.signature.ranges:
            return self
        run, bound = self._run, self._bound
        return (lambda *values: run(*values, *bound)) if bound else run

    def _finite(self, *values: Any) -> Any:
        """The results, or the DomainError of the first that is not finite."""
        with np.errstate(all="ignore"):
            result = self._plainly(*values)
        if is_finite(result):
            return result
        error = explained(self.ir, self._of_ir(self.ir, values)) if self.ir else None
        if self.ir and error is None:
            return result
        raise error or DomainError(
            f"{self.__name__}: a result is not finite; compile the loss again to learn where"
        )

    def _of_ir(self, ir: Function, values: Sequence[Any]) -> list[Any]:
        """The arguments of the IR function, from those of the emitted one."""
        if self.signature.kind != "vector" or ir.parameters[0].type.rank:
            return list(values)
        arguments = list(values[0])  # a program of scalars: one parameter each
        if self._checker.rows:
            columns = self._checker.rows.columns(values[1])
            arguments += [columns[p.hint] for p in ir.parameters[len(arguments) :]]
        return arguments

    def _outside(self, values: Sequence[Any], error: IndexError) -> IndexError:
        """The error for an index out of range, by name where the program is at hand."""
        if self.ir is None or isinstance(error, BoundsError):
            return error
        return outside(self.ir, self._of_ir(self.ir, (*values, *self._bound))) or error

    def _guarded(self, values: Sequence[Any]) -> Any:
        try:
            return self._run(*values, *self._bound)
        except IndexError as error:
            raise self._outside(values, error) from error

    def _values(self, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        values = self._checker.convert(self._arranger.arrange((), kwargs))
        return {a.name: v for a, v in zip(self._arguments, values, strict=True)}

    def bind(self, /, **inputs: Any) -> Callable[..., Any]:
        """A function of the parameters alone, the inputs checked once.

        Called with nothing it takes the parameters' own data; with values, they are the
        parameters in order (``theta`` for scalar programs).
        """
        free = [a for a in self._arguments if a.kind in ("param", "theta") and a.name not in inputs]
        start = {a.name: self._default.get(a.name, _missing(a)) for a in free}
        example = {**inputs, **{a.name: self._example(a) for a in free}}
        fixed = self._values(example)
        order, checker = [a.name for a in self._arguments], Checker(free, self.signature)

        def bound(*parameters: Any) -> Any:
            """Value and gradients at the parameters, for the inputs that were bound."""
            given: Any = parameters or [start[a.name]() for a in free]
            if len(given) != len(free):
                names = ", ".join(a.name for a in free)
                raise ArgumentError(f"expected {len(free)} parameters ({names}), got {len(given)}")
            fresh = dict(zip([a.name for a in free], checker.check(given), strict=True))
            values = [fresh[n] if n in fresh else fixed[n] for n in order]
            result = self._guarded(values)
            return result if self._plain else (result[0], self._wrap(result[1]))

        return bound

    def _example(self, a: Argument) -> Any:
        if a.name in self._default:
            return self._default[a.name]()
        return np.ones([d if isinstance(d, int) else 1 for d in a.type.shape], a.type.numpy)

    def flat(self, /, **inputs: Any) -> Callable[[Any], tuple[float, Array]]:
        """``theta -> (float, fresh 1-D float64)``, as ``scipy.optimize.minimize(jac=True)`` takes.

        ``theta`` is what ``ravel`` gives.  Raises ArgumentError for a function without gradients.
        """
        vector = self.signature.kind == "vector"
        self._need_gradients()
        names = {"theta"} if vector else {name for name, _ in self.signature.wrt}
        place = [a.name if a.name in names or a.kind == "theta" else None for a in self._arguments]
        missing = {n: np.zeros(_known(t), t.numpy) for n, t in self.signature.wrt}
        start = {} if vector else {n: v for n, v in missing.items() if n not in self._default}
        if vector:
            start = {a.name: np.zeros(_known(a.type)) for a in self._arguments if a.kind == "theta"}
        fixed = self._values({**start, **inputs})

        def fun(theta: Any) -> tuple[float, Array]:
            """Value and gradient at ``theta``."""
            parts = self._split(theta)
            values = [
                fixed[a.name] if name is None else parts[name if not vector else 0]
                for a, name in zip(self._arguments, place, strict=True)
            ]
            value, grads = self._guarded(values)
            value = value[0] if isinstance(value, tuple) else value
            pieces = grads if not vector else [grads]
            return float(value), _flatten(pieces)

        return fun

    def _split(self, theta: Any) -> dict[Any, Any]:
        theta = np.asarray(theta, dtype=np.float64)
        sizes = [math.prod(_known(type)) for _, type in self.signature.wrt]
        if theta.shape != (sum(sizes),):
            raise ShapeError(f"theta: expected shape ({sum(sizes)},), got {theta.shape}")
        if self.signature.kind == "vector":
            return {0: theta.tolist() if self.signature.lists else theta}
        parts: dict[Any, Any] = {}
        at = 0
        for (name, type), size in zip(self.signature.wrt, sizes, strict=True):
            part = theta[at : at + size].reshape(_known(type)).astype(type.numpy, copy=False)
            parts[name] = part if type.rank else part.item()
            at += size
        return parts

    def ravel(self) -> Array:
        """The parameters' own data as one fresh float64 vector, in the order of the gradients."""
        self._need_gradients()
        names = [name for name, _ in self.signature.wrt]
        if self.signature.kind == "vector":
            names = [a.name for a in self._arguments if a.kind == "theta"]
        for name in names:
            if name not in self._default:
                raise ArgumentError(f"{name!r} has no data of its own; make theta yourself")
        return _flatten([self._default[name]() for name in names])

    def unravel(self, theta: Any) -> Gradients | Array:
        """The parameters in a vector, by name; the vector itself for scalar programs."""
        self._need_gradients()
        parts = self._split(theta)
        if self.signature.kind == "vector":
            return np.array(parts[0])
        return self._wrap(parts[name] for name, _ in self.signature.wrt)

    def _need_gradients(self) -> None:
        if self.signature.kind == "plain":
            raise ArgumentError(f"{self.__name__} has no gradients; use sg.compile with a loss")

    def verify(self, level: str = "L3", *, seed: int = 0, budget: int | None = None) -> Certificate:
        """The certificate of the emitted text: how its value and gradient were checked.

        level   the last that is run: L0 the rules, L1 the text, L2 identity, L3 balls with L5, the
                rounding, and L4 symbolic proof
        seed    of the random points, for L2 and L3, and of one size: a function for any N is run at
                N = 1, 2, 7 and one from 8 to 40, each of which some seed has
        budget  how many balls L3 may take to look for ties of comparisons: by default as many
                as take about a second; the certificate says so where that was not enough
        A text that is refuted is no error here; see ``compile(..., verify=True)``.  What takes more
        than two seconds is told on standard error, where that is a terminal.
        """
        return verifying.certificate(self, level, seed, budget)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the source, with a function ``constants()`` where constants are bound.

        ``sg.load`` reads it; without symgrad, ``step.loss_and_grads(w, x, **step.constants())``.
        Up to 1,000 numbers stand in the text.  More stand beside it, in a file whose name has a
        hash of them, as ``step.1f3a9c0d5e6f7a8b.npz``: keep the two together.  The old file stays
        whole until the new one is; its mode stays, and a link stays a link.
        Raises OSError, and ArgumentError where there is something else than a file.
        """
        names = self.python.__code__.co_varnames
        pairs = zip(names, self.signature.arguments, strict=False)
        keywords = [name for name, a in pairs if a.kind == "constant"]
        return saved.save(path, self.source, self._facts(), self.constants, keywords)

    def _facts(self) -> dict[str, Any]:
        return {**self.signature.facts(), **verifying.facts(self)}

    def __reduce__(self) -> Any:
        text = saving.join(self.source, self._facts())
        params = [a.name for a in self._arguments if a.kind != EXAMPLES and a.name in self._default]
        data = {name: np.asarray(self._default[name]()) for name in params}
        return _restore, (text, self.constants, data, self.notes, self.check, self.strict)

    def __repr__(self) -> str:
        return f"<compiled {self.signature}>"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(self.source)}</pre>"


def _bound(signature: Signature, constants: Mapping[str, Array]) -> tuple[Any, ...]:
    """Numbers, and in the python target lists: what the emitted text computes with."""
    bound = [constants[a.name] for a in signature.arguments if a.kind == "constant"]
    return tuple([c.tolist() if signature.lists or c.ndim == 0 else c for c in bound])


def _known(type: Type) -> tuple[int, ...]:
    """The shape of a parameter, which names no size."""
    for dim in type.shape:
        if not isinstance(dim, int):
            raise ArgumentError(f"one vector of parameters needs known sizes, got {type}")
    return tuple(int(dim) for dim in type.shape)


def _examples(python: Callable[..., Any], signature: Signature) -> Default:
    """Reads the examples that an emitted loop goes over if the call gives none."""
    given = getattr(python, "__defaults__", None)
    return {signature.arguments[-1].name: lambda: given[0]} if signature.layout and given else {}


def _missing(a: Argument) -> Callable[[], Any]:
    def read() -> Any:
        raise ArgumentError(f"{a.name} has no data of its own; pass it")

    return read


def _flatten(parts: Any) -> Array:
    arrays = [np.asarray(part, dtype=np.float64).reshape(-1) for part in parts]
    return np.concatenate(arrays) if arrays else np.zeros(0)


def _restore(
    text: str,
    constants: Mapping[str, Array],
    data: Mapping[str, Array],
    notes: tuple[str, ...] = (),
    check: bool = True,
    strict: bool = False,
) -> CompiledFunction:
    """A function from a file's text; the text passes the allow-list before it runs."""
    source, facts = saving.split(text)
    check_facts(facts)
    signature = Signature.of_facts(facts, not TARGETS[facts["target"]].takes_arrays)
    check_constants(signature, constants)
    default = {name: value.copy for name, value in data.items()}
    restored = CompiledFunction(
        source,
        signature,
        constants,
        default,
        notes=notes,
        check=check,
        strict=strict,
        reference=references.reference_of(facts),
    )
    takes, told = restored.python.__code__.co_argcount, len(signature.arguments)
    if takes != told:
        raise FormatError(f"the facts of the file: {told} arguments, but the text takes {takes}")
    return restored


def load(path: str | os.PathLike[str]) -> CompiledFunction:
    """A function that ``save`` wrote.  Its parameters have no data of their own: pass them.

    Nothing of the file runs but definitions of functions and of literal constants.
    Raises FormatError for a file that is foreign, changed, cut short, too large, no plain file, or
    whose constants are not its own; OSError where it cannot be read.
    """

    def build(found: saved.Saved) -> CompiledFunction:
        text = saving.join(found.source, found.facts)
        return _restore(text, found.constants, {}, found.notes)

    loaded: CompiledFunction = saved.load(path, build)
    return loaded
