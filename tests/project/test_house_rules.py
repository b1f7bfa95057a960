"""The sizes and habits that the code is held to."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*(ROOT / "symgrad").rglob("*.py"), *(ROOT / "codegen").rglob("*.py")])
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without its docstring, which may be as long as it needs to be."""
    first = node.body[0]
    documented = (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    return length - ((first.end_lineno or 0) - first.lineno + 1 if documented else 0)


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_stays_under_400_lines_and_a_function_under_40(path: Path) -> None:
    """Files are split by idea before they reach 400 lines, functions before 40."""
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") < 400
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = [
        f"{node.name} at line {node.lineno}: {code_lines(node)} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, functions) and code_lines(node) >= 40
    ]
    assert long == []


ARRAYS = ("cell_algebra", "arrays", "ball_arrays", "cells", "enclosures", "residues")
SEARCH = ("ties",)


def test_the_trusted_kernel_stays_small() -> None:
    """A certificate trusts the checker; it can be read in an hour, docstrings aside, and in half an
    hour more what judges whole arrays at once, and what looks for ties that matter."""
    count = {p.stem: statements(p) for p in (ROOT / "symgrad" / "checker").glob("*.py")}
    more = sum(count.pop(name) for name in (*ARRAYS, *SEARCH))
    assert sum(count.values()) < 2100
    assert more < 1300


def statements(path: Path) -> int:
    """Those of a file, at any depth, docstrings aside."""
    nodes = [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    told = [n for n in nodes if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)]
    return sum(isinstance(n, ast.stmt) for n in nodes) - len(told)


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_text_is_executed_in_the_runtime_alone(path: Path) -> None:
    """`exec` and `eval` are called in symgrad/runtime/ and nowhere else."""
    if path.is_relative_to(ROOT / "symgrad" / "runtime"):
        return
    calls = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("exec", "eval")
    ]
    assert calls == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_module_says_what_it_is(path: Path) -> None:
    """Each module opens with a docstring: its contract."""
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_exception_is_swallowed(path: Path) -> None:
    """A handler does something; `except ...: pass` is not written."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            assert not all(isinstance(s, ast.Pass) for s in node.body), node.lineno


@pytest.mark.parametrize("path", EXAMPLES, ids=name)
def test_an_example_is_under_80_lines(path: Path) -> None:
    """An example is one complete program that fits on a screen or two."""
    assert path.read_text(encoding="utf-8").count("\n") < 80
