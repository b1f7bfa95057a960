"""The whole module: docstring, imports, helpers, the function with its sections and comments.

The result is one file, which needs the target's prelude and nothing else, is the same to the byte
at every run, and is meant to be read: sections *forward*, *loss* and *gradients*, a comment
with the shape of each array and the user's line that it came from.

Its docstring says how much is computed.  Scalar code is counted by operation.  Array code is
counted in flops, as a polynomial in the named sizes: one for each addition, subtraction,
multiplication, division or function value of an element, ``2*k - 1`` for an element of a product
of matrices with inner size k, ``n - 1`` for a sum of n elements.  Signs, comparisons, selections
and moves of data count nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from symgrad.codegen.body import Writer
from symgrad.codegen.helpers import pasted
from symgrad.codegen.identifiers import Names
from symgrad.codegen.interface import Interface, Returns
from symgrad.codegen.likeness import NumberNames
from symgrad.codegen.live_values import read_names
from symgrad.codegen.looped_style import LoopWriter
from symgrad.codegen.numpy_target import NUMPY
from symgrad.codegen.page_functions import Passages, pays_off, written
from symgrad.codegen.page_loops import in_loops
from symgrad.codegen.pages import cut
from symgrad.codegen.printer import ascii_text, in_line, printed
from symgrad.codegen.scalarize import scalarize
from symgrad.codegen.sections import is_long
from symgrad.codegen.statement_tree import (
    Assign,
    Def,
    Docstring,
    EmittedModule,
    Guard,
    Loop,
    Paragraph,
    Return,
    Section,
    Statement,
    Table,
    Unpack,
)
from symgrad.codegen.target import ByInstr, Helper, Target, helped
from symgrad.codegen.unit import Unit
from symgrad.errors import NamingError, UnsupportedError
from symgrad.ir.function import Function, Instr, topological
from symgrad.ir.op import CONSTANT, Op
from symgrad.ir.types import Dim, add, multiply, names_in, sides
from symgrad.rewrite.passes import expansion_of, pairs_of


def write_module(unit: Unit, target: Target) -> str:
    """The source text of a unit.  Raises UnsupportedError for an op that the target refuses."""
    whole = unit.function
    helpers, imports = needed(whole.body, target)
    functions = own_functions(whole.name, [h.name for h in helpers] + imported(imports))
    aliases = {library.called for library in target.libraries}
    own = {p.hint for p in whole.parameters} | {g.name for g in unit.groups}
    names = Names([*functions, *sizes_of(whole, functions)], aliases, own)
    writer = (LoopWriter if unit.loop else Writer)(unit, target, names)
    check_refusals(writer.body, target, unit)
    signature = Interface(unit, writer.named, names, target)
    for argument in writer.arguments():
        signature.add(*argument)
    sections = writer.statements()
    expressions = [x for x in whole.body if not writer.placements.writes(x)]
    helpers, imports = needed(expressions, target)
    signature.notes += exceptions(whole, writer)
    returned = Returns(unit, writer).statements()
    guards = guards_of(unit)
    sizes = writer.sizes(signature.sizes(texts([*sections, *returned, *guards])))
    first = [*sizes, *guards, *signature.unpacking(), *blocks(writer)]
    body, pages = in_pages(writer, signature.arguments, first, sections, returned)
    function = Def(whole.name, (*signature.arguments,), signature.docstring(), (*body,))
    above = header(unit, target, imports), import_lines(target, imports), (*writer.constants,)
    return printed(EmittedModule(*above, tuple([h.source for h in helpers]), function, pages))


def in_pages(
    writer: Writer,
    arguments: Sequence[str],
    first: Sequence[Statement],
    sections: Sequence[Section],
    returned: Sequence[Statement],
) -> tuple[list[Statement], tuple[Def, ...]]:
    """The statements of the function, and the pages that they call where it would be too long."""
    plan = writer.plan
    if not is_long(plan):
        return [*first, *sections, *returned], ()
    vectors = {in_line(s.value): bound(s) for s in first if isinstance(s, Unpack)}
    known = dict.fromkeys(a.partition("=")[0] for a in arguments)
    known.update(dict.fromkeys(name for s in first for name in bound(s)))
    last = [name for text in texts(returned) for name in read_names(text)]
    pages = cut(plan, writer.derived, {id(r) for r in writer.function.results}, {*known}, last)
    found = Passages(pages, [*known], last, vectors, writer.names).found if pages else []
    if not pages or not pays_off(pages, found):
        straight = [Section(t, writer.comments().statements(lines)) for t, lines in plan]
        return [*first, *straight, *returned], ()
    headings = [text for text, _ in plan]
    numbers, statements = NumberNames(writer.names), writer.comments().statements
    made = written(pages, headings, found, statements, writer.names, numbers)
    read = made.read.union(last)
    kept = [s for s in first if not isinstance(s, Unpack) or not read.isdisjoint(s.names.items)]
    body = in_loops(made.sections, last, writer.names, numbers)
    return [*kept, *body, *returned], tuple(made.functions)


def bound(s: Statement) -> list[str]:
    """The names that a statement at the top of a function gives values to."""
    if isinstance(s, Section):
        return [name for inner in s.body for name in bound(inner)]
    if isinstance(s, Unpack):
        return [*map(in_line, s.names.items)]
    return [*read_names(s.place)] if isinstance(s, Assign) else []


def check_refusals(body: Sequence[Instr], target: Target, unit: Unit) -> None:
    """Raises UnsupportedError for an instruction that the target refuses, and names the op that the
    user wrote where it is part of the expansion of one."""
    for x in body:
        if reason := target.refusal(x):
            whole = expanded_from(x, unit.written or unit.function)
            made = f", which {whole!r} is made of" if whole else ""
            place = f"; built at {x.origins[0].file}:{x.origins[0].line}" if x.origins else ""
            raise UnsupportedError(
                f"the target {target.name!r} refuses {x.op.name!r}{made}: {reason}{place}"
            )


def expanded_from(x: Instr, written: Function) -> str:
    """The op of a function whose expansion an instruction is part of, by the lines of both; "" for
    none, and for an op that was written itself."""
    lines = {(o.file, o.line) for o in x.origins}
    near = [w for w in written.body if lines & {(o.file, o.line) for o in w.origins}]
    if any(w.op is x.op for w in near):
        return ""
    for whole in near:
        if whole.op.expansion is not None:
            inner = set(topological([expansion_of(whole)]))
            if x.op in {part.op for part in inner.difference(topological(whole.operands))}:
                return whole.op.name
    return ""


VERSION = "0.1.0"


def header(unit: Unit, target: Target, imports: Sequence[str]) -> Docstring:
    """The module's docstring."""
    source = f", from {ascii_text(unit.source)}" if unit.source else ""
    needs = target.needs + (" and SciPy" if any("scipy" in line for line in imports) else "")
    f = unit.function
    work = flops(f) if target.takes_arrays else operations(f, unit.loop is not None)
    style = f", style `{target.style}`" if target.style else ""
    counted = (("work", work),) if work else ()
    facts = (*unit.facts, *counted, ("ir", f"sha256 {(unit.asked or fingerprint(f))[:16]}"))
    emitted = Paragraph(f"Emitted by symgrad {VERSION}, target `{target.name}`{style}{source}.")
    told = Table(tuple([(label, ascii_text(text)) for label, text in facts]))
    needed = Paragraph(f"Needs {needs} and nothing else.")
    return Docstring(ascii_text(unit.title), ((emitted, needed), (told,)))


