"""Random losses of what is seldom written, so that each of it is met often enough.

``compiled`` of ``drawn`` takes a fifth of its programs from here, by kind: ``Rare`` for arrays,
``Nested`` for scalars that are re-rolled, ``opposed`` for a loop.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
from arrays import Drawn

import symgrad as sg
from symgrad.compiler.compiled import CompiledFunction
from symgrad.engine import Value

ORDERS = tuple(permutations(range(3)))
MIXED = np.array([[1.5, 0.25, 1.0], [0.5, 2.0, 1.25], [1.75, 0.75, 0.5]])
MAPS: tuple[Callable[[Any], Any], ...] = (
    sg.tanh, sg.sin, lambda v: (0.3 * v).exp(), lambda v: (v * v + 1).log(),
)  # fmt: skip


class Rare(Drawn):
    """A loss of arrays with a square matrix and cubes beside those of ``Drawn``."""

    STEPS = (*6 * ("rare",), "unary", "binary", "reduce", "shape", "product", "last")

    def __init__(self, seed: int, any_size: bool = True) -> None:
        super().__init__(seed, any_size)
        rng = np.random.default_rng(seed)
        shapes = [(3, 3), (2, 2, 2), (2, 2, 2), (4,), (2,)]
        more = [sg.param(f"q{i}", rng.uniform(-1, 1, s)) for i, s in enumerate(shapes)]
        self.square, self.cube, self.other, self.row, self.held = more
        self.params = [*self.params, *more]
        self.pool = [self.params[1], self.params[6], self.x, self.square, self.row]

    def rare(self, a: Any) -> Any:
        r, b, x, m, k = self.draw, self.any(), self.x, self.square, self.draw.choice((-1, 1, 2))
        below, sign = 1.5 + x * x, sg.power(-1.0, self.labels)
        places = [np.array([r.randrange(3) for _ in range(4)]) for _ in range(2)]
        ways = (
            lambda: sg.sqrt((1.5 + sg.tanh(a)) * (1.5 + sg.sin(b)) + a * a), lambda: sg.min(a),
            lambda: sg.sigmoid(a) - 1.0, lambda: sg.sin(a) / below - sg.cos(b) / below,
            lambda: sg.exp(sg.sin(a) - sg.logsumexp(sg.sin(1.1 * a), axis=-1, keepdims=True)),
            lambda: sg.where(sg.equal(a > 0.0, b > 0.0), a, b), lambda: sg.elu(a, 0.5),
            lambda: sg.tanh(a) * 20000.0, lambda: sg.tanh(a) / 3e5, lambda: x[:, 0] * sign,
            lambda: sg.sum(sg.diagonal(m, k)) + sg.sum(sg.diag(sg.tanh(m), -k)),
            lambda: sg.sum(sg.diagonal(m @ m, k)), lambda: a * (x / (sg.exp(x) @ MIXED)),
            lambda: m[places[0], places[1]] * self.row, lambda: self.turned(self.cube),
            lambda: self.turned(self.turned(self.cube)) * self.other, lambda: sg.prod(self.row),
            lambda: sg.transpose(sg.transpose(self.cube, (1, 0, 2)), (0, 2, 1)) * self.other,
            lambda: sg.sum(self.held * sg.stop_gradient(self.held)),
        )  # fmt: skip
        return r.choice(ways)()

    def turned(self, cube: Any) -> Any:
        return sg.transpose(cube, self.draw.choice(ORDERS))

    def last(self, a: Any) -> Any:
        return self.draw.choice((sg.prod, sg.min))(a, axis=-1)


class Nested:
    """A loss of 60 parameters read along three axes in any order, in strides, and by names."""

    def __init__(self, seed: int) -> None:
        r = self.draw = random.Random(seed)
        self.weights, gap = r.randint(2, 3), r.randint(0, 1)
        self.bias = self.weights + gap
        labels = {i: f"w_{i + 1}" for i in range(self.weights)} | {self.bias: "b"}
        if r.random() < 0.5:
            labels = {}
        self.theta = [Value(r.uniform(-1, 1), label=labels.get(i, "")) for i in range(60)]
        self.sizes = r.choice((r.sample((2, 3, 4), 3), [2, 2, 2], [3, 3, 3], [2, 3, 3]))
        self.first, self.second = self.tensor(0), self.tensor(30)

    def loss(self) -> Any:
        r = self.draw
        ways = (
            lambda: self.along(self.first), lambda: self.along(self.second),
            lambda: self.along(lambda *at: self.first(*at) + self.second(*at)),
            lambda: self.along(lambda *at: self.first(*at) * self.second(*at)),
            self.diagonal, self.diagonal, self.ragged, self.strided, self.strided, self.neuron,
        )  # fmt: skip
        return sum(r.choice(ways)() for _ in range(r.randint(1, 4)))

    def tensor(self, start: int) -> Callable[..., Any]:
        """Functions of parameters, one for each place along the three axes."""
        r, steps, step = self.draw, [0, 0, 0], 1
        f = r.choice(MAPS)
        for axis in r.choice(ORDERS):
            steps[axis], step = step, step * self.sizes[axis]
        values = {
            at: f(self.theta[(start + sum(map(operator.mul, at, steps))) % 60])
            for at in np.ndindex(*self.sizes)
        }
        return lambda *at: values[at]

    def along(self, term: Callable[..., Any]) -> Any:
        """Sums of sums of sums, in any order of the axes."""
        r = self.draw
        f, g, h = (r.choice(MAPS) for _ in range(3))
        i, j, k = r.choice(ORDERS)
        rows, columns, layers = (range(self.sizes[axis]) for axis in (i, j, k))

        def at(*places: int) -> Any:
            where = dict(zip((i, j, k), places, strict=True))
            return h(term(where[0], where[1], where[2]))

        return sum(f(sum(g(sum(at(a, b, c) for c in layers)) for b in columns)) for a in rows)

    def diagonal(self) -> Any:
        """Elements with two of their places alike."""
        r = self.draw
        i, j, k = r.choice(ORDERS)
        f, g = r.choice(MAPS), r.choice(MAPS)

        def at(a: int, b: int) -> Any:
            places = [b, b, b]
            places[i] = a
            return g(self.first(*places) * self.theta[40 + a])

        shared = range(min(self.sizes[j], self.sizes[k]))
        return sum(f(sum(at(a, b) for b in shared)) for a in range(self.sizes[i]))

    def ragged(self) -> Any:
        """Sums of one and the same, of several lengths."""
        r, t = self.draw, self.theta
        lengths, f = [r.randint(1, 4) for _ in range(r.randint(3, 5))], r.choice(MAPS)
        return sum(f(sum(t[50] for _ in range(n)) * t[i]) for i, n in enumerate(lengths))

    def strided(self) -> Any:
        """A block that ends in the last row of the parameters."""
        r, t = self.draw, self.theta
        rows, inner, width = r.randint(2, 4), r.choice((1, 2, 3)), r.randint(2, 4)
        outer, f, columns = inner * width, r.choice(MAPS), r.randint(1, 2)
        start = 60 - rows * outer + r.randrange(inner * (width - 1))
        places = [[start + outer * i + inner * j for j in range(columns)] for i in range(rows)]
        return sum(f(t[p % 60]) * t[i] for i, row in enumerate(places) for p in row)

    def neuron(self) -> Any:
        """Weights and a bias by name, next to one another or with a parameter between them."""
        r, t = self.draw, self.theta
        xs = [[r.uniform(-1, 1) for _ in range(self.weights)] for _ in range(3)]
        dots = (sum(map(operator.mul, t, x)) + t[self.bias] for x in xs)
        return sum(d.tanh() * t[self.weights] for d in dots)


def opposed(seed: int) -> CompiledFunction:
    """Sums over examples as a loop, some of b and some of what falls as b rises."""
    r = random.Random(seed)
    w, b, c = (Value(r.uniform(-1, 1)) for _ in range(3))
    xs = [r.uniform(-2, 2) for _ in range(r.randint(2, 4))]

    def total(head: Any) -> Any:
        f = r.choice((
            lambda x: sg.sin(w * x + head), lambda x: (c * x * head).tanh(),
            lambda x: (0.3 * head * x).exp() * w, lambda x: (w * x - head).sigmoid() * c,
        ))  # fmt: skip
        return sum(f(x) for x in xs) * r.choice((c, w, w * c, c.exp()))

    def term() -> Any:  # nothing of it has a name
        return r.choice((
            lambda: total(b), lambda: total(b), lambda: total(1.0 - b), lambda: total(2.0 - b),
            lambda: b.exp(), lambda: b * c, lambda: b.tanh(),
        ))()  # fmt: skip

    loss = sum(term() for _ in range(r.randint(2, 5)))
    return sg.compile(loss, [w, b, c], target="python", style="looped")
