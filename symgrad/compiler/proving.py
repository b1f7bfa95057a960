"""The symbolic side of a gradient check: a proof by SymPy, or the term at fault.

SymPy works in a process of its own that is ended when its time is up; then there is no proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgrad.codegen.expansion import expanded
from symgrad.codegen.python_target import PYTHON
from symgrad.codegen.scalarize import scalarize
from symgrad.codegen.unit import Unit
from symgrad.compiler.claims import Claim, Point, Problem
from symgrad.compiler.conversion import plain, symbols_of
from symgrad.errors import SymgradError
from symgrad.ir.function import Function

MAX_COMPONENTS = 64
MAX_INSTRUCTIONS = 400  # of the gradient, as scalars; SymPy never sees a whole program


def proof(problem: Problem, claim: Claim, seconds: float) -> str:
    """'' where SymPy shows that the claim is right for all real numbers; else why it does not."""
    from symgrad.symbolic.budget import within

    pairs = _pairs(problem, claim)
    if isinstance(pairs, str):
        return pairs
    try:
        answers = within(seconds, "are_zero", [_exact(a) - _exact(b) for a, b in pairs])
    except (SymgradError, ArithmeticError, ValueError, TypeError, AttributeError) as error:
        return str(error)
    if all(answers):
        return ""
    return "SymPy does not simplify the difference to 0"


def at_fault(
    problem: Problem, claim: Claim, place: tuple[int, tuple[int, ...]], drawn: Sequence[Point]
) -> str:
    """The term at fault in one component, in words; '' where it cannot be told."""
    from symgrad.symbolic.blame import blamed

    i, index = place
    try:
        right = gradient_expressions(problem)
        claims = claim.expressions()
        if isinstance(right, str) or claims is None:
            return ""
        wrong = _renamed(problem, _exact(claims[i][index]))
        points = [_assignment(problem, point) for point in drawn]
        plain_symbols = {s: _symbol(s) for s in points[0]}
        named = [{plain_symbols[s]: v for s, v in point.items()} for point in points]
        good = right[i][index].xreplace(plain_symbols)
        return blamed(wrong.xreplace(plain_symbols), good, named)
    except (SymgradError, ArithmeticError, ValueError, TypeError, KeyError):
        return ""  # to name the term is a courtesy; the refutation stands without it


def _pairs(problem: Problem, claim: Claim) -> list[tuple[Any, Any]] | str:
    """Claimed and right expressions, component by component; or why there are none."""
    try:
        right = gradient_expressions(problem)
        claims = None if isinstance(right, str) else claim.expressions()
    except SymgradError as error:
        return str(error)
    if isinstance(right, str):
        return right
    if claims is None:
        return "the claim is not symbolic"
    return [
        (_renamed(problem, c[place]), g[place])
        for c, g in zip(claims, right, strict=True)
        for place in np.ndindex(g.shape)
    ]


def gradient_expressions(problem: Problem) -> list[Any] | str:
    """The right gradients as arrays of SymPy expressions; or why there are none."""
    named = [
        p.hint for p in problem.loss.parameters if any(isinstance(d, str) for d in p.type.shape)
    ]
    if named:
        return f"{named[0]} has a named size, and a proof needs numbers"
    f = scalarize(Unit(expanded(plain(problem.gradient), PYTHON), 0)).function
    if len(f.body) > MAX_INSTRUCTIONS or len(f.results) > MAX_COMPONENTS:
        return (
            f"the gradient has {len(f.results)} components in {len(f.body)} operations, and a "
            f"proof is tried for {MAX_COMPONENTS} in {MAX_INSTRUCTIONS} at most"
        )
    return _as_arrays(problem, f)


def _as_arrays(problem: Problem, f: Function) -> list[Any]:
    from symgrad.symbolic.to_sympy import write

    bases: list[Any] = []
    for leaf, p in zip(problem.leaves or problem.loss.parameters, problem.loss.parameters,
                       strict=True):  # fmt: skip
        data = getattr(leaf, "data", None) if p["kind"] == "constant" else None
        bases += symbols_of(p, None) if data is None else np.ravel(data).tolist()
    flat = iter(write(f, bases, exact=True))
    arrays = []
    for i in problem.wrt:
        shape = tuple(int(d) for d in problem.loss.parameters[i].type.shape)
        out = np.empty(shape, dtype=object)
        for place in np.ndindex(shape):
            out[place] = next(flat)
        arrays.append(out)
    return arrays


def _renamed(problem: Problem, expression: Any) -> Any:
    """The expression over real symbols of the leaves' names, whatever they were declared as."""
    import sympy as sp

    change: dict[Any, Any] = {}
    shapes = {p.hint: tuple(p.type.shape) for p in problem.loss.parameters}
    for s in expression.atoms(sp.Symbol, sp.Indexed):
        if isinstance(s, sp.Indexed):
            name = str(s.base.name)
            base = sp.IndexedBase(name, shape=shapes.get(name, ()), real=True)
            change[s] = base[s.indices if len(s.indices) > 1 else s.indices[0]]
        elif shapes.get(s.name) == ():
            change[s] = sp.Symbol(s.name, real=True)
    return expression.xreplace(change)


def _exact(expression: Any) -> Any:
    """Floats as the rationals that they are."""
    import sympy as sp

    floats = {c: sp.Rational(float(c)) for c in expression.atoms(sp.Float)}
    return expression.xreplace(floats)


def _symbol(s: Any) -> Any:
    """A plain symbol that prints as an element of an array does."""
    import sympy as sp

    return sp.Symbol(str(s), real=True)


def _assignment(problem: Problem, point: Point) -> dict[Any, float]:
    """The values of the symbols at a point."""
    found: dict[Any, float] = {}
    for p in problem.loss.parameters:
        flat = np.ravel(point[p.hint]).tolist()
        found.update(zip(symbols_of(p, None), flat, strict=True))
    return found


__all__ = ["at_fault", "gradient_expressions", "proof"]
