"""The docstrings' parts: the module's header, tables of facts, and how much is computed.

Scalar code is counted by operation.  Array code is counted in flops, as a polynomial in the named
sizes: one for each addition, subtraction, multiplication, division or function value of an
element, ``2*k - 1`` for an element of a product of matrices with inner size k, ``n - 1`` for a sum
of n elements.  Signs, comparisons, selections and moves of data count nothing.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections import Counter
from collections.abc import Sequence

from symgrad.codegen.printer import INDENT, WIDTH, ascii_text
from symgrad.codegen.target import Target
from symgrad.codegen.unit import Unit
from symgrad.ir.function import Function, Instr
from symgrad.ir.op import CONSTANT, Op
from symgrad.ir.types import Dim, add, multiply

VERSION = "0.1.0"


def fingerprint(function: Function) -> str:
    """A SHA-256 of the function's IR without hints and origins, in hexadecimal."""
    return hashlib.sha256(function.structure_text().encode()).hexdigest()


def header(unit: Unit, target: Target, imports: list[str]) -> str:
    """The module's docstring."""
    source = f", from {ascii_text(unit.source)}" if unit.source else ""
    needs = target.needs + (" and SciPy" if any("scipy" in line for line in imports) else "")
    f = unit.function
    work = flops(f) if target.takes_arrays else operations(f, unit.loop is not None)
    style = f", style `{target.style}`" if target.style else ""
    counted = (("work", work),) if work else ()
    facts = (*unit.facts, *counted, ("ir", f"sha256 {(unit.asked or fingerprint(f))[:16]}"))
    emitted = f"Emitted by symgrad {VERSION}, target `{target.name}`{style}{source}."
    return "\n".join(
        [
            f'"""{ascii_text(unit.title)}',
            "",
            *textwrap.wrap(emitted, WIDTH, break_long_words=False, break_on_hyphens=False),
            f"Needs {needs} and nothing else.",
            "",
            *table([(label, ascii_text(text)) for label, text in facts]),
            '"""',
        ]
    )


_WIDEST = 40  # a longer name, or type, stands outside of the columns


def table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows of cells in columns, the last cell unpadded; a very long cell shifts only its own row.

    >>> table([("x", "f64[N, 2]", "input"), ("returns", "loss")])
    ['    x        f64[N, 2]  input', '    returns  loss']
    """
    padded = [row[:-1] for row in rows]
    widths = [
        max((len(row[i]) for row in padded if i < len(row) and len(row[i]) <= _WIDEST), default=0)
        for i in range(max(map(len, padded), default=0))
    ]
    lines = []
    for row in rows:
        cells = [f"{cell:<{n}}  " for cell, n in zip(row, widths, strict=False)]
        lines.append(f"{INDENT}{''.join(cells[: len(row) - 1])}{row[-1]}".rstrip())
    return lines


def paragraph(text: str) -> list[str]:
    """A note of the docstring, filled to the width."""
    return textwrap.wrap(
        ascii_text(text), WIDTH - 4, initial_indent=INDENT, subsequent_indent=INDENT
    )


_FIRST = ["multiplications", "additions", "divisions"]


def operations(f: Function, looped: bool = False) -> str:
    """``360 multiplications, 342 additions, 36 tanh``, for scalar code; for a loop, per round."""
    counts: dict[str, int] = dict.fromkeys(_FIRST, 0)
    body = [x for x in f.body if x.type.rank or "contracts" in x.op.traits] if looped else f.body
    made = Counter([x.op for x in body if not is_literal(x)])
    for op in made:
        if looped and "contracts" in op.traits:  # one more term in each round of a loop
            words = ("additions", "multiplications")[: op.arity]
            counts.update({word: counts[word] + made[op] for word in words})
    for op, n in made.items():
        if is_counted(op):
            word = op.work or op.name
            counts[word] = counts.get(word, 0) + n
    said = [f"{n:,} {word if n > 1 else singular(word)}" for word, n in counts.items() if n]
    return ", ".join(said) + (" an example" if looped and said else "")


def singular(word: str) -> str:
    return word[:-1] if word in _FIRST else word


def is_counted(op: Op) -> bool:
    """True of an op that computes a number, and not just its sign."""
    return op.partials is not None and op.name != "negative"


def is_literal(x: Instr) -> bool:
    return all(o.op is CONSTANT for o in x.operands)


def flops(f: Function) -> str:
    """``1,831 N + 1,348 flops``, for array code."""
    total: Dim = 0
    for dim, n in Counter(map(flops_of, f.body)).items():
        total = add(total, multiply(n, dim))
    return f"{spaced(total)} flops" if total != 0 else ""


def flops_of(x: Instr) -> Dim:
    """The flops of one instruction."""
    if x.op.flops is None:
        return x.type.size if is_counted(x.op) else 0
    return x.op.flops(x.type, *[o.type for o in x.operands], **dict(x.attributes))


def spaced(dim: Dim) -> str:
    """A polynomial as people write it.

    >>> spaced("8*K*N*N + 1831*N - 1348")
    '8 K N**2 + 1,831 N - 1,348'
    """
    terms = []
    for term in str(dim).split(" "):
        powers = Counter(term.split("*"))
        factors = [f"{int(f):,}" if f.lstrip("-").isdigit() else f for f in powers]
        raised = zip(factors, powers.values(), strict=True)
        terms.append(" ".join([f if n == 1 else f"{f}**{n}" for f, n in raised]))
    return " ".join(terms)
