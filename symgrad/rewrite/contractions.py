"""Sums over less: what is the same along an axis leaves the sum over it.

Of ``(a*a + row)*col`` summed over both axes, ``a*a`` alone needs a pass over all elements.  Terms
and factors that are level, the same along an axis, are added up once and counted, so that the
algebra is done on the smallest arrays; the factors of a matrix that only products and sums over its
rows read scale what comes of it.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[N, 3], input %w: f64[3]) {
...   %0 = exp %x : f64[N, 3]
...   %1 = add %0, %w : f64[N, 3]
...   %2 = sum %1 {axis = (0, 1), keepdims = false} : f64[]
...   return %2
... }''', symgrad.ops.OPS)
>>> print(reductions(f))
func @f(input %x: f64[N, 3], input %w: f64[3]) {
  %0 = exp %x : f64[N, 3]
  %1 = sum %0 {axis = (0, 1), keepdims = false} : f64[]
  %2 = size {dim = "N", dtype = "f64"} : f64[]
  %3 = sum %w {axis = (0,), keepdims = false} : f64[]
  %4 = multiply %2, %3 : f64[]
  %5 = add %1, %4 : f64[]
  return %5
}
<BLANKLINE>
>>> f = parse('''
... func @f(input %x: f64[N, 3], input %w: f64[3]) {
...   %0 = multiply %x, %x : f64[N, 3]
...   %1 = sum %0 {axis = (1,), keepdims = false} : f64[N]
...   %2 = multiply %x, %w : f64[N, 3]
...   %3 = sum %2 {axis = (1,), keepdims = false} : f64[N]
...   return %1, %3
... }''', symgrad.ops.OPS)
>>> print(contractions(f))
func @f(input %x: f64[N, 3], input %w: f64[3]) {
  %0 = einsum %x, %x {spec = "ij,ij->i"} : f64[N]
  %1 = matmul %x, %w : f64[N]
  return %0, %1
}
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Iterator

from symgrad.ir.function import Instr
from symgrad.ir.types import product
from symgrad.ops.arithmetic import ADD, MULTIPLY, NEGATIVE
from symgrad.ops.powers import SQUARE
from symgrad.ops.product import MATMUL, OUTER
from symgrad.ops.reduction import SUM, padded
from symgrad.ops.selection import CAST
from symgrad.ops.shape import RESHAPE, SIZE, TRANSPOSE
from symgrad.rewrite.conditions import is_finite
from symgrad.rewrite.factors import without_axes
from symgrad.rewrite.multiples import literal_in, literal_out
from symgrad.rewrite.patterns import is_view
from symgrad.rewrite.reals import inner_product, number_of
from symgrad.rewrite.rewriter import Rewriter, RuleSet, is_number, rules_pass
from symgrad.rewrite.rule import BITS, built
from symgrad.rewrite.simplify import elements
from symgrad.rewrite.sums import one_place_a_row

Axes = tuple[int, ...]
LETTERS = "ijklmn"
MANY = 1000  # elements of a fixed size that are worth an einsum
Factor = tuple[Instr, str]  # without axes of size 1, and the letters of the others


def level_axes(x: Instr, whole: Instr, axes: Axes) -> Axes:
    """Those of the axes of ``whole`` along which x is the same."""
    own, full = padded(x.type.shape, whole.type.rank), whole.type.shape
    return tuple(i for i in axes if own[i] == 1 != full[i])


def summed(r: Rewriter, x: Instr, whole: Instr, axes: Axes) -> Instr:
    """The sum along those of the axes of ``whole`` that x has, without all of these axes."""
    own, rank = padded(x.type.shape, whole.type.rank), whole.type.rank
    gone = [i for i in axes if own[i] != 1]
    inner = tuple(i - rank + x.type.rank for i in gone)
    total = r.build("sum", x, axis=inner, keepdims=False) if inner else x
    left = [i for i in range(rank) if i not in gone]
    level = tuple(left.index(i) for i in axes if i not in gone)
    return without_axes(r, total, len(left), level)


Level = tuple[Instr, Instr, Axes, bool]  # a row, what it meets, axes along which it is the same,
# and whether it stands first


def levels(r: Rewriter, x: Instr) -> Iterator[Level]:
    """The operands that are level of what a sum, and it alone, adds up."""
    (whole,), axes = x.operands, x["axis"]
    if x["keepdims"] or not x.type.is_float or not only_summed(r, whole):
        return
    for row, a in (whole.operands, whole.operands[::-1]):
        level = level_axes(row, whole, axes)
        if level and row.type.rank and a.type == whole.type:
            yield row, a, level, row is whole.operands[0]


def _level_term(r: Rewriter, x: Instr) -> Instr | None:
    """sum(a + row) is sum(a) + count*sum(row)."""
    (whole,), axes = x.operands, x["axis"]
    for row, a, level, is_first in levels(r, x):
        if not row.is_constant:
            number = number_of(r, product([whole.type.shape[i] for i in level]), x)
            rest = r.build("multiply", number, summed(r, row, whole, axes))
            terms = [r.build("sum", a, axis=axes, keepdims=False), rest]
            return r.build("add", *(terms[::-1] if is_first else terms))
    return None


def _level_factor(r: Rewriter, x: Instr) -> Instr | None:
    """sum(a*row) along both axes is sum(sum(a)*row), along the one first."""
    (whole,), axes = x.operands, x["axis"]
    for row, a, level, _ in levels(r, x):
        if level != axes:
            left = [i for i in range(whole.type.rank) if i not in level]
            inner = r.build("sum", a, axis=level, keepdims=False)
            pair = r.build("multiply", inner, summed(r, row, whole, level))
            rest = tuple(left.index(i) for i in axes if i in left)
            return r.build("sum", pair, axis=rest, keepdims=False)
    return None


def only_summed(r: Rewriter, x: Instr) -> bool:
    """True if sums alone read a value, so that it goes."""
    sums = [y for y in r.readers_of(x) if y.op is SUM]
    return r.uses.get(x, 0) <= max(1, len(sums))


def _level_mean(r: Rewriter, x: Instr) -> Instr | None:
    """The mean of what has a level term or factor is its sum over the count."""
    (a,) = x.operands
    level = [o.type.rank and level_axes(o, a, x["axis"]) for o in a.operands]
    if x.type.rank or not any(level) or not x.type.is_float or not r.once(a) or not a.type.size:
        return None
    total = r.build("sum", a, axis=x["axis"], keepdims=False)
    return r.build("divide", total, number_of(r, a.type.size, x))


def _count_out(r: Rewriter, x: Instr) -> Instr | None:
    """(n*a + b)/n is a + b/n."""
    total, n = x.operands
    if total.op is not ADD or not r.once(total) or not (n.op is SIZE or n.is_constant):
        return None
    for i, term in enumerate(total.operands):
        if term.op is not MULTIPLY or not r.once(term):
            continue
        for m, a in (term.operands, term.operands[::-1]):
            if m.op is n.op and r.same(m, n) and not is_number(n, 0):
                other = r.build("divide", total.operands[1 - i], n)
                return r.build("add", *((other, a) if i else (a, other)))
    return None


def _scale_out(r: Rewriter, x: Instr) -> Instr | None:
    """(a*row).T @ b is row[:, None]*(a.T @ b), and sum(a*row) is sum(a)*row."""
    for side, o in enumerate(x.operands):
        turned = o.op is TRANSPOSE
        p = o.operands[0] if turned else o
        axis = contracted_axis(x, side)
        if axis < 0 or p.op is not MULTIPLY or p.type.rank != 2 or elements(x) > elements(p):
            continue
        gone = axis ^ turned
        for row, a in (p.operands, p.operands[::-1]):
            level = level_axes(row, p, (gone,)) and row.type.rank and a.type == p.type
            if not level or a.op is CAST or not only_contracted(r, p, gone):
                continue
            inner = r.build("transpose", a, axes=(1, 0)) if turned else a
            operands = (*x.operands[:side], inner, *x.operands[side + 1 :])
            flat = summed(r, row, p, (gone,))
            if side == 0 and x.type.rank == 2:
                flat = r.build("reshape", flat, shape=(*flat.type.shape, 1))
            return r.build("multiply", flat, r.build(x.op, *operands, **dict(x.attributes)))
    return None


def _scaled_product_turned(r: Rewriter, x: Instr) -> Instr | None:
    """(row*(a @ b)).T is row[:, None]*(a @ b).T, and so a product that needs no turning."""
    (whole,) = x.operands
    if x.type.rank != 2 or not r.once(whole):
        return None
    for row, a in (whole.operands, whole.operands[::-1]):
        if a.op is MATMUL and a.type == whole.type and r.once(a):
            shape = padded(row.type.shape, 2)[::-1]
            if 1 not in shape:
                continue
            few = row.type.rank == 0
            turned = row if few else r.build("reshape", row, shape=shape[shape[0] == 1 :])
            return r.build("multiply", turned, r.build("transpose", a, axes=(1, 0)))
    return None


def _sign_out_of_choice(r: Rewriter, x: Instr) -> Instr | None:
    """where(c, -a, 0) is -where(c, a, 0), where the sign may meet another."""
    condition, *branches = x.operands
    for i, a in enumerate(branches):
        if is_number(branches[1 - i], 0) and a.op is NEGATIVE and a.type == x.type:
            branches[i] = a.operands[0]
            return r.build("negative", r.build("where", condition, *branches))
    return None


def _choice_of_the_small(r: Rewriter, x: Instr) -> Instr | None:
    """where(c, row*a, 0) is where(c, row, 0)*a for a finite a that is larger than what is then
    chosen from."""
    condition, *branches = x.operands
    for i, whole in enumerate(branches):
        if not is_number(branches[1 - i], 0) or whole.op is not MULTIPLY:
            continue
        for row, a in (whole.operands, whole.operands[::-1]):
            branches[i] = row
            chosen = r.build("where", condition, *branches)
            if a.type == x.type and elements(chosen) < elements(x) and is_finite(a):
                return r.build("multiply", chosen, a)
    return None


def _late_view(r: Rewriter, x: Instr) -> Instr | None:
    """An op on values that all get the same new axes is computed before they do."""
    views = [o for o in x.operands if o.type.rank]
    shapes = {o.op is RESHAPE and o.operands[0].type.shape for o in views}
    if len(shapes) != 1 or shapes & {False, ()} or not all(map(is_view, views)):
        return None
    if any(o.type.shape != x.type.shape or o.operands[0].type.rank >= x.type.rank for o in views):
        return None
    bare = [o.operands[0] if o.type.rank else o for o in x.operands]
    return r.build("reshape", r.build(x.op, *bare, **dict(x.attributes)), shape=x.type.shape)


def contracted_axis(x: Instr, side: int) -> int:
    """The axis of a matrix that a sum, or a product of which it is an operand, adds up; -1 if there
    is no single one."""
    if x.op is SUM:
        return x["axis"][0] if len(x["axis"]) == 1 and not x["keepdims"] else -1
    return 1 - side


def only_contracted(r: Rewriter, x: Instr, axis: int) -> bool:
    """True if all that read a matrix add it up along an axis."""
    if r.once(x):
        return True
    whole = r.sources.get(x, x)
    stack, known = [(y, whole, axis) for y in r.readers_of(x)], 0
    direct = len(stack)
    while stack:
        y, v, i = stack.pop()
        if y.op is TRANSPOSE and v is whole:
            turned = [(z, y, 1 - i) for z in r.readers_of(y)]
            stack += turned
            known += bool(turned)
        elif y.op not in (SUM, MATMUL) or i not in _axes_of(y, v):
            return False
        else:
            known += v is whole
    return r.uses.get(x, 0) <= known == direct


def _axes_of(y: Instr, v: Instr) -> list[int]:
    """The axes of a matrix that its reader adds up, where it has it once."""
    sides = [k for k, o in enumerate(y.operands) if o is v]
    return [contracted_axis(y, k) for k in sides] if len(sides) == 1 else []


def _slope_of_softmax(r: Rewriter, x: Instr) -> Instr | None:
    """a*w - s*w is (a - s)*w, where else sums alone read a*w, as s does."""
    u, v = x.operands
    if u.op is not MULTIPLY or v.op is not MULTIPLY or r.once(u) or not r.once(v):
        return None
    whole = r.sources.get(u, u)
    readers = [y for y in r.readers_of(whole) if y.op is not SUM]
    if len(readers) != 1 or readers[0].op is not x.op:
        return None
    for w, a in (u.operands, u.operands[::-1]):
        for other, s in (v.operands, v.operands[::-1]):
            if other is w and a.type == u.type and elements(s) < elements(u):
                return r.build("multiply", r.build(x.op, a, s), w)
    return None


def _literal_out(r: Rewriter, x: Instr) -> Instr | None:
    """f(c*a) is c*f(a) for sums and products f of a large array, which is not gone over then."""
    sides = [i for i, o in enumerate(x.operands) if elements(o) >= MANY]
    return next(filter(None, (literal_out(r, x, side) for side in sides)), None)


def _outer_products(r: Rewriter, x: Instr) -> Instr | None:
    """outer(a, b) + outer(c, d) is the product of two narrow matrices, which makes one array."""
    pair = x.operands
    if elements(x) < MANY or any(o.op is not OUTER or o.hint or not r.once(o) for o in pair):
        return None
    (a, b), (c, d) = (o.operands for o in pair)
    c = c if x.op is ADD else r.build("negative", c)

    def beside(u: Instr, v: Instr, axis: int) -> Instr:
        shape = (1, u.type.shape[0]) if axis == 0 else (u.type.shape[0], 1)
        return r.build(
            "concatenate", *[r.build("reshape", o, shape=shape) for o in (u, v)], axis=axis
        )

    return r.build("matmul", beside(a, c, 1), beside(b, d, 0))


def _rows_of_a_stack(r: Rewriter, x: Instr) -> Instr | None:
    """stack @ b.T as the product of all rows with b.T, for NumPy is slow at turned matrices."""
    a, b = x.operands
    if a.type.rank < 3 or b.op is not TRANSPOSE or b.type.rank != 2 or not x.is_derived:
        return None
    if "view" in a.op.traits:
        return None  # to flatten it would be a copy
    rows = product(a.type.shape[:-1])
    flat = r.build("reshape", a, shape=(rows, a.type.shape[-1]))
    return r.build("reshape", r.build("matmul", flat, b), shape=x.type.shape)


def _contracted(r: Rewriter, x: Instr) -> Instr | None:
    """sum(a*b) along some axes as a product of matrices, or as an einsum."""
    (product,), axes = x.operands, x["axis"]
    shape = product.type.shape
    if not x.type.rank:
        return inner_product(r, x)
    if not x.type.is_float or 1 in shape or (x["keepdims"] and x.hint):
        return None  # what a view is made of would take the name
    if product.type.rank > len(LETTERS) or not only_summed(r, product):
        return None
    pair = product.operands * (2 if product.op is SQUARE else 1)
    if any(o.op is CAST or o.is_constant or not o.type.rank for o in pair):
        return None
    a, b = [_bare(r, o, shape) for o in pair]
    summed = "".join(LETTERS[i] for i in axes)
    out = "".join(c for c in LETTERS[: len(shape)] if c not in summed)
    found = _matrix_product(r, a, b, summed, out) if out else None
    if found is None and (elements(product) >= MANY or not isinstance(product.type.size, int)):
        spec = f"{a[1]},{b[1]}->{out}"
        found = r.build("einsum", a[0], b[0], spec=spec)
    if found is None or found.type == x.type:
        return found
    return r.build("reshape", found, shape=x.type.shape)


def _bare(r: Rewriter, x: Instr, shape: tuple[object, ...]) -> Factor:
    """A factor without its axes of size 1."""
    dims = padded(x.type.shape, len(shape))
    own = tuple(d for d in dims if d != 1)
    letters = "".join(c for c, d in zip(LETTERS, dims, strict=False) if d != 1)
    while x.op is RESHAPE and x.type.shape != own:
        (x,) = x.operands
    return (x if x.type.shape == own else r.build("reshape", x, shape=own)), letters


def _matrix_product(r: Rewriter, a: Factor, b: Factor, summed: str, out: str) -> Instr | None:
    """a @ b, where one axis is summed, and no other is one of both."""
    if {*a[1]} & {*b[1]} != {*summed} or len(summed) != 1 or max(len(a[1]), len(b[1])) > 2:
        return None
    first, second = (b, a) if out[0] in b[1] else (a, b)
    left, right = first[0], second[0]
    if first[1] == summed + out[:1]:
        left = r.build("transpose", left, axes=(1, 0))
    if len(second[1]) == 2 and second[1][1] == summed:
        right = r.build("transpose", right, axes=(1, 0))
    if len(first[1]) == 2 and len(second[1]) == 1 and left is not first[0]:
        left, right = second[0], first[0]  # v @ a for a.T @ v
    return r.build("matmul", left, right)


RULES = RuleSet((
    built("sum(a + row) = sum(a) + count*sum(row)", "sum", _level_term, "add"),
    built("sum(a*row) = sum(sum(a)*row)", "sum", _level_factor, "multiply"),
    built("mean(a*row) = sum(a*row)/count", "mean", _level_mean, "add multiply"),
    built("(n*a + b)/n = a + b/n", "divide", _count_out, "add"),
    built("(a*row).T @ b = row*(a.T @ b)", "sum matmul", _scale_out, "multiply transpose"),
    built("where(c, -a, 0) = -where(c, a, 0)", "where", _sign_out_of_choice, "negative"),
    built("where(c, row*a, 0) = where(c, row, 0)*a", "where", _choice_of_the_small, "multiply"),
    built("f(view(a), view(b)) = view(f(a, b))", "add subtract multiply divide where",
          _late_view, "reshape", preserves=BITS),
    built("a*w - s*w = (a - s)*w", "subtract", _slope_of_softmax, "multiply"),
    built("f(c*a) = c*f(a)", "sum matmul", _literal_out,
          "multiply divide negative where transpose"),
    built("c*(a @ b) = (c*a) @ b", "multiply divide", literal_in, "matmul"),
    built("(row*(a @ b)).T = row*(a @ b).T", "transpose", _scaled_product_turned, "multiply"),
))  # fmt: skip

reductions = rules_pass("reductions", RULES)

CONTRACTIONS = RuleSet((
    built("sum(a*b, axis) = a @ b", "sum", _contracted, "multiply square"),
    built("outer(a, b) + outer(c, d) = stack(a, c) @ stack(b, d)", "add subtract",
          _outer_products, "outer"),
    built("stack @ b.T = rows @ b.T", "matmul", _rows_of_a_stack, "transpose"),
    built("where(rows of the identity, v, 0) = v at one place a row", "where", one_place_a_row,
          "take"),
))  # fmt: skip

contractions = rules_pass("contractions", CONTRACTIONS)
