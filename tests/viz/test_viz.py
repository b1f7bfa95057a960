"""Pictures: the records, Graphviz's description of them, and files written whole."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import symgrad as sg
from symgrad.engine import Value, draw_dot
from symgrad.errors import ArgumentError, MissingExtraError
from symgrad.frontend.scalars.lower import lower
from symgrad.viz import Arrow, Box, Graph, digraph, draw, escape, render
from symgrad.viz import render as render_name
from symgrad.viz.draw_dot import graph_of

GRAPH = Graph((Box("a", "{ a | data 1.0000 }", "record"), Box("f", "+")), (Arrow("a", "f"),))


def test_a_value_draws_as_in_the_lecture() -> None:
    """A record a value, an oval an operation, edges from operands through it."""
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c = a * b
    c.label = "c"
    dot = draw_dot(c)
    assert dot.format == "svg"
    assert "rankdir=LR" in dot.source
    for text in (
        'label="{ a | data 2.0000 | grad 0.0000 }" shape=record',
        'label="{ b | data -3.0000 | grad 0.0000 }" shape=record',
        'label="{ c | data -6.0000 | grad 0.0000 }" shape=record',
        'label="*"',
    ):
        assert text in dot.source
    assert [tuple(e) for e in graph_of(c).edges] == [("op2", "v2"), ("v0", "op2"), ("v1", "op2")]


def test_an_operand_used_twice_has_one_edge() -> None:
    """As in the lecture, where operands are a set."""
    a = Value(2.0)
    assert len(graph_of(a + a).edges) == 2


def test_a_function_draws_its_instructions() -> None:
    """Parameters, literals, instructions and results, with their types."""
    w = Value(2.0)
    graph = graph_of(lower([w * 3.0], [w], ["w"]))
    assert [n.label for n in graph.nodes] == [
        "{ %w | param | f64[] }",
        "{ %0 | 3.0 | f64[] }",
        "{ %1 | multiply | f64[] }",
        "return",
    ]
    assert [tuple(e) for e in graph.edges] == [("v0", "v2"), ("v1", "v2"), ("v2", "result0")]


def test_an_expression_draws_with_the_names_in_the_users_file() -> None:
    """A record an instruction: name, op and type."""
    x, w = sg.input("x", ("N", 2)), sg.param("w", [1.0, 2.0])
    scores = sg.tanh(x @ w)
    loss = sg.mean(scores)
    labels = [n.label for n in graph_of(loss).nodes]
    assert labels == [
        "{ %w | param | f64[2] }",
        "{ %x | input | f64[N, 2] }",
        "{ %0 | matmul | f64[N] }",
        "{ %scores | tanh | f64[N] }",
        "{ %loss | mean | f64[] }",
        "return",
    ]
    assert sg.draw_dot(loss).source == draw_dot(loss).source


def test_labels_cannot_break_a_record() -> None:
    """What Graphviz reads as structure is escaped."""
    assert escape("a|b{c}<d>\\") == r"a\|b\{c\}\<d\>" + "\\\\"
    label = graph_of(Value(1.0, label="a|b")).nodes[0].label
    assert label == r"{ a\|b | data 1.0000 | grad 0.0000 }"


def test_options_that_do_not_exist_are_refused() -> None:
    """Direction, format, ending, and what can be drawn at all."""
    with pytest.raises(ArgumentError, match="rankdir: expected one of LR"):
        draw(GRAPH, rankdir="up")
    with pytest.raises(ArgumentError, match="format: expected"):
        draw(GRAPH, format="docx")
    with pytest.raises(ArgumentError, match=r"ends in \.svg or \.png"):
        render(GRAPH, "picture.docx")
    with pytest.raises(ArgumentError, match="got float"):
        graph_of(1.0)  # type: ignore[arg-type]


def test_render_writes_a_whole_file_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure leaves the old file and no temporary one."""
    module = sys.modules[render_name.__module__]
    target = tmp_path / "graph.svg"
    monkeypatch.setattr(module, "picture_of", lambda *_: b"<svg/>")
    assert render(GRAPH, target) == target
    assert target.read_bytes() == b"<svg/>"

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(module, "picture_of", lambda *_: b"<svg>new</svg>")
    monkeypatch.setattr(module.os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        render(GRAPH, target)
    assert [p.name for p in tmp_path.iterdir()] == ["graph.svg"]
    assert target.read_bytes() == b"<svg/>"


def test_without_graphviz_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, and no file."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(digraph, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"symgrad\[demo\]"):
        render(GRAPH, tmp_path / "graph.svg")
    with pytest.raises(MissingExtraError, match=r"symgrad\[demo\]"):
        draw(GRAPH).render(tmp_path / "graph")
    assert list(tmp_path.iterdir()) == []


def test_without_dot_a_drawing_draws_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As bytes, as text, in notebooks, and to the files that graphviz would write."""
    pytest.importorskip("pygraphviz")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    dot = draw(GRAPH)
    assert dot.pipe("png").startswith(b"\x89PNG")
    assert "data 1.0000" in dot.pipe(encoding="utf-8")
    assert "data 1.0000" in dot._repr_mimebundle_()["image/svg+xml"]
    assert dot.render(tmp_path / "a") == str(tmp_path / "a.svg")
    assert (tmp_path / "a").read_text() == dot.source
    assert dot.render("b", tmp_path, cleanup=True, format="png") == str(tmp_path / "b.png")
    assert dot.render(outfile=tmp_path / "c.png", cleanup=True) == str(tmp_path / "c.png")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "a.svg", "b.png", "c.png"]


def test_a_picture_is_drawn_where_graphviz_is(tmp_path: Path) -> None:
    """The svg holds the node's text."""
    if shutil.which("dot") is None:
        pytest.importorskip("pygraphviz")
    path = render(GRAPH, tmp_path / "graph.svg")
    assert "1.0000" in path.read_text()


def test_importing_viz_does_not_import_graphviz() -> None:
    """Pictures are for those who ask."""
    code = "import sys, symgrad.viz; sys.exit('graphviz' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