def fingerprint(function: Function) -> str:
    """A SHA-256 of the function's IR without hints and origins, in hexadecimal."""
    return hashlib.sha256(function.structure_text().encode()).hexdigest()


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


def exceptions(f: Function, writer: Writer) -> list[str]:
    """A note on the user's own names d_v, and on the names that derivatives have instead."""
    own, others = [], []
    known = writer.derived | gradients(f)
    for x in (*f.parameters, *f.body):
        name = writer.named.get(id(x), "")
        if name.startswith("d_") and id(x) not in known:
            own.append(name)
        elif name not in ("", x.hint) and x.hint.startswith("d_") and id(x) in known:
            loss = f.results[0].hint or "loss"
            others.append(f"{name} stands for d {loss} / d {x.hint.removeprefix('d_')}")
    if not own or not names_derivatives(f):
        return []
    verb = "is a name" if len(own) == 1 else "are names"
    return [
        f"But {' and '.join(own)} {verb} of the program's own{''.join(f'; {o}' for o in others)}."
    ]


def gradients(f: Function) -> set[int]:
    """The values that are returned as gradients, under their names.

    A value of the forward pass may be one: exp(w) is the derivative of b*exp(w) by b.
    """
    hints = Counter(x.hint for x in (*f.parameters, *f.body))
    found = [x for r in f.results[1:] for x in (r, *r.operands)]
    called = [x for x in found if x.hint[:2] == "d_" and x.hint[2:] in hints]
    return {id(x) for x in called if hints[x.hint] == 1 and not x.is_parameter}


