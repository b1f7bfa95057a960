"""Products are made of what is at hand, and divide last: before and after, and as they are emitted.

Each rule is also tried at huge, tiny and signed values, in ``test_bits_and_reals.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from counting import growth

import symgrad as sg
from symgrad.ir import Type, constant, emit, function, parameter, parse, verify
from symgrad.ops import OPS
from symgrad.rewrite import AT_HAND, rules_pass

at_hand = rules_pass("at hand", AT_HAND)
HEAD = (
    "func @f(input %s: f64[], input %t: f64[], input %a: f64[N], input %b: f64[N], "
    "input %c: f64[N], input %x: f64[N, 3], input %w: f64[3]) {\n"
)
DOWN = "{axis = (0,), keepdims = false}"


def written(rewrite: Callable[..., Any], body: str) -> str:
    """What the pass makes of a body, in which %0, %1 ... are values that nobody named."""
    lines = "".join(f"  {line.strip()}\n" for line in body.split(";"))
    f = parse(f"{HEAD}{lines}}}\n", OPS)
    verify(f)
    g = rewrite(f)
    verify(g)
    return str(g)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "%z = multiply %a, %b : f64[N]; %0 = multiply %b, %c : f64[N]; "
            "%y = multiply %0, %a : f64[N]; return %z, %y",
            "%z = multiply %a, %b : f64[N]; %y = multiply %z, %c : f64[N]; return %z, %y",
            id="two factors in any order",
        ),
        pytest.param(
            "%z = square %a : f64[N]; %0 = multiply %a, %c : f64[N]; "
            "%1 = divide %0, %b : f64[N]; %y = multiply %1, %a : f64[N]; return %z, %y",
            "%z = square %a : f64[N]; %0 = multiply %z, %c : f64[N]; "
            "%y = divide %0, %b : f64[N]; return %z, %y",
            id="a factor that stands twice, above what divides",
        ),
        pytest.param(
            "%z = multiply %s, %t : f64[]; %e = exp %s : f64[]; %0 = divide %s, %e : f64[]; "
            "%y = multiply %0, %t : f64[]; return %z, %e, %y",
            "%z = multiply %s, %t : f64[]; %e = exp %s : f64[]; "
            "%y = divide %z, %e : f64[]; return %z, %e, %y",
            id="two numbers, one of which is divided first",
        ),
        pytest.param(
            "%z = multiply %x, %w : f64[N, 3]; %0 = multiply %s, %w : f64[3]; "
            "%y = multiply %0, %x : f64[N, 3]; return %z, %y",
            "%z = multiply %x, %w : f64[N, 3]; %y = multiply %s, %z : f64[N, 3]; return %z, %y",
            id="it takes the place of the larger of the two",
        ),
        pytest.param(
            "%0 = square %b : f64[N]; %v = vdot %a, %0 : f64[]; %1 = multiply %a, %c : f64[N]; "
            "%y = multiply %1, %b : f64[N]; return %v, %y",
            "%0 = multiply %a, %b : f64[N]; %v = vdot %0, %b : f64[]; "
            "%y = multiply %0, %c : f64[N]; return %v, %y",
            id="two products share a pair of factors",
        ),
        pytest.param(
            "%z = multiply %x, %w : f64[N, 3]; %e = exp %x : f64[N, 3]; "
            f"%0 = multiply %e, %x : f64[N, 3]; %1 = sum %0 {DOWN} : f64[3]; "
            "%y = multiply %1, %w : f64[3]; return %z, %y",
            "%z = multiply %x, %w : f64[N, 3]; %e = exp %x : f64[N, 3]; "
            f"%0 = multiply %e, %z : f64[N, 3]; %y = sum %0 {DOWN} : f64[3]; return %z, %y",
            id="a factor outside of a sum",
        ),
        pytest.param(
            "%0 = multiply %a, %b : f64[N]; %1 = multiply %s, %a : f64[N]; "
            "%2 = multiply %1, %c : f64[N]; %y = subtract %0, %2 : f64[N]; return %y",
            "%0 = multiply %s, %c : f64[N]; %1 = subtract %b, %0 : f64[N]; "
            "%y = multiply %1, %a : f64[N]; return %y",
            id="two terms share an array",
        ),
        pytest.param(
            "%0 = constant -1.0 : f64[]; %1 = divide %0, %s : f64[]; "
            "%2 = multiply %1, %a : f64[N]; %y = multiply %2, %b : f64[N]; return %y",
            "%0 = multiply %a, %b : f64[N]; %1 = divide %0, %s : f64[N]; "
            "%y = negative %1 : f64[N]; return %y",
            id="what divides comes last",
        ),
        pytest.param(
            "%0 = constant 2.0 : f64[]; %1 = divide %0, %a : f64[N]; "
            "%y = multiply %b, %1 : f64[N]; return %y",
            "%0 = constant 2.0 : f64[]; %1 = multiply %0, %b : f64[N]; "
            "%y = divide %1, %a : f64[N]; return %y",
            id="with a number before it, too, where no array is gone over more often",
        ),
    ],
)
def test_a_product_is_made_of_what_is_at_hand(before: str, after: str) -> None:
    assert written(at_hand, before) == written(lambda f: f, after)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            "%0 = multiply %a, %b : f64[N]; %y = multiply %0, %c : f64[N]; return %y",
            id="a product of its own",
        ),
        pytest.param(
            f"%0 = multiply %x, %w : f64[N, 3]; %1 = sum %0 {DOWN} : f64[3]; "
            "%e = exp %x : f64[N, 3]; %2 = multiply %e, %x : f64[N, 3]; "
            "%y = multiply %2, %w : f64[N, 3]; return %1, %y",
            id="a product that a sum may take for itself",
        ),
        pytest.param(
            "%z = multiply %a, %b : f64[N]; %d_v = multiply %c, %a : f64[N]; "
            "%y = multiply %d_v, %b : f64[N]; return %z, %y",
            id="a product with a name",
        ),
        pytest.param(
            "%z = multiply %a, %b : f64[N]; %0 = multiply %c, %a : f64[N]; "
            "%y = multiply %0, %b : f64[N]; return %z, %y, %0",
            id="a product that is read again",
        ),
        pytest.param(
            "%0 = multiply %a, %b : f64[N]; %y = add %a, %0 : f64[N]; return %y",
            id="a term and a multiple of it",
        ),
        pytest.param(
            "%0 = multiply %x, %w : f64[N, 3]; %e = exp %x : f64[N, 3]; "
            "%1 = multiply %e, %w : f64[N, 3]; %y = add %0, %1 : f64[N, 3]; return %y, %1",
            id="an array in common where one product is read again",
        ),
        pytest.param(
            "%0 = constant 2.0 : f64[]; %1 = divide %0, %s : f64[]; "
            "%y = multiply %1, %a : f64[N]; return %y",
            id="a number over a number, before an array",
        ),
        pytest.param(
            "%0 = constant 1.0 : f64[]; %v = divide %0, %s : f64[]; "
            "%y = multiply %v, %a : f64[N]; return %y, %v",
            id="a quotient that is read again",
        ),
        pytest.param(
            '%0 = constant -1.0 : f64[]; %n = size {dim = "N", dtype = "f64"} : f64[]; '
            "%1 = divide %0, %n : f64[]; %y = multiply %1, %s : f64[]; return %y",
            id="-1/N before a number, as in a loop",
        ),
    ],
)
def test_a_product_stays_as_it_is(body: str) -> None:
    assert written(at_hand, body) == written(lambda f: f, body)


RNG = np.random.default_rng(5)


@pytest.mark.parametrize(
    ("loss", "lines", "never"),
    [
        pytest.param(
            lambda x, w, p: sg.sum(x[:, 0] * (x @ w) ** 2) / sg.sum(x),
            [" @ ", " / "],
            ["1.0 /"],
            id="a weighted square",
        ),
        pytest.param(
            lambda x, w, p: sg.sum(sg.sqrt(w**2 + 1e-6)) * 0.05,
            ["0.05 * w / "],
            ["0.05 /"],
            id="a smooth absolute value",
        ),
        pytest.param(
            lambda x, w, p: sg.sum(sg.exp((x - w) * sg.exp(-p)) ** 2),
            ['np.einsum("ij,ij->j", d_exponent, exponent)'],
            [],
            id="a standardised value",
        ),
        pytest.param(
            lambda x, w, p: sg.sum(sg.log(sg.exp(x) @ w) * x[:, 1]),
            [" / "],
            ["1.0 /"],
            id="a logarithm",
        ),
    ],
)
def test_the_text_of_a_gradient_uses_it_and_is_verified(
    loss: Callable[..., Any], lines: list[str], never: list[str]
) -> None:
    x = sg.input("x", ("N", 3))
    w, p = sg.param("w", np.exp(RNG.normal(size=3))), sg.param("p", RNG.normal(size=3))
    f = sg.compile(loss(x, w, p))
    body = f.source.rpartition('"""')[2]
    assert all(line in body for line in lines), body
    assert not any(line in body for line in never), body
    assert f.verify().verdict == "verified"


