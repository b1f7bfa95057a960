"""Sums of packs, and of sums over one axis.

Each view of theta sends its cotangent back as a pack of its own.  Added up, they are one vector
that each piece is written into once; what is added as a whole vector comes first, and blocks that
two pieces share get their sum.

The cotangent of ``x[:, 0]`` is an array of zeros but for one column.  Where only its sum over the
rows is wanted, as behind a broadcast, the column is summed and then placed.

Sums over one axis that are added up become one sum of what they add: for code that goes over the
axis in a loop, where each sum is a variable of its own.  Reverse mode makes several of a parameter
that is read in several places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symgrad.ir.function import Instr, emit
from symgrad.ops.arithmetic import SUBTRACT
from symgrad.ops.gathering import TAKE
from symgrad.ops.index_slices import EMBED, Block, slice_of
from symgrad.ops.matrix import DIAG
from symgrad.ops.reduction import reduced
from symgrad.ops.table import OPS
from symgrad.rewrite.patterns import is_view, literal_value
from symgrad.rewrite.rewriter import Rewriter, RuleSet, is_number, rules_pass
from symgrad.rewrite.rule import BITS, built

TERMS = 64  # of a sum, that are looked at


@dataclass
class BlockValues:
    """The values that stand in blocks of a vector; of a pack, or of a lone embedding."""

    values: dict[Block, Instr]
    of_pack: bool


def _gathered(r: Rewriter, x: Instr) -> Instr | None:
    """pack(A) + pack(B) is pack(A, B), pack(A) - pack(B) is pack(A, -B), and pack(A) + v is
    pack(v, A).

    The whole nest of sums is gathered at its outermost one, so that each piece is moved once,
    however long the chain.
    """
    if not _is_sum(x) or (r.once(x) and any(map(_is_sum, r.readers_of(x)))):
        return None
    made: dict[Instr, BlockValues | None] = {}
    for y in _nest(r, x):
        parts = [made[o] if o in made else _pieces(r, o) for o in y.operands]
        made[y] = _merged(y, *parts)
    pieces = made[x]
    return None if pieces is None else _packed(x, pieces)


def _nest(r: Rewriter, x: Instr) -> list[Instr]:
    """A sum and the sums that it alone is made of, operands first."""
    found, stack = [], [x]
    while stack:
        y = stack.pop()
        found.append(y)
        stack += [o for o in y.operands if _is_sum(o) and r.once(o)]
    return found[::-1]


def _pieces(r: Rewriter, x: Instr) -> BlockValues | None:
    """A vector as blocks with their values, where nothing else reads it."""
    if not r.once(x):
        return None
    if x.op.name == "pack":
        return BlockValues(dict(zip(x["blocks"], x.operands, strict=True)), of_pack=True)
    block = _block(x) if x.op is EMBED else None
    return None if block is None else BlockValues({block: x.operands[0]}, of_pack=False)


def _merged(x: Instr, left: BlockValues | None, right: BlockValues | None) -> BlockValues | None:
    """The pieces of a sum; None where neither side is a pack, nor both are pieces of one."""
    if not (left and right) and not any(part and part.of_pack for part in (left, right)):
        return None  # an embedding added to something else is not worth a vector of its own
    whole = _whole(x)
    left, right = (
        part or BlockValues({whole: o}, of_pack=False)
        for part, o in zip((left, right), x.operands, strict=True)
    )
    if x.op.name == "subtract":
        right = BlockValues({b: _negative(o) for b, o in right.values.items()}, right.of_pack)
    small, large = sorted((left, right), key=lambda part: len(part.values))
    for block, value in small.values.items():
        known = large.values.get(block)
        pair = (known, value) if large is left else (value, known)
        large.values[block] = value if known is None else _added(x, *pair)
    return BlockValues(large.values, of_pack=True)


def _negative(x: Instr) -> Instr:
    return emit(OPS["negative"], (x,), {}, origins=x.origins)


def _added(x: Instr, a: Instr, b: Instr) -> Instr:
    return emit(OPS["add"], (a, b), {}, origins=x.origins)


def _is_sum(x: Instr) -> bool:
    return "adds" in x.op.traits and x.type.rank == 1 and x.operands[0].type == x.operands[1].type


def _whole(x: Instr) -> Any:
    """The block that is all of a vector."""
    return 0, (x.type.shape[0],), (1,)


def _packed(x: Instr, pieces: BlockValues) -> Instr:
    """The pack of the pieces in place of a sum; whole vectors come first."""
    whole, found = _whole(x), pieces.values
    blocks = tuple(sorted(found, key=lambda b: (b != whole, b[0], -len(b[1]))))
    attributes = {"size": x.type.shape[0], "blocks": blocks}
    values = [found[b] for b in blocks]
    return emit(OPS["pack"], values, attributes, x.hint, x.origins)


def _block(x: Instr) -> Block | None:
    """The block of a vector of known size that an embedding fills; None if it is no block."""
    (size, *more), (entry, *others) = x["shape"], x["key"]
    if more or others or not isinstance(size, int) or x.type.dtype != "f64":
        return None
    if entry[0] == "int" and isinstance(entry[1], int):
        return (entry[1] % size, (), ()) if size else None
    if entry[0] != "slice" or not all(isinstance(part, int) for part in entry[1:]):
        return None
    start, _, step = entry[1:]
    count = x.operands[0].type.shape[0]
    if not isinstance(count, int) or count < 1 or step < 1:
        return None
    block = (start, (count,), (step,))
    return block if slice_of(block, size) is not None else None


def _alone(r: Rewriter, x: Instr) -> Instr | None:
    """A pack of nothing but the whole vector is that vector."""
    whole = (0, (x["size"],), (1,))
    return x.operands[0] if x["blocks"] == (whole,) else None


def _flat(r: Rewriter, x: Instr) -> Instr | None:
    """A pack with a pack in it is one pack of the pieces of both."""
    found: dict[Block, Instr] = {}
    for block, o in zip(x["blocks"], x.operands, strict=True):
        inner = _pieces(r, o) if len(block[1]) == 1 and block[2] == (1,) else None
        placed = {block: o}
        if inner is not None:
            placed = {(block[0] + b[0], *b[1:]): v for b, v in inner.values.items()}
        for b, v in placed.items():
            found[b] = v if b not in found else _added(x, found[b], v)
    if found.keys() == set(x["blocks"]):
        return None
    return _packed(x, BlockValues(found, of_pack=True))


packing = rules_pass("packing", RuleSet((
    built("pack(a) + pack(b) = pack(a, b)", "add subtract", _gathered),
    built("pack(pack(a), b) = pack(a, b)", "pack", _flat, "pack embed"),
    built("pack(v) = v", "pack", _alone),
), needs="pack embed"))  # fmt: skip


def _summed_first(r: Rewriter, x: Instr) -> Instr | None:
    """sum(embed(a)) is embed(sum(a)), with the axes that the sum leaves."""
    (placed,), axes = x.operands, x["axis"]
    if placed.op is not EMBED or not r.once(placed) or x["keepdims"]:
        return None
    shape, key = placed["shape"], placed["key"]
    inner, outer, count = [], [], 0
    for i, entry in enumerate(key):
        if i in axes:
            inner += [count] if entry[0] == "slice" else []
        else:
            outer.append(entry)
        count += entry[0] == "slice"
    rest = range(len(key), len(shape))
    inner += [count + i - len(key) for i in rest if i in axes]
    (a,) = placed.operands
    whole = r.build("sum", a, axis=tuple(inner), keepdims=False) if inner else a
    left = tuple(reduced(shape, axes, False))
    return r.build("embed", whole, shape=left, key=tuple(outer)) if outer else whole


def _sum_apart(r: Rewriter, x: Instr) -> Instr | None:
    """sum(a + b) is sum(a) + sum(b) for embeddings, each of which then leaves its sum."""
    (a,) = x.operands
    if "adds" not in a.op.traits or not r.once(a) or x["keepdims"]:
        return None
    if not all(_is_placed(r, o) and o.type == a.type for o in a.operands):
        return None
    return r.build(a.op, *[r.build(x.op, o, **dict(x.attributes)) for o in a.operands])


def _is_placed(r: Rewriter, x: Instr) -> bool:
    """True for an embedding, or a sum of such, that nothing else reads."""
    stack = [x]
    while stack:
        y = stack.pop()
        if not r.once(y):
            return False
        if "adds" in y.op.traits:
            stack += y.operands
        elif y.op is not EMBED:
            return False
    return True


def _at_one_place(r: Rewriter, x: Instr) -> Instr | None:
    """embed(a) + b + embed(c) is embed(a + c) + b where both have one key; and so are rows that are
    added up by one index."""
    if not _adds_arrays(x) or (r.once(x) and any(map(_adds_arrays, r.readers_of(x)))):
        return None  # the outermost sum of several looks at all terms
    terms, stack, count = dict[object, list[tuple[Instr, bool]]](), [(x, False)], 0
    while stack and count < TERMS:
        y, negative = stack.pop()
        if _adds_arrays(y) and y.type == x.type and (y is x or (r.once(y) and not y.hint)):
            left, right = y.operands
            stack += [(right, negative ^ (y.op is SUBTRACT)), (left, negative)]
            continue
        own: object = count
        if (y.op.reader or y.op is EMBED) and r.once(y) and y.type == x.type:
            indices = tuple(map(r.number_of, y.operands[1:]))
            own = (y.op, indices, repr(y.attributes), y.operands[0].type)
        terms.setdefault(own, []).append((y, negative))
        count += 1
    if stack or len(terms) == count:
        return None
    return _signed_sum(r, [_united(r, *same) for same in terms.values()])


def _adds_arrays(x: Instr) -> bool:
    return "adds" in x.op.traits and x.type.rank > 0 and x.type.is_float


def _united(r: Rewriter, *same: tuple[Instr, bool]) -> tuple[Instr, bool]:
    """One placement of what several place where the first does, with its sign."""
    (first, negative), *others = same
    value = first.operands[0] if others else first
    for y, sign in others:
        value = r.build("add" if sign == negative else "subtract", value, y.operands[0])
    if others:
        value = r.build(first.op, value, *first.operands[1:], **dict(first.attributes))
    return value, negative


def _signed_sum(r: Rewriter, terms: list[tuple[Instr, bool]]) -> Instr:
    """The sum of terms with signs; one without a minus comes first."""
    first = next((i for i, (_, negative) in enumerate(terms) if not negative), 0)
    (total, negative), *others = terms[first], *terms[:first], *terms[first + 1 :]
    total = r.build("negative", total) if negative else total
    for y, sign in others:
        total = r.build("subtract" if sign else "add", total, y)
    return total


def _taken_back(r: Rewriter, x: Instr) -> Instr | None:
    """embed(a)[key] is a."""
    (placed,) = x.operands
    same = placed.op is EMBED and placed["key"] == x["key"]
    return placed.operands[0] if same else None


def _read_of_placed(r: Rewriter, x: Instr) -> Instr | None:
    """(embed(a) + embed(b))[key] is a[k] + b[l] for a key that lies within both."""
    (whole,) = x.operands
    if "adds" not in whole.op.traits or not _is_placed(r, whole):
        return None
    made: dict[Instr, Instr] = {}
    for y in _placed_parts(whole):
        if y.op is EMBED:
            key = _key_within(x["key"], y)
            if key is None:
                return None
            made[y] = r.build("index", y.operands[0], key=key)
        else:
            made[y] = r.build(y.op, *[made[o] for o in y.operands])
    return made[whole]


def _placed_parts(whole: Instr) -> list[Instr]:
    """A sum of embeddings, and what it is made of, operands first."""
    found, stack = [], [whole]
    while stack:
        y = stack.pop()
        found.append(y)
        stack += y.operands if "adds" in y.op.traits else ()
    return found[::-1]


def _key_within(key: Any, placed: Instr) -> Any:
    """The key into what is placed that reads the same as a key into the whole, if it can."""
    (a,), shape = placed.operands, placed["shape"]
    outer, inner = (_padded_key(k, shape) for k in (key, placed["key"]))
    if len(outer) != len(inner) or a.type.rank < len(inner):
        return None
    found = []
    for own, read, dim in zip(inner, outer, a.type.shape, strict=True):
        if own == read and own[0] == "slice":
            found.append(("slice", 0, dim, 1))
        elif _lies_within(read, own):
            found.append(("slice", read[1] - own[1], read[2] - own[1], 1))
        else:
            return None
    return tuple(found)


def _padded_key(key: Any, shape: Any) -> Any:
    return (*key, *[("slice", 0, d, 1) for d in shape[len(key) :]])


def _lies_within(read: Any, own: Any) -> bool:
    """True of slices by steps of 1 whose ends are numbers, the one within the other."""
    ends = [*read[1:], *own[1:]]
    if not (read[0] == own[0] == "slice" and all(isinstance(v, int) for v in ends)):
        return False
    return bool(own[1] <= read[1] <= read[2] <= own[2] and read[3] == own[3] == 1)


def one_place_a_row(r: Rewriter, x: Instr) -> Instr | None:
    """where(rows of the identity, v, 0) is v at one place a row, and zeros."""
    chosen, v, zero = x.operands
    if chosen.op is not TAKE or chosen["axis"] != 0 or x.type.rank != 2:
        return None
    one_hot = is_identity(chosen.operands[0])
    column = is_view(v) and v.type.shape[1:] == (1,)
    if not one_hot or not column or not is_number(zero, 0) or v.operands[0].type.rank != 1:
        return None
    rows = r.build("arange", dim=x.type.shape[0], dtype="i64")
    index = chosen.operands[1]
    if index.type.shape != v.operands[0].type.shape:
        return None
    return r.build("scatter_nd", v.operands[0], rows, index, shape=x.type.shape)


def is_identity(x: Instr) -> bool:
    """True of ones, or what is true, on the main diagonal."""
    return x.op is DIAG and x["k"] == 0 and literal_value(x.operands[0]) == 1.0


EMBEDDINGS = RuleSet((
    built("sum(embed(a)) = embed(sum(a))", "sum", _summed_first, "embed"),
    built("sum(embed(a) + embed(b)) = sum(embed(a)) + sum(embed(b))", "sum", _sum_apart,
          "add subtract"),
    built("embed(a) + embed(b) = embed(a + b)", "add subtract", _at_one_place),
    built("embed(a)[key] = a", "index", _taken_back, "embed", preserves=BITS),
    built("(embed(a) + embed(b))[key] = a[k] + b[l]", "index", _read_of_placed, "add subtract"),
), needs="embed scatter_add scatter_nd")  # fmt: skip

embeddings = rules_pass("embeddings", EMBEDDINGS)


def _is_lone_sum(r: Rewriter, x: Instr) -> bool:
    """True for the sum over a vector that nothing else reads and nobody named."""
    if x.type.rank or x.hint or x.op.name not in ("sum", "vdot") or not r.once(x):
        return False
    return x.operands[0].type.rank == 1


def _summand(r: Rewriter, x: Instr) -> Instr:
    """The values that a sum adds up."""
    return x.operands[0] if x.op.name == "sum" else r.build("multiply", *x.operands)


def _join(r: Rewriter, x: Instr) -> Instr | None:
    """sum(a) + sum(b) is sum(a + b)."""
    a, b = x.operands
    if a is b or not (_is_lone_sum(r, a) and _is_lone_sum(r, b)):
        return None
    if a.operands[0].type != b.operands[0].type:
        return None
    return r.build(
        "sum", r.build(x.op.name, _summand(r, a), _summand(r, b)), axis=(0,), keepdims=False
    )


def _join_behind(r: Rewriter, x: Instr) -> Instr | None:
    """(s + sum(a)) + sum(b) is s + sum(a + b)."""
    inner, b = x.operands
    if inner.op.name != "add" or inner.hint or not r.once(inner) or not _is_lone_sum(r, b):
        return None
    for s, a in (inner.operands, inner.operands[::-1]):
        if _is_lone_sum(r, a) and a.operands[0].type == b.operands[0].type and a is not b:
            joined = r.build(x.op.name, _summand(r, a), _summand(r, b))
            return r.build("add", s, r.build("sum", joined, axis=(0,), keepdims=False))
    return None


joining = rules_pass("joining", RuleSet((
    built("sum(a) + sum(b) = sum(a + b)", "add subtract", _join, "sum vdot"),
    built("(s + sum(a)) + sum(b) = s + sum(a + b)", "add subtract", _join_behind, "sum vdot",
          deviates=lambda s, a, b: s == -a),  # what cancels first keeps the digits of b
)))  # fmt: skip
