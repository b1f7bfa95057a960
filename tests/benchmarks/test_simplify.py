"""Thirty textbook formulas: what value and gradient cost, before and after simplification.

Beside them stands SymPy's `cse` of the formula and its symbolic derivatives, read into the same IR
and counted by the same table; it is given no stabilising rewrites, and so are we in one column.
"""

from typing import Any

import formulas
import pytest
import sympy as sp

import symgrad as sg
from symgrad.ir.function import Function, function, parameter
from symgrad.ir.types import Type
from symgrad.ops.table import IRAlgebra, Term
from symgrad.rewrite import cse, fold, identities, reals
from symgrad.rewrite.simplify import cost
from symgrad.symbolic.from_sympy import leaves, read

pytestmark = pytest.mark.filterwarnings("default")


def ours(formula: formulas.Formula, **options: Any) -> int:
    known = {s: sg.param(s.name, 1.0) for s in leaves(formula.expression)}
    loss = sg.from_sympy(formula.expression, known)
    f = sg.compile(loss, wrt=[known[s] for s in formula.wrt], target="python", **options)
    return cost(f.ir)


def by_sympy(formula: formulas.Formula) -> Function:
    """The formula and its derivatives after SymPy's own elimination of common parts."""
    derivatives = [sp.diff(formula.expression, s) for s in formula.wrt]
    parts, outputs = sp.cse([formula.expression, *derivatives])
    f = IRAlgebra()
    parameters = {s: parameter(s.name, Type("f64")) for s in leaves(formula.expression)}
    bound = {s: f.term(p) for s, p in parameters.items()}

    def term(e: Any) -> Term:
        value = read(e, f, bound.__getitem__)
        return value if isinstance(value, Term) else f.term(f.number(value, "f64"))

    for symbol, part in parts:
        bound[symbol] = term(part)
    results = [term(e).instr for e in outputs]
    return cse(identities(reals(fold(function("f", list(parameters.values()), results)))))


def test_simplify(benchmark: Any) -> None:
    """The table of costs, formula by formula, and their sums."""
    heads = ("plain", "simple", "by SymPy", "unstable", "SymPy cse")
    print(f"\n\n{'cost of value and gradient':32}" + "".join(f"{h:>10}" for h in heads))
    sums = [0, 0, 0, 0, 0]
    for formula in formulas.FORMULAS:
        row = [
            ours(formula, simplify=False),
            ours(formula),
            ours(formula, simplify="sympy"),
            ours(formula, stabilize=False),
            cost(by_sympy(formula)),
        ]
        sums = [a + b for a, b in zip(sums, row, strict=True)]
        cells = "".join(f"{n:10}" for n in row)
        print(f"{formula.name:32}{cells}  {formula.source}")
    print(f"{'all':32}" + "".join(f"{n:10}" for n in sums))
    benchmark(ours, formulas.FORMULAS[1])
