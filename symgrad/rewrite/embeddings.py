"""Embeddings leave sums: what is summed over an axis need not be placed along it first.

The cotangent of ``x[:, 0]`` is an array of zeros but for one column.  Where only its sum over the
rows is wanted, as behind a broadcast, the column is summed and then placed.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %g: f64[N]) {
...   %0 = embed %g {shape = ("N", 3), key = (("slice", 0, "N", 1), ("int", 2))} : f64[N, 3]
...   %1 = sum %0 {axis = (0,), keepdims = false} : f64[3]
...   return %1
... }''', symgrad.ops.OPS)
>>> print(embeddings(f))
func @f(input %g: f64[N]) {
  %0 = sum %g {axis = (0,), keepdims = false} : f64[]
  %1 = embed %0 {shape = (3,), key = (("int", 2),)} : f64[3]
  return %1
}
<BLANKLINE>
"""

from __future__ import annotations

from symgrad.ir.function import Instr
from symgrad.ops.reduction import reduced
from symgrad.rewrite.rewriter import Rewriter, RuleSet, rules_pass
from symgrad.rewrite.rule import BITS, built


def _summed_first(r: Rewriter, x: Instr) -> Instr | None:
    """sum(embed(a)) is embed(sum(a)), with the axes that the sum leaves."""
    (placed,), axes = x.operands, x["axis"]
    if placed.op.name != "embed" or not r.once(placed) or x["keepdims"]:
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
        elif y.op.name != "embed":
            return False
    return True


def _taken_back(r: Rewriter, x: Instr) -> Instr | None:
    """embed(a)[key] is a."""
    (placed,) = x.operands
    same = placed.op.name == "embed" and placed["key"] == x["key"]
    return placed.operands[0] if same else None


RULES = RuleSet((
    built("sum(embed(a)) = embed(sum(a))", "sum", _summed_first, "embed"),
    built("sum(embed(a) + embed(b)) = sum(embed(a)) + sum(embed(b))", "sum", _sum_apart,
          "add subtract"),
    built("embed(a)[key] = a", "index", _taken_back, "embed", preserves=BITS),
), needs="embed")  # fmt: skip

embeddings = rules_pass("embeddings", RULES)
