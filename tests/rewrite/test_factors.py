"""Factors stand where they cost least, and like terms are one: before and after, a rule at a time.

Each rule is also tried at huge, tiny and signed values, in ``test_bits_and_reals.py``.
"""

import re

import numpy as np
import pytest

import symgrad as sg
from symgrad.ir import parse, verify
from symgrad.ops import OPS
from symgrad.rewrite import OF_FACTORS, canonicalize, rules_pass

factors = rules_pass("factors", OF_FACTORS)
HEAD = (
    "func @f(param %t: f64[], input %r: f64[N], input %s: f64[N, 1], input %x: f64[N, 3], "
    "input %w: f64[3], input %i: i64[N]) {\n"
)
ALL = "{axis = (0, 1), keepdims = false}"
ROWS = "{axis = (1,), keepdims = false}"
DOWN = "{axis = (0,), keepdims = false}"


def written(rewrite, body):
    """What the pass makes of a body, in which letters but %y and the parameters' are no names."""
    body = re.sub(r"%([a-hj-qu-vz])\b", lambda m: f"%{ord(m[1])}", body)
    lines = "".join(f"  {line.strip()}\n" for line in body.strip().split(";"))
    f = parse(f"{HEAD}{lines}}}\n", OPS)
    verify(f)
    g = rewrite(f)
    verify(g)
    return str(g)


