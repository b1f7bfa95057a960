"""Texts as an expert would write them, with references that are nothing but the definition."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from symgrad.checker import Claim

HERE = Path(__file__).parent
EXAMPLES = (
    ((2.0, 3.0, -1.0), 1.0),
    ((3.0, -1.0, 0.5), -1.0),
    ((0.5, 1.0, 1.0), -1.0),
    ((1.0, 1.0, -1.0), 1.0),
)


def mlp(theta: Any, x: Any, sizes: tuple[int, ...], act: Callable[[Any, bool], Any]) -> Any:
    """A net in micrograd's manner: each neuron has its weights and then its bias."""
    at = iter(theta)
    for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
        last = layer == len(sizes) - 2
        z = []
        for _ in range(outputs):
            weights = [next(at) for _ in range(inputs)]
            z.append(sum(w * v for w, v in zip(weights, x, strict=True)) + next(at))
        x = [act(v, last) for v in z]
    return x[0]


def lecture_loss(theta: Any) -> Any:
    outputs = [mlp(theta, x, (3, 4, 4, 1), lambda z, _: z.tanh()) for x, _ in EXAMPLES]
    return sum((y - ygt) ** 2 for y, (_, ygt) in zip(outputs, EXAMPLES, strict=True))


MOONS_LOSS = '''
def loss(theta, Xb, yb):
    """Max-margin loss and L2, an example at a time."""
    data_loss = 0.0
    for x, t in zip(Xb, yb):
        h, at = x, 0
        for inputs, outputs in ((2, 16), (16, 16), (16, 1)):
            z = []
            for j in range(outputs):
                neuron = theta[at:at + inputs + 1]
                z = z + [sum([neuron[k] * h[k] for k in range(inputs)]) + neuron[inputs]]
                at = at + inputs + 1
            h = [relu(v) for v in z] if outputs > 1 else z
        data_loss = data_loss + relu(1.0 - t * h[0])
    return data_loss / len(Xb) + 1e-4 * sum([p * p for p in theta])
'''
LECTURE_TYPES = {"theta": "f64[41]"}
MOONS_TYPES = {"theta": "f64[337]", "Xb": "f64[N, 2]", "yb": "f64[N]"}


def claim(name: str, text: str | None = None) -> Claim:
    """The claim that a text of ``texts``, or the given one in its place, is right."""
    text = text or (HERE / "texts" / f"{name}.py").read_text(encoding="utf-8")
    if name.startswith("lecture"):
        returns = ("f64[]", "f64[41]")
        return Claim(text, lecture_loss, LECTURE_TYPES, ("theta",), returns=returns, arrays=False)
    return Claim(text, MOONS_LOSS, MOONS_TYPES, ("theta",), returns=("f64[]", "f64[337]"))


def scalar(text: str, reference: Any, *names: str, **options: Any) -> Claim:
    """A claim of a function of scalars."""
    return Claim(text, reference, dict.fromkeys(names, "f64[]"), names, **options)
