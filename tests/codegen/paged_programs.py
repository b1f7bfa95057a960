"""Long programs of scalars and small arrays, as users write them: helpers, loops, data in lists."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import symgrad as sg
from symgrad.engine import Value


def field(q: Any, p: Any, k: Any, c: Any) -> Any:
    return p, -k * q - c * q * q * q


def step(q: Any, p: Any, h: float, k: Any, c: Any) -> Any:
    """One step of Runge and Kutta."""
    a1, b1 = field(q, p, k, c)
    a2, b2 = field(q + 0.5 * h * a1, p + 0.5 * h * b1, k, c)
    a3, b3 = field(q + 0.5 * h * a2, p + 0.5 * h * b2, k, c)
    a4, b4 = field(q + h * a3, p + h * b3, k, c)
    q_next = q + h / 6 * (a1 + 2 * a2 + 2 * a3 + a4)
    p_next = p + h / 6 * (b1 + 2 * b2 + 2 * b3 + b4)
    return q_next, p_next


def oscillator(steps: int = 50) -> Any:
    """An oscillator after so many steps."""
    wrt = [Value(v, label=s) for s, v in zip("qpkc", (1.0, 0.0, 1.0, 0.1), strict=True)]
    q, p, k, c = wrt
    for _ in range(steps):
        q, p = step(q, p, 0.1, k, c)
    return (q - 0.3) ** 2 + (p + 0.2) ** 2, wrt


def forward_kinematics(angles: Any, lengths: Any) -> Any:
    x = y = turned = 0.0
    for a, length in zip(angles, lengths, strict=True):
        turned = turned + a
        x = x + length * sg.cos(turned)
        y = y + length * sg.sin(turned)
    return x, y


def arm(targets: int = 30) -> Any:
    """An arm of six joints, which follows a line of targets."""
    base = [Value(0.1 * (i + 1), label=f"a{i + 1}") for i in range(6)]
    gain = [Value(0.01 * i, label=f"g{i + 1}") for i in range(6)]
    loss: Any = 0.0
    points = [(1.0 + 0.1 * t, 2.0 - 0.05 * t) for t in range(targets)]
    for t, target in enumerate(points):
        angles = [b + g * t for b, g in zip(base, gain, strict=True)]
        x, y = forward_kinematics(angles, (1.0, 0.9, 0.8, 0.7, 0.6, 0.5))
        loss = loss + (x - target[0]) ** 2 + (y - target[1]) ** 2
    return loss, base + gain


def attractor(rounds: int = 40) -> Any:
    """A weather of three equations, three small steps between observations."""
    wrt = [Value(v, label=s) for s, v in (("sigma", 10.0), ("rho", 28.0), ("beta", 2.6))]
    sigma, rho, beta = wrt
    x: Any = Value(1.0)
    y: Any = Value(1.0)
    z: Any = Value(1.0)
    loss: Any = 0.0
    observations = [(1.0, 1.0 + 0.1 * t, 1.0) for t in range(rounds)]
    for observation in observations:
        for _ in range(3):
            dx, dy, dz = sigma * (y - x), x * (rho - z) - y, x * y - beta * z
            x, y, z = x + 0.01 * dx, y + 0.01 * dy, z + 0.01 * dz
        for value, seen in zip((x, y, z), observation, strict=True):
            loss = loss + (value - seen) ** 2
    return loss, wrt


def unlike(parts: int = 150) -> Any:
    """Lines of no loop in which nothing repeats, but few values are alive."""
    draw = random.Random(3)
    wrt = [Value(0.1 * i, label=f"w{i}") for i in range(1, 5)]
    x: Any = wrt[0]
    for i in range(parts):
        w = draw.choice(wrt)
        kind = draw.randrange(4)
        if kind == 0:
            x = sg.tanh(x * w) + float(i)
        elif kind == 1:
            x = x + w * sg.sin(x)
        elif kind == 2:
            x = (x - w) * 0.5
        else:
            x = sg.where(x > w, x * 0.9, w - x)
    return x * x, wrt


def gated(steps: int = 40) -> Any:
    """A state that a gate lets pass, the rest of it kept; the gate's slope is needed, too."""
    names = "uvwrs"
    wrt = [Value(v, label=s) for s, v in zip(names, (0.3, -0.7, 0.9, 0.4, -0.2), strict=True)]
    u, v, w, r, s = wrt
    h: Any = Value(0.1)
    loss: Any = 0.0
    xs = [1.5 - 0.03 * t for t in range(steps)]
    for x in xs:
        z = sg.sigmoid(u * x + v * h)
        y = sg.sigmoid(r * h + s)
        h = (1.0 - z) * h + z * sg.tanh(w * x + y * h)
        loss = loss + (h - x) ** 2
    return loss, wrt


def tangle(count: int = 1500) -> Any:
    """Values that are made of any earlier ones."""
    draw = random.Random(1)
    wrt = [Value(draw.uniform(-1, 1)) for _ in range(10)]
    found: list[Any] = [*wrt]
    for k in range(count):
        a, b = found[-1 - draw.randrange(8)], found[draw.randrange(len(found))]
        found.append((a * b, a + b, sg.tanh(a * 0.5), a - b)[k % 4])
    return found[-1] + sum(found[-8:]), wrt


def recurrent(length: int = 120) -> Any:
    """Arrays: a net with a state, over a sequence."""
    x = sg.input("x", ("N", length, 3))
    w = sg.param("w", np.full((3, 4), 0.1))
    u = sg.param("u", 0.5 * np.eye(4))
    h = sg.tanh(x[:, 0] @ w)
    loss = sg.mean(h[:, 0] ** 2)
    for t in range(1, length):
        h = sg.tanh(x[:, t] @ w + h @ u)
        loss = loss + sg.mean(h[:, 0] ** 2)
    return loss, None


SCALARS: dict[str, Callable[[], Any]] = {
    "oscillator": oscillator,
    "arm": arm,
    "attractor": attractor,
    "unlike": unlike,
    "gated": gated,
    "tangle": tangle,
}


PROGRAMS: dict[str, Callable[[], Any]] = {
    "paged": lambda: sg.compile(*oscillator(), target="python"),
}
