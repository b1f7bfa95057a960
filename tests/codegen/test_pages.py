"""Long straight lines are cut into pages: the law of ``codegen/pages.py``, program by program."""

from __future__ import annotations

import ast
import importlib.util
import random
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import drawn
import numpy as np
import pytest

import symgrad as sg
from symgrad.codegen import module, page_functions, pages, rounds, sections
from symgrad.codegen.live_values import LiveLine, LiveLines
from symgrad.codegen.page_loops import run_of

if "paged_programs" not in sys.modules:
    spec = importlib.util.spec_from_file_location(
        "paged_programs", Path(__file__).parent / "paged_programs.py"
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules["paged_programs"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["paged_programs"])
programs: Any = sys.modules["paged_programs"]

PAGED = ("oscillator", "arm", "attractor", "unlike", "gated")
BOTH = pytest.mark.parametrize("target", ["python", "numpy"])


def compiled(name: str, target: str = "python") -> Any:
    loss, wrt = programs.SCALARS[name]()
    return sg.compile(loss, wrt=wrt, target=target)


def straight(name: str, target: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same program, uncut."""
    with monkeypatch.context() as patch:
        patch.setattr(sections, "LONG", 10**9)
        return compiled(name, target)


def functions(source: str) -> dict[str, ast.FunctionDef]:
    return {f.name: f for f in ast.parse(source).body if isinstance(f, ast.FunctionDef)}


def numbers(result: Any) -> list[str]:
    value, grads = result
    return [float(value).hex(), *[float(g).hex() for g in grads]]


@BOTH
@pytest.mark.parametrize("name", [*PAGED, "tangle"])
def test_pages_compute_the_same_to_the_last_bit(
    name: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cut moves lines and adds sums up on the way, but changes no operation."""
    theta = [p.data for p in programs.SCALARS[name]()[1]]
    for shift in (0.0, 0.037):
        at = [x + shift for x in theta]
        f, g = compiled(name, target), straight(name, target, monkeypatch)
        assert numbers(f(at)) == numbers(g(at))


@pytest.mark.parametrize("name", PAGED)
def test_no_page_is_longer_than_a_function_may_be(name: str) -> None:
    """Nor is the function that calls them, and the whole text is shorter than the straight line."""
    found = functions(compiled(name).source)
    assert len(found) > 3
    for f in found.values():
        assert len(f.body) <= sections.LONG, f.name


def test_pages_have_the_names_of_the_users_functions_and_loops() -> None:
    """A step that is called fifty times is one function, and so is the way back through it; its
    calls are a loop, and the first and the last, which differ, are pages of their own."""
    source = compiled("oscillator").source
    assert [*functions(source)] == [
        *("step_1", "step", "step_50"),
        *("back_through_step_50", "back_through_step", "back_through_step_1"),
        "loss_and_grads",
    ]
    assert "One call of `step`, paged_programs.py:19; 48 such pages are alike." in source
    assert "for _ in range(48):" in source
    assert "for kept in kept_of_step[::-1]:" in source
    assert source.count("\n") < 320


def test_a_turn_of_a_loop_is_named_for_what_it_goes_over() -> None:
    """Where a turn differs from others in its numbers alone, these are arguments."""
    found = functions(compiled("arm").source)
    assert [a.arg for a in found["point"].args.args] == [
        *("loss", "theta", "number", "number_2", "number_3")
    ]
    assert "observation" in functions(compiled("attractor").source)


def test_few_values_pass_between_the_pages_of_a_chain() -> None:
    """A page takes the state, what was kept for it, and parameters: no more at 200 steps than at
    50, for sums over all steps are added up on the way."""
    widths = []
    for steps in (50, 200):
        loss, wrt = programs.oscillator(steps)
        found = functions(sg.compile(loss, wrt=wrt, target="python").source)
        widths.append(max(len(f.args.args) for f in found.values()))
    assert widths[0] == widths[1] <= 9


@BOTH
def test_the_text_of_pages_is_verified(target: str) -> None:
    """The checker runs the text as it stands, calls, loops and all."""
    loss, wrt = programs.oscillator(30)
    f = sg.compile(loss, wrt=wrt, target=target)
    assert "def back_through_step(" in f.source
    assert f.verify().verdict == "verified"


@BOTH
def test_a_line_that_gives_two_values_stands_in_a_page(target: str) -> None:
    """Both are known there, and each that a later page reads is handed on."""
    f = compiled("gated", target)
    pairs = re.findall(r"(?m)^    (\w+), (\w+) = sigmoids\(", f.source)
    assert pairs
    kept = " ".join(re.findall(r"kept = \(([^)]*)\)", f.source))
    assert all(re.search(rf"\b{name}\b", kept) for name in pairs[0])
    assert f.verify().verdict == "verified"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"(?m)^(    \w+ = \w+) \+ 0\.05", r"\1 + 0.06"),  # in a page on the way forward
        (r"2\.0\*(d_\w+_total)", r"3.0*\1"),  # in one on the way back
        (r"range\(28\)", "range(27)"),  # in the table of contents
        (r"kept_of_step\[::-1\]", "kept_of_step"),
    ],
)
def test_a_fault_in_a_page_is_refuted(right: str, wrong: str) -> None:
    """Wherever it stands."""
    loss, wrt = programs.oscillator(30)
    f = sg.compile(loss, wrt=wrt, target="python")
    f.source, count = re.subn(right, wrong, f.source, count=1)
    assert count == 1
    assert f.verify().verdict == "refuted"


