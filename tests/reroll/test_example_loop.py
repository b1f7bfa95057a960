"""The loop over examples of a scalar program, as IR of one example."""

from __future__ import annotations

import random

import numpy as np
import pytest

from symgrad.frontend.scalars.linearise import linearise
from symgrad.frontend.scalars.value import Value
from symgrad.ir.run import interpret
from symgrad.ir.verifier import verify
from symgrad.reroll.example_body import lower
from symgrad.reroll.example_loop import Lanes


def program(build, count):
    p = [Value(0.5 + i, label=f"w{i + 1}") for i in range(count)]
    out = build(*p)
    return linearise([out], p, (), {}, [v.label for v in p])


def lowered(lanes, count):
    names = [(f"x{i + 1}", False) for i in range(len(lanes.columns))]
    f = lower(lanes, "loss", [f"w{i + 1}" for i in range(count)], names, {})
    verify(f)
    return f


def test_a_sum_of_like_terms_becomes_a_sum_over_one_axis():
    """Everything inside is a vector over the lanes, and what all share is a scalar."""
    data = [(1.0, 2.0), (3.0, 5.0), (4.0, -1.0)]
    lanes = Lanes(program(lambda w: sum((w.exp() * x - y).tanh() for x, y in data), 1))
    assert lanes.count == 3
    assert [c.tolist() for c in lanes.columns] == [[1.0, 3.0, 4.0], [2.0, 5.0, -1.0]]
    assert [f"{x.op.name} {x.type}" for x in lowered(lanes, 1).body] == [
        "exp f64[]",
        "multiply f64[N]",
        "subtract f64[N]",
        "tanh f64[N]",
        "sum f64[]",
    ]


def test_lanes_that_share_all_nodes_are_one_computation():
    """Terms that are the very same node are added up, and are no loop."""

    def build(w):
        t = w.tanh()
        return t + t + t

    assert Lanes(program(build, 1)).count == 0


def test_parameters_are_told_apart():
    """A sum over parameters is no loop over examples."""
    assert Lanes(program(lambda a, b, c: a * a + b * b + c * c, 3)).count == 0


def test_the_loop_that_spares_most_is_taken():
    """Two outputs for each of four examples in one sum: two groups of four, not four of two."""
    data = [(1.0, 2.0), (3.0, 5.0), (4.0, -1.0), (0.5, 0.25)]
    f = lambda a, b: sum(e for x, y in data for e in ((a * x - y).exp(), (b * x - y).exp()))  # noqa: E731
    lanes = Lanes(program(f, 2))
    assert lanes.count == 4
    assert sum(x.op.name == "sum" for x in lowered(lanes, 2).body) == 2


def test_equal_numbers_are_compared_by_their_bits():
    """0.0 and -0.0 differ from lane to lane; nan does not differ from itself."""
    lanes = Lanes(program(lambda w: sum((w / x).exp() for x in (0.0, -0.0)), 1))
    assert len(lanes.columns) == 1
    lanes = Lanes(program(lambda w: sum((w * x).exp() for x in (float("nan"),) * 2), 1))
    assert not lanes.columns


@pytest.mark.parametrize("seed", range(20))
def test_shuffled_terms_meet_their_like(seed):
    """The terms inside each lane stand in any order; the sum is the program's."""
    draw = random.Random(seed)
    rows = [[draw.uniform(-1, 1) for _ in range(3)] for _ in range(4)]

    def build(*w):
        def neuron(row):
            terms = [wi * x for wi, x in zip(w, row, strict=True)]
            draw.shuffle(terms)
            return sum(terms).tanh()

        return sum(neuron(row) for row in rows)

    lanes = Lanes(program(build, 3))
    assert lanes.count == 4
    theta = [draw.uniform(-1, 1) for _ in range(3)]
    (value,) = interpret(lowered(lanes, 3), [*theta, *lanes.columns])
    expected = sum(np.tanh(np.dot(theta, row)) for row in rows)
    assert value == pytest.approx(expected, rel=1e-14)


def test_ordered_sums_keep_their_order():
    """Without reassociation a loop must begin its sum, as it does after Python's 0."""
    data = [1.0, 3.0, 4.0]
    first = program(lambda w: sum((w * x).exp() for x in data) + w, 1)
    last = program(lambda w: w + (w * 1.0).exp() + (w * 3.0).exp() + (w * 4.0).exp(), 1)
    assert Lanes(first, ordered=True).count == 3
    assert Lanes(last, ordered=True).count == 0
    assert "in order" in Lanes(last, ordered=True).reason
    assert Lanes(last).count == 3


def test_a_chain_of_ten_thousand_lanes_takes_no_recursion():
    lanes = Lanes(program(lambda w: sum((w * float(i)).tanh() for i in range(10_000)), 1))
    assert lanes.count == 10_000
    assert len(lowered(lanes, 1).body) == 3


def test_two_like_terms_of_a_long_program_are_no_loop(monkeypatch):
    """The search knows that too much would stay outside, and does not walk the program."""

    def build(w):
        rest = w
        for i in range(40):
            rest = (rest * (i + 2.0)).tanh() if i % 3 else (rest + 0.5 * i).exp()
        return (w * 3.0).exp() + (w * 4.0).exp() + rest

    walked = []
    walk = Lanes.walk
    monkeypatch.setattr(Lanes, "walk", lambda s, r, n: walked.append(n) or walk(s, r, n))
    lanes = Lanes(program(build, 1))
    assert lanes.count == 0
    assert lanes.reason == "a loop would leave more outside of it than it spares"
    assert walked == [0]
