"""What is judged is what the user gets: this text, that function, its arguments and its results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.certify.certificate import Certificate
from symgrad.errors import FormatError

TEXT = """def loss_and_grads(a, b):
    return a * a * b, (2.0 * a * b, a * a)
"""


def product(text: str = TEXT, **options: Any) -> Any:
    """A compiled function, with another text in the place of its own."""
    a, b = sg.param("a", 3.0), sg.param("b", 2.0)
    f = sg.compile(a * a * b, **options)
    f.source = text
    return f


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_the_verdict_is_about_the_text_that_there_is_now(target: str) -> None:
    """And so is what runs."""
    f = product(target=target)
    assert f.verify().verified
    f.source = TEXT.replace("2.0", "3.0")
    assert f.verify().refuted
    assert f()[1].a == 18.0
    f.source = TEXT
    assert f.verify().verified
    assert f()[1].a == 12.0


def test_a_certificate_goes_with_its_text() -> None:
    a = sg.param("a", 3.0)
    f = sg.compile(a * a, verify=True)
    assert f.certificate
    f.source = f.source.replace("a * a", "a + a")
    assert f.certificate is None


def test_the_function_that_the_user_gets_is_judged() -> None:
    """Not another one behind it; without one of its name there is none to get."""
    twin = TEXT.replace("loss_and_grads", "zz")
    wrong = TEXT.replace("2.0", "3.0")
    assert product(f"{wrong}\n\n{twin}").verify().refuted
    assert product(f"{TEXT}\n\n{wrong.replace('loss_and_grads', 'zz')}").verify().verified
    with pytest.raises(FormatError, match="no function 'loss_and_grads'"):
        product(twin)


HEADS = ["b, a", "a, c", "a, b=2.0", "a, b, c=1.0, /", "a, b, /", "a, *, b"]


@pytest.mark.parametrize("head", HEADS)
def test_the_arguments_go_by_their_names(head: str) -> None:
    """In their order, and without values of their own."""
    lines = {"b, a": "b * b * a, (2.0 * b * a, b * b)", "a, c": "a * a * c, (2.0 * a * c, a * a)"}
    line = lines.get(head, "a * a * b, (2.0 * a * b, a * a)")
    assert product(f"def loss_and_grads({head}):\n    return {line}\n").verify().refuted


LINE = "a * a * b, (2.0 * a * b, a * a)"
RESULTS = [
    "a * a * b, 2.0 * a * b, a * a",
    "a * a * b, [2.0 * a * b, a * a]",
    "[a * a * b], (2.0 * a * b, a * a)",
    "(a * a * b,), (2.0 * a * b, a * a)",
    "a * a * b, (2.0 * a * b, [a * a])",
    "a * a * b, (2.0 * a * b, a * a), 0.0",
    "(a * a * b, 0.0), (2.0 * a * b, a * a)",
    "[a * a * b, (2.0 * a * b, a * a)]",
]


@pytest.mark.parametrize("line", RESULTS)
def test_the_results_are_nested_as_callers_take_them_apart(line: str) -> None:
    """The numbers are right in all of them."""
    c = product(TEXT.replace(LINE, line)).verify()
    assert c.refuted
    assert "shapes and types" in str(c)


def arrays(**options: Any) -> Any:
    x, w = sg.input("x", ("N", 2)), sg.param("w", np.ones(2))
    p = x @ w
    return sg.compile(sg.sum(p * p), aux=(p, sg.sum(w)), **options)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(d_w,)", "d_w"),
        ("(d_w,)", "[d_w]"),
        ("(d_w,)", "(d_w.tolist(),)"),
        ("(d_w,)", "(tuple(d_w),)"),
        ("(d_w,)", "(d_w[None, :],)"),
        ("(loss, (p, s))", "(loss, p, s)"),
        ("(loss, (p, s))", "loss"),
        ("(loss, (p, s))", "(np.array(loss), (p, s))"),
        ("(loss, (p, s))", "(loss, (p.tolist(), s))"),
        ("(loss, (p, s))", "(loss, (p, np.array([s])))"),
        ("(loss, (p, s))", "(loss, ((p,), s))"),
        ("(loss, (p, s))", "(loss, (s, p))"),
    ],
)
def test_arrays_are_arrays_and_what_comes_along_is_in_its_place(old: str, new: str) -> None:
    right = "(float(loss), (p, float(sum_w))), (d_w,)"
    f = arrays()
    assert f.source.count(right) == 1
    assert f.verify().verified
    plain = right.replace("float(loss)", "loss").replace("float(sum_w)", "s")
    f.source = f.source.replace(
        f"return {right}", f"s = float(sum_w)\n    return {plain.replace(old, new)}"
    )
    assert f.verify().refuted


def test_a_certificate_is_true_where_it_is_verified() -> None:
    """``if f.verify():`` lets nothing else pass."""
    assert product().verify()
    assert not product(TEXT.replace("2.0", "3.0")).verify()
    assert not Certificate("f(x)", "numpy", "", {})


def single(**options: Any) -> Any:
    x, w = sg.input("x", ("N", 3), dtype="f32"), sg.param("w", np.ones(3, np.float32))
    b = sg.param("b", np.float32(0.5))
    return sg.compile(sg.mean(sg.tanh(x @ w + b) ** 2) * 0.1 + w[0] ** 16, **options)


def test_floats_of_32_bits_run_as_such() -> None:
    """With their own rounding and range, which the reference has too."""
    c = single().verify()
    assert c.verified
    assert c.levels["L5"]["floats"] == "float32"
    assert 1e-9 < c.levels["L5"]["error"] < c.levels["L5"]["bound"] < 1e-3
    assert "float32 off by" in str(c)
    assert "float64" not in str(c)


@pytest.mark.parametrize("new", ["d_w.astype(np.float64)", "1.0001 * d_w", "d_w.tolist()"])
def test_arrays_of_32_bits_are_promised(new: str) -> None:
    f = single()
    assert f.source.count(", (d_w, ") == 2
    head, _, line = f.source.rpartition(", (d_w, ")
    f.source = f"{head}, ({new}, {line}"
    assert f.verify().refuted


def test_plain_python_has_floats_of_64_bits() -> None:
    """Whatever its arguments are."""
    b = sg.param("b", np.float32(0.5))
    c = sg.compile(sg.tanh(b), target="python").verify()
    assert c.verified
    assert c.levels["L5"]["floats"] == "float64"


def test_an_overflow_of_32_bits_is_found() -> None:
    """Where the reference, in 32 bits too, has none."""
    x = sg.param("x", np.ones(3, np.float32))
    f = sg.compile(sg.sum(sg.softplus(x)))
    right = "np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))"
    assert f.verify().verified
    f.source = f.source.replace(right, "np.log(1.0 + np.exp(x))")
    assert right not in f.source
    c = f.verify()
    assert c.refuted
    assert "overflows" in str(c)
