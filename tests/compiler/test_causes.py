"""What is outside of an array, or too large for one, is refused by name."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.errors import BoundsError, DTypeError, LimitError, ShapeError

W = sg.param("w", np.ones(3))
X, Y = sg.input("x", ("N", 3)), sg.input("y", ("N",))
K, PAIR = sg.input("k", ("M",), int), sg.input("pair", (2,), int)


@pytest.mark.parametrize(
    ("expression", "target", "given", "said"),
    [
        (sg.take(W, K), "numpy", {"k": [0, 5]}, "k: index 5 is outside of w, whose axis 0 has"),
        (sg.take(W, K), "numpy", {"k": [-4]}, r"k: index -4 is outside of w, .* size 3; built at"),
        (W[K], "numpy", {"k": [3]}, r"k: index 3 .*; built at test_causes\.py:\d+"),
        (X[K] * W, "numpy", {"x": np.ones((4, 3)), "k": [4]}, "of x, whose axis 0 has size 4"),
        (X[:, K].T @ Y, "numpy", {"x": np.ones((4, 3)), "y": np.ones(4), "k": [3]}, "x, .* axis 1"),
        (X[K, K], "numpy", {"x": np.ones((2, 3)), "k": [2]}, "of x, whose axis 0 has size 2"),
        (sg.take(W, K + 1), "numpy", {"k": [2]}, "take: index 3 is outside of w"),
        (sg.take(W, PAIR), "python", {"pair": [0, 3]}, "pair: index 3 is outside of w"),
    ],
)
def test_an_index_out_of_range_at_the_call(
    expression: Any, target: str, given: dict[str, Any], said: str
) -> None:
    """Its name, its value, what it reads, the size of that, and the user's line."""
    f = sg.compile(sg.sum(expression) + 0.0 * sg.sum(W), target=target)
    with pytest.raises(BoundsError, match=said):
        f(**given)
    with pytest.raises(BoundsError, match=said):
        f.flat(**given)(np.ones(3))
    with pytest.raises(BoundsError, match=said):
        f.bind(**given)()
    with pytest.raises(IndexError):
        pickle.loads(pickle.dumps(f))(**given)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: sg.take(W, [3]), "take: index 3 is outside of w, whose axis 0 has size 3"),
        (lambda: sg.take(W, sg.constant([7])), "take: index 7 is outside of w"),
        (lambda: W[[0, -4]], "index -4 is outside of w, whose axis 0 has size 3"),
        (lambda: W[sg.constant([3])], "index 3 is outside of w"),
        (lambda: sg.take_along_axis(W, [9], 0), "take_along_axis: index 9 is outside of w"),
        (lambda: sg.scatter_add(W, [0, 1, 9], 5), "scatter_add: index 9 is outside of size 5"),
    ],
)
def test_an_index_that_is_known_is_refused_while_building(make: Any, said: str) -> None:
    """Literals, and bound constants."""
    with pytest.raises(ShapeError, match=said):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: sg.zeros((10**12,)),
        lambda: sg.ones(10**12),
        lambda: sg.full((10**6, 10**6), 1.0),
        lambda: sg.arange(10**12),
        lambda: sg.arange(0.0, 1.0, 1e-12),
        lambda: sg.eye(10**7),
        lambda: sg.linspace(0.0, 1.0, 10**12),
        lambda: sg.broadcast_to(1.0, (10**12,)),
        lambda: sg.one_hot([1], 10**12),
    ],
)
def test_an_array_too_large_to_make_is_not_made(make: Any) -> None:
    """The count, and the setting."""
    with pytest.raises(LimitError, match=r"\b1[0,]+ elements, .*MAX_ELEMENTS"):
        make()


class Traced:
    """A value of another library that holds no numbers."""

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("no numbers yet\nand a page of advice")


@pytest.mark.parametrize(
    "give",
    [
        sg.constant,
        lambda v: sg.param("p", v),
        lambda v: W + v,
        lambda v: W * [v, v, v],
        lambda v: sg.compile(sg.sum(W * W))(w=v),
        lambda v: setattr(W, "data", v),
    ],
)
def test_what_holds_no_numbers_is_refused_wherever_data_are_expected(give: Any) -> None:
    """By the name of the argument and of the class, with the reason in a line."""
    with pytest.raises(DTypeError, match=r"Traced of .* cannot read \(no numbers yet\)"):
        give(Traced())


def test_a_tensor_that_requires_grad_is_told_to_be_detached() -> None:
    """PyTorch refuses to give its numbers away."""
    torch = pytest.importorskip("torch")
    tensor = torch.ones(3, dtype=torch.float64, requires_grad=True)
    with pytest.raises(DTypeError, match=r"w: got a torch tensor .*; pass x\.detach\(\)"):
        sg.compile(sg.sum(W * W))(w=tensor)
    assert sg.compile(sg.sum(W * W))(w=tensor.detach())[0] == 3.0


def test_an_input_that_nothing_reads_is_told() -> None:
    """In the notes and in the text; a call gives it all the same."""
    f = sg.function([X, Y], sg.sum(X))
    assert f.notes == ("The outputs do not depend on y, which a call gives all the same.",)
    assert f.notes[0] in f.source
    assert f(np.ones((2, 3)), np.ones(2)) == 6.0
    assert sg.function([X], sg.sum(X)).notes == ()


@pytest.mark.parametrize("option", ["at", "sizes"])
def test_options_of_a_check_are_dicts(option: str) -> None:
    """Anything else is refused by the option's name."""
    for value in (3, [3]):
        with pytest.raises(sg.errors.ArgumentError, match=f"{option}: expected a dict of names"):
            sg.check_gradient(sg.sum(W * W), W, lambda w: 2 * w, **{option: value})
