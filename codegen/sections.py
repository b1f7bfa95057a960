"""Sections: forward, loss, gradients of the values, gradients of the parameters."""

from __future__ import annotations

from symgrad.codegen.lines import Line
from symgrad.ir.function import Function

_SHORT = 4


def sections(lines: list[Line], f: Function, derived: set[int]) -> list[tuple[str, list[Line]]]:
    """The lines under headings, in order; a section that would be empty is left out."""
    needs = dependencies(lines)
    late: set[int] = set()
    for line in lines:
        if id(line.x) in derived or late & needs[id(line.x)]:
            late.add(id(line.x))
    forward = [line for line in lines if id(line.x) not in late]
    backward = [line for line in lines if id(line.x) in late]
    start = loss_start(forward, f)
    results = {id(r) for r in f.results}
    values = [line for line in backward if id(line.x) not in results]
    place = {id(r): i for i, r in enumerate(f.results)}
    own = [line for line in backward if id(line.x) in results]
    if not any(needs[id(line.x)] & results for line in own):
        own.sort(key=lambda line: place[id(line.x)])
    parts: list[tuple[str, list[Line]]] = []
    if len(forward) <= _SHORT or start in (0, len(forward)):
        parts.append(("forward", forward))
    else:
        parts += [("forward", forward[:start]), ("loss", forward[start:])]
    if interleaved(values, results, needs) or len(backward) <= _SHORT or not values:
        parts.append(("gradients", backward))
    else:
        parts.append(("gradients of the values, from the loss back", values))
        parts.append(("gradients of the parameters", own))
    return [(heading, group) for heading, group in parts if group]


def interleaved(values: list[Line], results: set[int], needs: dict[int, set[int]]) -> bool:
    """Whether a value is computed from a parameter's gradient, so that the two cannot be parted."""
    return any(needs[id(line.x)] & results for line in values)


def dependencies(lines: list[Line]) -> dict[int, set[int]]:
    """The lines that each line reads, by ``id`` of their values; inlined parts are looked into."""
    own = {id(line.x) for line in lines}
    needs: dict[int, set[int]] = {}
    for line in lines:
        found: set[int] = set()
        stack = list(line.x.operands)
        while stack:
            o = stack.pop()
            if id(o) in own:
                found.add(id(o))
            else:
                stack.extend(o.operands)
        needs[id(line.x)] = found
    return needs


def loss_start(forward: list[Line], f: Function) -> int:
    """Where the loss begins: the first line that reads an input which the net does not."""
    reads: dict[int, set[int]] = {}
    inputs = {id(p) for p in f.parameters if p["kind"] == "input"}
    for x in f.body:
        own: set[int] = set()
        for o in x.operands:
            own |= {id(o)} if id(o) in inputs else set()
            if o.op.name in ("size",):
                continue
        reads[id(x)] = own
    first: set[int] | None = None
    seen: set[int] = set()
    order = {id(x): i for i, x in enumerate(f.body)}
    lines = {order[id(line.x)]: k for k, line in enumerate(forward)}
    for i, x in enumerate(f.body):
        new = reads[id(x)] - seen
        if new and first is not None and new - first:
            return next((lines[j] for j in range(i, len(f.body)) if j in lines), len(forward))
        if new and first is None:
            first = new
        seen |= new
    scalar = (k for k, line in enumerate(forward) if line.x.type.rank == 0)
    return next(scalar, len(forward))