def test_no_product_is_searched_more_than_once() -> None:
    """Twice the products take twice the time, one chain or many."""

    def job(n: int) -> Callable[[], object]:
        vector = Type("f64", (4,))
        xs = [parameter(f"x{i}", vector) for i in range(3)]
        two, y, body = constant(2.0, Type("f64")), xs[0], xs
        for i in range(n):
            y = emit(OPS["multiply"], [y, xs[i % 3]])
            y = emit(OPS["divide"], [y, two]) if i % 5 else emit(OPS["add"], [y, body[-1]])
            body = [*body[-2:], y]
        f = function("f", xs, [y])
        return lambda: at_hand(f)

    assert growth(job, 500) < 5


def test_a_quotient_that_only_differentiation_named_divides_last() -> None:
    """-1/s is the derivative by a value of the user's, which is not written; two readers or one."""
    X, a = sg.input("X", ("N", 3)), sg.input("a", ("N",))
    w = sg.param("w", np.array([0.3, -0.2, 0.5]))
    z = X @ w
    gain = sg.sum(a * (z - sg.log(1.0 + z * z)))
    source = sg.compile(0.01 * sg.sum(w**2) - gain / sg.sum(a)).source
    assert "a / sum_a" in source
    assert "1.0 / sum_a" not in source


def test_a_factor_that_vanishes_where_others_overflow_stays_with_one_of_them() -> None:
    """x*x*exp(-x*x) is 0 far off, where x*x is infinite."""
    x = sg.param("x", np.array([-1e300, 0.5]))
    slope = sg.grad(sg.sum(sg.gelu(x)), x)
    with np.errstate(over="ignore"):
        second = sg.function([x], sg.grad(sg.sum(slope), x))(x.data)
    assert second[0] == 0.0