def names_derivatives(f: Function) -> bool:
    """True of a function with gradients in which some value is called d_v."""
    values = (*f.body, *f.results)
    called = any(x.hint.startswith("d_") for x in values)
    return called and any(o.derived for x in values for o in x.origins)


def own_functions(name: str, others: list[str]) -> list[str]:
    """The functions of the module.  Raises NamingError where the main one is called as another."""
    if name in others:
        raise NamingError(f"the emitted code needs {name!r} for itself; choose another name")
    return [name, *others]


def sizes_of(f: Function, functions: list[str]) -> list[str]:
    """The names of sizes, which are variables.  Raises NamingError for one that is a function."""
    found = {n for x in (*f.parameters, *f.body) for d in x.type.shape for n in names_in(d)}
    for n in sorted(found & set(functions)):
        raise NamingError(f"a size and a function of the emitted code are called {n!r}; rename it")
    return sorted(found)


def texts(statements: Sequence[Statement]) -> Iterator[str]:
    """All expressions in statements."""
    for s in statements:
        if isinstance(s, Assign):
            yield in_line(s.value)
        elif isinstance(s, Guard):
            yield s.condition
        elif isinstance(s, Return):
            yield from map(in_line, s.values)
        elif isinstance(s, Section | Loop):
            yield from texts(s.body)


def blocks(writer: Writer) -> list[Section]:
    """The blocks of parameters by their names."""
    vectors = writer.vectors
    if not vectors.lines:
        return []
    return [Section(vectors.heading, tuple([Assign(*line) for line in vectors.lines]))]


def guards_of(unit: Unit) -> list[Guard]:
    """Checks of sizes that a slice needs, for NumPy would clamp the slice in silence."""
    pairs = [(*sides(dim), why) for dim, why in unit.guards]
    return [
        Guard(f"{more} < {less}", f"expected {more} >= {less} for {why}")
        for more, less, why in pairs
    ]


def needed(body: Sequence[Instr], target: Target) -> tuple[list[Helper], list[str]]:
    """The helpers and extra imports that the ops of instructions call for, in a fixed order."""
    wanted: dict[str, None] = {}
    imports: dict[str, None] = {}
    queue = []
    pairs, _ = pairs_of(body)
    together = {x for first, pair in pairs.items() for x in (first, pair.second)}
    queue += [pair.helper for pair in pairs.values()]
    for x in body:
        entry = target.emit.get(x.op.name)
        helper = target.idiom_helpers.get(x.op.name)
        if helper and target.reading(x):
            queue.append(helper)
        if isinstance(entry, ByInstr) and x not in together:
            if entry.imports:
                imports[entry.imports] = None
            if entry.helper and not target.plain(x):
                queue.append(entry.helper)
    while queue:
        name = queue.pop()
        if name not in wanted:
            wanted[name] = None
            queue.extend(target.helpers[name].needs)
    helpers = [h for name, h in target.helpers.items() if name in wanted]
    for h in helpers:
        imports.update(dict.fromkeys(h.imports))
    return helpers, sorted(imports)


def imported(imports: list[str]) -> list[str]:
    return [line.rpartition(" ")[2] for line in imports]


def import_lines(target: Target, imports: list[str]) -> tuple[str, ...]:
    """``from math import ...`` in one line a module, then the prelude."""
    modules: dict[str, list[str]] = {}
    for line in imports:
        _, module, _, name = line.split()
        modules.setdefault(module, []).append(name)
    rows = [f"from {m} import {', '.join(sorted(ns))}" for m, ns in sorted(modules.items())]
    prelude = [target.library.line] if target.library else []
    plain = [r for r in rows if not r.startswith("from scipy")]
    foreign = [r for r in rows if r.startswith("from scipy")]
    return (*plain, *prelude, *foreign)


def with_sources(target: Target, f: Function) -> Target:
    """The target with helpers for the ops of a function that bring their own sources."""
    ops = dict.fromkeys(x.op for x in f.body if x.op.name not in target.emit and x.op.sources)
    if not ops or target.sources is None:
        return target
    own = {op.name: pasted(op.sources[target.sources]) for op in ops}
    forms = {name: helped(h.name) for name, h in own.items()}
    helpers = {**target.helpers, **{h.name: h for h in own.values()}}
    return replace(target, emit={**target.emit, **forms}, helpers=helpers)


def emit(unit: Unit, target: Target = NUMPY) -> str:
    """The source text of a module with one function, whose ops the target has texts for.

    Raises UnsupportedError, with the user's line, for an op or a size that the target cannot
    express.
    """
    if not (target.takes_arrays or unit.loop):
        unit = scalarize(unit)
    return write_module(unit, with_sources(target, unit.function))
