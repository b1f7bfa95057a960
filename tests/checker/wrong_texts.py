"""Texts that are wrong, written by hand in classes: each is one change of a text that is right.

A change is refuted unless it has a *hole*: what the certificate says of it instead, by kind of
line (``one_sided``, ``unrun``, ``idle``, ``untied``, ``loose``), or by ``sizes``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from symgrad.checker import Claim

HEAD = "import numpy as np\n\n\n"


class Right(NamedTuple):
    """A text, its reference, and the changes that make it wrong, each perhaps with its hole."""

    text: str
    reference: str
    types: dict[str, str]
    wrt: tuple[str, ...]
    changes: tuple[tuple[str, str, str], ...]

    def claim(self, old: str = "", new: str = "") -> Claim:
        assert not old or self.text.count(old) == 1, old
        text, reference = (t.lstrip("\n") for t in (self.text.replace(old, new), self.reference))
        head = "" if "import" in text else HEAD
        return Claim(head + text, HEAD + reference, self.types, self.wrt)


def right(
    text: str,
    reference: str,
    types: str,
    wrt: str,
    *changes: tuple[str, str] | tuple[str, str, str],
) -> Right:
    pairs = dict(part.split(": ") for part in types.split("; "))
    full = tuple([(*c, "") if len(c) == 2 else c for c in changes])
    return Right(text, reference, pairs, tuple(wrt.split()), full)  # type: ignore[arg-type]


SQUARES = "def loss(w):\n    return np.sum(w * w)\n"
VECTOR = "def f(w):\n    d = 2.0 * w\n    {0}\n    return np.sum(w * w), (d,)\n"


def spoilt(*lines: str | tuple[str, str]) -> Right:
    """The sum of squares, whose gradient some line spoils."""
    pairs = [line if isinstance(line, tuple) else (line, "") for line in lines]
    changes = [("d = d + 0.0", line, hole) for line, hole in pairs]
    return right(VECTOR.format("d = d + 0.0"), SQUARES, "w: f64[N]", "w", *changes)


WRONG: dict[str, tuple[Right, ...]] = {
    "ties in slices and products": (
        right(
            """
def f(w, x, y):
    z = np.maximum(x * w, y)
    over = z > 1.5
    u = np.where(over, z * z - 0.75, z)
    d_u = np.zeros(len(x))
    d_u[1:] += u[:-1]
    d_u[:-1] += u[1:]
    d_z = d_u * np.where(over, 2.0 * z, 1.0)
    first = (x * w == z) * 1.0
    second = (y == z) * 1.0
    return np.sum(u[1:] * u[:-1]), (np.sum(d_z * first / (first + second) * x),)
""",
            """
def loss(w, x, y):
    z = np.maximum(x * w, y)
    u = np.where(z > 1.5, z * z - 0.75, z)
    return np.sum(u[1:] * u[:-1])
""",
            "w: f64[]; x: f64[N]; y: f64[N]",
            "w",
            ("z > 1.5", "z >= 1.5"),
            ("z > 1.5", "z > 1.5000000000000002"),
            ("first / (first + second)", "first"),
            ("first / (first + second)", "(1.0 - second)"),
            ("x * w == z", "x * w > y"),
            ("d_u[1:] += u[:-1]", "d_u[1:] += u[:-1] * (z[1:] != 1.5)"),
        ),
        right(
            """
def f(a, b):
    over = a * b >= 2.0
    return (a * a if over else b), (2.0 * a if over else 0.0, 0.0 if over else 1.0)
""",
            "def loss(a, b):\n    return np.where(a * b >= 2.0, a * a, b)\n",
            "a: f64[]; b: f64[]",
            "a b",
            ("a * b >= 2.0", "a * b > 2.0"),
            ("a * b >= 2.0", "b * a >= 2.0000001"),
            ("a * b >= 2.0", "a * b >= 2.0 and a != 4.0", "one_sided"),
        ),
        right(
            """
def f(w, x):
    s = np.mean(x) * w
    over = s > 0.25
    return float(np.where(over, s, 1.0 - s)), (float(np.where(over, np.mean(x), -np.mean(x))),)
""",
            "def loss(w, x):\n    s = np.mean(x) * w\n    return np.where(s > 0.25, s, 1.0 - s)\n",
            "w: f64[]; x: f64[N]",
            "w",
            ("s > 0.25", "s >= 0.25"),
            ("s > 0.25", "s > 0.2500001"),
            ("s > 0.25", "s * s > 0.0625"),
        ),
        right(
            """
def f(w, x):
    z = x @ w
    over = z > 0.5
    return np.sum(over * z * z), (2.0 * (over * z) @ x,)
