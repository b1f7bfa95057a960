"""What the verdicts say, and that nothing undecided is called verified."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from claims import scalar

import symgrad as sg
from symgrad.checker import (
    Agrees,
    Claim,
    Identity,
    Refuted,
    Skipped,
    balls,
    check_balls,
    check_identity,
    verified,
    verify,
)

SQUARE = "def f(x):\n    return x * x, (2.0 * x,)\n"
ONES = "import numpy as np\n\nONES = np.array([1.0, 1.0, 1.0])\n\n\n"
VECTOR = {"x": "f64[N]"}


def square(x: Any) -> Any:
    return x * x


def total(x: Any) -> Any:
    return np.sum(x * x)


def vector(body: str, head: str = "def f(x):") -> Claim:
    """A claim that a text gives the sum of squares of a vector."""
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    return Claim(f"import numpy as np\n\n\n{head}\n{lines}\n", total, VECTOR, ("x",))


def test_a_result_prints_what_was_checked() -> None:
    """Sizes, prime, trials, degree, chance of error and seed stand in the print."""
    claim = vector("return np.sum(x * x), (2.0 * x,)")
    assert str(check_identity(claim, seed=5)).startswith(
        "identity at N = 1, 2, 7, 12 mod 2**127 - 1 in 8 trials: degree 2, error <= 2^-12"
    )
    assert str(check_identity(claim, seed=5)).endswith("seed 5")
    assert str(check_balls(claim)).startswith("agrees to 7")


def test_another_prime_may_judge() -> None:
    """The prime is an argument, and recorded."""
    prime = 2**89 - 1
    result = check_identity(scalar(SQUARE, square, "x"), prime=prime)
    assert isinstance(result, Identity)
    assert result.prime == prime
    assert 40 < result.bits < 89


@pytest.mark.parametrize("factor", ["2.0000000000000004", "2.0 + 1e-300", "(2.0 - x * 1e-40)"])
def test_no_change_is_too_small(factor: str) -> None:
    """Exact arithmetic sees what no difference quotient can."""
    wrong = scalar(SQUARE.replace("2.0", factor), square, "x")
    assert isinstance(check_identity(wrong), Skipped)
    assert not verified(verify(wrong))


def test_the_component_is_named() -> None:
    """A wrong component is found among many."""
    text = """
import numpy as np


def f(x):
    d_x = 2.0 * x
    d_x[3] += x[0]
    return np.sum(x * x), (d_x,)
