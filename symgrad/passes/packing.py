"""Vectors that are built from blocks: one ``pack`` where reverse mode made a sum of many.

Each view of theta sends its cotangent back as a pack of its own.  Added up, they are one vector
that each piece is written into once; what is added as a whole vector comes first, and blocks that
two pieces share get their sum.
"""

from __future__ import annotations

from collections.abc import Sequence

from symgrad.ir.function import Function, Instr
from symgrad.ops.packing import Block, rows_of
from symgrad.passes.rewriting import ROUNDING, Rewriter, apply_rules, rewrite, table

Piece = tuple[Block, Instr]


def _pieces(r: Rewriter, x: Instr) -> list[Piece] | None:
    """A vector as blocks with their values: of a pack or an embedding that nothing else reads."""
    if x.op.name == "pack" and r.once(x):
        return list(zip(x["blocks"], x.operands, strict=True))
    if x.op.name == "embed" and r.once(x):
        block = _block(x)
        return None if block is None else [(block, x.operands[0])]
    return None


def _block(x: Instr) -> Block | None:
    """Where an embedding puts its operand in a vector of known size, if it is a block of it."""
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
    return block if rows_of(block, size) is not None else None


def _merge(r: Rewriter, x: Instr) -> Instr | None:
    """pack(A) + pack(B) is pack(A, B), and pack(A) + v is pack(v, A)."""
    parts = [_pieces(r, o) for o in x.operands]
    if x.type.rank != 1 or not any(parts) or any(o.type != x.type for o in x.operands):
        return None
    if not all(parts) and all(o.op.name != "pack" for o in x.operands):
        return None  # an embedding added to something else is not worth a vector of its own
    size = int(x.type.shape[0])
    whole: Block = (0, (size,), (1,))
    found: dict[Block, Instr] = {}
    for o, part in zip(x.operands, parts, strict=True):
        for block, value in part if part is not None else [(whole, o)]:
            known = found.get(block)
            found[block] = value if known is None else r.build("add", known, value)
    blocks = sorted(found, key=lambda b: (b != whole, b[0], -len(b[1])))
    return _packed(r, [(b, found[b]) for b in blocks], size)


def _packed(r: Rewriter, pieces: Sequence[Piece], size: int) -> Instr:
    return r.build(
        "pack", *[value for _, value in pieces], size=size, blocks=tuple(b for b, _ in pieces)
    )


def _alone(r: Rewriter, x: Instr) -> Instr | None:
    """A pack of nothing but the whole vector is that vector."""
    whole = (0, (x["size"],), (1,))
    return x.operands[0] if x["blocks"] == (whole,) else None


RULES = table(("add", _merge, "pack embed"), ("pack", _alone))


@rewrite("packing", preserves=ROUNDING)
def packing(function: Function) -> Function:
    return apply_rules(function, RULES)
