"""Writes API.md, the page of public names, from the docstrings: python tests/project/api_page.py"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import symgrad as sg
from symgrad import engine, errors, losses, nn

PAGE = Path(__file__).resolve().parents[2] / "API.md"
MODULES: dict[str, ModuleType] = {"losses": losses, "nn": nn, "engine": engine, "errors": errors}
METHODS = (sg.CompiledFunction, sg.Expr, sg.Value)


def public(module: ModuleType) -> list[str]:
    """The names that a module offers: those it lists, or those it defines."""
    own = vars(module)
    listed = getattr(module, "__all__", None)
    return sorted(
        listed
        or (
            k
            for k, v in own.items()
            if k[0] != "_" and getattr(v, "__module__", "") == module.__name__
        )
    )


def summary(thing: Any) -> str:
    """The first sentence of a docstring, on one line."""
    own = "" if thing is None else inspect.getdoc(thing) or ""  # None has a docstring from 3.13 on
    text = " ".join(own.split("\n\n")[0].split())
    return text.split(".  ")[0].removesuffix(".").replace("|", "\\|")


def arguments(thing: Any) -> str:
    """The names of the arguments, with their defaults; nothing for what is not called."""
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return ""
    plain = [
        p.replace(annotation=p.empty)
        for p in signature.parameters.values()
        if not p.name.startswith("_")
    ]
    plain = [p for p in plain if p.name != "self"]
    shown = str(signature.replace(parameters=plain, return_annotation=signature.empty))
    shown = shown.replace("(*args, **kwargs)", "(...)")
    return re.sub(r"<class '(\w+)'>", r"\1", shown).replace("<factory>", "{}")


def rows(prefix: str, things: dict[str, Any]) -> Iterator[str]:
    yield "| name | what it is |"
    yield "|---|---|"
    for name, thing in things.items():
        called = arguments(thing).replace("|", "\\|")
        yield f"| `{prefix}{name}{called}` | {summary(thing)} |"
    yield ""


def page() -> str:
    """The whole text."""
    names = {name: getattr(sg, name) for name in dir(sg) if not name.startswith("_")}
    numbers = [k for k, v in names.items() if getattr(np, k, None) is v or isinstance(v, float)]
    things = {k: v for k, v in names.items() if k not in numbers and k not in MODULES}
    functions = {k: v for k, v in things.items() if k not in sg.__all__}
    tools = {k: v for k, v in things.items() if k in sg.__all__}
    lines = [
        "# The public names",
        "",
        "Written by `make api` from the docstrings; `import symgrad as sg`.",
        "",
    ]
    lines += ["## Writing, compiling and checking", "", *rows("sg.", tools)]
    lines += ["## Functions of expressions, arrays and Values", "", *rows("sg.", functions)]
    lines += ["NumPy's own, as they are: " + ", ".join(f"`sg.{k}`" for k in numbers) + ".", ""]
    for kind in METHODS:
        own = {k: v for k, v in vars(kind).items() if k[0] != "_" and summary(v)}
        lines += [f"## Of a `{kind.__name__}`", "", *rows(".", dict(sorted(own.items())))]
    for name, module in MODULES.items():
        own = {k: getattr(module, k) for k in public(module)}
        lines += [f"## `symgrad.{name}`", "", summary(module) + ".", "", *rows("", own)]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
