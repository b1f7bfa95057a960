"""Faults planted in the compiler, and the first random program that shows each.

``compiler.py [LIMIT] [WORD]`` draws up to LIMIT programs (10,000) for each of the faults declared
in ``compiler_mutants.txt``, those with WORD in their line alone, and prints what caught each.

The last group, ``unseen``, has what no program shows: one fault, which only a saved text that is
called with too few rows would tell, for ``verify()`` does not ask what a text refuses.

A fault is planted in a process of its own, as the module is imported; no file is touched.  It is
caught by a program where ``verify()`` refutes or no longer verifies, where the compiler refuses it,
or where it raises, while the compiler as it stands verifies it.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.machinery
import json
import linecache
import os
import signal
import statistics
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import CodeType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DECLARED = Path(__file__).with_name("compiler_mutants.txt")
LIMIT = 10_000
BLOCKS = (32, 128, 512)  # programs in the first processes of a fault, then the last again
PATIENCE = 60  # seconds for a program
Outcome = tuple[str, str]  # one word, and the reason
GROUPS = ("pullbacks", "passes", "reroll", "schedule", "emission")
UNSEEN = "unseen"
# The kinds of programs (see ``drawn``) that reach a file, where not all do; they are drawn first.
ARRAYS, KNOWN, REROLLED, SCALARS, TRACED = (0, 1, 2, 4), 3, 5, 6, 7
REACHED: dict[str, tuple[int, ...]] = {
    "reroll/example_loop.py": (SCALARS,),
    "reroll/example_body.py": (SCALARS,),
    "codegen/looped_style.py": (SCALARS,),
    "codegen/python_target.py": (KNOWN, SCALARS),
    "ops/float_functions.py": (KNOWN, SCALARS),
    "codegen/scalarize.py": (KNOWN,),
    "codegen/scalar_indexing.py": (KNOWN,),
    "codegen/vectors.py": (REROLLED, TRACED),
    "rewrite/sums.py": (SCALARS, REROLLED, TRACED),
    "ops/index_slices.py": (REROLLED, TRACED),
    "reroll/": (REROLLED, TRACED),
    "codegen/numpy": (*ARRAYS, REROLLED, TRACED),
    "": tuple(range(8)),
}


@dataclass(frozen=True)
class Mutant:
    """In ``place`` of ``file``, a function, method or table, ``old`` becomes ``new``."""

    group: str
    file: str
    place: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.group:<9} {self.file} {self.place}: {self.old} => {self.new}"

    @property
    def module(self) -> str:
        return f"symgrad.{self.file.removesuffix('.py').replace('/', '.')}"

    @cached_property
    def source(self) -> str:
        """The module's text with the fault.  Raises ValueError unless it stands there once."""
        top = ROOT if self.file.startswith("codegen/") else ROOT / "symgrad"
        text = (top / self.file).read_text(encoding="utf-8")
        first, last = lines_of(ast.parse(text), self.place.split("."))
        rows = text.splitlines(keepends=True)
        part = "".join(rows[first - 1 : last])
        if part.count(self.old) != 1:
            raise ValueError(f"expected it once, got it {part.count(self.old)} times: {self}")
        return "".join([*rows[: first - 1], part.replace(self.old, self.new), *rows[last:]])


def lines_of(tree: ast.Module | ast.ClassDef, names: Sequence[str]) -> tuple[int, int]:
    """The first and the last line of what a name is defined by."""
    for node in tree.body:
        own = getattr(node, "name", "")
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            own = getattr(target, "id", "")
        if own == names[0]:
            if isinstance(node, ast.ClassDef) and names[1:]:
                return lines_of(node, names[1:])
            return node.lineno, node.end_lineno or node.lineno
    raise ValueError(f"there is no {names[0]}")


def declared() -> list[Mutant]:
    """The faults of the file: ``== group``, ``file place``, and below it ``old => new``."""
    found, group, file, place = [], "", "", ""
    for line in DECLARED.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            group = line.split()[1].rstrip(":")
        elif line.startswith("    "):
            old, _, new = line.strip().partition(" => ")
            found.append(Mutant(group, file, place, old, new))
        elif line:
            file, place = line.split()
    return found


