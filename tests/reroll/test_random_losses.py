"""Losses drawn from what people write: the emitted function against ``backward()``.

A loss is drawn as steps on rows of ``Value``s that may differ in length: layers with tied, strided
or scattered parameters, attention, recurrences, windows, broken lanes, sums in every spelling.  It
is compiled as an array program whatever that costs, and value and gradient are compared at another
theta than the traced one.
"""

import operator
import random
from functools import reduce

import numpy as np
import pytest
from campaign import many
from hypothesis import given, settings
from hypothesis import strategies as st

import symgrad as sg
import symgrad.compiler.rolled
from symgrad.engine import Value

PARAMETERS = 30
NUMBERS = [0.0, 1.0, -1.0, -0.0, 0.5, 2.0, 0.5, 3.0, 1.0]


def added(terms):
    total = 0
    for x in terms:
        total += x
    return total


def alternating(terms):
    total = terms[0]
    for i, x in enumerate(terms[1:]):
        total = total - x if i % 2 else total + x
    return total


def from_the_right(terms):
    total = terms[-1]
    for x in reversed(terms[:-1]):
        total = x + total
    return total


def tree(terms):
    while len(terms) > 1:
        last = [terms[-1]] if len(terms) % 2 else []
        terms = [a + b for a, b in zip(terms[::2], terms[1::2], strict=False)] + last
    return terms[0]


def running(terms):
    total = every = 0
    for x in terms:
        total = total + x
        every = every + total
    return every


SUMS = [
    *(sum, sum, sum, added, alternating, from_the_right, tree, running),
    lambda terms: sum(terms, start=Value(0.5)),
    lambda terms: sum(reversed(terms)),
    lambda terms: -sum(-x for x in terms),
    lambda terms: sum(terms) / len(terms),
    lambda terms: reduce(lambda a, b: b - a, terms),
    lambda terms: reduce(operator.sub, terms),
    lambda terms: reduce(operator.mul, terms),
]

MAPS = [
    *(lambda v: v * v, lambda v: -v, lambda v: 1.0 - v, lambda v: v - 1, lambda v: v / 2.0),
    *(lambda v: 2 * v, lambda v: 0 + v, lambda v: v * 1, lambda v: v - v, lambda v: v * 0.0),
    *(lambda v: v.tanh(), lambda v: (v * 0.3).exp(), lambda v: v**2, lambda v: v**3),
    *(lambda v: (1 + v * v) ** -1, lambda v: (1 + v * v) ** 0.5, lambda v: (v * v + 1).log()),
    *(lambda v: v.sigmoid(), lambda v: v**1, lambda v: v**0, lambda v: 1 / (2 + v.tanh())),
    *(lambda v: sg.sin(v), lambda v: 2 ** (v * 0.1), lambda v: (1.5 + v.tanh()) ** v.tanh()),
    *(lambda v: v.relu(), lambda v: abs(v), lambda v: sg.maximum(v, 0.0)),
    *(lambda v: sg.where(v > 0.3, v * v, 0.0), lambda v: 1.0 * (v > 0.2) + v),
]

PAIRS = [
    *(operator.add, operator.sub, operator.mul, operator.mul),
    *(lambda a, b: a / (1.0 + b * b), lambda a, b: (a + b) * (a - b), lambda a, b: a * b - b * a),
    *(lambda a, b: (1.1 + a.tanh()) ** b.tanh(), lambda a, b: sg.logaddexp(a, b)),
    *(lambda a, b: sg.where((a > 0.05) & ~(b > 0.1), a * b, a), lambda a, b: b * (a * b)),
]


