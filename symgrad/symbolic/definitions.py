"""What each op means, as text over the checker's functions: two tables that the targets never see.

ELEMENTWISE has a formula of the operands and attributes; STRUCTURE writes one expression for an
instruction, with the text of a helper where one expression would not do.  The checker runs them in
exact arithmetic, so they are written for plainness: no stable forms, no reuse, no idioms.

>>> ELEMENTWISE["silu"].format("x"), STRUCTURE["take"].write(None, ["x", "k"], axis=1)
('x * sigmoid(x)', 'np.take(x, k, axis=1)')
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from symgrad.ops.index_slices import Block


class Definition(NamedTuple):
    """How an instruction is written: (instruction, operands, **attributes) -> expression."""

    write: Callable[..., str]
    helper: str = ""


def _calls(names: str, prefix: str = "np.") -> dict[str, str]:
    return {name: f"{prefix}{name}({{0}})" for name in names.split()}


def _pairs(names: str) -> dict[str, str]:
    return {name: f"np.{name}({{0}}, {{1}})" for name in names.split()}


_MILLS = "np.sqrt(2) * np.exp(-{0} * {0} / 2) / (np.sqrt(np.pi) * erfc(-{0} / np.sqrt(2)))"
ELEMENTWISE: dict[str, str] = {
    "add": "{0} + {1}",
    "subtract": "{0} - {1}",
    "multiply": "{0} * {1}",
    "divide": "{0} / {1}",
    "negative": "-{0}",
    "square": "{0} * {0}",
    "reciprocal": "1 / {0}",
    "clip": "np.clip({0}, {1}, {2})",
    "round": "np.rint({0})",
    "xlogy": "strong_product({0}, np.log({1}))",
    "xlog1py": "strong_product({0}, np.log(1 + {1}))",
    "log1mexp": "np.log(1 - np.exp({0}))",
    "cosm1": "np.cos({0}) - 1",
    "sqrt1pm1": "np.sqrt(1 + {0}) - 1",
    "log_cosh": "np.log(np.cosh({0}))",
    "sech": "1 / np.cosh({0})",
    "csch": "1 / np.sinh({0})",
    "bose": "1 / (np.exp({0}) - 1)",
    "ndtr": "erfc(-{0} / np.sqrt(2)) / 2",
    "log_ndtr": "np.log(erfc(-{0} / np.sqrt(2)) / 2)",
    "inverse_mills": _MILLS,
    "tanh_by_sech": "np.tanh({0})",
    "coth": "1 / np.tanh({0})",
    "log_abs": "np.log(np.absolute({0}))",
    "one_minus_square": "1 - {0} * {0}",
    "direction": "np.where(np.hypot({0}, {1}) == 0, 0, {0} / np.hypot({0}, {1}))",
    "power_slope": "strong_product({1}, np.power({0}, {1} - 1))",
    "gelu": "{0} * (1 + erf({0} / np.sqrt(2))) / 2",
    "silu": "{0} * sigmoid({0})",
    "sigmoid_slope": "sigmoid({0}) * sigmoid(-{0})",
    "leaky_relu": "np.where({0} > 0, {0}, {slope} * {0})",
    "elu": "np.where({0} > 0, {0}, {alpha} * (np.exp({0}) - 1))",
    "greater": "{0} > {1}",
    "greater_equal": "{0} >= {1}",
    "less": "{0} < {1}",
    "less_equal": "{0} <= {1}",
    "equal": "{0} == {1}",
    "not_equal": "{0} != {1}",
    "where": "np.where({0}, {1}, {2})",
    **_pairs("power maximum minimum hypot logaddexp arctan2 logical_and logical_or logical_xor"),
    **_calls("sqrt absolute sign floor ceil exp exp2 expm1 log log2 log10 log1p sin cos tan"),
    **_calls("arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh"),
    **_calls("logical_not isnan isfinite"),
    "side": "np.sign({0})",
    "continued": "{0}",
    "strong_product": "strong_product({0}, {1})",
    **_calls("sigmoid log_sigmoid softplus relu erf erfc stop_gradient", ""),
}
# Of numbers alone, where a choice needs no arrays.
SCALAR = {
    **ELEMENTWISE,
    "where": "{1} if {0} else {2}",
    "direction": "0 if np.hypot({0}, {1}) == 0 else {0} / np.hypot({0}, {1})",
}


def formula_of(name: str) -> str:
    """The function of an elementwise op, named as its helper is, as a text of its own."""
    helper = STRUCTURE[name].helper if name in STRUCTURE else ""
    plain = helper or f"def {name}(x):\n    return {ELEMENTWISE[name].format('x')}\n"
    return "import numpy as np\nfrom scipy.special import erfc\n\n" + plain


def _call(name: str, form: str = "{}") -> Callable[..., str]:
    """``np.name`` of the operands in a form, with the attributes by name."""

    def write(x: Any, operands: Sequence[str], **attributes: Any) -> str:
        named = [f"{k}={v}" for k, v in attributes.items()]
        return f"np.{name}({_listed([form.format(_listed(operands)), *named])})"

    return write


def _listed(operands: Sequence[str]) -> str:
    return ", ".join(operands)


def _shape(shape: Sequence[Any]) -> str:
    return f"({''.join(f'{d}, ' for d in shape).rstrip()})"


def _key(key: Sequence[tuple[Any, ...]]) -> str:
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


def _pack(x: Any, operands: Sequence[str], size: int, blocks: Sequence[Block]) -> str:
    pairs = zip(operands, blocks, strict=True)
    return f"packed({size}, [{_listed([f'({piece}, {_entries(*b)})' for piece, b in pairs])}])"


def _added(shape: Callable[..., str]) -> Callable[..., str]:
    """Zeros of a shape, with the first operand added at a key made of the others."""

    def write(x: Any, operands: Sequence[str], **attributes: Any) -> str:
        return f"added({_shape(x.type.shape)}, {shape(x, operands, **attributes)}, {operands[0]})"

    return write


def _along(x: Any, operands: Sequence[str], axis: int, **rest: Any) -> str:
    shape = x.operands[1].type.shape
    rank = len(shape)
    key = [
        operands[1]
        if i == axis
        else f"np.arange({n}).reshape({_shape((1,) * i + (n,) + (1,) * (rank - 1 - i))})"
        for i, n in enumerate(shape)
    ]
    return f"({_listed(key)},)"


def _with_k(name: str) -> Definition:
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
_TAIL = f"""
def mills_tail(x, k):
    r = x + {_MILLS.format("x")}
    for n in range(1, k):
        r = n / r + x
    return r


