"""Lowering keeps values, order, names and lines."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
from counting import growth

from symgrad.engine import Value
from symgrad.errors import ArgumentError, NamingError, UnsupportedError
from symgrad.frontend.scalars.lower import lower, names_of, values_of
from symgrad.ir.function import Function
from symgrad.nn import MLP, Layer, Module, Neuron


def run(function: Function, arguments: list[float]) -> list[float]:
    """The results by the ops' reference semantics."""
    known = {id(p): np.float64(a) for p, a in zip(function.parameters, arguments, strict=True)}
    with np.errstate(all="ignore"):
        for x in function.body:
            known[id(x)] = (
                np.float64(x["value"])
                if x.is_constant
                else x.op.evaluate(*[known[id(o)] for o in x.operands])
            )
    return [float(known[id(r)]) for r in function.results]


def without_origins(function: Function) -> str:
    return "\n".join(line.split("//")[0].rstrip() for line in str(function).splitlines())


def test_text_of_a_small_graph() -> None:
    """One instruction a node in the order of creation, literals where they are first read."""
    w, b = Value(3.0, label="w"), Value(1.0, label="b")
    z = w * 2.0 - b
    z.label = "z"
    loss = z**2
    assert without_origins(lower([loss], [w, b], ["w", "b"])) == (
        "func @loss(param %w: f64[], param %b: f64[]) {\n"
        "  %0 = constant 2.0 : f64[]\n"
        "  %1 = multiply %w, %0 : f64[]\n"
        "  %z = subtract %1, %b : f64[]\n"
        "  %2 = constant 2.0 : f64[]\n"
        "  %3 = power %z, %2 : f64[]\n"
        "  return %3\n"
        "}"
    )


def test_origins_name_the_users_line() -> None:
    """Each computed instruction carries one origin, in this file."""
    w = Value(3.0)
    function = lower([(w * 2.0).tanh()], [w], ["w"])
    files = [[o.file for o in x.origins] for x in function.body if x.operands]
    assert files == [["test_lower.py"]] * 2


def test_a_lowered_network_computes_its_data() -> None:
    """Instructions evaluated by the table agree with the eager numbers, at the same theta."""
    random.seed(2)
    model = MLP(3, [4, 4, 1], activation="tanh")
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5]]
    outs = [model(x) for x in xs]
    loss = sum((out - y) ** 2 for out, y in zip(outs, [1.0, -1.0], strict=True))
    assert isinstance(loss, Value)
    function = lower([loss, *outs], values_of(model), names_of(model))
    theta = [p.data for p in model.parameters()]
    expected = [loss.data, *[out.data for out in outs]]
    assert run(function, theta) == pytest.approx(expected, rel=1e-15)
    assert [x.hint for x in function.body if x.hint][:2] == ["h1_1", "h1_2"]


def test_unreached_parameters_stay_and_other_leaves_are_literals() -> None:
    """The signature is wrt, whatever the loss reads."""
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    function = lower([a * c], [b, a], ["b", "a"])
    assert [p.hint for p in function.parameters] == ["b", "a"]
    assert [x["value"] for x in function.body if x.is_constant] == [3.0]
    assert run(function, [0.0, 5.0]) == [15.0]


def test_an_output_may_be_a_leaf() -> None:
    """A parameter or a literal is a result like any other."""
    a, b = Value(1.0), Value(2.0)
    assert run(lower([a, b], [a], ["a"]), [7.0]) == [7.0, 2.0]


def test_parameters_are_named_by_structure() -> None:
    """Layer, neuron, input; a lone neuron has no number; past nine the numbers part."""
    names = names_of(MLP(3, [2, 1]))
    first = ["w1_11", "w1_12", "w1_13", "b1_1", "w1_21", "w1_22", "w1_23", "b1_2"]
    assert names == [*first, "w2_1", "w2_2", "b2"]
    assert names_of(Neuron(2)) == ["w_1", "w_2", "b"]
    assert names_of(Layer(1, 2)) == ["w_11", "b_1", "w_21", "b_2"]
    wide = names_of(MLP(12, [3]))
    assert wide[11] == "w1_1_12"
    assert len(set(wide)) == len(wide)


def test_other_values_are_named_by_label_or_number() -> None:
    """A label that is no identifier, or is taken, gives way; names are distinct."""
    values = [Value(0.0, label="w"), Value(0.0), Value(0.0, label="a b"), Value(0.0, label="w")]
    assert names_of(values) == ["w", "p2", "p3", "w_4"]
    assert names_of([Value(0.0, label="class")]) == ["p1"]


def test_a_module_of_ones_own_needs_only_parameters() -> None:
    """A parameter that is shared counts once."""

    class Line(Module):
        def __init__(self) -> None:
            self.k, self.c = Value(1.0, label="k"), Value(0.0)

        def parameters(self) -> list[Value]:
            return [self.k, self.c, self.k]

    assert names_of(Line()) == ["k", "p2"]
    assert len(values_of(Line())) == 2


def test_misuse_is_refused_with_a_reason() -> None:
    """Repeated or computed parameters, foreign outputs, hand-made nodes, wrong names."""
    a = Value(1.0)
    b = a * 2
    with pytest.raises(ArgumentError, match="listed twice"):
        lower([b], [a, a], ["a", "b"])
    with pytest.raises(ArgumentError, match=r"wrt\[0\]: expected a leaf"):
        lower([b], [b], ["b"])
    with pytest.raises(ArgumentError, match="expected a Value to compile, got float"):
        lower([1.0], [a], ["a"])  # type: ignore[list-item]
    with pytest.raises(NamingError, match="distinct names"):
        lower([b], [a], ["a", "b"])
    with pytest.raises(UnsupportedError, match="by hand"):
        lower([Value(1.0, (a,), "mine")], [a], ["a"])


def test_lowering_grows_with_the_number_of_nodes() -> None:
    """Four times the nodes take four times the calls, and none is too many for the stack."""

    def job(count: int) -> Callable[[], None]:
        x = v = Value(1.0)
        for _ in range(count):
            v = v + x

        def run() -> None:
            assert len(lower([v], [x], ["x"]).body) == count

        return run

    assert growth(job, 5_000) < 5
    job(100_000)()
