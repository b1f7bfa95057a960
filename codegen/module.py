"""The whole module: docstring, imports, helpers, the function with its sections and comments.

What comes out is one file that needs the target's prelude and nothing else, is the same to the
byte at every run, and is meant to be read: sections *forward*, *loss* and *gradients*, a comment
with the shape of each array and the user's line that it came from.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial

from symgrad.codegen.body import Limits, Writer
from symgrad.codegen.header import header
from symgrad.codegen.helpers import pasted
from symgrad.codegen.identifiers import Names
from symgrad.codegen.interface import Interface, Returns
from symgrad.codegen.looped_style import LOOPED, LoopWriter, Rounds
from symgrad.codegen.numpy_target import NUMPY
from symgrad.codegen.python_target import PYTHON
from symgrad.codegen.scalarize import scalarize
from symgrad.codegen.sections import sections
from symgrad.codegen.syntax import INDENT, WIDTH, Assign, body_text, quoted
from symgrad.codegen.target import ByInstr, Form, Helper, Target, call
from symgrad.codegen.unit import Unit
from symgrad.errors import ArgumentError, NamingError
from symgrad.ir.function import Function, Instr
from symgrad.ir.rebuild import rebuild, with_operands
from symgrad.ir.types import names_in, sides
from symgrad.ops.table import IRAlgebra


def write_module(unit: Unit, target: Target) -> str:
    """The source text of a unit.  Raises UnsupportedError for an op that the target refuses."""
    whole = unit.function
    helpers, imports = needed(whole, target)
    functions = own_functions(whole.name, [h.name for h in helpers] + imported(imports))
    names = Names([*functions, *sizes_of(whole, functions)])
    writer = writer_of(unit, target, names)
    signature = Interface(unit, whole, writer.named, names, target)
    rounds = None
    if unit.loop and isinstance(writer, LoopWriter):
        rounds = Rounds(unit, unit.loop, writer, names)
        if unit.loop.is_open:
            signature.add(rounds.argument, rounds.counted, "", f"={rounds.constant}")
    lines = writer.write()
    signature.notes += exceptions(whole, writer)
    returns = Returns(unit, whole, writer, target)
    guards = guard_lines(unit)
    if rounds:
        plan, sizes = rounds.sections(), rounds.size()
    else:
        plan = sections(lines, whole, writer.derived, unit.examples)
        sizes = signature.sizes(sizes_used(lines, "\n".join([returns.text, *guards])))
    body = [
        *signature.docstring(),
        *sizes,
        *guards,
        *signature.unpacking(),
        *vector_lines(writer),
        *body_text(plan, whole, not target.takes_arrays),
        *returns.lines(),
    ]
    above = [
        header(unit, target, imports).rstrip("\n"),
        "\n".join(import_lines(target, imports, lines)),
        "\n".join(rounds.definition() if rounds else writer.constants),
    ]
    function = f"def {whole.name}({', '.join(signature.arguments)}):\n" + "\n".join(body) + "\n"
    parts = ["\n\n".join(part for part in above if part) + "\n", *(h.source for h in helpers)]
    return "\n\n".join([*parts, function])


def exceptions(f: Function, writer: Writer) -> list[str]:
    """The names d_v that stand for no d loss / d v: the user's own; and what stands for it then."""
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

    One of the forward pass may be: exp(w) is the derivative of b*exp(w) by b.
    """
    hints = Counter(x.hint for x in (*f.parameters, *f.body))
    found = [x for r in f.results[1:] for x in (r, *r.operands)]
    called = [x for x in found if x.hint[:2] == "d_" and x.hint[2:] in hints]
    return {id(x) for x in called if hints[x.hint] == 1 and not x.is_parameter}


def names_derivatives(f: Function) -> bool:
    """Some value of a function with gradients is called d_v."""
    values = (*f.body, *f.results)
    called = any(x.hint.startswith("d_") for x in values)
    return called and any(o.derived for x in values for o in x.origins)


def writer_of(unit: Unit, target: Target, names: Names) -> Writer:
    if unit.loop:
        return LoopWriter(unit.function, target, names, Limits(WIDTH - 12, 40, WIDTH - 12))
    limits = Limits(60, 6) if target.takes_arrays else Limits(WIDTH - 8, 40)
    return Writer(unit.function, target, names, limits)


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


def sizes_used(lines: list[Assign], tail: str) -> str:
    """All emitted expressions, in which names of sizes are looked for."""
    texts = [item.text for line in lines for item in (line, *line.rows)]
    return "\n".join([*texts, tail])


def vector_lines(writer: Writer) -> list[str]:
    """The blocks of parameters by their names."""
    if not writer.vectors.lines:
        return []
    rows = [f"{INDENT}{line}" for line in writer.vectors.lines]
    return ["", f"{INDENT}# {writer.vectors.heading}", *rows]


def guard_lines(unit: Unit) -> list[str]:
    """Checks of sizes that a slice needs, for NumPy would clamp the slice in silence."""
    lines = []
    for dim, why in unit.guards:
        more, less = sides(dim)
        text = quoted(f"expected {more} >= {less} for {why}")
        line = f"{INDENT * 2}raise ValueError({text})"
        lines.append(f"{INDENT}if {more} < {less}:")
        long = [f"{INDENT * 2}raise ValueError(", f"{INDENT * 3}{text}", f"{INDENT * 2})"]
        lines += [line] if len(line) <= WIDTH else long
    return lines


def needed(f: Function, target: Target) -> tuple[list[Helper], list[str]]:
    """The helpers and extra imports that a function's ops call for, in a fixed order."""
    wanted: dict[str, None] = {}
    imports: dict[str, None] = {}
    queue = []
    for x in f.body:
        entry = target.emit.get(x.op.name)
        if isinstance(entry, ByInstr):
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