""",
            "def loss(w, x):\n    z = x @ w\n    return np.sum((z > 0.5) * z * z)\n",
            "w: f64[2]; x: f64[N, 2]",
            "w",
            ("z > 0.5", "z >= 0.5"),
            ("z > 0.5", "z - 0.5 > 1e-12"),
            ("x @ w", "x[:, 0] * w[0] + x[:, 1] * w[1] + 1e-9 * (x[:, 0] > 3.5)"),
        ),
    ),
    "faults that depend on N": (
        spoilt(
            "d = d if len(w) <= 7 else 3.0 * w",
            "d = d if len(w) < 10 else 3.0 * w",
            "d = d if len(w) != 13 else 3.0 * w",
            ("d = d if len(w) <= 40 else 3.0 * w", "one_sided"),
            ("d = d if len(w) != 21 else 3.0 * w", "one_sided"),
            ("d[41:] = 0.0", "sizes"),
            ("d[40:] = 3.0 * w[40:]", "sizes"),
            "d[8:] = 0.0",
            "d[12:] = 0.0",
            "d = d + len(w) // 8",
            ("d = d + len(w) // 64", "sizes"),
            "d = d + max(len(w) - 12, 0)",
            ("for i in range(50, len(w)):\n        d[i] = 0.0", "unrun"),
            "for i in range(9, len(w)):\n        d[i] = 0.0",
            "d = d + (len(w) % 5 == 3)",
            ("d = np.where(np.arange(len(w)) < 30, d, 3.0 * w)", "one_sided"),
            "d = np.where(np.arange(len(w)) < 11, d, 3.0 * w)",
        ),
        right(
            "def f(w, x):\n    n, m = x.shape\n    return np.sum(w * x) / m, (np.sum(x) / m,)\n",
            "def loss(w, x):\n    return np.sum(w * x) / x.shape[1]\n",
            "w: f64[]; x: f64[N, M]",
            "w",
            ("np.sum(x) / m", "np.sum(x) / (m if m < 10 else n)"),
            ("np.sum(x) / m", "np.sum(x) / (m if m > 1 else 2)"),
            ("np.sum(x) / m", "np.sum(x) / (m + (n == m))", "one_sided"),
        ),
    ),
    "types": (
        spoilt(
            "d = d * (3.0 if w.dtype == np.float64 else 1.0)",
            "if np.zeros(1).dtype == w.dtype:\n        d = 3.0 * w",
            "d = d.astype(np.float32).astype(np.float64)",
            "d = d.astype(np.float32)",
            "d = d.astype(np.int64) + 0.0",
            "d = d.tolist()",
            "d = (d,)",
            "d = d[None]",
        ),
    ),
    "buffers, aliases, hidden state": (
        right(
            "ONES = np.array([1.0, 1.0])\n\n\ndef f(w, x):\n    g = x + 0.0\n"
            "    return np.sum(w * x), (g,)\n",
            "def loss(w, x):\n    return np.sum(w * x)\n",
            "w: f64[2]; x: f64[2]",
            "w",
            ("g = x + 0.0", "g = x"),
            ("g = x + 0.0", "g = x[::-1][::-1]"),
            ("g = x + 0.0", "g = np.broadcast_to(x + 0.0, (2,))"),
            ("g = x + 0.0", "ONES[:] = x\n    g = ONES"),
            ("g = x + 0.0", "x *= 1.0\n    g = x + 0.0"),
            ("g = x + 0.0", "w[0] = w[0]\n    x += 0.0\n    g = x + 0.0"),
            ("g = x + 0.0", "g = np.ravel(x)"),
            ("g = x + 0.0", "g = np.atleast_1d(x)"),
            ("g = x + 0.0", "g = x.reshape(2)"),
        ),
        right(
            """
def workspace(N):
    return np.empty(N), np.zeros(N)


def f(w, work=None):
    a, b = work or workspace(len(w))
    np.multiply(2.0, w, out=a)
    return np.sum(w * w), (a + b,)
