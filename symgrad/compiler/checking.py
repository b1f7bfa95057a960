"""``sg.check_gradient``: is this gradient right, and where not?

>>> import sympy as sp
>>> import symgrad as sg
>>> x, y = sg.param("x", 0.0), sg.input("y")
>>> s, t = sp.symbols("x y", real=True)
>>> print(check_gradient(sg.sin(x) * y, x, sp.cos(s) * t))
proved: SymPy shows that the component is equal for all real numbers
>>> check = check_gradient(sg.exp(x * y) - x * x, x, t * sp.exp(s * t) + 2 * s)
>>> check.verdict, check.fault
('refuted', 'the term 2*x should be -2*x')
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symgrad.autodiff import gradients
from symgrad.certify.gradient_check import GradientCheck, judged
from symgrad.certify.gradient_claims import Problem
from symgrad.codegen.scalarize import scalar_function
from symgrad.errors import ArgumentError, ShapeError
from symgrad.frontend.arrays.expr import Expr
from symgrad.frontend.arrays.leaf import Leaf
from symgrad.frontend.arrays.trace import trace
from symgrad.frontend.refusals import located
from symgrad.frontend.scalars.lower import lower, names_of, values_of
from symgrad.frontend.scalars.value import Value
from symgrad.ir.function import Function, function
from symgrad.symbolic.to_sympy import plain


@located
def check_gradient(
    loss: Any,
    wrt: Any,
    claimed: Any,
    *,
    at: Mapping[str, Any] | None = None,
    sizes: Mapping[str, int] | None = None,
    points: int = 5,
    seconds: float = 20.0,
    rtol: float | None = None,
) -> GradientCheck:
    """Judges whether ``claimed`` is the gradient of ``loss`` with respect to ``wrt``.

    loss      a scalar expression, or a Value
    wrt       a leaf, or a list of them; for a Value a module or a list of Values
    claimed   one gradient, or a list in the order of ``wrt``: SymPy expressions (matrices or nested
              lists for arrays) over symbols that are called as the leaves, symgrad expressions, or
              a Python function of all arguments, by name or in order, that returns them: numbers,
              arrays of NumPy, JAX or PyTorch, data frames, lists, or a dict by the names of wrt
    at        values for inputs that cannot be drawn, such as integer labels
    sizes     numbers for named sizes; 3 by default
    points    at how many points, drawn the same each time, the values are compared, beside those
              farther out, along lines, at the data of the parameters, and at both sides of each
              comparison of the loss and of a formula that the checker's search for ties reaches
    seconds   what SymPy may take for a proof, or to find the term at fault; its process is ended
              then.  A claimed function runs in this process and is not interrupted;
              ``python -m symgrad check`` does that
    rtol      the relative difference that is allowed, in place of what the precision of a function
              tells: float64 is right from 11 digits on, float32 from 4, and is refuted where it is
              off in fewer, or in a way that rounding is not
    Raises ArgumentError, ShapeError for a claim that is none.
    """
    _check_options(seconds, rtol, at=at, sizes=sizes)
    problem, several = _problem(loss, wrt)
    return judged(problem, claimed, several, at or {}, sizes or {}, points, seconds, rtol)


def _check_options(seconds: Any, rtol: Any, **named: Any) -> None:
    """Raises ArgumentError for an option that is none."""
    if not (isinstance(seconds, int | float) and seconds >= 0):
        raise ArgumentError(f"seconds: expected a number >= 0, got {seconds!r}")
    if rtol is not None and not (isinstance(rtol, int | float) and 0 < rtol < 1):
        raise ArgumentError(f"rtol: expected a number between 0 and 1, got {rtol!r}")
    for option, value in named.items():
        if value is not None and not isinstance(value, Mapping):
            raise ArgumentError(f"{option}: expected a dict of names, got {value!r}")


def _problem(loss: Any, wrt: Any) -> tuple[Problem, bool]:
    """The loss and its gradient as IR, and whether several gradients are claimed."""
    if isinstance(loss, Value):
        values = values_of(wrt)
        f = lower([loss], values, names_of(wrt))
        held: dict[str, Any] = {p.hint: v.data for p, v in zip(f.parameters, values, strict=True)}
        return _with_gradient(f, (), tuple(range(len(values))), held), True
    if not isinstance(loss, Expr):
        raise ArgumentError(f"loss: expected an expression or a Value, got {type(loss).__name__}")
    if loss.shape:
        raise ShapeError(f"loss: expected a scalar, got {loss.instr.type}; use sg.sum or sg.mean")
    chosen = list(wrt) if isinstance(wrt, list | tuple) else [wrt]
    if not chosen or len({id(leaf) for leaf in chosen}) != len(chosen):
        raise ArgumentError("wrt: expected one leaf or several, each once")
    for i, leaf in enumerate(chosen):
        if not isinstance(leaf, Leaf):
            raise ArgumentError(f"wrt[{i}]: expected an sg.param or sg.input, got {leaf!r}")
    traced = trace([loss], also=chosen)
    f, known = traced.function, [id(leaf) for leaf in traced.leaves]
    pairs = zip(f.parameters, traced.leaves, strict=True)
    held = {p.hint: leaf.data for p, leaf in pairs if leaf.data is not None}
    places = tuple(known.index(id(leaf)) for leaf in chosen)
    return _with_gradient(f, traced.leaves, places, held), isinstance(wrt, list | tuple)


def _with_gradient(
    f: Function, leaves: tuple[Any, ...], wrt: tuple[int, ...], held: Mapping[str, Any]
) -> Problem:
    grads = gradients(f.results[0], [f.parameters[i] for i in wrt])
    whole = function("gradient", f.parameters, [*f.results, *grads])
    return Problem(f, whole, leaves, wrt, held, _scalars)


def _scalars(f: Function) -> Function:
    """The function as one of scalars."""
    return scalar_function(plain(f))


__all__ = ["GradientCheck", "check_gradient"]
