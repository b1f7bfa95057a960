"""Random nested loops over scalars: what they are re-rolled to computes the same.

A program is drawn as operations on nested lists of ``Value``s, as a person writes them: mapped
over, zipped, summed, sliced, windowed, shuffled.  It is re-rolled, and compared with its own
scalars at another theta than the one it was traced at.
"""

import math
import random

import numpy as np
import pytest
from campaign import many
from hypothesis import given, settings
from hypothesis import strategies as st

from symgrad.engine import Value
from symgrad.frontend.scalars.linearise import linearise
from symgrad.ir import interpret, verify
from symgrad.reroll import reroll

PARAMETERS = 24


class Drawn:
    """A random program: rows of scalars, mixed until one number is left."""

    def __init__(self, seed: int, plain: bool = False) -> None:
        self.random = random.Random(seed)
        self.plain = plain  # + - * and relu alone, which NumPy and Python round alike

    def loss(self, theta: list[Value]) -> Value:
        r = self.random
        width = r.choice([1, 2, 3, 4])
        rows = [
            [Value(r.choice([0.0, 1.0, -1.0, -0.0, r.uniform(-2, 2)])) for _ in range(width)]
            for _ in range(r.choice([1, 2, 3, 5]))
        ]
        at = 0
        for _ in range(r.randint(1, 4)):
            rows, used = self.step(rows, theta[at:])
            at = (at + used) % (PARAMETERS // 2)
        return self.reduce(rows, theta)

    def step(self, rows, theta):
        r, width = self.random, len(rows[0])
        kind = r.choice(["layer", "map", "skip", "window", "mixed", "shuffle", "pick", "scale"])
        if kind == "layer" and width * 2 + 2 <= len(theta):
            w, b = theta[: 2 * width], theta[2 * width : 2 * width + 2]
            start = r.choice([0, "bias"])
            out = []
            for x in rows:
                neurons = []
                for j in range(2):
                    terms = [w[j * width + i] * x[i] for i in range(width)]
                    s = sum(terms) + b[j] if start == 0 else sum(terms, b[j])
                    neurons.append(s.tanh() if r.random() < 0.97 and not self.plain else s.relu())
                out.append(neurons)
            return out, 2 * width + 2
        if kind == "map":
            maps = [
                lambda v: v.relu(),
                lambda v: v * v,
                lambda v: -v,
                lambda v: 1.0 - v,
                lambda v: v / 2.0,
            ]
            maps += [] if self.plain else [lambda v: (v * 0.3).exp(), lambda v: v**2]
            f = r.choice(maps)
            return [[f(v) for v in x] for x in rows], 0
        if kind == "skip" and not self.plain:
            return [[v + v.tanh() for v in x] for x in rows], 0
        if kind == "window" and width >= 3:
            k = theta[:2]
            return [[k[0] * x[i] + k[1] * x[i + 1] for i in range(width - 1)] for x in rows], 2
        if kind == "mixed" and width >= 2:
            other = (lambda v: v * 0.5) if self.plain else (lambda v: v.tanh())
            return [[x[0].relu(), *[other(v) for v in x[1:]]] for x in rows], 0
        if kind == "shuffle":
            order = list(range(width))
            r.shuffle(order)
            return [[x[i] for i in order] for x in rows], 0
        if kind == "pick":
            return [[x[r.randrange(width)] for _ in range(2)] for x in rows], 0
        return [[v * theta[i % len(theta)] for i, v in enumerate(x)] for x in rows], 0

    def reduce(self, rows, theta):
        r = self.random
        kind = r.choice(["sum", "mean", "gram", "ragged", "first", "regularised", "norm"])
        flat = [v for x in rows for v in x]
        if kind == "gram":
            return sum(sum(a * b for a, b in zip(x, y, strict=True)) for x in rows for y in rows)
        if kind == "ragged":
            return sum(sum(x[: r.randint(1, len(x))]) * theta[0] for x in rows)
        if kind == "first":
            return sum(x[0] * x[-1] for x in rows) - flat[-1]
        if kind == "regularised":
            return sum(flat) * (1.0 / len(flat)) + 0.1 * sum(p * p for p in theta)
        if kind == "norm" and not self.plain:
            return sum(sum(v * v for v in x).exp() if len(x) < 3 else sum(x) for x in rows)
        return sum(flat) * (1.0 if kind == "sum" else 1.0 / len(flat))


def traced(seed, ordered=False):
    draw = random.Random(seed + 1)
    theta = [Value(draw.uniform(-1, 1)) for _ in range(PARAMETERS)]
    loss = Drawn(seed, plain=ordered).loss(theta)
    rolled = reroll(linearise([loss], theta), ordered=ordered)
    verify(rolled.function)
    return theta, rolled


def at_another_theta(seed, plain=False):
    draw = random.Random(seed + 2)
    numbers = [draw.uniform(-1, 1) for _ in range(PARAMETERS)]
    return numbers, Drawn(seed, plain).loss([Value(t) for t in numbers]).data


def assert_same(seed, rolled, exact=False):
    numbers, expected = at_another_theta(seed, plain=exact)
    with np.errstate(all="ignore"):
        (got,) = interpret(rolled.function, [np.array(numbers), *rolled.constants.values()])
    if exact:
        assert float(got) == expected or (math.isnan(expected) and math.isnan(got))
    else:
        assert float(got) == pytest.approx(expected, rel=1e-10, abs=1e-10, nan_ok=True)


@settings(max_examples=many(80, 6000))
@given(st.integers(0, 10**9))
def test_a_rerolled_program_computes_the_same_at_another_theta(seed):
    _, rolled = traced(seed)
    assert_same(seed, rolled)


@settings(max_examples=many(50, 4000))
@given(st.integers(0, 10**9))
def test_in_order_every_bit_of_a_sum_stays(seed):
    _, rolled = traced(seed, ordered=True)
    assert_same(seed, rolled, exact=True)


@settings(max_examples=many(50, 4000))
@given(st.integers(0, 10**9))
def test_wrong_classes_cost_quality_and_not_correctness(seed):
    """Classes propose, lanes decide: with all classes merged into four the numbers are right."""
    import symgrad.reroll.roll as room

    real = room.classify
    try:
        room.classify = lambda flat, keys, o: _merged(real(flat, keys, o))
        _, rolled = traced(seed)
    finally:
        room.classify = real
    assert_same(seed, rolled)


def _merged(classes):
    from symgrad.reroll.classify import Classes

    return Classes(np.where(classes.of >= 0, classes.of % 4, -1), classes.level)
