"""A gradient that is claimed as a Python function: how it is called, and what it returns.

A function is judged by the precision of what it returns: JAX computes in float32 unless it is told
otherwise.  It is called in the order of its own parameters where these are named as the arguments
of the loss, and otherwise in the order of the arguments:

>>> parameters = inspect.signature(lambda y, x, scale=1.0: ...).parameters
>>> plan_of(parameters, ["x", "y"])
(['y', 'x'], [])
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from symgrad.certify.gradient_claims import (
    DOUBLE,
    HALF,
    SINGLE,
    ExpressionClaim,
    FormulaClaim,
    GradientClaim,
    Point,
    Precision,
    Problem,
)
from symgrad.errors import ArgumentError
from symgrad.frontend.arrays.expr import Expr

Plan = tuple[list[str], list[str]]  # the arguments that are passed in order, and those by name
_KINDS = inspect.Parameter


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


__all__ = ["FunctionClaim", "claim_of"]