""",
            SQUARES,
            "w: f64[N]",
            "w",
            ("(a + b,)", "(a,)"),
            ("np.multiply(2.0, w, out=a)", "b += 2.0 * w\n    a[:] = 0.0"),
            ("np.multiply(2.0, w, out=a)", "np.multiply(2.0, w[1:], out=a[1:])"),
            ("np.multiply(2.0, w, out=a)", "a += 2.0 * w"),
        ),
    ),
    "rare thresholds": (
        spoilt(
            "d = np.where(w > 1e6, 3.0 * w, d)",
            "d = np.where(w < -123.0, 3.0 * w, d)",
            "d = np.where(w == 0.3, 3.0 * w, d)",
            "d = np.where(w > 1e12, 3.0 * w, d)",
            ("d = np.where(w * w > 1e30, 3.0 * w, d)", "one_sided"),
            "d = np.where(np.abs(w) < 1e-9, 0.0, d)",
            "d = np.where(w * w + 3.0 * w > 40.0, 3.0 * w, d)",
            "d = np.where(np.sum(w) > 77.7, 3.0 * w, d)",
            "d = np.where(np.sum(w * w) > 1e8, 3.0 * w, d)",
            "d = np.where(w[0] * w[-1] > 1234.5, 3.0 * w, d)",
            "d = np.where((w > 4.25) & (w < 4.26), 3.0 * w, d)",
            "d = np.where(np.exp(w) > 1e5, 3.0 * w, d)",
            "d = np.where(np.floor(w) == 17.0, 3.0 * w, d)",
            ("d = np.where(np.tanh(w) > 1.0, 3.0 * w, d)", "one_sided"),
            ("d = np.where(np.isinf(w), 3.0 * w, d)", "one_sided"),
        ),
    ),
    "poles": (
        right(
            "def f(a, b):\n    return a * b, (b + 0.0, a + 0.0)\n",
            "def loss(a, b):\n    return a * b\n",
            "a: f64[]; b: f64[]",
            "a b",
            ("b + 0.0", "b * a / a"),
            ("b + 0.0", "b * (a - b) / (a - b)"),
            ("b + 0.0", "b * (a - 1000.0) / (a - 1000.0)"),
            ("b + 0.0", "b * (a * b - 7.0) / (a * b - 7.0)"),
            ("b + 0.0", "b * np.sqrt(a * a) / np.abs(a)"),
            ("b + 0.0", "b + np.log(b * b) - 2.0 * np.log(np.abs(b))"),
            ("b + 0.0", "b * (a - b * b + 5.0) / (a - b * b + 5.0)"),
            ("b + 0.0", "b + 1e-9 / (a - 1e5)"),
            ("b + 0.0", "b + 1e-30 * a"),
            ("b + 0.0", "(b + 1e17) - 1e17"),
            ("b + 0.0", "b * np.exp(a) * np.exp(-a)"),
            ("b + 0.0", "b * np.cosh(a) / np.cosh(-a)"),
        ),
    ),
    "indices": (
        right(
            """
def f(w):
    d = np.zeros(len(w))
    d[1:] += w[:-1]
    d[:-1] += w[1:]
    return np.sum(w[1:] * w[:-1]), (d,)
""",
            "def loss(w):\n    return np.sum(w[1:] * w[:-1])\n",
            "w: f64[N]",
            "w",
            ("d[1:] += w[:-1]", "d[1:] += w[1:]"),
            ("d[:-1] += w[1:]", "d[:-1] += w[:-1]"),
            ("d[:-1] += w[1:]", "d[:-2] += w[1:-1]"),
            ("d[1:] += w[:-1]", "d[2:] += w[1:-1]"),
            ("d[1:] += w[:-1]", "d += np.roll(w, 1)"),
            ("d[:-1] += w[1:]", "d[:-1] += w[1:]\n    d[7:8] = 0.0"),
        ),
        right(
            """
def f(w, k):
    d = np.zeros(4)
    for i in k:
        d[i] += 1.0
    return np.sum(w[k]), (d,)
""",
            "def loss(w, k):\n    return np.sum(np.take(w, k))\n",
            "w: f64[4]; k: i64[N]",
            "w",
            ("d[i] += 1.0", "d[i] = 1.0"),
            ("d[i] += 1.0", "d[i - 1] += 1.0"),
            ("d[i] += 1.0", "d[i] += i != 3"),
            ("d[i] += 1.0", "d[min(i, 2)] += 1.0"),
        ),
    ),
    "integers": (
        right(
            """
def f(a, n):
    old = n >= 18
    return np.sum(np.where(old, np.sin(a), a * a)), (
        np.sum(np.where(old, np.cos(a), 2.0 * a)),
    )
""",
            "def loss(a, n):\n    return np.sum(np.where(n >= 18, np.sin(a), a * a))\n",
            "a: f64[]; n: i64[N]",
            "a",
            ("n >= 18", "n > 18"),
            ("n >= 18", "n >= 17"),
            ("n >= 18", "n >= 40"),
            ("n >= 18", "n * 2 > 36"),
            ("n >= 18", "(n >= 18) & (n != 500)"),
            ("n >= 18", "(n >= 18) & (n < 65)"),
            ("n >= 18", "n / 2 >= 9.25"),
        ),
        right(
            """
