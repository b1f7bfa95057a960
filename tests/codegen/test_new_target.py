"""A new target is one record, in one new file, and an entry of the table of targets.

``TOY`` is all that a contributor writes: a library that nobody has, which the test makes of NumPy
under other names.  The section "A new target" of docs/architecture.md tells what it shows.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.codegen import TARGETS
from symgrad.codegen.target import (
    ADD,
    MUL,
    ArrayTexts,
    ByInstr,
    Form,
    Limits,
    Target,
    atom,
    call,
    infix,
    suffix,
)
from symgrad.errors import FormatError, MissingExtraError, NamingError, UnsupportedError
from symgrad.ir.function import Instr
from symgrad.runtime.libraries import Library, words

LIBRARY = Library(
    "toy.arrays",
    "ta",
    names=words("tensor of_numpy zeros tanh exp total f8 f4 i8 truth"),
    methods=words("clone permute view"),
    dtypes=words("f8 f4 i8 truth"),
    makers=words("tensor"),
    install="pip install toy",
    optional=True,
)


def _sum(x: Instr) -> Form:
    return call("ta.total", f"axis={x['axis']}", f"keepdims={x['keepdims']}")


def _permute(x: Instr) -> Form:
    return suffix(f".permute({', '.join(map(str, x['axes']))})")


TOY = Target(
    name="toy",
    needs="toy.arrays",
    library=LIBRARY,
    arrays=ArrayTexts(
        literal=("ta.tensor([", "])"),
        vector=("ta.tensor([", "])"),
        dtypes={"f64": "ta.f8", "f32": "ta.f4", "i64": "ta.i8", "bool": "ta.truth"},
        empty="ta.zeros",
        zeros="ta.zeros",
        copied=suffix(".clone()"),
        taken="ta.of_numpy",
    ),
    emit={
        "add": infix("+", ADD),
        "subtract": infix("-", ADD),
        "multiply": infix("*", MUL),
        "divide": infix("/", MUL),
        "matmul": infix("@", MUL),
        "square": lambda x: infix("*", MUL)(x, x),
        "exp": call("ta.exp"),
        "tanh": call("ta.tanh"),
        "sum": ByInstr(_sum),
        "transpose": ByInstr(_permute),
        "size": ByInstr(lambda x: lambda: atom(str(x["dim"]))),
    },
    partial="the toy has few functions; compile with target='numpy'",
    limits=Limits(60, 6),
    numbers={"f64": "float"},
    medium="in toy arrays",
)


class Tensor(np.ndarray[Any, Any]):
    """The library's arrays: NumPy's under another name, with other methods."""

    def clone(self) -> Any:
        return self.copy()

    def permute(self, *axes: int) -> Any:
        return self.transpose(axes)


def _tensor(x: Any, dtype: Any = None) -> Tensor:
    return np.array(x, dtype).view(Tensor)


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Target:
    """The entry of the table, which is the one thing that is not in the target's own file."""
    monkeypatch.setitem(TARGETS, "toy", TOY)
    return TOY


@pytest.fixture
def toy(listed: Target, monkeypatch: pytest.MonkeyPatch) -> Target:
    """The target, with its library installed."""
    library: Any = SimpleNamespace(
        tensor=_tensor,
        of_numpy=_tensor,
        zeros=np.zeros,
        tanh=np.tanh,
        exp=np.exp,
        total=np.sum,
        f8=np.float64,
    )
    monkeypatch.setitem(sys.modules, "toy", SimpleNamespace(arrays=library))
    monkeypatch.setitem(sys.modules, "toy.arrays", library)
    return listed


X = np.linspace(-1.0, 1.0, 6).reshape(3, 2)


def program() -> Any:
    x, w = sg.input("x", ("N", 2)), sg.param("w", [0.3, 0.7])
    return sg.sum(sg.tanh(x @ w) * sg.exp(0.1 * x @ w))


def agrees(f: Any, loss: Any, **inputs: Any) -> bool:
    """True if the results are those of the numpy target, gradients as the library's arrays."""
    value, grads = f(**inputs)
    expected, slopes = sg.compile(loss)(**inputs)
    assert all(isinstance(g, Tensor) for g in grads)
    np.testing.assert_allclose([*grads], [*slopes], rtol=1e-14)
    return bool(value == pytest.approx(expected, rel=1e-14))


def test_a_text_is_written_in_the_language_and_runs(toy: Target) -> None:
    """It imports the library, and nothing of NumPy is in it."""
    f = sg.compile(program(), target="toy")
    assert "\nimport toy.arrays as ta\n" in f.source
    assert "ta.tanh(x @ w)" in f.source
    assert "np." not in f.source
    assert agrees(f, program(), x=X)
    assert f.flat(x=X)(np.array([0.3, 0.7]))[1].dtype == np.float64


def test_the_alias_is_no_name_of_the_users(toy: Target) -> None:
    """A value that is called as the library is gets another name; a function is refused."""
    ta = sg.param("ta", [0.3, 0.7])
    f = sg.compile(sg.sum(sg.exp(ta) * ta), target="toy")
    assert "def loss_and_grads(ta_):" in f.source
    assert agrees(f, sg.sum(sg.exp(ta) * ta))
    with pytest.raises(NamingError, match="'ta' cannot be a function"):
        sg.compile(program(), target="toy", name="ta")
    assert "def loss_and_grads(ta):" in sg.compile(sg.sum(sg.exp(ta) * ta)).source


