"""A loss, its gradient, and a gradient that somebody claims: formulas, expressions, or a function.

Formulas of SymPy and symgrad's expressions become one IR function, and that a text.  A Python
function is called, and judged by the precision of what it returns: JAX computes in float32 unless
it is told otherwise.  Its arguments come in the order of its own parameters where these are named
as those of the loss, and otherwise in the order of the loss:

>>> parameters = inspect.signature(lambda y, x, scale=1.0: ...).parameters
>>> plan_of(parameters, ["x", "y"])
(['y', 'x'], [])
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError
from symgrad.frontend.arrays.expr import Expr
from symgrad.frontend.arrays.trace import trace
from symgrad.ir.function import Function, Instr, function

Point = Mapping[str, Any]  # arrays by the names of the leaves
Plan = tuple[list[str], list[str]]  # the arguments that are passed in order, and those by name
_KINDS = inspect.Parameter


@dataclass(frozen=True)
class Problem:
    """A loss, and the loss with its gradient, as IR functions of the same parameters.

    leaves    what the parameters stand for, where they are expressions
    wrt       the places of the parameters that are differentiated by
    held      the data of those that hold any, by name
    scalars   makes a function of scalars of a function
    """

    loss: Function
    gradient: Function
    leaves: tuple[Any, ...]
    wrt: tuple[int, ...]
    held: Mapping[str, Any]
    scalars: Callable[[Function], Function]

    @property
    def parameters(self) -> tuple[Instr, ...]:
        return self.loss.parameters

    @property
    def names(self) -> list[str]:
        return [p.hint for p in self.parameters]

    @property
    def differentiated(self) -> list[str]:
        return [self.names[i] for i in self.wrt]

    def component(self, point: Point, flat: int) -> str:
        """The name of a component of the gradient, by its place among all of them."""
        for name in self.differentiated:
            shape = np.shape(point[name])
            if flat < math.prod(shape):
                return element(f"d_{name}", shape, flat)
            flat -= math.prod(shape)
        return ""


def element(name: str, shape: tuple[int, ...], k: int) -> str:
    """How the element at a flat place of an argument is written.

    >>> element("w", (2, 3), 4), element("b", (), 0)
    ('w[1, 1]', 'b')
    """
    return f"{name}{[*map(int, np.unravel_index(k, shape))] if shape else ''}"


@dataclass(frozen=True, order=True)
class Precision:
    """The digits that a function's numbers can show, by how they are kept.

    unit    half the distance from 1 to the next number
    enough  digits that a right function shows
    clear   digits from which on it is right, with no look at how regular the rest is
    wrong   a function that shows fewer is refuted
    rough   of the largest component, beside which the others are measured
    step    of an argument, as a function's own rounding may move it
    near    the distance at which a function is on the same side of a kink as the loss
    """

    unit: float
    name: str
    enough: float
    clear: float
    wrong: float
    rough: float
    step: float
    near: float
    least: float


DOUBLE = Precision(2.0**-53, "float64", 11.0, 11.0, 6.0, 1e-4, 2.0**-50, 1e-9, 2.0**-1022)
SINGLE = Precision(2.0**-24, "float32", 4.0, 5.0, 1.5, 1e-2, 2.0**-21, 1e-4, 2.0**-126)
HALF = Precision(2.0**-8, "16 bits", 1.0, 1.0, 0.3, 1e-1, 2.0**-6, 1e-1, 2.0**-126)
ALIKE = 40.0  # digits from which on two formulas may be the same


class GradientClaim:
    """A claimed gradient, and how it is judged.

    function   an IR function of the components, where the claim is symbolic
    arrays     the gradients, where the function has each component by itself
    precision  of a Python function, the coarsest that it has shown
    rtol       the relative difference that its user allows
    """

    function: Function | None = None
    arrays: Sequence[Any] = ()
    precision = DOUBLE
    rtol: float | None = None

    @property
    def exact(self) -> bool:
        return self.function is not None

    @property
    def enough(self) -> float:
        """Digits from which on a value is right."""
        most = ALIKE if self.exact else self.precision.enough
        return most if self.rtol is None else min(ALIKE, -math.log10(self.rtol))

    @property
    def wrong(self) -> float:
        """Digits below which a value refutes the claim."""
        return self.enough if self.exact or self.rtol is not None else self.precision.wrong

    def representable(self, point: Point) -> Point:
        """The point as the claim can be told it: an argument that is rounded is another one."""
        if self.precision == DOUBLE:
            return point
        return {
            name: np.asarray(v, np.float32).astype(float) if np.asarray(v).dtype.kind == "f" else v
            for name, v in point.items()
        }


class FormulaClaim(GradientClaim):
    """SymPy expressions, one for each element of each gradient."""

    def __init__(self, problem: Problem, claimed: Sequence[Any]) -> None:
        from symgrad.symbolic.claimed_formulas import elements, exact_function

        own = [problem.parameters[i] for i in problem.wrt]
        self.arrays = [elements(c, p) for c, p in zip(claimed, own, strict=True)]
        self.function = exact_function(problem.parameters, self.arrays)


class ExpressionClaim(GradientClaim):
    """symgrad expressions of the same leaves."""

    def __init__(self, problem: Problem, claimed: Sequence[Expr]) -> None:
        traced = trace(list(claimed), also=list(problem.leaves))
        known = {id(leaf) for leaf in problem.leaves}
        foreign = [leaf.name for leaf in traced.leaves if id(leaf) not in known]
        if foreign:
            there = ", ".join(problem.names)
            raise ArgumentError(
                f"claimed: {foreign[0]} is no argument of the loss (it has {there})"
            )
        own = dict(zip(map(id, traced.leaves), traced.function.parameters, strict=True))
        parameters = [own[id(leaf)] for leaf in problem.leaves]
        self.function = function("claimed", parameters, traced.function.results)
        for name, x in zip(problem.differentiated, self.function.results, strict=True):
            if x.type.dtype == "bool":
                raise ArgumentError(
                    f"claimed: the gradient of {name} is a number, got a condition; choose between "
                    "numbers by it: sg.where(condition, a, b)"
                )


class FunctionClaim(GradientClaim):
    """A Python function of all arguments that returns the gradient, or a tuple of gradients."""

    def __init__(self, problem: Problem, claimed: Callable[..., Any]) -> None:
        self.problem = problem
        self.called = claimed
        try:
            parameters: Mapping[str, Any] = inspect.signature(claimed).parameters
        except (TypeError, ValueError):
            parameters = {}  # a builtin
        self.plan = plan_of(parameters, problem.names)

    def values(self, point: Point) -> list[Any]:
        """One array of floats for each parameter that is differentiated by."""
        whole = {n: v.copy() if np.ndim(v) else v[()] for n, v in point.items()}
        ordered, named = self.plan
        try:
            result = self.called(*[whole[n] for n in ordered], **{n: whole[n] for n in named})
        except (Exception, SystemExit) as error:
            how = ", ".join([*ordered, *(f"{n}={n}" for n in named)])
            raise ArgumentError(
                f"claimed: the function, called with ({how}), raised {type(error).__name__}: "
                f"{error}"
            ) from error
        parts = [self._array(p, i) for i, p in enumerate(self._parts(result, point))]
        self.precision = max([self.precision, *(precision for _, precision in parts)])
        return [array for array, _ in parts]

    def _parts(self, result: Any, point: Point) -> Sequence[Any]:
        """The returned gradient of each argument that is differentiated by."""
        names = self.problem.differentiated
        if isinstance(result, Mapping):
            if set(result) != set(names):
                raise ArgumentError(
                    f"claimed: expected gradients of {', '.join(names)} from the function, got a "
                    f"dict of {', '.join(map(repr, result))}"
                )
            return [result[name] for name in names]
        several = isinstance(result, tuple | list)
        if several and _is_with_loss(result, len(names)):
            raise ArgumentError(
                "claimed: the function returns a loss and gradients; claim the gradients alone: "
                "lambda *args: f(*args)[1]"
            )
        if len(names) > 1:
            if not several or len(result) != len(names):
                raise ArgumentError(
                    f"claimed: expected {len(names)} gradients in a tuple from the function, got "
                    f"{result!r}"
                )
            return list(result)
        if several and len(result) == 1 and _shape(result[0]) == np.shape(point[names[0]]):
            return [result[0]]
        return [result]

    def _array(self, part: Any, i: int) -> tuple[Any, Precision]:
        """One gradient as an array of floats, and its precision."""
        try:
            array = plain(part)
            if array.dtype == object and any(v is None for v in array.flat):
                raise TypeError("None is no number; is a return missing?")
            precision = precision_of(array, str(getattr(part, "dtype", "")))
            if array.dtype.kind not in "biufOV":
                raise TypeError(f"{array.dtype} is not real")
            return array.astype(float), precision
        except (TypeError, ValueError, OverflowError, RuntimeError) as error:
            raise ArgumentError(
                f"claimed: expected a gradient of real numbers from the function, got {part!r}: "
                f"{error}"
            ) from error


def plan_of(parameters: Mapping[str, Any], names: Sequence[str]) -> Plan:
    """How a function of these parameters is called with the arguments of these names.

    Some functions, as those of ``jax.grad``, take them in order alone; so names are used only where
    nothing else is possible.
    """
    own = {n: p for n, p in parameters.items() if p.kind in _NAMED}
    kinds = {p.kind for p in parameters.values()}
    takes_any = _KINDS.VAR_KEYWORD in kinds and _KINDS.VAR_POSITIONAL not in kinds
    needed = {n for n, p in own.items() if p.default is p.empty}
    if not needed <= set(names) or not (takes_any or set(names) <= set(own)):
        return list(names), []
    ordered: list[str] = []
    for name, p in own.items():
        if name not in names or p.kind == _KINDS.KEYWORD_ONLY:
            break  # what is behind it is passed by name
        ordered.append(name)
    return ordered, [name for name in names if name not in ordered]


_NAMED = (_KINDS.POSITIONAL_ONLY, _KINDS.POSITIONAL_OR_KEYWORD, _KINDS.KEYWORD_ONLY)


def plain(part: Any) -> Any:
    """An array of numbers: NumPy's, JAX's and PyTorch's, a data frame, nested lists of any."""
    if isinstance(part, tuple | list):
        return np.array([plain(p) for p in part]) if len(part) else np.zeros(0)
    if hasattr(part, "detach"):  # PyTorch refuses to convert what requires a gradient
        part = part.detach().cpu()
        part = part.float() if "bfloat16" in str(part.dtype) else part
    return np.asarray(part)