def f(a, n, m):
    both = n + m > 30
    return float(np.where(both, a, a * a)), (float(np.where(both, 1.0, 2.0 * a)),)
""",
            "def loss(a, n, m):\n    return np.where(n + m > 30, a, a * a)\n",
            "a: f64[]; n: i64[]; m: i64[]",
            "a",
            ("n + m > 30", "n + m >= 30"),
            ("n + m > 30", "n + m > 31"),
            ("n + m > 30", "n + 2 * m > 30"),
        ),
    ),
    "signs of zero, and what has no value": (
        right(
            "def f(a):\n    return np.abs(a), (np.sign(a),)\n",
            "def loss(a):\n    return np.abs(a)\n",
            "a: f64[]",
            "a",
            ("np.sign(a)", "np.copysign(1.0, a)"),
            ("np.sign(a)", "np.where(a >= 0.0, 1.0, -1.0)"),
            ("np.sign(a)", "np.where(1.0 / a > 0.0, 1.0, -1.0)"),
            ("np.sign(a)", "a / np.abs(a)"),
            ("np.sign(a)", "np.sign(a) + (a == 0.0)"),
        ),
        right(
            "def f(a):\n    return np.maximum(a, 0.0) ** 2, (2.0 * np.maximum(a, 0.0),)\n",
            "def loss(a):\n    return np.where(a > 0.0, a, 0.0) ** 2\n",
            "a: f64[]",
            "a",
            ("(2.0 * np.maximum(a, 0.0),)", "(2.0 * np.maximum(a, 0.0) * a / np.abs(a),)"),
            ("(2.0 * np.maximum(a, 0.0),)", "(2.0 * np.sqrt(np.maximum(a, 0.0)) ** 2 + (a == 0),)"),
            ("(2.0 * np.maximum(a, 0.0),)", "(2.0 * np.maximum(a, -1e-300),)"),
        ),
    ),
    "memory that nobody wrote": (
        spoilt(
            "d = np.empty(len(w))\n    d[1:] = 2.0 * w[1:]",
            "e = np.empty(len(w))\n    d = d + 0.0 * e",
            "d = np.empty_like(w)\n    d[:12] = 2.0 * w[:12]",
            "d = np.where(w > 1e9, np.empty(len(w)), d)",
        ),
    ),
    "gradients that are right at ordinary points": (
        right(
            """
def f(w):
    m = np.max(w)
    top = (w == m) * 1.0
    return m, (top / np.sum(top),)
""",
            "def loss(w):\n    return np.max(w)\n",
            "w: f64[3]",
            "w",
            ("top / np.sum(top)", "top"),
            ("top / np.sum(top)", "(np.arange(3) == np.argmax(w)) * 1.0"),
            ("top / np.sum(top)", "top / np.minimum(np.sum(top), 2.0)"),
            ("top / np.sum(top)", "top / np.sum(top * top) + (np.sum(top) == 3.0)"),
        ),
        right(
            """
def f(a, b):
    c = np.clip(a, -1.0, 1.0)
    inside = (a >= -1.0) & (a <= 1.0)
    return c * b, (b * inside, c)
""",
            "def loss(a, b):\n    return np.clip(a, -1.0, 1.0) * b\n",
            "a: f64[]; b: f64[]",
            "a b",
            ("a >= -1.0", "a > -1.0"),
            ("a <= 1.0", "a < 1.0"),
            ("a <= 1.0", "a <= 1.0000000001"),
            ("b * inside", "b * (c == a) * (a != 1.0)"),
            ("b * inside", "b * np.where(np.abs(a) < 1.0, 1.0, 0.0)"),
        ),
        right(
            """
def f(a, b):
    return np.maximum(a, b), (
        0.5 if a == b else (a > b) * 1.0,
        0.5 if a == b else (b > a) * 1.0,
    )
""",
            "def loss(a, b):\n    return np.maximum(a, b)\n",
            "a: f64[]; b: f64[]",
            "a b",
            ("(a > b) * 1.0", "(a > b) * (a != 12.0)"),
            ("0.5 if a == b else (a > b) * 1.0", "(a >= b) * 1.0"),
            ("0.5 if a == b else (a > b) * 1.0", "(a > b) * 1.0"),
            ("0.5 if a == b else (b > a) * 1.0", "1.0 - (a > b)"),
        ),
    ),
}


def cases() -> list[tuple[str, Right, str, str, str]]:
    return [
        (f"{kind}: {new}", base, old, new, hole)
        for kind, bases in WRONG.items()
        for base in bases
        for old, new, hole in base.changes
    ]


def bases() -> list[Any]:
    return [base for group in WRONG.values() for base in group]
