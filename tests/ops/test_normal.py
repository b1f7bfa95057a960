"""The normal distribution function and gelu keep their digits in the tail, in both targets."""

from typing import Any

import mpmath
import numpy as np
import pytest
from campaign import many

import symgrad as sg

MOST = 8.0  # units in the last place
BITS = {"f64": (53, -1074), "f32": (24, -149)}
KIND = {"f64": np.float64, "f32": np.float32}
RNG = np.random.default_rng(5)
SPANS = [(-37.5, 40.0), (-40.0 / 3, -3.0), (-3.0, -1.0), (-1.0, 1.0)]
POINTS = np.concatenate(
    [
        *(RNG.uniform(low, high, many(60, 5_000)) for low, high in SPANS),
        -np.exp(RNG.uniform(-20.0, 0.0, many(20, 500))),
        [-37.5, 40.0, 0.0, -1.0, -3.0, np.nextafter(-1.0, -2.0), np.nextafter(-3.0, -4.0)],
    ]
)
FUNCTIONS = {
    "ndtr": (sg.ndtr, lambda x: mpmath.ncdf(x)),
    "gelu": (sg.gelu, lambda x: x * mpmath.ncdf(x)),
}


def compiled(function: Any, target: str, dtype: str) -> Any:
    """A function of vectors, whatever the target takes."""
    x = sg.input("x", ("N",) if target == "numpy" else (), dtype)
    f = sg.function([x], function(x), target=target)
    return f if target == "numpy" else lambda xs: np.array([f(v) for v in xs])


def off(got: float, exact: Any, dtype: str) -> float:
    """In units in the last place of the dtype, subnormal numbers included."""
    digits, least = BITS[dtype]
    exponent = int(mpmath.frexp(exact)[1]) - digits if exact else least
    return float(abs(mpmath.mpf(got) - exact) / mpmath.mpf(2) ** max(exponent, least))


@pytest.mark.parametrize("dtype", ["f64", "f32"])
@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_value_is_right_to_8_ulp_from_tail_to_tail(name: str, target: str, dtype: str) -> None:
    function, exact = FUNCTIONS[name]
    xs = POINTS.astype(KIND[dtype])
    got = compiled(function, target, dtype)(xs).tolist()
    with mpmath.workdps(50):
        errors = [
            off(y, exact(mpmath.mpf(x)), dtype) for x, y in zip(xs.tolist(), got, strict=True)
        ]
    worst = int(np.argmax(errors))
    assert errors[worst] <= MOST, (xs[worst], got[worst])


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("accurate", [False, True])
def test_no_finite_operand_gives_nan(target: str, accurate: bool) -> None:
    """Value and slope; ndtr has both limits, and gelu at -inf is 0*inf as it was."""
    x = sg.param("x", 0.5)
    for function, below in ((sg.ndtr, 0.0), (sg.gelu, np.nan)):
        f = sg.compile(function(x), target=target, accurate=accurate)
        with np.errstate(all="ignore"):
            for v in (-1e300, -1e5, -40.0, -39.0, -5e-324, 0.0, 5e-324, 39.0, 1e300):
                value, grads = f(x=v)
                assert np.isfinite([value, grads.x]).all()
            np.testing.assert_equal(f(x=-np.inf)[0], below)
            assert f(x=np.inf)[0] == (1.0 if function is sg.ndtr else np.inf)
            assert np.isnan(f(x=np.nan)[0])


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("accurate", [False, True])
def test_gelu_and_its_slope_share_one_distribution_function(target: str, accurate: bool) -> None:
    """x Phi(x) and Phi(x) + x phi(x); the certificate counts the helper as its formula."""
    x = sg.param("x", np.array([-2.5, -0.5, 0.25, 3.0]))
    loss = sg.sum(sg.gelu(x) * x) if target == "numpy" else sg.gelu(x[0]) * x[1]
    f = sg.compile(loss, target=target, accurate=accurate)
    body = f.source.split("def loss_and_grads")[1]
    assert body.count("ndtr(") == 1
    certificate = f.verify()
    assert certificate.verdict == "verified"
    assert "ndtr" in str(certificate)
