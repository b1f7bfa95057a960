"""Products with zeros go where nothing that a reader would miss goes with them.

The rules are also tried at huge, tiny and signed values, in ``test_bits_and_reals.py``.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.ir import interpret, parse, verify
from symgrad.ops import OPS
from symgrad.rewrite import OF_REALS, apply_rules

HEAD = (
    "func @f(input %u: f64[3], input %v: f64[3], input %s: f64[], param %w: f64[3], "
    "param %m: f64[3, 2]) {\n  %0 = constant 0.0 : f64[]\n"
    "  %z = broadcast_to %0 {shape = (3,)} : f64[3]\n"
)
ANY = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e300, -2.5]


def parsed(body: str) -> Any:
    lines = "".join(f"  {line.strip()}\n" for line in body.split(";"))
    f = parse(f"{HEAD}{lines}  return %y\n}}\n", OPS)
    verify(f)
    return f


@pytest.mark.parametrize(
    ("body", "stays"),
    [
        pytest.param(
            "%n = negative %u : f64[3]; %f = sigmoid %n : f64[3]; %p = multiply %f, %z : f64[3]; "
            "%g = sigmoid %u : f64[3]; %q = multiply %g, %v : f64[3]; %y = add %p, %q : f64[3]",
            False,
            id="a gate of what is kept",
        ),
        pytest.param(
            "%f = tanh %u : f64[3]; %1 = constant 1.0 : f64[]; %h = subtract %1, %f : f64[3]; "
            "%p = multiply %0, %h : f64[3]; %q = multiply %u, %s : f64[3]; "
            "%y = subtract %q, %p : f64[3]",
            False,
            id="a bounded value taken away",
        ),
        pytest.param(
            "%f = tanh %u : f64[3]; %p = multiply %0, %f : f64[3]; %y = add %p, %v : f64[3]",
            True,
            id="a nan that would be hidden",
        ),
        pytest.param(
            "%f = exp %u : f64[3]; %p = multiply %0, %f : f64[3]; %y = add %p, %u : f64[3]",
            True,
            id="an infinity",
        ),
        pytest.param(
            "%f = sin %u : f64[3]; %p = multiply %0, %f : f64[3]; %q = tanh %u : f64[3]; "
            "%y = add %p, %q : f64[3]",
            True,
            id="a nan made of an infinity",
        ),
        pytest.param(
            "%c = greater %u, %0 : bool[3]; %g = where %c, %u, %v : f64[3]; "
            "%f = tanh %u : f64[3]; %p = multiply %0, %f : f64[3]; %y = add %p, %g : f64[3]",
            True,
            id="a nan that a choice leaves out",
        ),
        pytest.param(
            "%f = tanh %s : f64[]; %p = multiply %z, %f : f64[3]; %q = multiply %u, %s : f64[3]; "
            "%y = add %p, %q : f64[3]",
            True,
            id="a number before an array",
        ),
        pytest.param(
            "%p = multiply %z, %u : f64[3]; %y = add %p, %v : f64[3]",
            True,
            id="an input is checked, though it be multiplied by 0",
        ),
        pytest.param(
            "%t = tanh %w : f64[3]; %p = multiply %z, %t : f64[3]; %y = add %p, %v : f64[3]",
            False,
            id="a function of parameters",
        ),
    ],
)
def test_a_product_with_zeros_goes_where_no_nan_is_hidden(body: str, stays: bool) -> None:
    """The values are the same, at infinities and nans, too; parameters are numbers."""
    f = parsed(body)
    g, fired = apply_rules(f, OF_REALS)
    assert any("0*" in str(rule) for rule in fired) is not stays
    rng = np.random.default_rng(1)
    for _ in range(60):
        u, v, (s, *_) = (rng.choice(ANY, 3) for _ in range(3))
        given = [u, v, np.array(s), rng.normal(size=3), rng.normal(size=(3, 2))]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (before,), (after,) = interpret(f, given), interpret(g, given)
        np.testing.assert_array_equal(before, after)


def test_a_state_of_zeros_leaves_a_recurrent_net() -> None:
    """Also from the gradients; a nan in an input is in the loss, whatever it is multiplied by."""
    x, y = sg.input("x", ("N", 2, 3)), sg.input("y", ("N",))
    rng = np.random.default_rng(2)
    shapes = {"Wz": (3, 4), "Uz": (4, 4), "Wc": (3, 4), "Uc": (4, 4), "v": (4,)}
    Wz, Uz, Wc, Uc, v = (sg.param(n, rng.normal(size=s)) for n, s in shapes.items())
    h = sg.zeros((x.shape[0], 4))
    for t in range(2):
        z = sg.sigmoid(x[:, t] @ Wz + h @ Uz)
        h = (1 - z) * h + z * sg.tanh(x[:, t] @ Wc + h @ Uc)
    f = sg.compile(sg.mean((h @ v - y) ** 2))
    assert "np.zeros" not in f.source
    assert "0.0 *" not in f.source
    assert len(re.findall(r" @ U[zc]\b(?!\.T)", f.source)) == 2
    assert f.verify().verdict == "verified"
    data = {"x": rng.normal(size=(5, 2, 3)), "y": rng.normal(size=5)}
    data["x"][1, 0, 2] = np.nan
    assert np.isnan(f(**data)[0])
