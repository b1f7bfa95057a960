"""Literals are combined only where nothing is rounded."""

import pytest

from symgrad.ir import parse
from symgrad.ops import OPS
from symgrad.rewrite import canonicalize, fold


def text(body):
    lines = "".join(f"  {line.strip()}\n" for line in body.split(";"))
    return parse("func @f(input %a: f64[]) {\n" + lines + "}\n", OPS)


@pytest.mark.parametrize(
    ("op", "x", "y", "folds"),
    [
        ("multiply", "0.5", "3.0", True),
        ("multiply", "0.1", "3.0", False),
        ("divide", "1.0", "4.0", True),
        ("divide", "1.0", "3.0", False),
        ("add", "1e16", "1.0", False),
        ("add", "0.25", "1.0", True),
        ("maximum", "0.1", "0.3", True),
        ("power", "2.0", "0.5", False),
    ],
)
def test_fold_takes_exact_results_alone(op, x, y, folds):
    body = f"%0 = constant {x} : f64[]; %1 = constant {y} : f64[]; %y = {op} %0, %1 : f64[]"
    assert fold(text(body + "; return %y")).body[-1].is_constant == folds


@pytest.mark.parametrize(("x", "y", "joins"), [("2.0", "0.1", True), ("3.0", "0.1", False)])
def test_factors_are_collected_where_their_product_is_exact(x, y, joins):
    body = f"%0 = constant {x} : f64[]; %1 = constant {y} : f64[]; %2 = multiply %1, %a : f64[]"
    after = canonicalize(text(body + "; %y = multiply %0, %2 : f64[]; return %y"))
    assert sum(op.op.name == "multiply" for op in after.body) == (1 if joins else 2)