def precision_of(array: Any, dtype: str = "") -> Precision:
    """The precision of an array's numbers, whose library may call its dtype otherwise.

    >>> precision_of(np.float32(1.0)).name, precision_of(np.array(3)).name
    ('float32', 'float64')
    """
    if array.dtype.kind == "V" or "bfloat16" in dtype or array.dtype == np.float16:
        return HALF
    return SINGLE if array.dtype == np.float32 else DOUBLE


def _is_with_loss(result: Sequence[Any], count: int) -> bool:
    """True if it is a number, and as many gradients as were asked for."""
    if len(result) != 2 or not isinstance(result[1], tuple | list) or np.ndim(plain(result[0])):
        return False
    return len(result[1]) == count


def _shape(part: Any) -> tuple[int, ...] | None:
    try:
        return tuple(np.shape(plain(part)))
    except (TypeError, ValueError):
        return None


def claim_of(problem: Problem, claimed: Any, several: bool) -> GradientClaim:
    """The claim in a form that has values.  Raises ArgumentError for what is none."""
    if callable(claimed) and not isinstance(claimed, Expr) and not _is_sympy(claimed):
        return FunctionClaim(problem, claimed)
    parts = list(claimed) if several and isinstance(claimed, list | tuple) else [claimed]
    if len(parts) != len(problem.wrt):
        kind = "" if isinstance(claimed, list | tuple) else f": {type(claimed).__name__}"
        raise ArgumentError(
            f"claimed: expected {len(problem.wrt)} gradients, got {len(parts)}{kind}"
        )
    if all(isinstance(c, Expr) for c in parts):
        return ExpressionClaim(problem, parts)
    return FormulaClaim(problem, parts)


def _is_sympy(x: Any) -> bool:
    return type(x).__module__.partition(".")[0] == "sympy"
