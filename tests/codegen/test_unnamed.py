"""What nobody named is called for the part that it plays."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import symgrad as sg


def source(loss: Any) -> str:
    text: str = sg.compile(loss).source
    return text


def assigned(text: str) -> list[str]:
    """The names of the emitted function's assignments, in order."""
    return re.findall(r"^    (\w+) = ", text, re.MULTILINE)


X, W, T = sg.input("x", ("N", 4)), sg.param("w", np.ones((4, 3))), sg.input("t", ("N", 3))


def test_a_softmax_makes_weights() -> None:
    """And their logarithms are log_weights; a logarithm under a root is no log_loss."""
    names = assigned(source(sg.sum((sg.softmax(X @ W, axis=1) - T) ** 2)))
    assert {"weights", "d_logits"} <= {*names}
    names = assigned(source(-sg.mean(sg.sum(T * sg.log_softmax(X @ W, axis=1), axis=1))))
    assert "d_log_weights" in names
    logits = X @ W
    names = assigned(source(sg.sum(sg.softmax(logits) * sg.log_softmax(logits))))
    assert {"weights", "log_weights"} <= {*names}
    text = source(sg.sqrt(sg.logsumexp(W * W)))
    assert "log_loss" not in text
    assert "weights = exps / sum_exps" in text


def test_a_named_softmax_keeps_its_name() -> None:
    p = sg.softmax(X @ W, axis=1)
    names = assigned(source(sg.sum((p - T) ** 2)))
    assert {"p", "d_logits"} <= {*names}
    assert "weights" not in names


@pytest.mark.parametrize("scale", [0.5, 2.0, 3.0])
@pytest.mark.parametrize("left", [True, False])
def test_a_multiple_is_called_so_on_either_side_of_its_literal(scale: float, left: bool) -> None:
    """0.5*x and x*0.5 are half_x alike."""
    b = sg.param("b", np.ones(3))
    name = {0.5: "half_b", 2.0: "twice_b", 3.0: "scaled_b"}[scale]
    assert name in assigned(source(thrice(scale * b if left else b * scale)))


def thrice(_multiple: Any) -> Any:
    return sg.sum((_multiple + 1.0) * (_multiple + 2.0) * (_multiple + 3.0))


def head(v: Any, i: int) -> Any:
    q, k = v @ sg.param(f"Wq{i}", np.ones((4, 3))), v @ sg.param(f"Wk{i}", np.ones((4, 3)))
    return sg.softmax(q @ k.T / 2.0, axis=1) @ v


def test_values_of_parts_have_the_letter_of_their_part_once() -> None:
    """Two heads of attention are told apart, forward and back, also where nobody named a value."""
    heads = [head(X, i) for i in range(2)]
    text = source(sg.sum((heads[0] * heads[1] - X) ** 2))
    names = assigned(text)
    for stem in ("q", "k", "weights", "heads", "d_weights", "d_logits"):
        assert {f"{stem}_a", f"{stem}_b"} <= {*names}, stem
    assert not [name for name in names if re.search(r"_([a-z])_\1$", name)]


def smooth(v: Any) -> Any:
    return sg.sqrt(v * v + 1e-3)


def field(v: Any) -> Any:
    return sg.tanh(v @ W) @ np.ones((3, 1))


def test_what_a_function_returns_is_called_after_it() -> None:
    """Where its caller has no name for it, and neither has the function itself; nothing else that
    the function makes is called so."""
    b = sg.param("b", np.ones(3))
    text = source(sg.sum(smooth(b) * sg.sin(smooth(b)) * b))
    assert "smooth = np.sqrt(" in text
    text = source(sg.sum(field(X) * field(X * 2.0) * field(X * 3.0)))
    assert {"field_a", "field_b", "field_c", "twice_x", "scaled_x"} <= {*assigned(text)}
    assert "field_a = h_a @ " in text


def test_a_function_of_an_everyday_name_or_without_one_names_nothing() -> None:
    b = sg.param("b", np.ones(3))
    f = lambda v: sg.sqrt(v * v + 1e-3)  # noqa: E731

    def forward(v: Any) -> Any:
        return sg.sqrt(v * v + 2e-3)

    names = assigned(source(sg.sum(f(b) * forward(b) * sg.sin(forward(b)) * sg.sin(f(b)))))
    assert not {"f", "forward", "lambda"} & {*names}


def test_a_divisor_and_a_derivative_are_called_what_they_are() -> None:
    """The sum that is divided by is a denominator; a derivative that a helper gives is a slope."""
    b, c = sg.param("b", np.ones(3)), sg.param("c", np.ones(3))
    text = source(sg.sum(sg.sigmoid(b) * sg.sigmoid(b) * sg.sigmoid(c) * sg.sin(sg.sigmoid(c))))
    assert "sigmoid_b, slope_sigmoid_b = sigmoid_and_slope(b)" in text
    text = source(sg.sum(b / (2.0 + sg.exp(b * c)) * sg.sin(c / (2.0 + sg.exp(b * c)))))
    assert "denom = 2.0 + exp" in text
    assert "total" not in text
    assert "one_minus_b = 1.0 - b" in source(thrice(1.0 - b))


