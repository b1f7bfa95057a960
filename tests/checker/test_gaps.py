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
    ties,
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


@pytest.mark.parametrize("threshold", ["1.0", "1.01", "1.000001", "1.0000000000000002"])
def test_a_threshold_that_no_sample_meets_is_right(threshold: str) -> None:
    """Huber's loss is smooth where its branches join; a little beyond it they are not alike."""
    text = """
def f(w):
    r = 2.0 * np.tanh(w) - 0.125
    inner = np.absolute(r) <= {0}
    return np.sum(np.where(inner, 0.5 * r * r, np.absolute(r) - 0.5)), (
        2.0 * (1.0 - np.tanh(w) ** 2) * np.where(inner, r, np.sign(r)),
    )
"""
    loss = """
def loss(w):
    r = 2.0 * np.tanh(w) - 0.125
    return np.sum(np.where(np.absolute(r) <= 1.0, 0.5 * r * r, np.absolute(r) - 0.5))
"""
    result = check_balls(claim(text.format(threshold), loss, {"w": "f64[N]"}, "w"))
    assert isinstance(result, Agrees if threshold == "1.0" else Refuted)


def test_the_search_for_ties_ends_and_says_what_it_did_not_meet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is bounded by a count of numbers, the same on every machine."""
    long = claim(SHIFTED.format(sign=">"), SHIFTED_LOSS, {"w": "f64[N]"}, "w")
    result = check_balls(long)
    monkeypatch.setattr(judge, "MANY", 10)
    monkeypatch.setattr(ties, "MANY", 10)
    short = check_balls(long)
    assert isinstance(result, Agrees)
    assert isinstance(short, Agrees)
    assert short.points < result.points / 2
    assert result.untied == result.loose == ()
    assert short.untied == (7,)  # a maximum is the same whichever it takes, in line 6


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
        "K = np.array([0.0])\n\n\ndef f(w):\n    K[:] = K + 1\n    return w * w, (2.0 * w,)",
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


def test_a_float32_text_has_the_constants_that_were_given() -> None:
    """NumPy rounds them where they meet float32; a float32 that is near one is another number."""
    text = """
def f(w):
    return float(np.sum(np.float32(0.1) * w)), (np.full(w.shape, {}, dtype=np.float32),)
"""
    loss = "def loss(w):\n    return np.sum(0.1 * w)"
    for number, verdict in (("0.1", Agrees), ("0.10000000149011612", Refuted)):
        result = check_balls(claim(text.format(number), loss, {"w": "f32[N]"}, "w"))
        assert isinstance(result, verdict)


def test_what_underflows_in_float32_is_no_fault() -> None:
    text = "def f(w):\n    y = np.exp(-w * w)\n    return float(np.sum(y)), (-2.0 * w * y,)"
    loss = "def loss(w):\n    return np.sum(np.exp(-w * w))"
    assert verified(verify(claim(text, loss, {"w": "f32[N]"}, "w")))


@pytest.mark.parametrize("dtype", ["f64", "f32"])
@pytest.mark.parametrize("value", [True, False])
def test_what_is_usual_at_large_arguments_excuses_no_rounding_at_small_ones(
    dtype: str, value: bool
) -> None:
    """273.15 is an argument, and exp(546) a value, where the text's own numbers are tried."""
    rough = "(({}) + {large}) - {large}"
    large = {"f64": "1e9", "f32": "1e5"}[dtype]
    loss, slope = "np.sum(np.exp(w) * (w < 273.15))", "np.exp(w) * (w < 273.15)"
    if value:
        loss = rough.format(loss, large=large)
    else:
        slope = rough.format(slope, large=large)
    text = f"def f(w):\n    return float({loss}), ({slope},)"
    reference = "def loss(w):\n    return np.sum(np.exp(w) * (w < 273.15))"
    result = check_balls(claim(text, reference, {"w": f"{dtype}[N]"}, "w"))
    assert isinstance(result, Refuted if dtype == "f64" else Skipped)


