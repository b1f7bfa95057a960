"""float32 through the helpers of the text, which compute with their operands one by one."""

import numpy as np
import pytest

import symgrad as sg


@pytest.mark.parametrize(
    "formula",
    [
        lambda x: sg.xlogy(x, 7.0),
        lambda x: sg.xlogy(7.0, x),
        lambda x: sg.xlog1py(0.3, x),
        lambda x: 7.0**x,
        lambda x: sg.grad(sg.sum(7.0**x), x) ** 2,
        lambda x: sg.logaddexp(x, 2.0) * 0.1,
        lambda x: sg.gelu(x) / 3 + sg.log10(x),
        lambda x: (0.1 * x) ** (1 / 3),
        lambda x: np.array([0.1, np.sqrt(2)]) * x,
        lambda x: x.astype("float64") * 0.1,
    ],
)
def test_a_number_beside_float32_keeps_it(formula) -> None:
    x = sg.param("x", np.array([0.3, 0.5], np.float32))
    f = sg.compile(sg.sum(formula(x)))
    assert f()[1].x.dtype == np.float32
    assert f.verify().verified


def test_a_literal_is_rounded_where_it_meets_float32_and_not_before() -> None:
    s = sg.param("s", np.float32(0.3))
    f = sg.compile(np.sqrt(2) * sg.sin(s))
    assert "1.4142135623730951 * np.cos(s)" in f.source, f.source
    assert f.verify().verified


def test_a_literal_beyond_float32_is_infinite_where_it_meets_it() -> None:
    s = sg.param("s", np.array([0.3], np.float32))
    assert np.isinf(sg.compile(sg.sum(np.array([1e300]) * s))()[1].s).all()


def test_constants_stand_as_they_were_given() -> None:
    x = sg.param("x", np.array([0.3, 0.5], np.float32))
    assert "0.1 * x" in sg.compile(sg.sum((0.1 * x) ** 2)).source


@pytest.mark.parametrize(
    "formula", [lambda x: np.pi * x, lambda x: 0.1 * x * x, lambda x: abs(x) ** (1 / 3)]
)
def test_plain_python_has_the_numbers_that_were_given(formula) -> None:
    """Its floats are wide: nothing is rounded on the way."""
    x = sg.param("x", np.array([0.3, -0.2], np.float32))
    f = sg.compile(sg.sum(formula(x)), target="python")
    assert "0000149" not in f.source
    assert f.verify().verified
