"""Texts that are wrong where nobody looks: each is found, or the line is named."""

from __future__ import annotations

from typing import Any

import pytest

from symgrad.checker import (
    Agrees,
    Claim,
    Identity,
    Refuted,
    Skipped,
    check_balls,
    judge,
    verified,
    verify,
)

HEAD = "import numpy as np\n\n\n"


def claim(text: str, reference: str, types: dict[str, str], wrt: str, **more: Any) -> Claim:
    return Claim(HEAD + text.lstrip(), HEAD + reference.lstrip(), types, (wrt,), **more)


SHIFTED = """
def f(w):
    z = w - 0.3
    return np.sum(np.maximum(z, 0.0) * np.sin(w)), (
        np.maximum(z, 0.0) * np.cos(w) + np.sin(w) * (z {sign} 0.0),
    )
"""
SHIFTED_LOSS = """
def loss(w):
    z = w - 0.3
    return np.sum(np.where(z > 0.0, z, 0.0) * np.sin(w))
"""


def test_a_tie_is_looked_for_where_the_text_compares() -> None:
    """relu'(0) = 0 at w = 0.3, which no lattice of whole numbers meets."""
    for sign, verdict in ((">", Agrees), (">=", Refuted)):
        wrong = claim(SHIFTED.format(sign=sign), SHIFTED_LOSS, {"w": "f64[N]"}, "w")
        assert isinstance(check_balls(wrong), verdict)


def test_a_tie_that_was_not_met_is_named() -> None:
    """tanh is 0.3 at no rational number."""
    text = """
def f(w):
    y = np.tanh(w)
    return np.sum(y * (y > 0.3)), ((1.0 - y * y) * (y > 0.3),)
"""
    loss = "def loss(w):\n    y = np.tanh(w)\n    return np.sum(y * (y > 0.3))"
    result = check_balls(claim(text, loss, {"w": "f64[N]"}, "w"))
    assert isinstance(result, Agrees)
    assert result.one_sided == ()
    assert result.untied == (6,)


CLIPPED = """
def f(w):
    y = np.clip(w, -100.0, 100.0)
    return np.sum(y * y), (2.0 * y{mask},)
"""


def test_the_search_for_ties_ends_and_says_what_it_did_not_meet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is bounded by a count of numbers, the same on every machine."""
    long = claim(SHIFTED.format(sign=">"), SHIFTED_LOSS, {"w": "f64[N]"}, "w")
    result = check_balls(long)
    monkeypatch.setattr(judge, "MANY", 10)
    short = check_balls(long)
    assert isinstance(result, Agrees)
    assert isinstance(short, Agrees)
    assert short.points < result.points / 5
    assert result.untied == ()
    assert short.untied


def test_both_ends_of_a_clip_are_reached() -> None:
    """Its comparisons are told apart, and numbers beyond its ends are tried."""
    loss = "def loss(w):\n    return np.sum(np.clip(w, -100.0, 100.0) ** 2)"
    mask = " * ((w >= -100.0) & (w <= 100.0))"
    assert verified(verify(claim(CLIPPED.format(mask=mask), loss, {"w": "f64[N]"}, "w")))
    assert not verified(verify(claim(CLIPPED.format(mask=""), loss, {"w": "f64[N]"}, "w")))


@pytest.mark.parametrize("factor", ["k * k", "k % 2", "np.abs(k)", "k // 4"])
def test_whole_numbers_are_more_than_0_and_1(factor: str) -> None:
    """An integer that indexes nothing may be any."""
    text = "def f(w, k):\n    return np.sum(np.sin(w) * {0}), ((np.cos(w) * {0}).sum(),)"
    loss = "def loss(w, k):\n    return np.sum(np.sin(w) * k)"
    types = {"w": "f64[]", "k": "i64[N]"}
    assert verified(verify(claim(text.format("k"), loss, types, "w")))
    assert not verified(verify(claim(text.format(factor), loss, types, "w")))


def test_two_sizes_are_independent() -> None:
    """A text that takes one size for a function of another is wrong."""
    text = "def f(a, x):\n    K = {}\n    return np.sum(a * x) / K, (x.sum() / K,)"
    loss = "def loss(a, x):\n    return np.sum(a * x) / x.shape[1]"
    types = {"a": "f64[]", "x": "f64[N, K]"}
    assert verified(verify(claim(text.format("x.shape[1]"), loss, types, "a")))
    for wrong in ("x.shape[0] + 1", "x.shape[0]", "5", "3"):
        assert not verified(verify(claim(text.format(wrong), loss, types, "a")))


def test_a_small_value_may_not_be_rounded_like_a_large_one() -> None:
    """In SI units, what is added to 1 is gone."""
    text = "def f(w):\n    return {}, ({},)"
    sin, cos = "1.38e-23 * np.sin(w)", "1.38e-23 * np.cos(w)"
    loss = f"def loss(w):\n    return {sin}"
    lost = [f"({x} + 1.0) - 1.0" for x in (sin, cos)]
    assert verified(verify(claim(text.format(sin, cos), loss, {"w": "f64[]"}, "w")))
    result = check_balls(claim(text.format(*lost), loss, {"w": "f64[]"}, "w"))
    assert isinstance(result, Refuted)
    assert "rounding" in result.reason


def test_a_derivative_that_underflows_where_it_is_flat_is_no_fault() -> None:
    """1 - tanh(30x)**2 is 0 for most x, and off by an ulp of its largest value."""
    text = "def f(w):\n    y = np.tanh(30.0 * w)\n    return y, (30.0 * (1.0 - y * y),)"
    assert verified(
        verify(claim(text, "def loss(w):\n    return np.tanh(30.0 * w)", {"w": "f64[]"}, "w"))
    )


@pytest.mark.parametrize(
    "text",
    [
        "K = [0]\n\n\ndef f(w):\n    K[0] = K[0] + 1\n    return w * w + K[0] // 1000, (2.0 * w,)",
        "def f(w, k=[0]):\n    k[0] = k[0] + 1\n    return w * w + k[0] // 1000, (2.0 * w,)",
        "K = np.zeros(1)\n\n\ndef f(w):\n    K[:] = K + 1\n    return w * w, (2.0 * w,)",
    ],
)
def test_nothing_outlasts_a_call(text: str) -> None:
    """What a text keeps may show at the thousandth call."""
    results = verify(claim(text, "def loss(w):\n    return w * w", {"w": "f64[]"}, "w"))
    assert not verified(results)
    assert "from one call to the next" in str(results)


def test_a_text_that_asks_what_it_runs_on_is_named() -> None:
    """The branch that floats alone take is never seen here."""
    text = """
