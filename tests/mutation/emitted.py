"""Every single change of the emitted texts against ``verify()``: ``emitted.py [PROGRAM] [STEP]``.

A changed text is caught where its certificate is not ``verified``.  What survives is listed, but
for what ``survivors.py`` argues to be the same function.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from mutants import mutants
from survivors import EQUIVALENT

from symgrad.certify.verification import Subject, certify
from symgrad.checker import Identity, check_balls, check_identity, verified
from symgrad.compiler.verifying import subject_of

CODEGEN = Path(__file__).parents[1] / "codegen"
PROGRAMS = ("programs", "loops")


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"golden_{name}", CODEGEN / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def subjects() -> dict[str, Subject]:
    """The programs of the golden files, as what ``verify`` looks at."""
    every = {k: p for name in PROGRAMS for k, p in module(name).PROGRAMS.items()}
    return {name: subject_of(program()) for name, program in every.items()}


def is_caught(subject: Subject, text: str) -> bool:
    """Whether ``verify()`` would not say verified; its costly levels run while it might."""
    claims = tuple(replace(claim, text=text) for claim in subject.claims)
    also = tuple(replace(c, text=c.text.replace(subject.text, text)) for c in subject.also)
    if not any(isinstance(check_identity(c, subject.sizes), Identity) for c in claims):
        return True
    if not any(verified((check_balls(c, subject.sizes),)) for c in claims):
        return True
    return not certify(replace(subject, text=text, claims=claims, also=also)).verified


def changes(subject: Subject, first: int = 0, step: int = 1) -> Iterator[tuple[str, str]]:
    """(what was changed, and in which statement; the changed text)."""
    lines = subject.text.splitlines()
    for what, text in mutants(subject.text, step, first):
        place, _, change = what.partition(": ")
        statement = lines[int(place.removeprefix("line ")) - 1].partition("  #")[0].strip()
        yield f"{change} in {statement}", text


def survivors(subject: Subject, first: int = 0, step: int = 1) -> tuple[int, list[str]]:
    """How many changed texts there were, and those that were not caught."""
    count, found = 0, []
    for what, text in changes(subject, first, step):
        count += 1
        if not is_caught(subject, text):
            found.append(what)
    return count, found


def main(argv: list[str]) -> Iterator[str]:
    step = int(argv[1]) if len(argv) > 1 else 1
    total, alive, unknown = 0, 0, 0
    for name, subject in subjects().items():
        if argv and argv[0] not in ("all", name):
            continue
        begun = time.perf_counter()
        count, found = survivors(subject, 0, step)
        new = [what for what in found if what not in EQUIVALENT.get(name, {})]
        total, alive, unknown = total + count, alive + len(found), unknown + len(new)
        shown = f"{count} changed texts, {len(found)} alive, {time.perf_counter() - begun:.0f} s"
        yield f"{name} ({subject.target}): {shown}"
        yield from (f"    {what}" for what in new)
    yield f"{total} changed texts, {alive} alive, {unknown} of them not argued equivalent"


if __name__ == "__main__":
    for row in main(sys.argv[1:]):
        print(row, flush=True)
