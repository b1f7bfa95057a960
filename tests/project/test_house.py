"""How the house stands: figures that may fall and not rise; ``python tests/project/test_house.py``
prints them.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.ops import OPS

ROOT = Path(__file__).parents[2]
FEW = 3  # names of ops in one expression, from which on it is a table of them
# Each figure is as it was when somebody last made it smaller; lines may grow with what is built.
LIMITS = {
    "files that one compilation passes through": 52,
    "tables of op names outside ops": 5,
    "files that hold such tables": 5,
    "tests of op.name outside ops": 264,
    "file names with two meanings": 0,
    "class names with two meanings": 0,
    "import circles among files": 0,
    "functions that walk a body beside run and rebuild": 2,
    "files of 400 lines and more": 0,
    "functions of 40 lines and more": 0,
    "lines of product code": 50_300,
}


@cache
def modules() -> dict[str, tuple[Path, ast.Module]]:
    """The product's files by the names that they are imported by."""
    found = {}
    for folder, prefix in (("symgrad", ""), ("codegen", "symgrad.")):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if parts[:2] == ("symgrad", "codegen"):
                continue
            name = prefix + ".".join(parts).removesuffix(".__init__")
            found[name] = path, ast.parse(path.read_text(encoding="utf-8"))
    return found


def passed_through() -> int:
    """The files that one ``sg.compile`` passes through, in a process of its own: what other tests
    have left behind would be counted, too."""
    command = [sys.executable, "-c", "import test_house; print(test_house.passed_through_here())"]
    own = {k: v for k, v in os.environ.items() if k != "SYMGRAD_CHECK"}
    own["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), own.get("PYTHONPATH", "")])
    done = subprocess.run(command, env=own, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def passed_through_here() -> int:
    """The files whose functions run in one ``sg.compile`` of a small array loss."""
    x, w = sg.input("x", ("N", 2)), sg.param("w", np.zeros(2))
    loss = sg.mean(sg.tanh(x @ w) ** 2)
    sg.compile(loss)
    seen: set[str] = set()

    def watch(frame: Any, event: str, _: Any) -> None:
        if event == "call":
            seen.add(frame.f_code.co_filename)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        sg.compile(loss)
    finally:
        sys.setprofile(before)
    own = {str(path) for path, _ in modules().values()}
    return len(own & {str(Path(file).resolve()) for file in seen})


def tables() -> Iterator[tuple[str, int]]:
    """Literals that hold names of ops for the most part, by module and line."""
    for name, (_, tree) in modules().items():
        if name.startswith(("symgrad.ops", "symgrad.checker")):
            continue
        inner = set[int]()
        for node in ast.walk(tree):
            items: Any = ()
            if isinstance(node, ast.Set | ast.Tuple | ast.List):
                items = node.elts
            elif isinstance(node, ast.Dict):
                items = node.keys
            texts = [x.value for x in items if isinstance(x, ast.Constant)]
            words = [t for t in texts if isinstance(t, str)]
            known = [t for t in words if t in OPS]
            if len(known) >= FEW and 2 * len(known) > len(words) and node.lineno not in inner:
                inner.add(node.lineno)
                yield name, node.lineno


def name_tests() -> Iterator[tuple[str, int]]:
    """Comparisons of an op's name, by module and line: several of one kind are a trait."""
    for name, (_, tree) in modules().items():
        if name.startswith(("symgrad.ops", "symgrad.checker")):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare):
                sides = [ast.unparse(side) for side in (node.left, *node.comparators)]
                if any(side.endswith(".op.name") for side in sides):
                    yield name, node.lineno


def code_lines(node: ast.FunctionDef) -> int:
    """The lines of a function without its docstring, which may be as long as it needs to be."""
    text = node.body[0]
    stated = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    own = (text.end_lineno or 0) - text.lineno + 1 if stated else 0
    return (node.end_lineno or 0) - node.lineno + 1 - own


def repeated(names: list[str]) -> int:
    return sum(n > 1 for n in Counter(names).values())


def imported(tree: ast.Module) -> set[str]:
    """The imports at a file's head and in its functions, without those for types alone."""
    unread = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    known, found = {*modules()}, set[str]()
    for node in ast.walk(tree):
        if id(node) in unread:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            parts = {f"{node.module}.{a.name}" for a in node.names} & known
            found |= parts or ({node.module} & known)
        elif isinstance(node, ast.Import):
            found |= {a.name for a in node.names} & known
    return found


def circles() -> int:
    """Groups of files that import each other, at their heads or in their functions."""
    imports = {name: imported(tree) - {name} for name, (_, tree) in modules().items()}
    left = dict(imports)
    while True:  # what imports nothing that is left, or what nothing that is left imports
        used = set().union(*left.values()) if left else set()
        ends = {k for k, v in left.items() if not v & {*left} or k not in used}
        if not ends:
            break
        left = {k: v - ends for k, v in left.items() if k not in ends}
    groups = 0
    while left:
        groups += 1
        reach, queue = set[str](), [next(iter(left))]
        while queue:
            k = queue.pop()
            if k not in reach and k in left:
                reach.add(k)
                queue += left[k]
        left = {k: v for k, v in left.items() if k not in reach}
    return groups


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for name, (_, tree) in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                yield name, node


def walkers() -> list[str]:
    """The functions that look up by ``id`` what they made of an instruction's operands: those of
    ``ir.run`` and ``ir.rebuild`` should do it for all."""
    look_up = re.compile(r"\[id\((\w+)\)\] for \1 in \w+\.operands")
    found = [
        f"{name}.{node.name}" for name, node in functions() if look_up.search(ast.unparse(node))
    ]
    return [
        name for name in found if not name.startswith(("symgrad.ir.run.", "symgrad.ir.rebuild."))
    ]


def figures() -> dict[str, int]:
    found = [*tables()]
    stems = [p.stem for p, _ in modules().values() if not p.stem.startswith("__")]
    classes = [
        n.name for _, t in modules().values() for n in ast.walk(t) if isinstance(n, ast.ClassDef)
    ]
    lines = [p.read_text(encoding="utf-8").count("\n") for p, _ in modules().values()]
    counts = (
        passed_through(),
        len(found),
        len({name for name, _ in found}),
        len([*name_tests()]),
        repeated(stems),
        repeated(classes),
        circles(),
        len(walkers()),
        sum(n >= 400 for n in lines),
        sum(code_lines(node) >= 40 for _, node in functions()),
        sum(lines),
    )
    return dict(zip(LIMITS, counts, strict=True))


@pytest.fixture(scope="module")
def measured() -> dict[str, int]:
    return figures()


@pytest.mark.parametrize("name", LIMITS)
def test_no_figure_of_the_house_rises(name: str, measured: dict[str, int]) -> None:
    assert measured[name] <= LIMITS[name]


if __name__ == "__main__":
    for what, count in figures().items():
        print(f"{what:45} {count:7,} of {LIMITS[what]:7,}")
    for where, line in tables():
        print(f"    {where}:{line}")
    print(*walkers(), sep="\n    ")