def f(w):
    y = np.sum(w * w)
    if np.eye(1).dtype is np.asarray(w).dtype:
        y = y + 1.0
    return y, (2.0 * w,)
"""
    loss = "def loss(w):\n    return np.sum(w * w)"
    identity, _ = verify(claim(text, loss, {"w": "f64[N]"}, "w"))
    assert isinstance(identity, Identity)
    assert identity.one_sided == (6,)


CUBE = """
def f(x, y):
    d_x, d_y = 3.0 * x * x * y, x * x * x
    {line}
    return x * x * x * y, (d_x, d_y)
"""


def cube(line: str) -> Claim:
    loss = "def loss(x, y):\n    return x * x * x * y"
    types = {"x": "f64[]", "y": "f64[]"}
    return Claim(HEAD + CUBE.lstrip().format(line=line), HEAD + loss, types, ("x", "y"))


def test_the_text_that_the_others_spoil_is_right() -> None:
    """Else they would be refuted for another reason."""
    assert verified(verify(cube("d_x = d_x + 0.0")))


@pytest.mark.parametrize(
    "line",
    [
        "d_x = d_x * np.divide(x - y, x - y)",
        "d_x = d_x * x / x",
        "d_x = d_x * (x * x + y * y) / (x * x + y * y)",
    ],
)
def test_zeros_and_equal_arguments_are_tried_of_every_text(line: str) -> None:
    """0/0 needs no comparison."""
    assert isinstance(check_balls(cube(line)), Refuted)


@pytest.mark.parametrize("large", ["1e16", "1e17", "1e12"])
def test_a_gradient_that_is_rounded_away_is_found(large: str) -> None:
    """Where the value is right, too."""
    result = check_balls(cube(f"d_x = (d_x + {large}) - {large}"))
    assert isinstance(result, Refuted)
    assert "rounding" in result.reason


def test_a_rounding_that_no_operation_makes_is_found() -> None:
    """A cast to float32 and back is no operation on numbers."""
    text = "def f(w):\n    return 0.5 * np.vdot(w, w), (w{}.copy(),)"
    loss = "def loss(w):\n    return 0.5 * np.sum(w * w)"
    cast = ".astype(np.float32).astype(np.float64)"
    assert verified(verify(claim(text.format(""), loss, {"w": "f64[N]"}, "w")))
    assert not verified(verify(claim(text.format(cast), loss, {"w": "f64[N]"}, "w")))


def test_the_order_of_memory_changes_nothing() -> None:
    """What is a view or a copy by the order of an argument's axes."""
    text = """
def f(w):
    d_w = 2.0 * w
    q = d_w.T.reshape(-1)
    q += {}
    return np.vdot(w, w), (d_w,)
"""
    loss = "def loss(w):\n    return np.sum(w * w)"
    assert verified(verify(claim(text.format("0.0"), loss, {"w": "f64[3, 2]"}, "w")))
    result = check_balls(claim(text.format("1.0"), loss, {"w": "f64[3, 2]"}, "w"))
    assert isinstance(result, Refuted)
    assert "column by column" in result.reason


def test_a_float32_text_whose_constants_are_rounded_is_not_refuted() -> None:
    """Its constants are the nearest float32."""
    text = "def f(w):\n    return np.float32(0.10000000149011612) * w, (np.float32({}),)"
    loss = "def loss(w):\n    return 0.1 * w"
    for number, verdict in (("0.10000000149011612", Skipped), ("0.2", Refuted)):
        result = check_balls(claim(text.format(number), loss, {"w": "f32[]"}, "w"))
        assert isinstance(result, verdict)


def test_many_exponentials_are_related_as_few_are() -> None:
    """exp(-x) is 1/exp(x), whether there are ten of them or thousands."""
    text = """
def f(w):
    s = 1.0 / (1.0 + np.exp(-w))
    e = np.exp(w)
    return np.sum(s), (e / ((1.0 + e) * (1.0 + e)),)
"""
    loss = "def loss(w):\n    return np.sum(1.0 / (1.0 + np.exp(-w)))"
    assert isinstance(verify(claim(text, loss, {"w": "f64[1500]"}, "w"))[0], Identity)
