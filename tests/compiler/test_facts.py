"""What stands at the end of a saved file is checked before anything is made of it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.errors import FormatError, SymgradError
from symgrad.runtime import saving

WRONG: tuple[Any, ...] = (None, -5, 1.5, True, "zz", [], {}, [None], [[[]]], 10**30, 1e400)


def saved(folder: Path) -> Path:
    """A file with every fact: labels, a bound constant, a slice that needs a size."""
    x, y = sg.input("x", ("N", 2)), sg.input("y", ("N",), dtype=int)
    w = sg.param("w", np.ones((2, 3)))
    data = sg.constant(np.arange(100.0))
    loss = sg.losses.cross_entropy(x @ w, y) + sg.sum(data) * w[0, 0] + sg.sum(x[3:])
    return sg.compile(loss).save(folder / "f.py")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in nested data."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def changed(facts: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    result = copy.deepcopy(facts)
    at: Any = result
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return result


def test_wrong_facts_under_a_right_hash_are_refused_or_do_no_harm(tmp_path: Path) -> None:
    """Each fact, and each part of it, replaced by something else: only our errors are raised."""
    path = saved(tmp_path)
    source, facts = saving.read(path)
    assert all(facts[key] for key in ("arguments", "wrt", "needs", "ranges", "constants"))
    refused = 0
    arguments = {"w": np.ones((2, 3)), "x": np.ones((4, 2)), "y": np.zeros(4, int)}
    for at in places(facts):
        for value in WRONG:
            path.write_text(saving.join(source, changed(facts, at, value)))
            try:
                f = sg.load(path)
            except FormatError:
                refused += 1
                continue
            for use in (lambda f=f: f(**arguments), lambda f=f: f.verify("L2")):
                try:
                    use()
                except SymgradError:
                    refused += 1
    assert refused > 200


@pytest.mark.parametrize(
    ("fact", "value", "why"),
    [
        ("kind", "other", "'kind' is 'other', expected one of gradients, vector, plain"),
        ("arguments", [], "no argument has the size 'N'"),
        ("arguments", [["w", "f64[2", "param"]], "expected rows of a name, a type and a kind"),
        ("wrt", [["v", "f64[2, 3]"]], "no argument is named 'v'"),
        ("needs", [["M - 3", "a slice"]], "no argument has the size 'M'"),
        ("columns", {"x": ["1"]}, "expected lists of numbers by name"),
    ],
)
def test_a_wrong_fact_is_named(tmp_path: Path, fact: str, value: Any, why: str) -> None:
    path = saved(tmp_path)
    source, facts = saving.read(path)
    path.write_text(saving.join(source, {**facts, fact: value}))
    with pytest.raises(FormatError, match=why):
        sg.load(path)


def test_a_text_with_other_arguments_than_told_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    source, facts = saving.read(path)
    path.write_text(saving.join(source.replace("(w, x, y, ", "(w, x, y, z, "), facts))
    with pytest.raises(FormatError, match=r"4 arguments, but the text takes 5"):
        sg.load(path)


@pytest.mark.parametrize("fact", ["name", "target", "kind", "arguments", "wrt", "constants"])
def test_a_missing_fact_is_named(tmp_path: Path, fact: str) -> None:
    path = saved(tmp_path)
    source, facts = saving.read(path)
    del facts[fact]
    path.write_text(saving.join(source, facts))
    with pytest.raises(FormatError, match=f"'{fact}' is missing"):
        sg.load(path)