def import_lines(target: Target, imports: list[str], lines: list[Assign]) -> list[str]:
    """``from math import ...`` in one line a module, then the prelude."""
    modules: dict[str, list[str]] = {}
    for line in imports:
        _, module, _, name = line.split()
        modules.setdefault(module, []).append(name)
    rows = [f"from {m} import {', '.join(sorted(ns))}" for m, ns in sorted(modules.items())]
    prelude = [target.prelude] if target.prelude else []
    plain = [r for r in rows if not r.startswith("from scipy")]
    foreign = [r for r in rows if r.startswith("from scipy")]
    return plain + prelude + foreign


def with_sources(target: Target, f: Function) -> Target:
    """The target with helpers for the ops of a function that bring their own sources."""
    ops = dict.fromkeys(x.op for x in f.body if x.op.name not in target.emit and x.op.sources)
    if not ops:
        return target
    own = {op.name: pasted(op.sources[0 if target.takes_arrays else 1]) for op in ops}
    forms = {name: ByInstr(partial(_called, h.name), h.name) for name, h in own.items()}
    helpers = {**target.helpers, **{h.name: h for h in own.values()}}
    return replace(target, emit={**target.emit, **forms}, helpers=helpers)


def _called(helper: str, x: Instr) -> Form:
    """A call of the helper, with the op's attributes behind the operands."""
    return call(helper, *(repr(value) for _, value in x.attributes))


def expanded(f: Function, target: Target) -> Function:
    """The function with every op that the target lacks replaced by its expansion, if it has one."""
    if all(x.op.name in target.emit or x.op.expansion is None for x in f.body):
        return f

    def change(x: Instr, operands: tuple[Instr, ...]) -> Instr:
        if x.op.name in target.emit or x.op.expansion is None:
            return with_operands(x, operands)
        algebra = IRAlgebra(x.origins, x.type.dtype)
        terms = [algebra.term(o) for o in operands]
        whole: Instr = x.op.expansion(algebra, *terms, **dict(x.attributes)).instr
        hint = x.hint or x.op.called
        return whole.replace(hint=hint) if hint and not whole.hint else whole

    return rebuild(f, change, in_place=False)


TARGETS: dict[str, Target] = {"numpy": NUMPY, "python": PYTHON}


def emit(unit: Unit, target: str = "numpy") -> str:
    """The source text of a module with one function.

    Raises ArgumentError for an unknown target, and UnsupportedError, with the user's line, for an
    op or a size that the target cannot express.
    """
    if target not in TARGETS:
        raise ArgumentError(f"unknown target {target!r}; one of {', '.join(TARGETS)}")
    chosen = with_sources(TARGETS[target], unit.function)
    if unit.loop:
        looped = with_sources(LOOPED, unit.function)
        return write_module(replace(unit, function=expanded(unit.function, looped)), looped)
    simple = replace(unit, function=expanded(unit.function, chosen))
    return write_module(simple if chosen.takes_arrays else scalarize(simple), chosen)
