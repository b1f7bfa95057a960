"""Where the numbers of a loop came from, and which depend on how many examples there are."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from symgrad.engine import Value
from symgrad.frontend.source.counts import counted
from symgrad.frontend.source.series import series_of


def columns(*rows):
    return [np.array(row, float) for row in rows]


def test_columns_are_found_in_the_users_lists():
    variables = {"xs": [[1.0, 2.0], [3.0, 4.0]], "ys": [5.0, 6.0], "n": 2, "other": [7.0, 8.0]}
    found = series_of([], variables, columns([5, 6], [2, 4], [1, 3]), [])
    assert [p.name for p in found.parts] == ["x", "y"]
    assert found.columns == (("y", False), ("x2", False), ("x1", False))
    assert found.rows() == (((1.0, 2.0), 5.0), ((3.0, 4.0), 6.0))
    assert not found.reason


def test_arrays_and_values_are_lists_too():
    variables = {"X": np.array([[1.0], [3.0]]), "targets": [Value(5.0), Value(6.0)]}
    found = series_of([], variables, columns([1, 3], [5, 6]), [])
    assert [p.names for p in found.parts] == [("x1",), ("target",)]
    assert found.rows() == (((1.0,), 5.0), ((3.0,), 6.0))


def test_a_column_with_the_other_sign_is_a_negative():
    found = series_of([], {"ys": [5.0, 6.0]}, columns([-5, -6]), [])
    assert found.columns == (("y", True),)


def test_what_is_in_no_list_gets_a_name_and_closes_the_loop():
    found = series_of([], {"ys": [5.0, 6.0]}, columns([5, 6], [1, 2], [3, 4]), [])
    assert found.columns == (("y", False), ("v1", False), ("v2", False))
    assert found.rows() == ((5.0, 1.0, 3.0), (6.0, 2.0, 4.0))
    assert "not all numbers" in found.reason


def test_a_number_that_no_example_changes_is_unread_unless_the_program_has_it():
    variables = {"xs": [[1.0, 2.0], [3.0, 2.0]]}
    assert not series_of([], variables, columns([1, 3]), [7.0]).reason
    for literal in (2.0, -2.0):
        assert "x2 is 2.0 in every" in series_of([], variables, columns([1, 3]), [literal]).reason


@pytest.mark.parametrize(
    ("text", "forms", "written"),
    [
        ("sum(losses) * (1.0 / len(losses))", {0.25, 4.0}, set()),
        ("sum(losses) / len(losses)", {4.0}, set()),
        ("0.5 * total / len(losses)", {4.0}, {0.5}),
        ("total * (0.5 / (len(losses) - 1))", {0.5 / 3, 3.0, 4.0}, set()),
        ("total / len(weights)", set(), set()),
        ("total * 0.25", set(), {0.25}),
        ("total / f(losses)", set(), set()),
    ],
)
def test_numbers_that_an_expression_makes_of_the_count(text, forms, written):
    variables = {"losses": [0] * 4, "weights": [0] * 7}
    found, plain = counted(ast.parse(text), 4, variables)
    assert set(found) == forms
    assert plain == written
