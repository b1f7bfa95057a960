"""Expressions, names and brackets of emitted text."""

from __future__ import annotations

import ast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import symgrad as sg
from symgrad.codegen.identifiers import Names
from symgrad.codegen.literals import number
from symgrad.codegen.printer import ascii_text
from symgrad.codegen.target import ADD, MUL, POWER, Text, atom, infix, prefix, suffix

_BINARY = {"+": (ADD, ast.Add), "-": (ADD, ast.Sub), "*": (MUL, ast.Mult), "@": (MUL, ast.MatMult)}


def trees() -> st.SearchStrategy[object]:
    """Expression trees: a name, (operator, left, right), or ("neg", operand)."""
    return st.recursive(
        st.sampled_from("abc"),
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(list(_BINARY)), inner, inner),
            st.tuples(st.just("neg"), inner),
        ),
        max_leaves=12,
    )


def render(tree: object) -> Text:
    if isinstance(tree, str):
        return atom(tree)
    assert isinstance(tree, tuple)
    if tree[0] == "neg":
        return prefix("-")(render(tree[1]))
    return infix(tree[0], _BINARY[tree[0]][0])(render(tree[1]), render(tree[2]))


def parsed(node: ast.expr) -> object:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.UnaryOp):
        return ("neg", parsed(node.operand))
    assert isinstance(node, ast.BinOp)
    sign = next(k for k, (_, kind) in _BINARY.items() if isinstance(node.op, kind))
    return (sign, parsed(node.left), parsed(node.right))


@given(trees())
def test_python_reads_the_tree_that_was_written(tree: object) -> None:
    """Brackets are put exactly so that the text parses back to the same tree."""
    assert parsed(ast.parse(render(tree).text, mode="eval").body) == tree


@pytest.mark.parametrize("value", [0.0, -0.0, 1e300, -2.5, float("inf"), float("-inf"), 1e-320])
def test_literals_read_back_to_the_same_float(value: float) -> None:
    """Floats are written by repr, and infinities by name."""
    assert repr(eval(number(value).text)) == repr(value)


def test_a_negative_literal_is_bracketed_before_a_suffix() -> None:
    """-2.0.T would be a syntax error of another kind."""
    assert suffix(".T")(number(-2.0)).text == "(-2.0).T"
    assert infix("**", POWER)(number(-2.0), atom("a")).text == "(-2.0) ** a"


def test_names_are_mangled_where_they_clash() -> None:
    """Keywords, the prelude's names and repeated names get a suffix; nothing is given out twice."""
    names = Names(["loss_and_grads"])
    assert [names.fresh(n) for n in ("w", "w", "lambda", "np", "loss_and_grads")] == [
        "w",
        "w_2",
        "lambda_",
        "np_",
        "loss_and_grads_2",
    ]


def test_values_that_share_a_hint_ending_in_a_digit_get_letters() -> None:
    """h1_1 of four examples is h1_1a to h1_1d."""
    assert Names().series("h1_1", 3) == ["h1_1a", "h1_1b", "h1_1c"]


def test_a_users_text_cannot_leave_a_comment_or_a_docstring() -> None:
    """Line breaks, quotes and characters beyond ASCII are escaped."""
    text = ascii_text('evil\n"""\nimport os\u2028')
    assert "\n" not in text
    assert '"""' not in text
    assert text.isascii()


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_condition_in_a_product_takes_no_sign(shape: tuple[int, ...], target: str) -> None:
    """NumPy has no minus for bools: -(z > 0.0) * a would raise."""
    a = sg.param("a", np.full(shape, 0.5))
    for loss, slope in (
        (sg.sum(sg.relu(1 / a)), -4.0),
        (sg.sum(sg.relu(1 / a)) + sg.sum(a), -3.0),
        (sg.sum(sg.relu(1 / a) * a), 0.0),
    ):
        f = sg.compile(loss, target=target)
        np.testing.assert_allclose(f()[1].a, np.full(shape, slope), atol=1e-15)
        assert "- ((" not in f.source


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_what_is_part_of_a_line_gets_none_of_its_own_behind_it(dtype: type) -> None:
    """However long the text in which it stands again."""
    w = sg.param("w", np.full(3, 0.5, dtype))
    f = sg.compile(sg.sum(sg.tanh(w / 0 * 0.3)))
    with np.errstate(all="ignore"):
        assert f()[0] == 3.0


def test_arrays_along_a_new_axis_are_stacked() -> None:
    """np.stack, not np.concatenate of views that have the axis already."""
    x, y = sg.param("x", np.ones(3)), sg.param("y", np.ones(3))
    for axis, text in ((0, "np.stack((x, y))"), (1, "np.stack((x, y), axis=1)")):
        f = sg.compile(sg.sum(sg.sin(sg.stack([x, y], axis=axis))))
        assert text in f.source
        assert f.verify().verdict == "verified"