"""
    result = check_balls(Claim(text, total, VECTOR, ("x",)), sizes=(7,))
    assert isinstance(result, Refuted)
    assert result.component == "d_x[3]"
    assert "x = [" in str(result)


def test_algebra_says_nothing_of_rounding() -> None:
    """(1e17 + h*h) - 1e17 is h*h exactly, and 0 in float64."""
    text = "def f(x):\n    return (1e17 + x * x) - 1e17, (2.0 * x,)\n"
    identity, balls = verify(scalar(text, square, "x"))
    assert isinstance(identity, Identity)
    assert isinstance(balls, Refuted)
    assert "rounding" in balls.reason


def test_a_formula_that_cancels_is_the_users_own() -> None:
    """The same cancellation in the reference is no fault of the text."""
    text = "def f(x):\n    return (1e17 + x * x) - 1e17, (2.0 * x,)\n"
    assert verified(verify(scalar(text, lambda x: (1e17 + x * x) - 1e17, "x")))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("y = np.empty(len(x))\ny[:-1] = x[:-1]\nreturn np.sum(x * x), (x + y,)", "never written"),
        ("return np.sum(x * x), (np.empty(len(x)),)", "never written"),
        ("x *= 2.0\nreturn np.sum(x * x) / 4.0, (x,)", "writes into an argument"),
        ("return np.sum(x * x), (2.0 * x[None, :],)", "shapes"),
        ("return np.sum(x * x), (2.0 * x, x)", "shapes"),
        ("return np.sum(x * x), (2.0 * x, x[:, None])", "shapes"),
        ("return np.sum(x * x), ((x, (x, x)),)", "shapes"),
        ("return np.sum(x * x), (2.0 * x + np.zeros((3, 3)) @ x,)", "raises ValueError"),
    ],
)
def test_faults_that_need_no_arithmetic(body: str, reason: str) -> None:
    """Unwritten memory, changed arguments, wrong shapes, exceptions."""
    results = verify(vector(body))
    assert not verified(results)
    assert any(isinstance(r, Refuted) and reason in r.reason for r in results)


@pytest.mark.parametrize(
    ("grads", "reason"),
    [
        ("x.copy(), w.copy()", ""),
        ("x.copy(), w", "shares memory with what it was made of"),
        ("x[::-1][::-1], w + 0.0", "shares memory with what it was made of"),
        ("ONES * x, np.broadcast_to(w + 0.0, (3,))", "nobody may write into"),
    ],
)
def test_results_are_the_callers_own(grads: str, reason: str) -> None:
    """What is returned shares no memory with arguments, constants or other results."""
    text = f"{ONES}def f(w, x):\n    return w @ x, ({grads})\n"
    types = {"w": "f64[3]", "x": "f64[3]"}
    result = check_balls(Claim(text, lambda w, x: w @ x, types, ("w", "x")))
    assert isinstance(result, Refuted if reason else Agrees), result
    assert reason in str(result)


def test_a_result_is_not_a_constant_of_the_module_nor_twice_the_same() -> None:
    """A caller who writes into a gradient would change the next call, or the other gradient."""
    head = f"{ONES}def f(w, x):\n    value = np.sum(w + x)\n"
    types = {"w": "f64[3]", "x": "f64[3]"}
    for body, reason in (
        ("    return value, (ONES, ONES + 0.0)\n", "what it was made of"),
        ("    y = ONES + 0.0\n    return value, (y, y)\n", "another result"),
    ):
        claim = Claim(head + body, lambda w, x: np.sum(w + x), types, ("w", "x"))
        assert reason in str(check_balls(claim))


WORK = """
import numpy as np


def workspace(N):
    return np.zeros(N), np.empty(N)


def f(x, work=None):
    zeros, buffer = work or workspace(len(x))
    {body}
"""


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("np.multiply(2.0, x, out=buffer); return np.sum(x * x), (buffer + zeros,)", "identity"),
        (
            "np.multiply(2.0, x, out=buffer); return np.sum(x * x), (buffer,)",
            "changes the gradient",
        ),
        ("zeros += 2.0 * x; return np.sum(x * x), (zeros + 0.0,)", "not the reference"),
        ("zeros += 2.0 * x + 0.0 * buffer; return np.sum(x * x), (zeros,)", "never written"),
    ],
)
def test_a_workspace_is_used_twice(body: str, verdict: str) -> None:
    """What an earlier call left, or returned, must not matter; nor what nobody wrote."""
    claim = Claim(WORK.format(body=body), total, VECTOR, ("x",))
    assert verdict in str(check_identity(claim))


RELU = """
import numpy as np


def f(w, x):
    z = w * x
    return np.maximum(z, 0.0).sum(), (((z {sign} 0.0) * x).sum(),)
"""
RELU_TYPES = {"w": "f64[]", "x": "f64[N]"}
RELU_LOSS = """
import numpy as np


def loss(w, x):
    return np.sum(np.where(w * x > 0.0, w * x, 0.0))
"""


def test_the_convention_at_a_kink_is_held() -> None:
    """relu'(0) = 0: a text that takes 1 is found at a tie, which random numbers never meet."""
    good = Claim(RELU.format(sign=">"), RELU_LOSS, RELU_TYPES, ("w",))
    wrong = Claim(RELU.format(sign=">="), RELU_LOSS, RELU_TYPES, ("w",))
    assert verified(verify(good))
    assert isinstance(check_identity(wrong), Identity)
    assert isinstance(check_balls(wrong), Refuted)