class Drawn:
    """A loss of theta; all that is drawn depends on the seed alone."""

    STEPS = (
        *("parameters", "numbers", "map", "broken", "zip", "scale", "rows", "columns", "matmul"),
        *("gram", "layer", "layer", "attention", "softmax", "transpose", "flat", "shuffle"),
        *("shuffle", "ragged", "window", "join", "recur", "pairs", "triangle"),
    )

    def __init__(self, seed):
        self.seed = seed

    def __call__(self, theta):
        self.draw = random.Random(self.seed)
        self.theta = theta
        self.pool = [self.parameters(), self.numbers(), self.parameters()]
        for _ in range(self.draw.randint(2, 8)):
            made = getattr(self, self.draw.choice(self.STEPS))()
            if made and all(made) and sum(map(len, made)) <= 60:
                self.pool.append(made)
        return self.loss()

    def loss(self):
        r, total = self.draw, 0
        for _ in range(r.randint(1, 3)):
            rows = r.choice(self.pool) if r.random() < 0.5 else self.pool[-1]
            add = r.choice(SUMS)
            part = r.choice([add([v for x in rows for v in x]), added([add(x) for x in rows])])
            total = r.choice([operator.add, operator.sub])(part, total)
        return total + 0.01 * sum(p * p for p in self.theta[: r.choice([1, 7, PARAMETERS])])

    def any(self):
        return self.draw.choice(self.pool)

    def full(self):
        """Rows of one length."""
        return self.draw.choice([m for m in self.pool if len(set(map(len, m))) == 1])

    def parameters(self):
        r, t = self.draw, self.theta
        n, k = r.randint(1, 4), r.randint(1, 4)
        rows, columns = r.choice([(k, 1), (1, n), (k + 1, 1), (0, 1), (-k, -1)])
        places = [[7 + rows * i + columns * j for j in range(k)] for i in range(n)]
        scattered = r.random() < 0.2
        return [[t[r.randrange(PARAMETERS) if scattered else p] for p in row] for row in places]

    def numbers(self):
        r, k = self.draw, self.draw.randint(1, 5)
        return [[Value(self.number()) for _ in range(k)] for _ in range(r.randint(1, 4))]

    def number(self):
        return self.draw.choice([*NUMBERS, self.draw.uniform(-2, 2)])

    def map(self):
        f = self.draw.choice(MAPS)
        return [[f(v) for v in x] for x in self.any()]

    def broken(self):
        """One function for most, another for an element, a row, or every other element."""
        r, rows = self.draw, self.any()
        f, g, kind, at = r.choice(MAPS), r.choice(MAPS), r.randrange(3), r.randrange(len(rows))
        odd = [lambda i, j: i == at, lambda i, j: (i, j) == (at, 0), lambda i, j: (i + j) % 2][kind]
        return [[g(v) if odd(i, j) else f(v) for j, v in enumerate(x)] for i, x in enumerate(rows)]

    def zip(self):
        r, a, b = self.draw, self.any(), self.any()
        f, swaps = r.choice(PAIRS), r.random() < 0.2
        out = []
        for i in range(max(len(a), len(b))):
            x, y = a[i % len(a)], b[i % len(b)]
            pairs = [(x[j % len(x)], y[j % len(y)]) for j in range(max(len(x), len(y)))]
            out.append([f(*(p[::-1] if swaps and r.random() < 0.5 else p)) for p in pairs])
        return out

    def scale(self):
        r, c = self.draw, [self.number() for _ in range(8)]
        f = r.choice([operator.mul, operator.sub, lambda a, b: b - a, lambda a, b: b + a])
        a, b = r.choice([(0, 0), (0, 1), (1, 0), (3, 1)])
        other = r.choice([c, self.theta])
        rows = enumerate(self.any())
        return [[f(v, other[(a * i + b * j) % 8]) for j, v in enumerate(x)] for i, x in rows]

    def rows(self):
        add = self.draw.choice(SUMS)
        return [[add(x) for x in self.any()]]

    def columns(self):
        add = self.draw.choice(SUMS)
        return [[add(list(x))] for x in zip(*self.full(), strict=True)]

    def matmul(self):
        r, a, b, add = self.draw, self.full(), self.full(), self.draw.choice(SUMS)
        k, mixes, out = min(len(a[0]), len(b)), r.random() < 0.2, []
        for x in a:
            terms = [[x[i] * b[i][j] for i in range(k)] for j in range(len(b[0]))]
            out.append([add(r.sample(t, k) if mixes else t) for t in terms])
        return out

    def gram(self):
        a, b, add = self.full(), self.full(), self.draw.choice(SUMS)
        return [[add([u * v for u, v in zip(x, y, strict=False)]) for y in b] for x in a]

    def layer(self):
        r, rows = self.draw, self.full()
        f, k, n = r.choice(MAPS), len(rows[0]), r.randint(1, 3)
        at = r.randint(0, max(PARAMETERS - n * (k + 1), 0))
        blocks = [self.theta[at + i * (k + 1) :][: k + 1] for i in range(n)]
        if len(blocks[-1]) <= k:
            return None
        dots = [[sum(map(operator.mul, w, x), w[-1]) for w in blocks] for x in rows]
        return [[f(z) for z in x] for x in dots]

    def attention(self):
        out, rows = [], self.full()[:4]
        for q in rows:
            scores = [0.3 * sum(a * b for a, b in zip(q, k, strict=True)) for k in rows]
            weights = [s.tanh().exp() for s in scores]
            columns = zip(*rows, strict=True)
            mix = [sum(w * v for w, v in zip(weights, c, strict=True)) for c in columns]
            out.append([v / sum(weights) for v in mix])
        return out

    def softmax(self):
        out = []
        for x in self.any():
            weights = [v.tanh().exp() for v in x]
            total = sum(weights)
            out.append([w / total for w in weights])
        return out

    def transpose(self):
        return [list(x) for x in zip(*self.full(), strict=True)]

    def flat(self):
        return [[v for x in self.any() for v in x]]

    def shuffle(self):
        r, rows = self.draw, self.any()
        order = r.sample(range(9), 9)
        return r.choice(
            [
                [r.sample(x, len(x)) for x in rows],
                [r.choice(rows) for _ in range(r.randint(1, 5))],
                [x[::-1] for x in rows[::-1]],
                [[x[i] for i in order if i < len(x)] for x in rows],
                [x[: r.randint(1, 2)] * 2 for x in rows],
            ]
        )

    def ragged(self):
        return [x[: self.draw.randint(1, len(x))] for x in self.any()]

    def window(self):
        k, at = self.draw.choice([2, 3]), self.draw.randint(0, PARAMETERS - 3)
        kernel = self.theta[at : at + k]
        rows = [[x[i : i + k] for i in range(len(x) - k + 1)] for x in self.any()]
        return [[sum(map(operator.mul, kernel, part)) for part in x] for x in rows]

    def join(self):
        a, b = self.any(), self.any()
        return a + b if self.draw.random() < 0.5 else [x + y for x, y in zip(a, b, strict=False)]

    def recur(self):
        f, out = self.draw.choice(MAPS), []
        for x in self.any():
            states = [0.5]
            for v in x:
                states.append(f(v + states[-1] * self.theta[5]))
            out.append(states[1:])
        return out

    def pairs(self):
        x, f = self.any()[0], self.draw.choice(PAIRS)
        return [[f(a, b) for b in x] for a in x]

    def triangle(self):
        x, f = [v for row in self.any() for v in row][:6], self.draw.choice(PAIRS)
        return [[f(x[i], x[j]) for j in range(i)] for i in range(1, len(x))]


