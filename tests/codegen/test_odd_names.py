"""Names of inputs, params, sizes and files of any length, and names that mean something to Python.

The text stays one that Python reads, keeps its columns where a name is not longer than a line, and
gives the same numbers as under short names.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.codegen.printer import table
from symgrad.codegen.quoting import quoted
from symgrad.codegen.sections import shortened

X = np.linspace(-1.0, 2.0, 10).reshape(5, 2)
PYTHON = ("np", "len", "lambda", "None", "_", "__", "größe")
SIZES = ("loss", "theta", "d_w", "d_x", "N", "self", "args", "e", "out", "n" * 95, "n" * 1000)
REFUSED = (*PYTHON, "ℕ", "N 1", "", "N.N", "N,")
FILES = ("m", "s" * 76, "s" * 90, "s" * 200, "häßlich", "with space", 'qu"ote', "semi;colon", "a'b")
MODULE = """
import numpy as np
import symgrad as sg

x = sg.input("x", ("N", 2))
w = sg.param("w", np.ones(2))
rows = x @ w
steps = rows[2:] - rows[:-2]
loss = sg.sum(steps * steps)

a, b = sg.Value(2.0), sg.Value(1.0)
scalar = sum((a * u + b) ** 2 for u in (1.0, 2.0, 4.0))


def over(us):
    return sum((a * u + b).tanh() for u in us) / len(us)
"""


def numbers(f: Any, **given: Any) -> tuple[float, list[np.ndarray]]:
    value, grads = f(**given)
    return value, [np.array(g) for g in grads]


def same(a: tuple[float, list[np.ndarray]], b: tuple[float, list[np.ndarray]]) -> bool:
    return a[0] == b[0] and all(np.array_equal(g, h) for g, h in zip(a[1], b[1], strict=True))


def problem(w: str, x: str, size: str) -> Any:
    """A loss whose param, input and size bear the given names."""
    weights, bias = sg.param(w, np.ones(2)), sg.param("bias", 0.5)
    rows = sg.tanh(sg.input(x, (size, 2)) @ weights + bias)
    return sg.mean(sg.softplus(rows)) + sg.sum(sg.square(rows[2:] - rows[:-2]))


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("role", ["param", "input", "size"])
def test_any_name_gives_the_same_numbers(role: str, target: str, tmp_path: Path) -> None:
    """By name, bound, flat, and saved and loaded."""
    plain = numbers(sg.compile(problem("w", "x", "N")), x=X)
    for name in SIZES if role == "size" else (*PYTHON, *SIZES, "softplus"):
        names = {"param": "w", "input": "x", "size": "N", role: name}
        if names["param"] == names["input"]:
            continue
        loss = problem(names["param"], names["input"], names["size"])
        sizes = {"sizes": {names["size"]: 5}} if target == "python" else {}
        f = sg.compile(loss, target=target, **sizes)
        ast.parse(f.source)
        given = {names["input"]: X}
        assert same(numbers(f, **given), plain) or target == "python"
        np.testing.assert_allclose(f(**given)[0], plain[0], rtol=1e-12)
        assert f.flat(**given)(np.array([1.0, 1.0, 0.5]))[0] == f.bind(**given)()[0]
        f.save(tmp_path / "saved.py")
        loaded = sg.load(tmp_path / "saved.py")
        assert loaded(**given, **{names["param"]: np.ones(2)}, bias=0.5)[0] == f(**given)[0]


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("name", [*PYTHON, "__x", "__class__", "loss_and_grads"])
def test_an_argument_is_verified_under_the_name_that_the_text_has(name: str, target: str) -> None:
    """``p_x`` stands for ``__x``, but not for one beside an argument of that very name."""
    x, y, z = sg.param(name, X[0]), sg.param("p_x", X[1]), sg.param("np_", 2.0)
    f = sg.compile(sg.sum(x * y * y * z), [x, y, z], target=target)
    assert [*inspect.signature(f).parameters][1:] == ["p_x", "np_"]
    assert f.verify().verdict == "verified"


def test_a_name_that_the_text_cannot_have_is_refused() -> None:
    """A size is a variable of the text by its own name; an argument may get an underscore."""
    refused = (sg.errors.NamingError, sg.errors.ShapeError)
    for name in REFUSED:
        with pytest.raises(refused, match=re.escape(repr(name))):
            sg.input("x", (name, 2))
    for name in ("ℕ", "w 1", "2", "", "w.w", "w,", 'w"', "w\n"):
        with pytest.raises(sg.errors.NamingError, match=re.escape(repr(name))):
            sg.param(name, 1.0)


def imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("module_of_a_user", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("stem", FILES)
def test_any_file_name_gives_the_same_text(stem: str, tmp_path: Path) -> None:
    """But for what tells of the file; each front end, and what a slice checks of a size."""
    path = tmp_path / f"{stem}.py"
    path.write_text(MODULE)
    module = imported(path)
    f = sg.compile(module.loss)
    numbers(f, x=X)
    with pytest.raises(ValueError, match="expected N >= 2 for"):
        f.python(np.ones(2), X[:1])
    scalar = sg.compile(module.scalar, wrt=[module.a, module.b])
    over = sg.value_and_grad(module.over, wrt=[module.a, module.b]).compiled(X[0])
    for g in (f, scalar, over):
        ast.parse(g.source)
        assert shortened(path.name).encode("ascii", "backslashreplace").decode() in g.source
        lines = [line for line in g.source.splitlines() if len(line) > 100]
        assert all(len(max(line.split(), key=len)) > 60 for line in lines)


def test_a_long_cell_moves_its_own_row_alone() -> None:
    """The columns of the others stay."""
    rows = [("x", "f64[N, 2]", "input"), ("n" * 50, "f64[]", "input"), ("returns", "loss")]
    assert table(rows) == [
        "    x        f64[N, 2]  input",
        f"    {'n' * 50}  f64[]      input",
        "    returns  loss",
    ]


def test_a_text_in_quotes_reads_as_itself() -> None:
    """Whatever is in it: quotes of both kinds, backslashes, line breaks, and what is not ASCII."""
    for text in ('a"b', "a'b", "a\\", 'a\\"', "a\nb", '"""', "ß", "'\""):
        assert ast.literal_eval(quoted(text)) == text
        assert quoted(text).isascii()
        assert "\n" not in quoted(text)
