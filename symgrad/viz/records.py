"""A graph as plain records, and its description for Graphviz.

>>> graph = Graph((Box("a", "{ a }", "record"), Box("f", "tanh")), (Arrow("a", "f"),))
>>> print(draw(graph).source.expandtabs(4), end="")
digraph {
    graph [rankdir=LR]
    a [label="{ a }" shape=record]
    f [label=tanh shape=ellipse]
    a -> f
}
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, NamedTuple

from symgrad.errors import ArgumentError

DIRECTIONS = ("LR", "RL", "TB", "BT")
PICTURES = (".svg", ".png")


class Box(NamedTuple):
    """A box with a text.  The label of a ``record`` has fields: ``{ a | b }``."""

    id: str
    label: str
    shape: str = "ellipse"


class Arrow(NamedTuple):
    """An arrow between two nodes, by their ids."""

    source: str
    target: str


class Graph(NamedTuple):
    """Nodes and the edges between them, in the order in which they are drawn."""

    nodes: tuple[Box, ...]
    edges: tuple[Arrow, ...]


def escape(text: str) -> str:
    """``text`` as a field of a record: what Graphviz reads as structure stands for itself."""
    return re.sub(r"([\\{}|<>])", r"\\\1", text).replace("\n", " ")


def draw(graph: Graph, format: str = "svg", rankdir: str = "LR") -> Any:
    """The graph as a ``graphviz.Digraph`` that draws itself, in files and in notebooks.

    ``rankdir`` is LR, RL, TB or BT.  Raises ArgumentError for another, or an unknown format.
    """
    if rankdir not in DIRECTIONS:
        known = ", ".join(DIRECTIONS)
        raise ArgumentError(f"rankdir: expected one of {known}, got {rankdir!r}")
    from graphviz import FORMATS  # heavy, and needed by pictures alone

    from symgrad.viz.digraph import Drawing

    if format not in FORMATS:
        raise ArgumentError(f"format: expected one that Graphviz writes, got {format!r}")
    dot = Drawing(format=format, graph_attr={"rankdir": rankdir})
    for node in graph.nodes:
        dot.node(node.id, label=node.label, shape=node.shape)
    for edge in graph.edges:
        dot.edge(edge.source, edge.target)
    return dot


def render(graph: Graph, path: str | os.PathLike[str], rankdir: str = "LR") -> Path:
    """Writes the picture to ``path``, an .svg or a .png, whole or not at all.

    Raises ArgumentError for another ending, MissingExtraError where nothing can draw.
    """
    target = Path(path)
    if target.suffix not in PICTURES:
        raise ArgumentError(f"expected a path that ends in .svg or .png, got {str(target)!r}")
    picture = picture_of(graph, target.suffix[1:], rankdir)
    part = target.with_name(f".{target.name}-{os.getpid()}.part")
    try:
        part.write_bytes(picture)
        os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return target


def picture_of(graph: Graph, format: str, rankdir: str = "LR") -> bytes:
    """The picture's bytes, in Graphviz's ``format``."""
    return bytes(draw(graph, format=format, rankdir=rankdir).pipe())