class Planted(MetaPathFinder):
    """Imports the module of a mutant with the fault in it."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != self.mutant.module:
            return None
        others = (f.find_spec(name, path, target) for f in sys.meta_path if f is not self)
        spec = next(s for s in others if s is not None)
        spec.loader = Changed(name, str(spec.origin), self.mutant.source)
        return spec


class Changed(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        """The source is told, too: some of it is written into emitted texts."""
        linecache.cache[self.path] = len(self.text), None, self.text.splitlines(True), self.path
        return compile(self.text, self.path, "exec")


def attempted(seed: int) -> tuple[str, Any]:
    """What the compiler makes of a program: a digest of it, and the function or an Outcome."""
    from drawn import compiled

    try:
        f = compiled(seed)
    except Exception as error:
        return "", ("raises", f"{type(error).__name__}: {error}")
    if f is None:
        return "", ("refused", "")
    data = sorted((name, repr(array)) for name, array in f.constants.items())
    whole = f"{f.source}{f.signature}{data}"
    return hashlib.sha256(whole.encode()).hexdigest(), f


def judged(found: Any) -> Outcome:
    """The outcome of what ``attempted`` gave."""
    if isinstance(found, tuple):
        return found
    try:
        c = found.verify()
    except Exception as error:
        return "raises", f"{type(error).__name__}: {error}"
    said = (f"{k} {level['reason']}" for k, level in c.levels.items() if "reason" in level)
    return c.verdict, "" if c.verified else next((text for text in said if text[:2] != "L4"), "")


class Sound:
    """The programs as the compiler at hand makes them, as far as they were asked for."""

    def __init__(self) -> None:
        self.digests: dict[int, str] = {}

    def digest(self, seed: int) -> str:
        if seed not in self.digests:
            self.digests[seed] = attempted(seed)[0]
        return self.digests[seed]

    def outcome(self, seed: int) -> Outcome:
        return judged(attempted(seed)[1])


def seeds_for(mutant: Mutant | None, limit: int) -> list[int]:
    """All programs, those that reach the fault first."""
    file = mutant.file if mutant else ""
    kinds = next(kinds for start, kinds in REACHED.items() if file.startswith(start))
    return sorted(range(limit), key=lambda seed: seed % 8 not in kinds)


def search(expected: Sequence[tuple[int, str]]) -> tuple[int, Outcome] | None:
    """The first program, with its place, that is not the expected one and not verified either."""
    for place, (seed, sound) in enumerate(expected):
        signal.setitimer(signal.ITIMER_PROF, PATIENCE)
        digest, found = attempted(seed)
        if digest != sound and (outcome := judged(found))[0] != "verified":
            return place, outcome
    return None


def caught(mutant: Mutant | None, sound: Sound, limit: int = LIMIT) -> tuple[int, Outcome] | None:
    """How many programs it takes to catch a fault, and how it shows; no fault for None."""
    number = declared().index(mutant) if mutant else -1
    seeds, at, blocks = seeds_for(mutant, limit), 0, iter(BLOCKS)
    block: list[int] = []
    while seeds[at:]:
        block = block or seeds[at : at + next(blocks, BLOCKS[-1])]
        job = json.dumps([number, [(seed, sound.digest(seed)) for seed in block]])
        command = [sys.executable, __file__, "--planted"]
        where = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        run = subprocess.run(
            command, input=job, capture_output=True, text=True, check=False, env=where
        )
        if run.returncode:  # not even the import succeeds
            return at + 1, ("raises", run.stderr.strip().rpartition("\n")[2])
        found = json.loads(run.stdout)
        if found is None:
            at, block = at + len(block), []
            continue
        place, outcome = found[0], (found[1][0], found[1][1])
        at += place + 1
        if outcome[0] == "refuted" or sound.outcome(block[place])[0] != outcome[0]:
            return at, outcome
        block = block[place + 1 :]
    return None


def table(mutants: Sequence[Mutant], limit: int) -> Iterator[str]:
    """A row a mutant, then the counts and what survived."""
    sound, counts, how, alive = Sound(), [], Counter[str](), []
    for mutant in mutants:
        begun = time.perf_counter()
        found = caught(mutant, sound, limit)
        seconds = time.perf_counter() - begun
        if found is None:
            alive.append(mutant)
            yield f"ALIVE {seconds:5.1f} s  {mutant}"
            continue
        counts.append(found[0])
        how[found[1][0]] += 1
        shown = ": ".join(found[1]).partition("\n")[0]
        yield f"{found[0]:5d} {seconds:5.1f} s  {mutant}\n{'':16}{shown}"
    yield f"{len(mutants)} faults, {len(counts)} caught: {dict(how)}, {len(alive)} alive"
    if counts:
        yield f"programs it took: median {statistics.median(counts)}, most {max(counts)}"
    yield from (f"alive: {mutant}" for mutant in alive)


def _too_long(number: int, frame: Any) -> None:
    raise TimeoutError(f"no end after {PATIENCE} s")


def main(argv: Sequence[str]) -> None:
    warnings.simplefilter("ignore")
    if argv[:1] == ["--planted"]:
        number, expected = json.load(sys.stdin)
        if number >= 0:
            sys.meta_path.insert(0, Planted(declared()[number]))
        signal.signal(signal.SIGPROF, _too_long)
        print(json.dumps(search(expected)))
        return
    word = argv[1] if len(argv) > 1 else ""
    chosen = [m for m in declared() if word in str(m)]
    for row in table(chosen, int(argv[0]) if argv else LIMIT):
        print(row, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
