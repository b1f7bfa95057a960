"""A graph as a picture in a file.

The program ``dot`` draws it; where there is none, the library inside pygraphviz does.
"""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from symgrad.errors import ArgumentError, MissingExtraError
from symgrad.viz.graph import Graph, draw

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
    dot = draw(graph, format=format, rankdir=rankdir)
    if shutil.which("dot") is not None:
        return bytes(dot.pipe())
    if find_spec("pygraphviz") is None:
        raise MissingExtraError(
            "drawing needs Graphviz: install its program dot (apt install graphviz), "
            "or pip install 'symgrad[demo]', which brings the library"
        )
    drawing = import_module("pygraphviz").AGraph(string=dot.source)
    return bytes(drawing.draw(format=format, prog="dot"))