def test_a_saved_text_of_pages_runs_and_can_be_loaded(tmp_path: Path) -> None:
    """A file has its pages, needs nothing else, and is verified as the function that wrote it."""
    loss, wrt = programs.oscillator(20)
    f = sg.compile(loss, wrt=wrt, target="python")
    path = f.save(tmp_path / "oscillator.py")
    loaded = sg.load(path)
    theta = [1.0, 0.1, 0.9, 0.2]
    assert numbers(loaded(theta)) == numbers(f(theta))
    spec = importlib.util.spec_from_file_location("saved_oscillator", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert numbers(module.loss_and_grads(theta)) == numbers(f(theta))


def test_comments_of_pages_tell_the_users_lines() -> None:
    """Each page tells the lines that it comes from, as a straight text does."""
    source = compiled("oscillator").source
    page = ast.get_source_segment(source, functions(source)["step"])
    assert page is not None
    lines = page.splitlines()
    assert any("# paged_programs.py:16" in line for line in lines)


def test_arrays_have_pages_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns that read a place of their own take it as an argument; arrays are as they were."""
    loss, _ = programs.recurrent()
    f = sg.compile(loss)
    with monkeypatch.context() as patch:
        patch.setattr(sections, "LONG", 10**9)
        g = sg.compile(loss)
    x = np.random.default_rng(0).normal(size=(5, 120, 3))
    (a, grads), (b, expected) = f(x=x), g(x=x)
    assert a == b
    assert all(np.array_equal(p, q) for p, q in zip(grads, expected, strict=True))
    assert len(functions(f.source)) > 3
    again = f(x=x)[1]
    assert all(np.array_equal(p, q) for p, q in zip(grads, again, strict=True))


def test_what_reads_everything_stays_a_straight_line() -> None:
    """Pages with dozens of arguments would be no help, and half as long again."""
    loss, wrt = programs.tangle(4000)
    source = sg.compile(loss, wrt=wrt, target="python").source
    assert [*functions(source)] == ["loss_and_grads"]


def far(spans: Iterable[int], count: int = 4000) -> list[sections.Line]:
    """Lines, each of which reads the one before it and one that is some span before it."""
    texts = [f"t{i - 1}*t{max(i - s, 0)}" for i, s in zip(range(count), spans, strict=False)]
    y: Any = None
    return [sections.Line(y, f"t{i}", text) for i, text in enumerate(texts)]


def test_a_tangle_is_known_before_anything_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """By reads from far away, at distances that do not repeat: rounds of a loop read at the same
    ones each time, however long they are, and a loop in phases at one."""
    draw = random.Random(1)
    anywhere = far(draw.randrange(1, 4000) for _ in range(4000))
    neighbours = [400 + draw.randrange(-40, 40) for _ in range(400)] * 10
    assert pages.is_tangle(anywhere)
    assert not pages.is_tangle(far(neighbours))
    assert not pages.is_tangle(far([900] * 4000))
    assert not pages.is_tangle(far(draw.randrange(1, 200) for _ in range(4000)))
    loss, wrt = programs.tangle(4000)
    monkeypatch.setattr(module, "Passages", None)  # is not reached
    sg.compile(loss, wrt=wrt, target="python")


def test_short_programs_are_one_function() -> None:
    """A page begins where a function would be too long."""
    loss, wrt = programs.oscillator(4)
    assert [*functions(sg.compile(loss, wrt=wrt, target="python").source)] == ["loss_and_grads"]


def test_the_same_text_comes_out_each_time() -> None:
    """To the byte."""
    assert compiled("arm").source == compiled("arm").source


def test_a_cut_without_rounds_is_where_fewest_values_pass() -> None:
    """Among the places that make pages of like height."""
    line: Any = None
    chain = [LiveLine(line, (f"x{i}",), (f"x{i + 1}",), 1) for i in range(20)]
    wide = [LiveLine(line, ("x20",), (f"y{i}",), 1) for i in range(5)]
    last = [LiveLine(line, tuple(f"y{i}" for i in range(5)), ("z",), 1)]
    flow = LiveLines(
        [*chain, *wide, *last, *[LiveLine(line, ("z",), (f"u{i}",), 1) for i in range(9)]]
    )
    assert flow.alive[:3] == [0, 1, 1]
    assert flow.alive[25] == 5
    (cut,) = flow.even(0, 35, 10, 26)
    assert flow.alive[cut] == 1


@pytest.mark.parametrize("later", [[], ["s"]])
def test_the_beginning_of_a_sum_has_a_line_if_anything_else_reads_it(later: list[str]) -> None:
    """A gradient, or what is returned: it is added up on the way where the sum alone reads it."""
    whole = rounds.Stretch(0, 1)
    found = []
    for number in range(12):
        x: Any = None
        line = sections.Line(x, f"x{number}", "a*a")
        found.append(pages.Page(0, [LiveLine(line, ("a",), (f"x{number}",), 1)], whole))
    summed = []
    for name, terms in (("s", [f"x{i}" for i in range(6)]), ("t", ["s", "x6", "x7", "x8", "x9"])):
        line = sections.Line(x, name, " + ".join(terms))
        summed.append(LiveLine(line, tuple(terms), (name,), 1))
    found.append(pages.Page(0, summed, whole))
    made = {name for page in pages.add_up(found, later) for i in page.every for name in i.writes}
    assert {"t", *later} <= made
    assert ("s" in made) == bool(later)


def test_what_a_gradient_reads_of_a_sum_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that begins a sum on the way forward, and that the way back divides, has a line."""
    for own in (sections, pages):
        monkeypatch.setattr(own, "LONG", 24)
    monkeypatch.setattr(pages, "_SHORT", 3)
    monkeypatch.setattr(page_functions, "_LONGER", 100.0)
    w = [sg.Value(0.3 + 0.01 * i) for i in range(60)]
    waves = []
    for v in w:
        waves.append(sg.sin(v) * sg.exp(v))
    begun = sum(waves[:8]) / sum(w[:8])
    loss = sum(waves[8:], begun)
    f = sg.compile(loss, wrt=w, target="python")
    loss.backward()
    assert f()[0] == pytest.approx(loss.data, rel=1e-12)
    np.testing.assert_allclose(f()[1], [v.grad for v in w], rtol=1e-9)


@pytest.mark.parametrize("seed", range(0, 240, 8))
def test_programs_that_nobody_tuned_for_are_the_same_in_tiny_pages(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arrays, views that are written into, masks: with pages of a few lines, to the last bit."""
    whole = drawn.compiled(seed)
    if whole is None:
        return
    for own in (sections, pages):
        monkeypatch.setattr(own, "LONG", 12)
    monkeypatch.setattr(pages, "_SHORT", 3)
    monkeypatch.setattr(pages, "_TINY", 2)
    monkeypatch.setattr(page_functions, "_LONGER", 100.0)
    cut = drawn.compiled(seed)
    rng = np.random.default_rng(seed)
    given = [
        np.asarray(rng.normal(size=[5 if isinstance(d, str) else d for d in a.type.shape]))
        if a.type.is_float
        else rng.integers(0, 2, size=[5 if isinstance(d, str) else d for d in a.type.shape])
        for a in whole.signature.arguments
        if a.kind not in ("constant", "examples")
    ]
    with np.errstate(all="ignore"):
        found, expected = cut(*given), whole(*given)
    assert leaves(found) == leaves(expected)


def leaves(x: Any) -> list[bytes]:
    if isinstance(x, tuple | list):
        return [part for inner in x for part in leaves(inner)]
    return [np.asarray(x).tobytes()]


def test_a_line_that_is_taller_than_a_page_is_a_page() -> None:
    """As a vector is that is filled block by block: no page is left without lines."""
    line: Any = None
    tall = [LiveLine(line, (), (f"x{i}",), 500) for i in range(3)]
    assert LiveLines(tall).even(0, 3, 150, 300) == [1, 2]
    assert LiveLines(tall[:1]).even(0, 1, 150, 300) == []


def test_a_range_is_written_for_whole_numbers_in_a_row() -> None:
    """And for nothing else."""
    assert run_of(["3", "4", "5"]) == "range(3, 6)"
    assert run_of(["5", "4", "3"]) == "range(5, 2, -1)"
    assert run_of(["1.0", "2.0"]) == run_of(["1", "3"]) == ""


def test_a_tuple_that_is_kept_takes_no_name_of_the_users() -> None:
    """A parameter may be called kept, and so may a variable of a function."""
    labels = ("q", "p", "kept", "c")
    q, p, k, c = w = [sg.Value(0.3 + 0.1 * i, label=name) for i, name in enumerate(labels)]
    for _ in range(60):
        a = sg.tanh(p * k - c * q) * k
        b = sg.sin(q + 0.5 * a) * c + a
        kept = sg.cos(a * b - q) * k - p
        q, p = sg.tanh(q + 0.1 * a * kept), sg.tanh(p + 0.1 * b - kept)
    loss = q * q + p + kept
    f = sg.compile(loss, w, target="python")
    assert "def " in f.source.split("def loss_and_grads")[0]
    assert f()[0] == pytest.approx(loss.data, rel=1e-12)