def test_a_comparison_that_went_one_way_is_reported() -> None:
    """A branch that no sample took is named by its line."""
    text = "def f(x):\n    y = x if x < 1e6 else 2.0 * x\n    return y * y, (2.0 * x,)\n"
    result = check_identity(scalar(text, square, "x"))
    assert isinstance(result, Identity)
    assert result.one_sided == (2,)
    assert "one way alone in line 2" in str(result)


@pytest.mark.parametrize(
    "factor",
    [
        "(2.0 if len(x) < 41 else 3.0)",
        "np.where(np.isfinite(x), 2.0, 3.0)",
        "np.where(np.isnan(x), 3.0, 2.0)",
        "np.where(x < np.inf, 2.0, 3.0)",
        "np.where(np.floor(x * x) > 4e9, 3.0, 2.0)",
        "(2.0 + np.round(x * 1e-9))",
        "np.where(x == 0.123, 3.0, 2.0)",
        "np.where(np.greater(np.arange(len(x)), 40), 3.0, 2.0)",
        "(2.0 if x.argmax() < 40 else 3.0)",
        "(2.0 if 0 < len(x) < 41 else 3.0)",
    ],
)
def test_a_branch_that_no_number_decides_is_reported_too(factor: str) -> None:
    """Sizes, places, infinities, whole parts: what no sample reached is named."""
    result = check_identity(vector(f"return np.sum(x * x), ({factor} * x,)"))
    assert isinstance(result, Identity)
    assert result.one_sided == (5,)


@pytest.mark.parametrize(
    "factor",
    [
        "np.where(np.floor(x) > 40.0, 3.0, 2.0)",
        "np.where(x > 1e5, 3.0, 2.0)",
        "np.clip(x, -100.0, 100.0) / x * 2.0",
        "(2.0 + np.round(x / 1e4))",
        "np.where(x == 0.3, 3.0, 2.0)",
        "np.where(2.0 * x == 0.3, 3.0, 2.0)",
    ],
)
def test_points_are_where_the_texts_numbers_are(factor: str) -> None:
    """A branch beyond a number that the text compares with is reached, and its tie."""
    results = verify(vector(f"return np.sum(x * x), ({factor} * x,)"))
    assert not verified(results)


def test_what_decides_about_an_exception_alone_is_no_branch() -> None:
    """A text that raises gives no wrong number."""
    body = "if len(x) > 40:\n    raise ValueError('x')\nreturn np.sum(x * x), (2.0 * x,)"
    result = check_identity(vector(body))
    assert isinstance(result, Identity)
    assert result.one_sided == ()


SOFTPLUS = """
import numpy as np


def f(x):
    e = np.exp(-np.abs(x))
    return np.sum({value}), (np.where(x > 0.0, 1.0, e) / (1.0 + e),)
"""


def test_a_lost_guard_against_overflow_is_found() -> None:
    """log(1 + exp x) is softplus at all points that are not huge."""
    good = SOFTPLUS.format(value="np.maximum(x, 0.0) + np.log1p(e)")
    wrong = SOFTPLUS.format(value="np.log(1.0 + np.exp(x))")
    stable, naive = "np.sum(np.logaddexp(x, 0.0))", "np.sum(np.log(1.0 + np.exp(x)))"
    reference = "import numpy as np\n\n\ndef loss(x):\n    return {}\n"
    for text, loss, verdict in (
        (good, stable, Agrees),
        (wrong, stable, Refuted),
        (wrong, naive, Agrees),  # the user's own overflow
    ):
        result = check_balls(Claim(text, reference.format(loss), VECTOR, ("x",)))
        assert isinstance(result, verdict)
        assert verdict is Agrees or "overflows" in str(result)