""".lstrip("\n")
_SPREAD = """
def segment_spread(g, starts, size):
    stops = [*starts[1:], size]
    return np.concatenate([np.repeat(g[i:i + 1], stops[i] - starts[i]) for i in range(len(stops))])


""".lstrip("\n")

STRUCTURE: dict[str, Definition] = {
    "cast": Definition(_cast),
    "arange": Definition(lambda x, operands, dim, dtype: f"np.arange({dim})"),
    "cross": Definition(lambda x, operands: f"cross({_listed(operands)})", _CROSS),
    "cumsum": Definition(_cumsum),
    "size": Definition(lambda x, operands, dim, dtype: f"np.float64({dim})"),
    "matmul": Definition(_call("matmul")),
    "strong_matmul": Definition(_strong_matmul),
    "outer": Definition(_call("outer")),
    "vdot": Definition(lambda x, operands: f"np.sum({operands[0]} * {operands[1]})"),
    "einsum": Definition(lambda x, operands, spec: f"np.einsum({spec!r}, {_listed(operands)})"),
    **{name: Definition(_call(name)) for name in ("sum", "mean", "max", "min", "prod")},
    **{name: Definition(_call(name)) for name in ("argmax", "argmin", "any", "all", "flip")},
    "logsumexp": Definition(
        lambda x, operands, axis, keepdims: f"logsumexp({operands[0]}, {axis}, {keepdims})"
    ),
    "ordered_sum": Definition(_call("sum")),
    "stumpff": Definition(lambda x, operands, k, d: f"stumpff({operands[0]}, {k}, {d})", _STUMPFF),
    "mills_tail": Definition(lambda x, operands, k: f"mills_tail({operands[0]}, {k})", _TAIL),
    "segment_sum": Definition(lambda x, operands: f"np.add.reduceat({_listed(operands)})"),
    "segment_spread": Definition(
        lambda x, operands, size: f"segment_spread({_listed(operands)}, {size})", _SPREAD
    ),
    "prod_others": Definition(lambda x, operands: f"prod_others({operands[0]})", _OTHERS),
    **{name: _with_k(name) for name in ("tril", "triu", "diag", "diagonal")},
    "view": Definition(
        lambda x, operands, offset, shape, strides: (
            f"{operands[0]}[{_entries(offset, shape, strides)}]"
        )
    ),
    "pack": Definition(_pack, _PACKED),
    "vector": Definition(_call("stack", "[{}]")),
    "concatenate": Definition(_call("concatenate", "[{}]")),
    "reshape": Definition(lambda x, operands, shape: f"np.reshape({operands[0]}, {_shape(shape)})"),
    "broadcast_to": Definition(
        lambda x, operands, shape: f"np.broadcast_to({operands[0]}, {_shape(shape)})"
    ),
    "transpose": Definition(_call("transpose")),
    "index": Definition(lambda x, operands, key: f"{operands[0]}[{_key(key)}]"),
    "embed": Definition(_added(lambda x, operands, shape, key: f"np.s_[{_key(key)}]"), _ADDED),
    "take": Definition(_call("take")),
    "take_along_axis": Definition(_call("take_along_axis")),
    "gather": Definition(lambda x, operands: f"{operands[0]}[{_listed(operands[1:])}]"),
    "scatter_add": Definition(
        _added(lambda x, operands, axis, size: f"({'slice(None), ' * axis}{operands[1]},)"), _ADDED
    ),
    "add_along_axis": Definition(_added(_along), _ADDED),
    "scatter_nd": Definition(
        _added(lambda x, operands, shape: f"({_listed(operands[1:])},)"), _ADDED
    ),
    "one_hot": Definition(
        lambda x, operands, size, dtype: (
            f"np.where(np.expand_dims({operands[0]}, -1) == np.arange({size}), 1, 0)"
        )
    ),
    "wrap": Definition(lambda x, operands, size: f"np.arange({size})[{operands[0]}]"),
    "within": Definition(lambda x, operands, size: operands[0]),
}