@pytest.mark.parametrize("count", [3, 600])
def test_literals_constants_and_files_are_the_languages_own(
    toy: Target, tmp_path: Path, count: int
) -> None:
    """In the text with its dtype; and in a file beside it, as its arrays when they are read."""
    w = sg.param("w", [0.3, 0.7])
    data = sg.constant(np.linspace(0.0, 1.0, 2 * count).reshape(count, 2), name="data")
    loss = sg.sum(sg.tanh(data @ w)) + sg.sum(w * np.array([2.0, 5.0]))
    f = sg.compile(loss, target="toy")
    assert "ta.tensor([2.0, 5.0], dtype=ta.f8)" in f.source
    f.save(tmp_path / "step.py")
    assert len([*tmp_path.iterdir()]) == 1 + (count == 600)
    assert agrees(sg.load(tmp_path / "step.py"), loss, w=w.data)
    spec = importlib.util.spec_from_file_location("step", tmp_path / "step.py")
    assert spec is not None
    assert spec.loader is not None
    step = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(step)
    assert isinstance(step.constants()["data"], Tensor)
    assert step.loss_and_grads(_tensor(w.data), **step.constants())[0] == f()[0]


def test_a_loss_of_values_is_a_vector_of_the_language(toy: Target) -> None:
    """Gradients by single numbers are gathered as ``vector`` says."""
    ws = [sg.Value(0.1 * i - 0.3) for i in range(4)]
    loss = sum((w * (0.1 * i + 1.0)).tanh() for i, w in enumerate(ws[:2])) * ws[2] * ws[3].exp()
    f, expected = (sg.compile(loss, wrt=ws, target=target) for target in ("toy", "numpy"))
    theta = [w.data for w in ws]
    assert isinstance(f(theta)[1], Tensor)
    np.testing.assert_allclose(f(theta)[1], expected(theta)[1], rtol=1e-14)


def test_what_the_checker_does_not_know_it_skips(toy: Target) -> None:
    """The text is on the allow-list, by the target's own record; no level refutes it."""
    found = sg.compile(program(), target="toy", verify=True).verify()
    assert found.verdict == "undecided"
    assert found.levels["L1"]["result"] == "proved"
    for level in ("L2", "L3"):
        reason = "nothing stands in for the module toy.arrays"
        assert found.levels[level] == {"result": "skipped", "reason": reason}


def test_numpy_under_another_name_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that the checker has a stand-in for is judged."""
    library = Library("numpy", "xp", names=words("tanh exp sum"))
    emit = {**TOY.emit, "tanh": call("xp.tanh"), "exp": call("xp.exp"), "sum": call("xp.sum")}
    arrays = replace(TARGETS["numpy"].arrays or TOY.arrays, taken="")
    other = replace(TOY, name="other", library=library, emit=emit, arrays=arrays)
    monkeypatch.setitem(TARGETS, "other", other)
    f = sg.compile(program(), target="other")
    assert "import numpy as xp" in f.source
    assert f.verify().verified


def test_a_text_whose_library_is_absent_is_read_and_saved(listed: Target, tmp_path: Path) -> None:
    """Only a call needs it."""
    f = sg.compile(program(), target="toy")
    f.save(tmp_path / "step.py")
    for g in (f, sg.load(tmp_path / "step.py")):
        assert "ta.tanh(x @ w)" in g.source
        with pytest.raises(MissingExtraError, match=r"needs toy\.arrays; pip install toy"):
            g([0.3, 0.7], X)
    assert not f.verify().refuted


def test_a_file_cannot_widen_the_allow_list(
    listed: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its text may import is up to the program that loads it."""
    path = tmp_path / "step.py"
    sg.compile(program(), target="toy").save(path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"target": "toy"', '"target": "numpy"'), encoding="utf-8")
    with pytest.raises(FormatError):
        sg.load(path)
    assert sg.compile(program(), target="toy").save(path)
    monkeypatch.delitem(TARGETS, "toy")
    with pytest.raises(FormatError, match="'target' is 'toy', expected one of"):
        sg.load(path)


def test_what_the_language_lacks_is_refused_by_the_users_word(
    listed: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the op that was written, with its line, and says what to do."""
    w = sg.param("w", [0.3, 0.7])
    place = r"the toy has few functions; compile with target='numpy'; built at test_new_target"
    with pytest.raises(UnsupportedError, match=rf"'toy' refuses 'sin': {place}"):
        sg.compile(sg.sum(sg.sin(w)), target="toy")
    with pytest.raises(UnsupportedError, match=rf"'greater', which 'elu' is made of: {place}"):
        sg.compile(sg.sum(sg.elu(w)), target="toy")
    rule = {"sum": lambda x: "it adds up all axes or none" if x.type.rank else ""}
    monkeypatch.setitem(TARGETS, "toy", replace(TOY, refusals=rule))
    assert sg.compile(sg.sum(w * w), target="toy").source
    x = sg.input("x", ("N", 2))
    with pytest.raises(UnsupportedError, match=r"'sum': it adds up all axes or none; built at"):
        sg.compile(sg.sum(sg.tanh(sg.sum(sg.exp(x * w), axis=1))), target="toy")


def test_the_page_names_every_field_of_the_records() -> None:
    """docs/architecture.md tells what to write, and no field that there is not."""
    page = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text(encoding="utf-8")
    told = page.partition("## A new target\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| (`\w+`(?:, `\w+`)*) \|", told, re.MULTILINE)
    records = {kind.__name__: kind for kind in (Target, ArrayTexts, Library)}
    named = {kind: set[str]() for kind in records}
    for kind, words_of in rows:
        named[kind] |= set(re.findall(r"\w+", words_of))
    for kind, record in records.items():
        assert named[kind] == {f.name for f in fields(record) if f.init}, kind