def same(function):
    return function


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            f"%n = negative %x : f64[N, 3]; %y = sum %n {ROWS} : f64[N]; return %y",
            f"%n = sum %x {ROWS} : f64[N]; %y = negative %n : f64[N]; return %y",
            id="a sign leaves a sum",
        ),
        pytest.param(
            f"%p = multiply %x, %s : f64[N, 3]; %y = sum %p {ROWS} : f64[N]; return %y",
            f'%0 = sum %x {ROWS} : f64[N]; %1 = reshape %s {{shape = ("N",)}} : f64[N]; '
            "%y = multiply %0, %1 : f64[N]; return %y",
            id="what is the same along the axis leaves the sum",
        ),
        pytest.param(
            "%e = exp %w : f64[3]; "
            f"%p = divide %x, %e : f64[N, 3]; %y = sum %p {DOWN} : f64[3]; return %y",
            f"%e = exp %w : f64[3]; %0 = sum %x {DOWN} : f64[3]; "
            "%y = divide %0, %e : f64[3]; return %y",
            id="so does a divisor that is not 0",
        ),
        pytest.param(
            f"%p = multiply %x, %t : f64[N, 3]; %y = sum %p {ALL} : f64[]; return %y",
            f"%0 = sum %x {ALL} : f64[]; %y = multiply %t, %0 : f64[]; return %y",
            id="a number stands before the sum",
        ),
        pytest.param(
            "%c = constant 2.0 : f64[]; %d = constant 0.5 : f64[]; "
            "%p = multiply %d, %x : f64[N, 3]; "
            f"%u = sum %p {ROWS} : f64[N]; %y = multiply %c, %u : f64[N]; return %y",
            f"%y = sum %x {ROWS} : f64[N]; return %y",
            id="literals meet through a sum",
        ),
        pytest.param(
            "%c = constant 2.0 : f64[]; %d = constant -0.5 : f64[]; %half = multiply %d, %x : "
            "f64[N, 3]; %y = multiply %c, %half : f64[N, 3]; return %y, %half",
            "%d = constant -0.5 : f64[]; %half = multiply %d, %x : f64[N, 3]; "
            "%y = negative %x : f64[N, 3]; return %y, %half",
            id="literals that leave nothing meet in what others read, too",
        ),
        pytest.param(
            "%c = constant 2.0 : f64[]; %d = constant 0.5 : f64[]; %0 = multiply %d, %t : f64[]; "
            "%1 = multiply %0, %x : f64[N, 3]; %y = multiply %c, %1 : f64[N, 3]; return %y, %1",
            "%d = constant 0.5 : f64[]; %0 = multiply %d, %t : f64[]; "
            "%1 = multiply %0, %x : f64[N, 3]; %y = multiply %t, %x : f64[N, 3]; return %y, %1",
            id="where that makes no product more",
        ),
        pytest.param(
            "%c = constant 3.0 : f64[]; %third = divide %x, %c : f64[N, 3]; "
            "%y = multiply %third, %c : f64[N, 3]; return %y, %third",
            "%c = constant 3.0 : f64[]; %third = divide %x, %c : f64[N, 3]; return %x, %third",
            id="so does a literal that divides",
        ),
        pytest.param(
            "%c = constant 2.0 : f64[]; %p = multiply %c, %x : f64[N, 3];"
            "%y = multiply %s, %p : f64[N, 3]; return %y",
            "%c = constant 2.0 : f64[]; %0 = multiply %c, %s : f64[N, 1]; "
            "%y = multiply %0, %x : f64[N, 3]; return %y",
            id="a literal goes to the smaller operand",
        ),
        pytest.param(
            "%e = exp %w : f64[3]; %q = divide %x, %e : f64[N, 3]; "
            "%y = multiply %q, %e : f64[N, 3]; return %y",
            "return %x",
            id="an exponential cancels",
        ),
        pytest.param(
            f'%u = sum %x {ROWS} : f64[N]; %y = reshape %u {{shape = ("N", 1)}} : f64[N, 1]; '
            "return %y",
            "%y = sum %x {axis = (1,), keepdims = true} : f64[N, 1]; return %y",
            id="a sum keeps the axis that comes back",
        ),
        pytest.param(
            "%z = constant 0.0 : f64[]; %b = greater %r, %z : bool[N]; "
            "%u = where %b, %r, %z : f64[N]; %v = where %b, %z, %t : f64[N]; "
            "%y = add %v, %u : f64[N]; return %y",
            "%z = constant 0.0 : f64[]; %b = greater %r, %z : bool[N]; "
            "%y = where %b, %r, %t : f64[N]; return %y",
            id="two choices by one condition are one",
        ),
        pytest.param(
            "%c = constant 0.5 : f64[]; %p = multiply %c, %w : f64[3]; %q = exp %w : f64[3]; "
            "%a = add %q, %p : f64[3]; %b = add %a, %w : f64[3]; %y = add %b, %p : f64[3]; "
            "return %y",
            "%q = exp %w : f64[3]; %0 = constant 2.0 : f64[]; %1 = multiply %0, %w : f64[3]; "
            "%y = add %q, %1 : f64[3]; return %y",
            id="like terms, with others between them",
        ),
        pytest.param(
            "%c = constant 0.0 : f64[]; %y = subtract %c, %w : f64[3]; return %y",
            "%y = negative %w : f64[3]; return %y",
            id="nothing less a is -a",
        ),
        pytest.param(
            "%c = constant -2.0 : f64[]; %p = multiply %c, %w : f64[3]; "
            "%q = exp %w : f64[3]; %y = add %p, %q : f64[3]; return %y",
            "%q = exp %w : f64[3]; %0 = constant 2.0 : f64[]; %1 = multiply %0, %w : f64[3]; "
            "%y = subtract %q, %1 : f64[3]; return %y",
            id="a literal below 0 is taken away",
        ),
        pytest.param(
            "%p = divide %x, %s : f64[N, 3]; %q = divide %w, %s : f64[N, 3]; "
            "%y = subtract %p, %q : f64[N, 3]; return %y",
            "%0 = subtract %x, %w : f64[N, 3]; %y = divide %0, %s : f64[N, 3]; return %y",
            id="terms are divided once by what they share",
        ),
        pytest.param(
            "%c = constant 1.0 : f64[]; %o = divide %c, %s : f64[N, 1]; "
            "%p = multiply %x, %o : f64[N, 3]; %q = exp %w : f64[3]; "
            "%a = subtract %p, %q : f64[N, 3]; %b = multiply %w, %o : f64[N, 3]; "
            "%y = add %a, %b : f64[N, 3]; return %y",
            "%q = exp %w : f64[3]; %0 = add %x, %w : f64[N, 3]; %1 = divide %0, %s : f64[N, 3]; "
            "%y = subtract %1, %q : f64[N, 3]; return %y",
            id="also by way of the reciprocal, with others between them",
        ),
        pytest.param(
            "%c = constant 0.1 : f64[]; %k = divide %c, %t : f64[]; %l = divide %c, %t : f64[]; "
            "%p = multiply %k, %x : f64[N, 3]; %y = add %p, %l : f64[N, 3]; return %y",
            "%c = constant 0.1 : f64[]; %1 = constant 1.0 : f64[]; %2 = add %x, %1 : f64[N, 3]; "
            "%0 = divide %c, %t : f64[]; %y = multiply %0, %2 : f64[N, 3]; return %y",
            id="a number that two terms share stands before both",
        ),
        pytest.param(
            "%v = multiply %r, %r : f64[N]; %p = multiply %v, %t : f64[N]; "
            "%q = multiply %t, %r : f64[N]; %u = multiply %q, %r : f64[N]; "
            "%y = add %p, %u : f64[N]; return %y, %v",
            "%v = multiply %r, %r : f64[N]; %0 = constant 2.0 : f64[]; "
            "%1 = multiply %t, %0 : f64[]; %y = multiply %1, %v : f64[N]; return %y, %v",
            id="terms of the same factors are one",
        ),
        pytest.param(
            "%n = divide %x, %s : f64[N, 3]; %z = constant 0.0 : f64[]; "
            "%b = equal %s, %z : bool[N, 1]; %o = constant inf : f64[]; "
            "%g = where %b, %o, %s : f64[N, 1]; %y = divide %n, %g : f64[N, 3]; return %y, %n",
            "%n = divide %x, %s : f64[N, 3]; %y = divide %n, %s : f64[N, 3]; return %y, %n",
            id="a divisor that stands there already is not guarded again",
        ),
        pytest.param(
            "%b = greater %r, %t : bool[N]; %p = multiply %t, %r : f64[N]; "
            "%y = where %b, %p, %t : f64[N]; return %y",
            "%b = greater %r, %t : bool[N]; %p = multiply %t, %r : f64[N]; "
            "%y = where %b, %p, %t : f64[N]; return %y",
            id="a choice between a product and a number stays",
        ),
        pytest.param(
            "%b = greater %r, %t : bool[N]; %p = multiply %t, %r : f64[N]; %e = exp %r : f64[N]; "
            "%q = multiply %e, %t : f64[N]; %y = where %b, %p, %q : f64[N]; return %y",
            "%b = greater %r, %t : bool[N]; %e = exp %r : f64[N]; %q = where %b, %r, %e : f64[N]; "
            "%y = multiply %t, %q : f64[N]; return %y",
            id="a number leaves both branches of a choice",
        ),
        pytest.param(
            f"%p = sum %x {ROWS} : f64[N] // of f.py:1; %e = exp %x : f64[N, 3]; "
            f"%q = sum %e {ROWS} : f64[N] // of f.py:1; %y = subtract %p, %q : f64[N] // of f.py:1;"
            "return %y",
            "%e = exp %x : f64[N, 3]; %p = subtract %x, %e : f64[N, 3] // of f.py:1; "
            f"%y = sum %p {ROWS} : f64[N] // of f.py:1; return %y",
            id="sums along one axis are one in a gradient",
        ),
        pytest.param(
            "%c = constant -1.0 : f64[]; %k = divide %c, %t : f64[]; %e = exp %r : f64[N]; "
            "%p = multiply %e, %k : f64[N]; %y = subtract %r, %p : f64[N]; return %y",
            "%e = exp %r : f64[N]; %c = constant 1.0 : f64[]; %k = divide %c, %t : f64[]; "
            "%p = multiply %e, %k : f64[N]; %y = add %r, %p : f64[N]; return %y",
            id="a literal below 0 that is divided changes a difference, too",
        ),
        pytest.param(
            "%c = constant -1.0 : f64[]; %k = divide %c, %t : f64[]; %p = multiply %k, %r : f64[N];"
            '%v = reshape %p {shape = ("N", 1)} : f64[N, 1]; %y = subtract %s, %v : f64[N, 1];'
            "return %y",
            "%c = constant 1.0 : f64[]; %k = divide %c, %t : f64[]; %p = multiply %k, %r : f64[N];"
            '%v = reshape %p {shape = ("N", 1)} : f64[N, 1]; %y = add %s, %v : f64[N, 1];'
            "return %y",
            id="also behind a view",
        ),
        pytest.param(
            "%n = negative %x : f64[N, 3]; %p = matmul %n, %w : f64[N]; %y = add %r, %p : f64[N];"
            "return %y",
            "%p = matmul %x, %w : f64[N]; %y = subtract %r, %p : f64[N]; return %y",
            id="a sign leaves a product of matrices that is added",
        ),
        pytest.param(
            "%e = exp %r : f64[N]; %n = negative %e : f64[N]; %p = multiply %n, %t : f64[N]; "
            "%q = multiply %n, %r : f64[N]; %u = add %p, %r : f64[N]; return %q, %u, %e",
            "%e = exp %r : f64[N]; %p = multiply %e, %t : f64[N]; %q = multiply %e, %r : f64[N]; "
            "%u = negative %q : f64[N]; %v = subtract %r, %p : f64[N]; return %u, %v, %e",
            id="two products take the sign of what others read, too",
        ),
        pytest.param(
            "%c = constant -2.0 : f64[]; %p = divide %c, %t : f64[]; "
            "%q = negative %p : f64[]; return %p, %q",
            "%c = constant -2.0 : f64[]; %p = divide %c, %t : f64[]; %d = constant 2.0 : f64[]; "
            "%q = divide %d, %t : f64[]; return %p, %q",
            id="a literal below 0 loses its sign, though others read the quotient",
        ),
        pytest.param(
            f"%p = divide %x, %s : f64[N, 3]; %y = sum %p {ROWS} : f64[N]; return %y",
            f'%0 = sum %x {ROWS} : f64[N]; %1 = reshape %s {{shape = ("N",)}} : f64[N]; '
            "%y = divide %0, %1 : f64[N]; return %y",
            id="a divisor leaves a sum of some elements",
        ),
    ],
)
def test_a_rule_moves_a_factor(before, after):
    assert written(canonicalize, before) == written(same, after)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            f"%p = multiply %x, %s : f64[N, 3]; %y = sum %p {ROWS} : f64[N]; return %y, %p",
            id="a product that is read again",
        ),
        pytest.param(
            f"%p = multiply %x, %w : f64[N, 3]; %y = sum %p {ROWS} : f64[N]; return %y",
            id="a factor that varies along the axis",
        ),
        pytest.param(
            "%c = constant 0.1 : f64[]; %d = constant 0.7 : f64[]; "
            "%p = multiply %d, %x : f64[N, 3]; %y = multiply %c, %p : f64[N, 3]; return %y",
            id="literals whose product is rounded",
        ),
        pytest.param(
            "%d = constant 0.25 : f64[]; %d_v = multiply %d, %x : f64[N, 3]; "
            f"%u = sum %d_v {ROWS} : f64[N]; %c = constant 2.0 : f64[]; "
            "%y = multiply %c, %u : f64[N]; return %y",
            id="a value with a name",
        ),
        pytest.param(
            "%c = constant 2.0 : f64[]; %v = multiply %c, %x : f64[N, 3]; "
            "%y = multiply %c, %v : f64[N, 3]; return %y, %v",
            id="a literal that would stay beside what others read",
        ),
        pytest.param(
            "%q = divide %x, %w : f64[N, 3]; %y = multiply %q, %w : f64[N, 3]; return %y",
            id="a divisor that may be 0",
        ),
        pytest.param(
            f"%p = divide %x, %w : f64[N, 3]; %y = sum %p {DOWN} : f64[3]; return %y",
            id="of no elements a sum of quotients is 0, by 0 as well",
        ),
        pytest.param(
            "%c = constant 2.0 : f64[]; %p = multiply %c, %w : f64[3]; "
            "%q = concatenate %p, %w {axis = 0} : f64[6]; %y = multiply %c, %q : f64[6]; return %y",
            id="one part of several",
        ),
        pytest.param("%y = subtract %x, %x : f64[N, 3]; return %y", id="inf - inf is nan"),
        pytest.param(
            "%p = divide %x, %s : f64[N, 3]; %q = divide %w, %s : f64[N, 3]; "
            "%y = add %p, %q : f64[N, 3]; return %y, %p",
            id="a quotient that is read again",
        ),
        pytest.param(
            "%c = constant 0.1 : f64[]; %d = constant 0.3 : f64[]; %k = divide %c, %t : f64[]; "
            "%l = divide %d, %t : f64[]; %p = multiply %k, %x : f64[N, 3]; "
            "%q = multiply %l, %w : f64[3]; %y = add %p, %q : f64[N, 3]; return %y",
            id="a number in common where each term has another one",
        ),
        pytest.param(
            "%c = constant 3.0 : f64[]; %p = multiply %c, %x : f64[N, 3]; "
            "%q = multiply %c, %w : f64[3]; %y = subtract %p, %q : f64[N, 3]; return %y",
            id="a literal before two terms of the user's",
        ),
        pytest.param(
            f"%p = sum %x {ROWS} : f64[N]; %e = exp %x : f64[N, 3]; "
            f"%q = sum %e {ROWS} : f64[N]; %y = subtract %p, %q : f64[N]; return %y",
            id="two sums of the user's",
        ),
        pytest.param(
            "%n = negative %x : f64[N, 3]; %y = matmul %n, %w : f64[N]; return %y",
            id="a sign in a product of matrices alone",
        ),
        pytest.param(
            "%z = constant 0.0 : f64[]; "
            "%b = equal %s, %z : bool[N, 1]; %o = constant inf : f64[]; "
            "%g = where %b, %o, %s : f64[N, 1]; %y = divide %x, %g : f64[N, 3]; return %y",
            id="a guarded divisor of something else",
        ),
        pytest.param(
            "%a = constant true : bool[]; %o = broadcast_to %a {shape = (3,)} : bool[3]; "
            "%m = diag %o {k = 0} : bool[3, 3]; %g = take %m, %i {axis = 0} : bool[N, 3]; "
            '%h = cast %g {dtype = "f64"} : f64[N, 3]; %c = constant 0.5 : f64[]; '
            "%y = multiply %c, %h : f64[N, 3]; return %y",
            id="rows of the identity",
        ),
    ],
)
def test_no_rule_touches(body):
    assert written(factors, body) == written(same, body)


