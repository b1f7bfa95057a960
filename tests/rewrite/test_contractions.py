"""Sums are taken of as little as possible, and sums of products make no product.

Each rule is also tried at huge, tiny and signed values, in ``test_bits_and_reals.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgrad as sg

RNG = np.random.default_rng(3)


def leaves() -> dict[str, Any]:
    return {
        "x": sg.input("x", ("N", 3)),
        "y": sg.input("y", ("N", 3)),
        "w": sg.param("w", RNG.normal(size=3)),
        "p": sg.param("p", RNG.normal(size=(20, 3))),
        "q": sg.param("q", RNG.normal(size=(30, 40))),
    }


def compiled(loss: Callable[..., Any]) -> sg.CompiledFunction:
    f = sg.compile(loss(**leaves()))
    assert f.verify().verdict == "verified"
    return f


def body(f: sg.CompiledFunction) -> str:
    text: str = f.source.rpartition('"""')[2]
    return text


@pytest.mark.parametrize(
    ("loss", "lines"),
    [
        pytest.param(
            lambda x, y, w, **_: sg.sum(sg.exp(x * w) + w),
            ["exp_x_w.sum() + N * w.sum()"],
            id="a row that is added is counted",
        ),
        pytest.param(
            lambda x, w, **_: sg.sum((x * x + w) * w),
            ['np.einsum("ij,ij->j", x, x) + N_w', " @ w"],
            id="a row that is a factor waits for the sum along the columns",
        ),
        pytest.param(
            lambda x, w, **_: sg.mean(sg.sum(x * x * w, axis=1)),
            ['np.einsum("ij,ij->j", x, x)', " / N"],
            id="the mean of sums is a sum over their count",
        ),
        pytest.param(
            lambda x, y, w, **_: sg.mean((x - w) ** 2),
            [" = np.vdot("],
            id="the mean of squares is an inner product over their count",
        ),
        pytest.param(
            lambda x, y, w, **_: sg.sum(sg.sqrt(1.0 + sg.sum((x - w) * y, axis=1))),
            ['np.einsum("ij,ij->i", '],
            id="a sum of products is an einsum",
        ),
        pytest.param(
            lambda x, w, **_: sg.sum(sg.sin(sg.sum(x * w, axis=1))),
            ["x @ w"],
            id="or a product of matrices",
        ),
        pytest.param(
            lambda p, **_: sg.sum(sg.sqrt(1.0 + sg.sum((p[:, None] - p[None]) ** 2, axis=2))),
            ['np.einsum("ij,ijk->ik", ', 'np.einsum("ij,ijk->jk", '],
            id="of a product with a view, an einsum takes what is viewed",
        ),
    ],
)
def test_sums_are_of_less(loss: Callable[..., Any], lines: list[str]) -> None:
    f = compiled(loss)
    for line in lines:
        assert line in body(f)


def test_a_matrix_that_is_only_added_up_is_scaled_behind_its_sums() -> None:
    """What is the same for all rows is no factor of the array, where products and sums read it."""
    f = compiled(lambda x, y, p, w, **_: sg.mean((x - y @ p[:3] - w) ** 2 * sg.exp(w)))
    assert body(f).count("(N, 3)") == 2  # errors, and their squares


def test_the_slope_of_a_softmax_makes_no_product_for_its_sum() -> None:
    """d_logits is weights times what d_weights is above its mean under the weights."""
    x, w = sg.input("x", ("N", 12)), sg.param("w", RNG.normal(size=(12, 20)))
    target = sg.input("target", ("N", 20))
    f = sg.compile(sg.sum((sg.softmax(x @ w) - target) ** 2))
    assert f.verify().verdict == "verified"
    (line,) = [line for line in body(f).splitlines() if "d_logits = " in line or "d_z = " in line]
    assert "[:, None]) * " in line
    assert "np.einsum(" in body(f)


def test_outer_products_that_are_added_are_a_product_of_two_stacks() -> None:
    a, b = sg.param("a", RNG.normal(size=24)), sg.param("b", RNG.normal(size=24))
    u, v = sg.input("u", ("N",)), sg.input("v", ("N",))
    f = sg.compile(sg.sum(sg.tanh(sg.outer(u, a) - sg.outer(v, b)) ** 2))
    assert "np.stack((u, -v), axis=1) @ np.stack((a, b))" in body(f)
    assert "np.outer" not in body(f)
    assert f.verify().verdict == "verified"


