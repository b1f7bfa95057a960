"""A graph as a picture in a file."""

from __future__ import annotations

import os
from pathlib import Path

from symgrad.errors import ArgumentError
from symgrad.viz.records import Graph, draw

FORMATS = (".svg", ".png")


def render(graph: Graph, path: str | os.PathLike[str], rankdir: str = "LR") -> Path:
    """Writes the picture to ``path``, an .svg or a .png, whole or not at all.

    Raises ArgumentError for another ending, MissingExtraError where nothing can draw.
    """
    target = Path(path)
    if target.suffix not in FORMATS:
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