def test_axes_of_a_sum_count_from_the_front_of_what_is_summed():
    """A factor that stays inside may have fewer axes than the product."""
    m, q = sg.param("m", np.arange(9.0).reshape(3, 3) / 7), sg.param("q", np.ones((2, 3)) / 3)
    r, c = sg.param("r", np.arange(4.0)), sg.param("c", np.ones((3, 1)) / 5)
    for loss, value in (
        (
            sg.sum(sg.sin(sg.sum(m * q[:, None, :], axis=1))),
            np.sin((m.data * q.data[:, None, :]).sum(axis=1)).sum(),
        ),
        (sg.sum(sg.sin(sg.sum(r * c, axis=1))), np.sin((r.data * c.data).sum(axis=1)).sum()),
        (
            sg.sum(sg.sin(sg.sum(r * c, axis=1, keepdims=True))),
            np.sin((r.data * c.data).sum(axis=1)).sum(),
        ),
    ):
        f = sg.compile(loss)
        assert f()[0] == pytest.approx(value, rel=1e-14)
        assert f.verify().verdict == "verified"


def test_no_sign_goes_into_what_is_joined_of_several():
    x, p = sg.input("x", ("N", 2)), sg.param("p", np.ones(4))
    joined = sg.concatenate([-2.0 * p[:2], p[2:]])
    f = sg.compile(sg.sum((p - joined) ** 2) + sg.sum(x * p[:2]))
    assert f.verify().verdict == "verified"
