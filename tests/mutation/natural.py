"""Random losses with the numbers that people write: thirds, tenths, roots, widths, tolerances.

A third of them is of float32.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from arrays import Drawn

import symgrad as sg

NUMBERS = (0.1, 0.3, 1 / 3, 0.9, 0.999, 1e-3, 1e-5, 1.7, 2.5, 3.0, 7.0, 0.0447, 1.702)


class Natural(Drawn):
    """A loss of arrays in which each step has a number or two of its own."""

    STEPS = (*6 * ("number",), "unary", "binary", "reduce", "softmax", "product", "gather")

    def __init__(self, seed: int, any_size: bool = True) -> None:
        super().__init__(seed, any_size)
        if random.Random(~seed).random() < 1 / 3:
            single = [p.data.astype(np.float32) for p in self.params]
            self.params = [sg.param(f"p{i}", a) for i, a in enumerate(single)]
            self.x = sg.input("x", self.x.shape, dtype="float32")
            self.pool = [*self.params, self.x, self.x @ self.params[4]]

    def number(self, a: Any) -> Any:
        r, (j, k) = self.draw, self.draw.choices(NUMBERS, k=2)
        b, sign = self.any(), self.draw.choice((-1.0, 1.0))
        ways = (
            lambda: k * a, lambda: a / k, lambda: a + k, lambda: k - j * a, lambda: a - k * b,
            lambda: (j + a * a) ** (sign * k), lambda: sg.softplus(a) ** k, lambda: abs(a) ** k,
            lambda: sg.sigmoid(a) ** (1 / k), lambda: (k * sg.exp(a)) ** sg.tanh(b),
            lambda: k ** sg.tanh(a),
            lambda: sg.exp(-a * a / (2 * k * k)) / (k * (2 * np.pi) ** 0.5),
            lambda: sg.clip(a, -k, k + 1), lambda: sg.maximum(a, k), lambda: sg.minimum(k * a, j),
            lambda: sg.where(sg.abs(a) <= k, 0.5 * a * a, k * (sg.abs(a) - 0.5 * k)),
            lambda: sg.where(a > -k, j * a, k * sg.sin(a)), lambda: sg.leaky_relu(a, k),
            lambda: a / sg.sqrt(sg.mean(a * a) + k), lambda: a / (sg.abs(a) + k),
            lambda: sg.log(k + j * a * a), lambda: sg.log(1 + (a / k) ** 2), lambda: a ** 4 * k,
            lambda: (a - sg.mean(a)) / sg.sqrt(sg.var(a) + k), lambda: sg.tanh(k * a) / j,
            lambda: 0.5 * a * (1 + sg.tanh((2 / np.pi) ** 0.5 * (a + 0.044715 * a**3))),
            lambda: sg.arctan2(k * a, j), lambda: sg.hypot(a, k), lambda: sg.logaddexp(k * a, j),
            lambda: sg.xlogy(k, j + a * a), lambda: sg.cos(2 * np.pi * k * a + j),
            lambda: sg.logsumexp(a / k) * k, lambda: sg.softmax(a / (k + 1), axis=-1) * j,
        )  # fmt: skip
        return self.part(a, k) if r.random() < 0.2 else r.choice(ways)()

    def part(self, a: Any, k: float) -> Any:
        """What has a value on a part alone, chosen more than once by more than one condition."""
        r, b, low = self.draw, self.any(), self.draw.choice((0.0, k))
        s = r.choice((sg.log, sg.sqrt, lambda v: v**0.3, lambda v: sg.log(v - low)))(a)
        one, two = sg.where(a > low, s, 0.0), sg.where(a > k + low, s * a, b)
        places = np.array([0, 1, 1])
        moved = r.choice((
            lambda v: sg.broadcast_to(v, (2, *v.shape)), lambda v: sg.take(v, places, axis=-1),
            lambda v: v[..., None] * np.ones(2), lambda v: sg.take(v[None], places[:1], axis=0),
        ))  # fmt: skip
        ways = (
            lambda: one, lambda: one * s, lambda: one + two, lambda: one * two,
            lambda: sg.where(moved(a) > low, moved(s), 0.0),
            lambda: one + sg.where(b > k, one * s, b), lambda: sg.where(b > 0.0, s, b) * one,
            lambda: sg.where(a[0] > 0.0, b, 0.0) + sg.where(a[-1] > 0.0, b * b, 0.0),
        )  # fmt: skip
        return r.choice(ways)()
