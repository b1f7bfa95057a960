"""From the programs of three sizes to one for every N, or a reason why not."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from symgrad.ir.function import Function
from symgrad.ir.run import interpret
from symgrad.ir.text import parse
from symgrad.ir.verifier import verify
from symgrad.ops import OPS
from symgrad.reroll import Rerolled
from symgrad.reroll.count_formulas import dim_of, form_of
from symgrad.reroll.generalise import Difference, generalise

SIZES = (3, 4, 7)


def general(text: Callable[[int], str]) -> Function | Difference:
    return generalise([Rerolled(parse(text(n), OPS), {}) for n in SIZES], SIZES)


def test_sizes_become_polynomials_and_the_rest_stays() -> None:
    """A slice, a reshape and a concatenation of sizes that differ; axes and constants that do
    not."""

    def text(n: int) -> str:
        return f"""func @f(param %w: f64[3], input %x: f64[{n}, 3]) {{
  %h = matmul %x, %w : f64[{n}]
  %tail = index %h {{key = (("slice", 1, {n}, 1),)}} : f64[{n - 1}]
  %both = concatenate %h, %tail {{axis = 0}} : f64[{2 * n - 1}]
  %two = constant 2.0 : f64[]
  %y = multiply %both, %two : f64[{2 * n - 1}]
  return %y
}}
"""

    found = general(text)
    assert isinstance(found, Function)
    verify(found)
    assert (
        str(found)
        == """func @f(param %w: f64[3], input %x: f64[N, 3]) {
  %h = matmul %x, %w : f64[N]
  %tail = index %h {key = (("slice", 1, "N", 1),)} : f64[N - 1]
  %both = concatenate %h, %tail {axis = 0} : f64[2*N - 1]
  %two = constant 2.0 : f64[]
  %y = multiply %both, %two : f64[2*N - 1]
  return %y
}
"""
    )


@pytest.mark.parametrize(
    "number",
    [
        lambda n: 1.0 / n,
        lambda n: -1.0 / n,
        lambda n: 0.3 * (1.0 / n),
        lambda n: 0.3 / n,
        lambda n: float(n),
        lambda n: n - 1.0,
        lambda n: 3.0 * n + 2.0,
        lambda n: 1e-4 * n,
        lambda n: 1.0 / (n - 1),
        lambda n: 1.0 / (10 * n),
        lambda n: 0.7 / (n + 1),
        lambda n: 1.0 / (n * n),
        lambda n: float(n * (n - 1)),
        lambda n: math.sqrt(n),
        lambda n: 2.5 / math.sqrt(n),
        lambda n: 1.0 / math.sqrt(n - 1),
    ],
)
def test_a_number_of_n_is_emitted_as_the_user_computed_it(number: Callable[[int], float]) -> None:
    """Bit for bit at sizes that were not traced."""

    def text(n: int) -> str:
        return f"""func @f(input %x: f64[{n}]) {{
  %c = constant {number(n)!r} : f64[]
  %y = multiply %x, %c : f64[{n}]
  return %y
}}
"""

    found = general(text)
    assert isinstance(found, Function), found
    verify(found)
    for n in (2, 5, 6, 10, 100, 1000):
        (y,) = interpret(found, [np.ones(n)])
        assert y.tolist() == [number(n)] * n


@pytest.mark.parametrize("number", [lambda n: n % 3, math.exp, lambda n: math.nan if n > 3 else 1])
def test_a_number_of_no_known_form_is_a_difference(number: Callable[[int], float]) -> None:
    """The reason shows the numbers and the line that reads them."""

    def text(n: int) -> str:
        return f"""func @f(input %x: f64[{n}]) {{
  %c = constant {float(number(n))!r} : f64[]
  %y = multiply %x, %c : f64[{n}]                // train.py:7
  return %y
}}
"""

    found = general(text)
    assert isinstance(found, Difference)
    assert "at N = 3, 4, 7" in str(found)
    assert "train.py:7" in str(found)


def test_what_differs_otherwise_is_told() -> None:
    """An op, an operand, an index array, a size of no form, a missing operation."""

    def of(line: Callable[[int], str]) -> str:
        def text(n: int) -> str:
            return (
                f"func @f(input %x: f64[{n}], input %z: f64[{n}]) {{\n"
                f"  {line(n)}\n  return %y\n}}\n"
            )

        found = general(text)
        assert isinstance(found, Difference)
        return str(found)

    assert "operations" in of(lambda n: f"%y = {'exp' if n > 3 else 'tanh'} %x : f64[{n}]")
    assert "operands" in of(lambda n: f"%y = exp {'%x' if n > 3 else '%z'} : f64[{n}]")
    key = '{key = (("slice", 0, %d, 1),)}'
    assert "a size is" in of(lambda n: f"%y = index %x {key % (n // 2)} : f64[{n // 2}]")
    index = "%i = constant {0} : i64[{1}]\n  %y = take %x, %i {{axis = 0}} : f64[{1}]"
    assert "list of numbers" in of(lambda n: index.format(list(range(n))[::-1], n))
    more = "%e = exp %x : f64[{0}]\n  %y = exp %e : f64[{0}]"
    one = "%y = exp %x : f64[{0}]"
    assert "numbers of operations" in of(lambda n: (more if n > 4 else one).format(n)) or "differ"


def test_forms_are_told_from_three_sizes() -> None:
    """Linear sizes and squares; two sizes could be anything, the third decides."""
    assert dim_of((6, 8, 14), SIZES) == "2*N"
    assert dim_of((5, 5, 5), SIZES) == 5
    assert dim_of((6, 12, 42), SIZES) == "N*N - N"
    assert dim_of((4, 5, 9), SIZES) is None
    assert form_of((0.0, 0.0, 1.0), SIZES) is None
    assert form_of((3.0, 4.0, 7.0), SIZES) == "N"


def test_a_change_of_the_third_trace_alone_is_seen() -> None:
    """What holds at 3 and 4 must hold at 7."""

    def text(n: int) -> str:
        width = 2 * n if n < 7 else 2 * n + 1
        return (
            f"func @f(input %x: f64[{width}]) {{\n  %y = exp %x : f64[{width}]\n  return %y\n}}\n"
        )

    assert isinstance(general(text), Difference)