def test_an_argument_that_lies_column_by_column_is_not_written_into() -> None:
    text = """
def f(w, x):
    q = x.T.reshape(-1)
    q *= 2.0
    return np.sum(w), (np.ones(4),)
"""
    types = {"w": "f64[4]", "x": "f64[4, 3]"}
    result = check_balls(claim(text, "def loss(w, x):\n    return np.sum(w)", types, "w"))
    assert isinstance(result, Refuted)
    assert "writes into an argument" in result.reason


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "K = enumerate(range(9))\n\n\ndef f(w):\n    return np.sum(w), (np.ones(3),)",
            "not allowed",
        ),
        ("def f(w, k=np.array([1.0, 1.0, 1.0])):\n    return np.sum(w), (k,)", "shares memory"),
        ("def f(w):\n    d = 2.0 * w\n    d[0] = d\n    return np.sum(w), (d,)", ""),
        ("def f(w):\n    d = np.zeros(3)\n    d[0] = w\n    return np.sum(w), (d,)", ""),
    ],
)
def test_results_are_the_callers_own_numbers(text: str, found: str) -> None:
    results = verify(claim(text, "def loss(w):\n    return np.sum(w)", {"w": "f64[3]"}, "w"))
    assert not verified(results)
    assert found in str(results)


def test_a_default_that_is_read_alone_is_no_fault() -> None:
    text = "def f(w, k=np.array([1.0, 2.0, 3.0])):\n    return np.sum(w * k), (k.copy(),)"
    loss = "def loss(w):\n    return np.sum(w * np.array([1, 2, 3]))"
    assert verified(verify(claim(text, loss, {"w": "f64[3]"}, "w")))


@pytest.mark.parametrize("place", range(2, 6))
def test_each_of_many_sizes_differs_from_any_number(place: int) -> None:
    types = {name: f"f64[{dim}]" for name, dim in zip("abcdef", "NMKLPQ", strict=True)}
    total = " + ".join(f"np.sum({name}) * {name}.shape[0]" for name in types)
    names = ", ".join(types)
    loss = f"def loss({names}):\n    return {total}"
    for size in (3, 4, 5, 6, 9):
        wrong = total.replace(f"{'abcdef'[place]}.shape[0]", f"{size}")
        grads = "np.full(len(a), 1.0 * len(a))"
        result = check_balls(
            claim(f"def f({names}):\n    return {wrong}, ({grads},)", loss, types, "a")
        )
        assert isinstance(result, Refuted)


def test_large_integers_are_tried() -> None:
    text = "def f(w, k):\n    k = np.clip(k, -3, 8)\n    return np.sum(w * k), (1.0 * k,)"
    types = {"w": "f64[N]", "k": "i64[N]"}
    result = check_balls(claim(text, "def loss(w, k):\n    return np.sum(w * k)", types, "w"))
    assert isinstance(result, Refuted)


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


@pytest.mark.parametrize("number", ["18.84955592153876", "18.849555921538755"])
def test_a_number_may_be_next_to_pi_by_chance(number: str) -> None:
    """A third of the float that is 6 pi rounded is exactly the one that is 2 pi rounded."""
    loss = f"def loss(w):\n    return np.sin({number} * w) / 3"
    text = (
        "def f(w):\n    z = {0} * w\n    return np.sin(z) / 3.0, (6.283185307179586 * np.cos(z),)"
    )
    found = verify(claim(text.format(number), loss, {"w": "f64[]"}, "w"))
    assert verified(found) == (number == "18.84955592153876")


@pytest.mark.parametrize("wrong", ["", " * (1.0 + 1e-3)"])
def test_a_choice_that_underflow_makes_is_the_references_own(wrong: str) -> None:
    """exp(-200) is above 0, and is 0 in float32."""
    text = f"""
def f(w):
    above = np.exp(-10.0 * w * w) > 0.0
    return float(np.sum(np.where(above, w, w * w))), (np.where(above, 1.0, 2.0 * w{wrong}),)
"""
    text = text.replace("1.0, 2.0", "np.float32(1.0), 2.0")
    loss = "def loss(w):\n    return np.sum(np.where(np.exp(-10.0 * w * w) > 0.0, w, w * w))"
    result = check_balls(claim(text, loss, {"w": "f32[N]"}, "w"))
    assert isinstance(result, Agrees)
    assert result.one_sided == (5,)  # named, as no exact number goes there


def test_floats_that_are_nan_are_refuted_though_the_exact_values_are_right() -> None:
    """exp(2000 x) overflows, and inf/inf is nan; what overflows elsewhere in the reference is no
    excuse at points where it does not."""
    text = """
def f(w):
    e = np.exp(2000.0 * w)
    t = (e - 1.0) / (e + 1.0)
    return np.sum(t + np.exp(w)), (1000.0 * (1.0 - t * t) + np.exp(w),)
"""
    loss = "def loss(w):\n    return np.sum(np.tanh(1000.0 * w) + np.exp(w))"
    result = check_balls(claim(text, loss, {"w": "f64[N]"}, "w"))
    assert isinstance(result, Refuted)
    assert "not finite" in result.reason