def test_views_bear_the_names_of_what_they_show() -> None:
    """The name of a difference that broadcasts is made of those of its operands."""
    means = sg.param("means", np.ones((3, 4)))
    assert "x_minus_means = x[:, None] - means" in source(thrice(X[:, None, :] - means))


def spring(p: Any) -> Any:
    gap = p[1] - p[0]
    r2 = sg.sum(gap * gap) + 0.1
    return gap / (r2 * sg.sqrt(r2))


def test_what_becomes_one_value_has_one_number() -> None:
    """Numbers run without gaps though the second half of a step computes what the first of the next
    one computes again."""
    p = start = sg.param("start", np.ones((2, 2)))
    for _ in range(3):
        p = p + spring(p)
        p = p * 0.9 + 0.1 * spring(p)
    names = assigned(source(sg.sum(p * spring(p) * spring(start))))
    for stem in ("gap", "r2_"):
        own = [int(n.removeprefix(stem)) for n in names if re.fullmatch(stem + r"\d+", n)]
        assert own == [*range(1, len(own) + 1)]
        assert len(own) > 5


def test_places_beside_others_and_factors_of_arrays() -> None:
    """An index plus 2 is called so, and what an array is multiplied by a scale."""
    i = sg.input("i", ("N",), dtype="i64")
    b = sg.param("b", np.ones(9))
    text = source(sg.sum(b[i] * b[i + 1] * b[i + 2] * b[i + 2]))
    assert "i_plus_2 = i + 2" in text
    text = source(sg.sum(sg.log_softmax(X @ W, axis=1) * T * T))
    assert "scale = " in text
    assert "quotient" not in text


def test_small_arrays_bear_the_names_of_their_variables() -> None:
    """Wherever these are; the array itself is meant, and nothing that equals it."""
    b = sg.param("b", np.ones(2))

    def shifted(v: Any) -> Any:
        step = np.array([1e-2, 0.5])
        return sg.sin(v + step) * sg.cos(v - step)

    text = source(sg.sum(shifted(b)))
    assert "STEP = np.array([0.01, 0.5])" in text
    assert "DATA" not in text
    assert "DATA = " in source(sg.sum(sg.sin(b * np.array([3.0, 4.0]))))


def test_parts_put_together_are_called_as_they_are_apart() -> None:
    """heads of heads_a and heads_b; joined where they have no name in common; dots of rows."""
    w = sg.param("out", np.ones((8, 4)))
    heads = [head(X, i) for i in range(2)]
    mixed = sg.concatenate(heads, axis=1) @ w
    text = source(sg.sum((mixed - X) ** 2))
    assert "heads = np.concatenate([heads_a, heads_b], axis=1)" in text
    assert re.search(r"dots_a = .*d_weights_a", text)
    b, c = sg.param("b", np.ones(3)), sg.param("c", np.ones(3))
    assert "joined = np.concatenate" in source(thrice(sg.concatenate([b, c * b])))


def test_a_name_is_not_made_of_words_for_ops() -> None:
    """product, not total_total_2: the words say nothing there."""
    names = assigned(source(thrice(sg.param("b", np.ones(3)) + sg.param("c", np.ones(3)))))
    assert not [name for name in names if name.count("total") > 1]


def test_what_is_squared_is_an_error_only_where_it_is_one() -> None:
    """A value without its own mean is centred, and 1 - p is no error."""
    x, w = sg.input("x", ("N", 6)), sg.param("w", np.ones(6))
    h = x * w
    var = sg.mean((h - sg.mean(h, axis=1, keepdims=True)) ** 2, axis=1)
    p = sg.sigmoid(x @ w)
    source = sg.compile(sg.mean(var) + sg.mean((1.0 - p) ** 2)).source
    assert "centred = " in source
    assert "errors" not in source


def test_a_product_that_is_returned_is_not_copied_and_counts_are_in_lowest_terms() -> None:
    """No argument shares the memory of an einsum of two."""
    x, g = sg.input("x", ("N", 6)), sg.param("g", np.ones(6))
    w, y = sg.param("w", np.ones((6, 2))), sg.input("y", ("N", 2))
    f = sg.compile(sg.mean((sg.tanh(x) * g @ w - y) ** 2), [g, w])
    assert ".copy()" not in f.source
    assert "2.0 / (2*N)" not in f.source
    assert f.verify().verdict == "verified"


