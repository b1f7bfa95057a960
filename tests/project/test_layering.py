"""The layering of the rooms: each imports only what its row of the table allows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# The rooms, top to bottom: one imports only from rooms above its own.
ROOMS = (
    *("errors", "ir", "ops", "frontend", "reroll", "autodiff", "rewrite", "runtime", "checker"),
    *("symbolic", "certify", "codegen", "viz", "compiler", "nn", "losses", "engine", "cli"),
    *("__main__", "__init__"),
)
ALLOWED = {room: set(ROOMS[:i]) for i, room in enumerate(ROOMS)}
# A trusted kernel reads nothing that it judges.
TRUSTED = {"checker", "runtime", "errors"}
ALLOWED["checker"] = TRUSTED


def modules() -> dict[str, Path]:
    """Each module of the package by its import name, packages without their `.__init__`."""
    found = {}
    for folder, package in ((ROOT / "symgrad", "symgrad"), (ROOT / "codegen", "symgrad.codegen")):
        for path in sorted(folder.rglob("*.py")):
            parts = [package, *path.relative_to(folder).with_suffix("").parts]
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


def room(module: str) -> str:
    """The room that a module of the package lives in; `__init__` for the public names."""
    return [*module.split("."), "__init__"][1]


def imported_rooms(source: str, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """(line, room) of each import of the package in `source`, function-local ones included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                ascent = node.level - (1 if is_package else 0)
                parent = module.split(".")[: len(module.split(".")) - ascent]
                base = ".".join([*parent, base]).rstrip(".")
            # `from symgrad import ops` names a room in the alias, not in the module
            names = [f"{base}.{a.name}" for a in node.names] if base == "symgrad" else [base]
        else:
            continue
        for name in names:
            if name == "symgrad" or name.startswith("symgrad."):
                yield node.lineno, room(name)


def trespasses(source: str, module: str, is_package: bool = False) -> list[str]:
    home = room(module)
    allowed = ALLOWED[home] | {home}
    return [
        f"{module}:{line} imports {target}"
        for line, target in imported_rooms(source, module, is_package)
        if target not in allowed
    ]


@pytest.mark.parametrize("module", modules())
def test_a_room_imports_only_what_its_row_allows(module: str) -> None:
    """Every import of every module, function-local ones too, stays inside the table."""
    path = modules()[module]
    source = path.read_text(encoding="utf-8")
    assert trespasses(source, module, path.name == "__init__.py") == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("symgrad.ir.types", "from symgrad.ops import table"),
        ("symgrad.ir.types", "def f():\n    import symgrad.codegen"),
        ("symgrad.viz.records", "from symgrad.compiler.compile import compile"),
        ("symgrad.checker.judge", "from symgrad.ir.function import Function"),
        ("symgrad.rewrite.passes", "from symgrad import compiler"),
        ("symgrad.autodiff.reverse", "from ..rewrite import cse"),
        ("symgrad.compiler.api", "from symgrad.nn import MLP"),
    ],
)
def test_the_walk_sees_a_trespass(module: str, source: str) -> None:
    """An import against the table is found, whichever way it is spelled."""
    assert len(trespasses(source, module)) == 1


def test_the_checker_reaches_nothing_that_it_judges() -> None:
    """What the checker imports, and what that imports, is its own room, the loader and errors."""
    left, reached = [m for m in modules() if room(m) == "checker"], set[str]()
    while left:
        module = left.pop()
        if module in reached:
            continue
        reached.add(module)
        for node in ast.walk(ast.parse(modules()[module].read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                found = [f"{node.module}.{a.name}" for a in node.names] + [node.module]
                left += [name for name in found if name in modules() and name != "symgrad"]
    assert {room(module) for module in reached} == TRUSTED


def test_only_the_symbolic_room_and_lazy_meanings_name_sympy() -> None:
    """No module imports SymPy when it is itself imported, outside `symgrad/symbolic`."""
    for module, path in modules().items():
        if room(module) == "symbolic":
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import):
                assert all(not a.name.startswith("sympy") for a in node.names), module
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("sympy"), module
