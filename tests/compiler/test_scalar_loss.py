"""Values outside ``wrt`` become numbers of the text, and the notes say which."""

from __future__ import annotations

import pickle

import pytest

import symgrad as sg
from symgrad import Value
from symgrad.nn import MLP


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_values_that_became_numbers_are_told_by_name(target: str) -> None:
    """By their variable, their list, or the module that they are parameters of."""
    w, rate = Value(2.0), Value(0.1, label="eta")
    data, teacher = [Value(1.0), Value(2.0)], MLP(2, [1])
    loss = (w * data[0] - teacher(data)) * rate + 3.0
    f = sg.compile(loss, [w], target=target)
    (note,) = f.notes
    told = note.partition("are constants: ")[2].partition(";")[0].split(", ")
    assert sorted(told) == ["data (2 values)", "rate", "teacher (3 values)"]
    assert "compile again, or put them into wrt" in note
    assert pickle.loads(pickle.dumps(f)).notes == f.notes
    before = f()[0]
    rate.data = 0.5
    assert f()[0] == before


def test_numbers_and_what_is_in_wrt_are_not_told() -> None:
    """Nor are Values that the loss does not reach."""
    net, other = MLP(2, [3, 1]), Value(1.0)
    for loss in ((net([1.0, 2.0]) - 1.0) ** 2, net([1.0, 2.0]) * 2):
        assert sg.compile(loss, wrt=net, target="auto").notes == ()
    assert other.data == 1.0


def test_of_many_the_first_are_told() -> None:
    w = Value(1.0)
    a, b, c, d, e, f, g = (Value(float(i)) for i in range(7))
    (note,) = sg.compile(w * a + b + c + d + e + f * g, [w]).notes
    assert "are constants: a, b, c, d, e, f and 1 more;" in note