def by_hand(loss, numbers):
    theta = [Value(t) for t in numbers]
    result = loss(theta)
    result.backward()
    return result.data, np.array([p.grad for p in theta], dtype=float)


def is_close(got, expected):
    scale = 1.0 + np.abs(expected).max()
    return np.allclose(got, expected, rtol=1e-9, atol=1e-9 * scale, equal_nan=True)


def assert_same(seed, **options):
    loss, draw = Drawn(seed), random.Random(seed + 1)

    def point():
        return [draw.uniform(-1, 1) for _ in range(PARAMETERS)]

    theta = [Value(t) for t in point()]
    f = sg.compile(loss(theta), wrt=theta, **options)
    assert f.history[0].name == "reroll"
    for _ in range(2):
        numbers = point()
        value, slope = by_hand(loss, numbers)
        with np.errstate(all="ignore"):
            got, grads = f(np.array(numbers))
        if abs(value) < 1e8 and np.abs(slope).max() < 1e9:
            assert is_close(got, value)
            assert is_close(grads, slope)
        grads[:] = 0.0  # they are the caller's


class Batch:
    """A loss of theta and examples, as a person writes it for any number of them."""

    STEPS = (
        *("map", "broken", "layer", "target", "softmax", "center", "standardise", "shuffle"),
        *("neighbours", "first", "scale", "rows", "skip", "reverse", "count", "over_examples"),
        *("attention", "gram", "recur", "half"),
    )

    def __init__(self, seed):
        self.seed = seed

    def __call__(self, theta, xs, ys):
        self.draw, self.theta, self.ys = random.Random(self.seed), theta, ys
        self.h = [[Value(v) for v in x] for x in xs]
        self.layer()
        for _ in range(self.draw.randint(0, 4)):
            getattr(self, self.draw.choice(self.STEPS))()
        total = self.loss() + 0.01 * sum(p * p for p in theta[:9])
        h = self.h
        aux = [h[0][0], [x[0] for x in h], (h, total), ([total, total], theta[1]), (h[-1], 1.0)]
        return total, self.draw.choice(aux)

    def loss(self):
        r, h, pairs = self.draw, self.h, list(zip(self.h, self.ys, strict=False))
        add, inner = r.choice(SUMS[:-1]), r.choice(SUMS[:-1])
        kinds = [
            lambda: add([v for x in h for v in x]),
            lambda: add([inner(x) for x in h]),
            lambda: add([inner(list(column)) for column in zip(*h, strict=True)]),
            lambda: sum((1 + -y * x[0]).relu() for x, y in pairs) * (1.0 / len(h)),
            lambda: add([(x[-1] - y) ** 2 for x, y in pairs]) / len(h),
            lambda: -sum((x[0] * x[0] + 0.1).log() * y for x, y in pairs) / len(h),
            lambda: sum([x[0] * float(i) for i, x in enumerate(h)]),
        ]
        return r.choice(kinds)()

    def each(self, f):
        self.h = [[f(v) for v in x] for x in self.h]

    def columns(self):
        return list(zip(*self.h, strict=True))

    def map(self):
        self.each(self.draw.choice(MAPS))

    def broken(self):
        f, g, k = self.draw.choice(MAPS), self.draw.choice(MAPS), self.draw.randrange(3)
        self.h = [[g(v) if j == k else f(v) for j, v in enumerate(x)] for x in self.h]

    def layer(self):
        f, k, n = self.draw.choice(MAPS), len(self.h[0]), self.draw.randint(1, 3)
        at = self.draw.randint(0, 9)
        blocks = [self.theta[at + i * (k + 1) :][: k + 1] for i in range(n)]
        if len(blocks[-1]) == k + 1:
            dots = [[sum(map(operator.mul, w, x), w[-1]) for w in blocks] for x in self.h]
            self.h = [[f(z) for z in x] for x in dots]

    def target(self):
        f = self.draw.choice(PAIRS)
        self.h = [[f(v, Value(y)) for v in x] for x, y in zip(self.h, self.ys, strict=False)]

    def softmax(self):
        weights = [[v.tanh().exp() for v in x] for x in self.h]
        self.h = [[w / sum(x) for w in x] for x in weights]

    def center(self):
        self.h = [[v - sum(x) / len(x) for v in x] for x in self.h]

    def standardise(self):
        means = [sum(c) / len(c) for c in self.columns()]
        self.h = [[v - m for v, m in zip(x, means, strict=True)] for x in self.h]

    def shuffle(self):
        order = self.draw.sample(range(len(self.h[0])), len(self.h[0]))
        self.h = [[x[i] for i in order] for x in self.h]

    def neighbours(self):
        f = self.draw.choice(PAIRS)
        pairs = list(zip(self.h, self.h[1:], strict=False))
        self.h = [list(map(f, a, b)) for a, b in pairs] or self.h

    def first(self):
        f, g = self.draw.choice(MAPS), self.draw.choice(MAPS)
        self.h = [[(f if i else g)(v) for v in x] for i, x in enumerate(self.h)]

    def scale(self):
        c = self.draw.choice([*NUMBERS, 0.3])
        self.each(self.draw.choice([lambda v: v * c, lambda v: c - v, lambda v: v + c]))

    def rows(self):
        add = self.draw.choice(SUMS[:-1])
        self.h = [[add(x)] for x in self.h]

    def skip(self):
        self.each(lambda v: v + v.tanh())

    def reverse(self):
        self.h = self.draw.choice([self.h[::-1], [x[::-1] for x in self.h]])

    def count(self):
        n = len(self.h)
        c = self.draw.choice([1.0 / n, n, n**0.5, 2 * n + 1, 1 / (n + 1), n * n, 0.3 / n, -1 / n])
        self.each(lambda v: v * c)

    def over_examples(self):
        weights = [[v.tanh().exp() for v in x] for x in self.h]
        totals = [sum(c) for c in zip(*weights, strict=True)]
        self.h = [[w / t for w, t in zip(x, totals, strict=True)] for x in weights]

    def attention(self):
        rows = [list(c) for c in self.columns()]
        out = []
        for q in self.h:
            weights = [(0.3 * sum(map(operator.mul, q, k))).tanh().exp() for k in self.h]
            out.append([sum(map(operator.mul, weights, c)) / sum(weights) for c in rows])
        self.h = out

    def gram(self):
        self.h = [[sum(sum(map(operator.mul, x, y)) for y in self.h)] for x in self.h]

    def recur(self):
        states = [self.h[0]]
        for x in self.h[1:]:
            states.append([a + 0.5 * b for a, b in zip(states[-1], x, strict=True)])
        self.h = states

    def half(self):
        self.h = self.h[: len(self.h) // 2 + 1]


def results(aux):
    """The arrays of a result, nested tuples in order."""
    if isinstance(aux, tuple):
        return [array for part in aux for array in results(part)]
    if isinstance(aux, list):
        return [np.array([a for item in aux for a in results(item)])]
    return [np.array(getattr(aux, "data", aux), dtype=float)]


def assert_same_for_any_number(seed):
    draw, theta = np.random.default_rng(seed), [Value(0.0) for _ in range(PARAMETERS)]
    loss, options = Batch(seed), {"reassociate": bool(seed % 3)}
    f = sg.value_and_grad(lambda xs, ys: loss(theta, xs, ys), wrt=theta, has_aux=True, **options)
    width = int(draw.integers(1, 4))
    for n in (5, 1, 8):
        f.theta[...] = draw.uniform(-1, 1, PARAMETERS)
        xs, ys = draw.normal(size=(n, width)), draw.choice([-1.0, 1.0], size=n)
        copy = [Value(t) for t in f.theta.tolist()]
        total, aux = loss(copy, xs.tolist(), ys.tolist())
        total.backward()
        slope = np.array([p.grad for p in copy], dtype=float)
        with np.errstate(all="ignore"):
            (value, found), grads = f(xs, ys)
        if abs(total.data) < 1e8 and np.abs(slope).max() < 1e9:
            assert is_close(value, total.data)
            assert is_close(grads, slope)
            pairs = zip(results(found), results(aux), strict=True)
            assert all(a.shape == b.shape and is_close(a, b) for a, b in pairs)


@pytest.fixture
def always_arrays(monkeypatch):
    """Programs are rolled up even where a straight line would be cheaper."""
    monkeypatch.setattr(symgrad.compiler.rolled, "is_cheaper", lambda *args, **counts: True)
    monkeypatch.setattr(symgrad.compiler.rolled, "prefers_arrays", lambda *args: True)


@settings(max_examples=many(40, 3000))
@given(st.integers(0, 10**9))
def check_reassociated(seed):
    assert_same(seed)


@settings(max_examples=many(40, 3000))
@given(st.integers(0, 10**9))
def check_in_order(seed):
    assert_same(seed, reassociate=False)


@settings(max_examples=many(25, 2000))
@given(st.integers(0, 10**9))
def test_a_loss_of_examples_has_the_gradient_of_backward_for_any_number(seed):
    assert_same_for_any_number(seed)


def test_a_compiled_loss_has_the_gradient_of_backward(always_arrays):
    check_reassociated()


def test_sums_in_order_have_the_gradient_of_backward(always_arrays):
    check_in_order()


def test_in_order_what_is_spread_over_a_vector_is_written_into_a_copy(always_arrays):
    """The share of a sum is one number for all its terms; other shares are added to some."""
    p = [Value(0.1 * i) for i in range(8)]
    h = [v.tanh() for v in p]
    loss = sum(h) * sum(h, Value(0.5))
    loss.backward()
    _, grads = sg.compile(loss, wrt=p, reassociate=False)()
    np.testing.assert_allclose(grads, [v.grad for v in p], rtol=1e-12)