def test_an_overflow_that_is_not_read_is_the_users_own() -> None:
    """exp(x[1]) is inf, and not read: backwards 0 * inf, forwards nothing."""
    text = """
import numpy as np


def f(x):
    y = np.exp(x)
    d_y = np.zeros(len(x))
    d_y[0] = 1.0 / (1.0 + y[0] * y[0])
    return np.arctan(y[0]), (d_y * y,)
"""
    loss = "import numpy as np\n\n\ndef loss(x):\n    return np.arctan(np.exp(x)[0])\n"
    assert isinstance(check_balls(Claim(text, loss, VECTOR, ("x",))), Agrees)


def test_a_branch_that_points_alone_reach_is_told_apart() -> None:
    """Random numbers are never 0; the points of the balls are."""
    identity, balls = verify(vector("return np.sum(x * x), (np.where(x == 0.0, 0.0, 2.0 * x),)"))
    assert isinstance(identity, Identity)
    assert isinstance(balls, Agrees)
    assert identity.one_sided == (5,)
    assert balls.one_sided == ()


@pytest.mark.parametrize(
    "body",
    [
        "return np.linalg.norm(x) ** 2, (2.0 * x,)",
        "return np.sum(x * x), (2.0 * np.cbrt(x * x * x),)",
        "return np.sum(x * x) + 0.0 * float('nan'), (2.0 * x,)",
    ],
)
def test_what_has_no_meaning_here_is_not_decided(body: str) -> None:
    """A function that the checker lacks is never a pass."""
    results = verify(vector(body))
    assert all(isinstance(r, Skipped | Refuted) for r in results)
    assert "not decided" in str(results[0])


def test_a_text_off_the_list_does_not_run() -> None:
    """The allow-list stands before everything."""
    result = check_identity(scalar("def f(x):\n    return open(x), (x,)\n", square, "x"))
    assert isinstance(result, Skipped)
    assert "'open' is not allowed" in result.reason


def test_intervals_stand_in_for_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without python-flint the verdicts are the same; a function without enclosure is said."""

    def absent(name: str) -> Any:
        if name == "flint":
            raise ImportError(name)
        return __import__(name)

    monkeypatch.setattr(balls, "import_module", absent)
    text = "from math import tanh\n\n\ndef f(x):\n    y = tanh(x)\n    return y, (1.0 - y*y,)\n"
    result = check_balls(scalar(text, lambda x: x.tanh(), "x"))
    assert isinstance(result, Agrees)
    assert result.digits > 50
    assert isinstance(check_balls(scalar(text.replace("-", "+"), lambda x: x.tanh(), "x")), Refuted)
    text = "from math import erf\n\n\ndef f(x):\n    return x * erf(1.0), (erf(1.0),)\n"
    result = check_balls(scalar(text, lambda x: x * (0 * x + 1).erf(), "x"))
    assert "needs python-flint" in str(result)


def test_the_precision_of_the_users_balls_is_left_alone() -> None:
    """python-flint's context is as it was."""
    flint = pytest.importorskip("flint")
    before = flint.ctx.prec
    check_balls(scalar(SQUARE, square, "x"))
    assert flint.ctx.prec == before


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_a_factor_below_the_least_float_is_no_zero(seed: int) -> None:
    """The log of a softmax of large logits: exp(-960) divides, and is divided by."""
    w, x = sg.param("w", np.ones((3, 2))), sg.input("x", ("N", 2))
    loss = -sg.mean(sg.log(sg.softmax(x @ w.T, axis=1)[:, 0]))
    assert sg.compile(loss).verify(seed=seed).verdict == "verified"


def test_two_threads_verify_at_once() -> None:
    """The checker keeps nothing between runs, and nothing that another thread sees."""
    claims = [
        Claim(SQUARE.replace("2.0", factor), square, {"x": "f64[]"}, ("x",))
        for factor in ("2.0", "3.0") * 4
    ]
    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(check_identity, claims)]
    assert [type(result) for result in found] == [Identity, Skipped] * 4
