"""A ``graphviz.Digraph`` that is drawn without the program ``dot``, too.

Without that program, the library inside pygraphviz draws: in files, as bytes, and in
notebooks.  The package graphviz loads with this module, which is imported for pictures alone.
"""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import graphviz

from symgrad.errors import MissingExtraError


class Drawing(graphviz.Digraph):  # type: ignore[misc]
    """Behaves as its base class does; MissingExtraError where nothing can draw."""

    def pipe(self, format: str | None = None, *rest: Any, **options: Any) -> Any:
        """The picture as bytes, or as a text where an ``encoding`` is given."""
        if shutil.which("dot") is not None:
            return super().pipe(format, *rest, **options)
        engine = options.get("engine") or self.engine
        picture = by_library(self.source, format or self.format, engine)
        encoding = options.get("encoding")
        return picture if encoding is None else picture.decode(encoding)

    def render(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        **options: Any,
    ) -> str:
        """Writes the description, and the picture beside it, or to ``outfile``; the picture's path.

        ``cleanup`` leaves the picture alone.
        """
        if shutil.which("dot") is not None:
            given = {"directory": directory, "view": view, "cleanup": cleanup, "format": format}
            return str(super().render(filename, **given, **options))
        outfile = options.get("outfile")
        if outfile is not None:
            outfile = Path(self.directory, outfile)
            format = format or outfile.suffix[1:]
            filename = filename or outfile.with_suffix(".gv")
        picture = self.pipe(format, engine=options.get("engine"))
        described = Path(self.save(filename, directory=directory))
        path = outfile or Path(f"{described}.{format or self.format}")
        path.write_bytes(picture)
        if cleanup:
            described.unlink()
        if view:
            graphviz.view(path)
        return str(path)


def by_library(source: str, format: str, engine: str) -> bytes:
    """The picture's bytes, by the library inside pygraphviz.  Raises MissingExtraError."""
    if find_spec("pygraphviz") is None:
        raise MissingExtraError(
            "drawing needs Graphviz: install its program dot (apt install graphviz), "
            "or pip install 'symgrad[demo]', which brings the library"
        )
    drawing = import_module("pygraphviz").AGraph(string=source)
    return bytes(drawing.draw(format=format, prog=engine))