def test_a_value_is_called_after_its_formula_or_its_owner() -> None:
    """Logarithms undone and lengths have words of their own; what has no short formula bears the
    name of what it is a part of."""
    logits, users = sg.param("log_noise", np.ones(3)), sg.param("users", np.ones((5, 3)))
    i = sg.input("i", ("N",), dtype="i64")
    rows = sg.take(users, i, axis=0)
    unit = rows / sg.sqrt(sg.sum(rows * rows, axis=1, keepdims=True))
    gate = sg.erf(3.0 * unit - 1.0)
    damped = gate * sg.exp(-logits) + sg.exp(logits) * (1.0 - unit * unit)
    names = assigned(source(sg.mean(damped * damped * sg.sin(damped))))
    assert {"noise", "inverse_noise", "norm_rows", "gate_exp"} <= {*names}
    assert "users_i" in assigned(source(thrice(sg.take(users, i, axis=0))))
    assert not {"exp", "sqrt", "denom", "picked"} & {*names}


def test_a_name_is_read_as_it_is_meant() -> None:
    """(a - b)*c is not called a_minus_b_c, which is a - b*c; a*b*c is a_b_c."""
    a, b, c = (sg.param(name, np.ones(3)) for name in "abc")
    names = assigned(source(thrice((a - b) * c) + thrice(a * b * c)))
    assert "a_b_c" in names
    assert not [name for name in names if "a_minus_b_c" in name]


def test_a_square_is_one_however_it_was_written() -> None:
    a = sg.param("a", np.ones(3))
    assert "square_a" in assigned(source(thrice(a * a)))
    assert "square_a" in assigned(source(thrice(a**2)))
    assert "cube_a" in assigned(source(thrice(a**3) + thrice(a**2)))


def test_what_is_taken_from_itself_leaves_no_errors() -> None:
    """Gaps between the elements of one value are differences, not errors."""
    x, w = sg.input("x", ("N", 2)), sg.param("w", np.ones(2))
    scaled = x * w
    text = source(sg.mean((scaled[:, None, :] - scaled[None, :, :]) ** 2))
    assert "diffs = scaled[:, None] - scaled[None]" in text
    assert "errors" not in text


def test_the_slope_that_comes_with_a_value_is_called_after_that() -> None:
    b, c = sg.param("b", np.ones(3)), sg.param("c", np.ones(3))
    gate = sg.sigmoid(b + c)
    text = source(sg.sum(gate[1:] * gate[:-1]) + sg.sum(gate) ** 2)
    assert "    gate, slope_gate = sigmoid_and_slope(pre_gate)" in text


def test_names_are_wanted_once() -> None:
    """The operand of an operand that got its name so gets none: no pre_pre_y."""
    x, w = sg.input("x", ("N",)), sg.param("w", 1.0)
    y = sg.sqrt(sg.exp(sg.sin(x * w)))
    names = assigned(source(sg.mean(y * y * y)))
    assert not [name for name in names if "pre_pre" in name]


def test_loops_over_columns_share_their_variable() -> None:
    users, items = sg.param("users", np.ones((5, 3))), sg.param("items", np.ones((4, 3)))
    i, j = (sg.input(name, ("N",), dtype="i64") for name in "ij")
    text = source(sg.mean(sg.sum(sg.take(users, i, axis=0) * sg.take(items, j, axis=0), axis=1)))
    assert text.count("for k in range(3)") == 2
    assert "k_2" not in text


def rates(prey: Any, pred: Any) -> Any:
    return 1.1 * prey - 0.4 * prey * pred, 0.1 * prey * pred - 0.4 * pred


def test_what_a_function_takes_is_called_after_it_and_its_parameter() -> None:
    """With numbers where it is called several times, beside the numbers of the user's own names."""
    prey, pred = sg.param("prey0", 3.0), sg.param("pred0", 1.0)
    for _ in range(2):
        dx, dy = rates(prey + 0.1, pred=sg.sin(pred) - 0.9)
        prey, pred = prey + 0.1 * dx, pred + 0.1 * dy
    loss = prey * pred * sg.sin(prey + pred)
    for target in ("numpy", "python"):
        names = assigned(sg.compile(loss, target=target).source)
        assert {"rates_prey1", "rates_prey2", "rates_pred1", "rates_pred2"} <= {*names}
        assert {"prey1", "prey2", "pred1", "pred2"} <= {*names}


def test_what_is_computed_within_an_argument_has_no_name_of_it() -> None:
    """Nor has an argument that has a variable, or that a function of the library takes."""
    b = sg.param("b", np.ones(3))
    shift = b * 3.0
    names = assigned(source(sg.sum(smooth(shift) * smooth(sg.sin(b * 2.0 + shift) + 1.0) * shift)))
    assert "shift" in names
    assert [name for name in names if name.startswith("smooth_v")] in (
        [],
        ["smooth_v"],
    )  # of two, one has a line