def test_what_is_chosen_by_pairs_is_chosen_before_it_meets_more_axes() -> None:
    def loss(p: Any, **_: Any) -> Any:
        spans = p[:, None] - p[None]
        squares = sg.sum(spans * spans, axis=2) + sg.eye(20)
        return sg.sum(sg.where(squares < 2.0, 1.0 / squares, 0.0))

    assert "[:, :, None]" not in body(compiled(loss))


def test_a_nan_that_is_not_chosen_stays_out() -> None:
    """An input may be nan where it is not chosen: the choice is made behind the product."""
    x, w = sg.input("x", ("N", 3)), sg.param("w", np.ones(3))
    is_known = sg.input("is_known", ("N",), dtype="bool")
    loss = sg.sum(sg.where(is_known[:, None], sg.exp(w) * x, 0.0))
    f = sg.compile(loss)
    value, (d_w,) = f(x=np.array([[1.0, 2.0, 3.0], [np.nan] * 3]), is_known=np.array([True, False]))
    assert np.isfinite(value)
    assert np.all(np.isfinite(d_w))


def test_a_difference_is_added_up_as_it_is() -> None:
    """The sum of x - mu is exact where x is near mu; that of x, less that of mu, is not."""
    x, mu = sg.input("x", ("N", 3)), sg.param("mu", np.zeros(3))
    f = sg.compile(sg.sum(sg.sum(x - mu, axis=0) ** 2))
    assert "N * mu" not in body(f)


def test_a_small_sum_of_products_is_written_as_one() -> None:
    a, b = sg.param("a", RNG.normal(size=(4, 3))), sg.param("b", RNG.normal(size=(4, 3)))
    assert "einsum" not in sg.compile(sg.sum(sg.sin(sg.sum(a * b, axis=1)))).source


def test_the_rows_of_a_stack_meet_a_turned_matrix_at_once():
    """NumPy multiplies the matrices of a stack one by one, slowly where the other is turned."""
    w, v = (sg.param(k, RNG.normal(size=s)) for k, s in (("w", (3, 4)), ("v", (4, 5))))
    x = sg.input("x", ("N", 20, 3))
    f = sg.compile(sg.sum(sg.tanh(sg.tanh(x @ w) @ v)))
    assert " @ v.T).reshape(N, 20, 4)" in body(f)
    assert "x @ w" in body(f)
    assert f.verify().verdict == "verified"


def test_the_rows_of_a_stack_are_added_up_by_einsum_where_they_are_short():
    """NumPy's own sum stops at the end of each row; of one matrix, or of long rows, it is used."""
    for shape, form in (
        (("N", 20, 3), 'np.einsum("ijk->k", '),
        (("N", 20, 40), ".sum(axis=(0, 1))"),
        (("N", 3), ".sum(axis=0)"),
        ((2, 3, 4), ".sum(axis=(0, 1))"),
    ):
        b = sg.param("b", RNG.normal(size=shape[-1]))
        x = sg.input("x", shape)
        f = sg.compile(sg.sum(sg.tanh(x + b)))
        assert form in body(f)
        assert f.verify().verdict == "verified"
        X = RNG.normal(size=[{"N": 5}.get(d, d) for d in shape])
        want = (1.0 - np.tanh(X + b.data) ** 2).reshape(-1, shape[-1]).sum(axis=0)
        np.testing.assert_allclose(f(x=X)[1][0], want, rtol=1e-12)


def test_a_sum_that_keeps_axes_of_size_1_alone_is_no_product_of_matrices() -> None:
    """Nothing is left to be a row or a column, as behind a variance whose axis is kept."""
    x, d = sg.param("x", RNG.normal(size=3)), sg.input("d", (3,))
    g = sg.grad(sg.sum(sg.tanh(sg.var(x, axis=0, keepdims=True))), x)
    f = sg.compile(sg.sum(g * d))
    assert f.verify().verdict == "verified"


def test_a_scale_of_one_element_is_no_row_of_a_sum_that_has_no_single_axis() -> None:
    """Neither of one over all axes, nor of one that keeps them."""
    q, u = sg.param("q", np.array([2.0])), sg.input("u", ("N", 3))
    z = q * u
    value, (d_q,) = sg.compile(sg.sum(z))(u=np.ones((2, 3)))
    assert (value, *d_q) == (12.0, 6.0)
    v, w = sg.param("v", np.array([[2.0], [1.0]])), sg.param("w", np.ones((2, 3)))
    z = v * w
    loss = sg.sum(sg.sum(z, axis=0, keepdims=True) ** 2)
    assert sg.compile(loss)()[0] == 27.0
