"""Definitions of ops for the checker, as text over its functions: see ``definition`` in ``Op``.

An elementwise op needs none where the checker has a function of its name, or where its ``meaning``
says it.  Others have a ``Definition``: it writes one expression for an instruction, with the text
of a helper where one expression would not do.  The checker runs them in exact arithmetic, so they
are written for plainness: no stable forms, no reuse, no idioms.

>>> call("take").write(None, ["x", "k"], axis=1)
'np.take(x, k, axis=1)'
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Definition(NamedTuple):
    """How an instruction is written: (instruction, operands, **attributes) -> expression."""

    write: Callable[..., str]
    helper: str = ""


def call(name: str, form: str = "{}") -> Definition:
    """``np.name`` of the operands in a form, with the attributes by name."""

    def write(x: Any, operands: Sequence[str], **attributes: Any) -> str:
        named = [f"{k}={v}" for k, v in attributes.items()]
        return f"np.{name}({listed([form.format(listed(operands)), *named])})"

    return Definition(write)


def listed(operands: Sequence[str]) -> str:
    return ", ".join(operands)


def shape_text(shape: Sequence[Any]) -> str:
    return f"({''.join(f'{d}, ' for d in shape).rstrip()})"


def key_text(key: Sequence[tuple[Any, ...]]) -> str:
    """A key as Python writes it; a stop below 0 of a falling slice is an open end."""
    parts = []
    for part in key:
        if part[0] == "slice":
            start, stop, step = part[1:]
            parts.append(f"{start}:{'' if stop == -1 else stop}:{step}")
        else:
            parts.append(str(part[1]) if part[0] == "int" else "None")
    return ", ".join(parts) or "..."


def _cast(x: Any, operands: Sequence[str], dtype: str) -> str:
    own, (a,) = x.operands[0].type.dtype, operands
    if dtype == "bool":
        return f"{a} != 0"
    if own == "bool":
        return f"np.where({a}, 1, 0)"
    if own == "i64":
        return f"np.float64({a})" if dtype != "i64" else a
    return f"np.asarray({a}).astype(np.int64)" if dtype == "i64" else a


def _entries(offset: int, shape: Sequence[int], strides: Sequence[int]) -> str:
    """The places of a block in its vector."""
    rank = len(shape)
    steps = [
        f"{s} * np.arange({n}).reshape({(1,) * i + (n,) + (1,) * (rank - 1 - i)})"
        for i, (n, s) in enumerate(zip(shape, strides, strict=True))
    ]
    return " + ".join([str(offset), *steps])


def _pack(x: Any, operands: Sequence[str], size: int, blocks: Sequence[Any]) -> str:
    pairs = zip(operands, blocks, strict=True)
    return f"packed({size}, [{listed([f'({piece}, {_entries(*b)})' for piece, b in pairs])}])"


def _added(shape: Callable[..., str]) -> Callable[..., str]:
    """Zeros of a shape, with the first operand added at a key made of the others."""

    def write(x: Any, operands: Sequence[str], **attributes: Any) -> str:
        return (
            f"added({shape_text(x.type.shape)}, {shape(x, operands, **attributes)}, {operands[0]})"
        )

    return write


def _along(x: Any, operands: Sequence[str], axis: int, **rest: Any) -> str:
    shape = x.operands[1].type.shape
    rank = len(shape)
    key = [
        operands[1]
        if i == axis
        else f"np.arange({n}).reshape({shape_text((1,) * i + (n,) + (1,) * (rank - 1 - i))})"
        for i, n in enumerate(shape)
    ]
    return f"({listed(key)},)"


def with_k(name: str) -> Definition:
    """``np.name`` of a matrix and the number of a diagonal."""
    return Definition(lambda x, operands, k: f"np.{name}({operands[0]}, {k})")


def _cumsum(x: Any, operands: Sequence[str], axis: int, reverse: bool) -> str:
    (a,) = operands
    return (
        f"np.flip(np.cumsum(np.flip({a}, {axis}), {axis}), {axis})"
        if reverse
        else (f"np.cumsum({a}, {axis})")
    )


_CROSS = """
def cross(a, b):
    a, b = [[x[..., 0], x[..., 1], x[..., 2]] for x in (a, b)]
    parts = [a[i] * b[j] - a[j] * b[i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return np.stack(parts, axis=-1)


""".lstrip("\n")


def _strong_matmul(x: Any, operands: Sequence[str], zero: int) -> str:
    (a, b), (rows, columns) = operands, [o.type.rank > 1 for o in x.operands]
    left = f"{a}[..., None]" if columns else a
    right = f"{b}[..., None, :, :]" if rows and columns else b
    return f"np.sum(strong_product({left}, {right}), axis={-2 if columns else -1})"


_ADDED = """
def added(shape, key, g):
    y = np.zeros(shape, dtype=np.float64)
    np.add.at(y, key, g)
    return y


""".lstrip("\n")
_PACKED = """
def packed(size, pieces):
    y = np.zeros((size,), dtype=np.float64)
    for piece, places in pieces:
        np.add.at(y, places, piece)
    return y


""".lstrip("\n")
_OTHERS = """
def prod_others(x):
    parts = [np.concatenate([x[..., :i], x[..., i + 1:]], axis=-1) for i in range(x.shape[-1])]
    return np.stack([np.prod(part, axis=-1) for part in parts], axis=-1)


""".lstrip("\n")
_STUMPFF = """
def stumpff_at_0(k, d):
    y = 0 if d % 2 else 1 - d % 4
    for n in range(2, k + d + 1):
        y = y / np.float64(n if n > d else 1)
    return y


def stumpff(x, k, d):
    if not k:
        return (1 - (d + 1) // 2 % 2 * 2) * (np.sin(x) if d % 2 else np.cos(x))
    at = np.where(x == 0, 1, x)[()]
    if d:
        y = (stumpff(at, k - 1, d - 1) - (k + d - 1) * stumpff(at, k, d - 1)) / at
    else:
        y = np.sin(at) / at if k % 2 else (1 - np.cos(at)) / (at * at)
        for n in range(2 - k % 2, k, 2):
            y = (stumpff_at_0(n, 0) - y) / (at * at)
    return np.where(x == 0, stumpff_at_0(k, d) + stumpff_at_0(k, d + 1) * x, y)[()]


""".lstrip("\n")
MILLS = "np.sqrt(2) * np.exp(-{0} * {0} / 2) / (np.sqrt(np.pi) * erfc(-{0} / np.sqrt(2)))"
_TAIL = f"""
def mills_tail(x, k):
    r = x + {MILLS.format("x")}
    for n in range(1, k):
        r = n / r + x
    return r


""".lstrip("\n")
_SPREAD = """
def segment_spread(g, starts, size):
    stops = [*starts[1:], size]
    return np.concatenate([np.repeat(g[i:i + 1], stops[i] - starts[i]) for i in range(len(stops))])


""".lstrip("\n")

CAST, CUMSUM, STRONG_MATMUL = Definition(_cast), Definition(_cumsum), Definition(_strong_matmul)
CROSS = Definition(lambda x, operands: f"cross({listed(operands)})", _CROSS)
PACK = Definition(_pack, _PACKED)
VIEW = Definition(
    lambda x, operands, offset, shape, strides: f"{operands[0]}[{_entries(offset, shape, strides)}]"
)
STUMPFF = Definition(lambda x, operands, k, d: f"stumpff({operands[0]}, {k}, {d})", _STUMPFF)
MILLS_TAIL = Definition(lambda x, operands, k: f"mills_tail({operands[0]}, {k})", _TAIL)
SEGMENT_SPREAD = Definition(
    lambda x, operands, size: f"segment_spread({listed(operands)}, {size})", _SPREAD
)
PROD_OTHERS = Definition(lambda x, operands: f"prod_others({operands[0]})", _OTHERS)
EMBED = Definition(_added(lambda x, operands, shape, key: f"np.s_[{key_text(key)}]"), _ADDED)
SCATTER_ADD = Definition(
    _added(lambda x, operands, axis, size: f"({'slice(None), ' * axis}{operands[1]},)"), _ADDED
)
ADD_ALONG_AXIS = Definition(_added(_along), _ADDED)
SCATTER_ND = Definition(_added(lambda x, operands, shape: f"({listed(operands[1:])},)"), _ADDED)
ONE_HOT = Definition(
    lambda x, operands, size, dtype: (
        f"np.where(np.expand_dims({operands[0]}, -1) == np.arange({size}), 1, 0)"
    )
)
EINSUM = Definition(lambda x, operands, spec: f"np.einsum({spec!r}, {listed(operands)})")
LOGSUMEXP = Definition(
    lambda x, operands, axis, keepdims: f"logsumexp({operands[0]}, {axis}, {keepdims})"
)
RESHAPE = Definition(lambda x, operands, shape: f"np.reshape({operands[0]}, {shape_text(shape)})")
BROADCAST_TO = Definition(
    lambda x, operands, shape: f"np.broadcast_to({operands[0]}, {shape_text(shape)})"
)
