"""Loaded texts behave as functions from a file do, with fewer powers."""

from __future__ import annotations

import gc
import inspect
import linecache
import traceback

import numpy as np
import pytest

from symgrad.errors import FormatError, LimitError
from symgrad.runtime import load_function, load_source

SOURCE = "import numpy as np\n\n\ndef f(x):\n    return np.tanh(x) / x\n"


def test_the_source_is_found_by_inspect() -> None:
    """``inspect.getsource`` gives the function's text."""
    assert inspect.getsource(load_function(SOURCE, "f")) == SOURCE.split("\n\n\n")[1]


def test_a_traceback_shows_the_emitted_line() -> None:
    """An error inside emitted code points at its text."""
    f = load_function("def f(x):\n    return 1.0 / x\n", "f")
    try:
        f(0.0)
    except ZeroDivisionError as error:
        text = "".join(traceback.format_exception(error))
    assert "<symgrad f " in text
    assert "return 1.0 / x" in text


def test_the_linecache_entry_goes_with_the_next_text() -> None:
    """Compiling in a loop does not fill linecache; and no collection takes an entry away while
    ``linecache.checkcache`` walks over its list of them."""
    f = load_function(SOURCE, "f")
    name = f.__code__.co_filename
    assert name in linecache.cache
    del f
    gc.collect()
    assert name in linecache.cache
    g = load_function(SOURCE.replace("x", "y"), "f")
    assert name not in linecache.cache
    assert g.__code__.co_filename in linecache.cache


def test_two_loads_of_one_text_have_two_names() -> None:
    """The entry of one is not removed with the other."""
    f, g = load_function(SOURCE, "f"), load_function(SOURCE, "f")
    assert f.__code__.co_filename != g.__code__.co_filename
    del f
    gc.collect()
    assert inspect.getsource(g)


def test_loaded_code_has_no_other_builtins() -> None:
    """The namespace holds the prelude and the allowed builtins."""
    f = load_function(SOURCE, "f")
    assert "open" not in f.__globals__["__builtins__"]
    assert f.__globals__["np"] is np


def test_a_text_without_the_function_is_refused() -> None:
    """The name is part of what is loaded."""
    with pytest.raises(FormatError, match="no function 'g'"):
        load_function(SOURCE, "g")


def test_refused_text_does_not_run() -> None:
    """Nothing is executed before all of it passed."""
    with pytest.raises(FormatError):
        load_source("import os\nos.mkdir('/tmp/never')\n")


def test_ten_thousand_lines_load() -> None:
    """A long straight-line function compiles."""
    lines = "\n".join(f"    v{i + 1} = v{i} * 0.5 + 1.0" for i in range(10_000))
    f = load_function(f"def f(v0):\n{lines}\n    return v10000\n", "f")
    assert f(2.0) == 2.0


def test_an_expression_that_is_too_deep_is_refused() -> None:
    """No RecursionError and no MemoryError leaves the loader; what Python itself takes may run."""
    text = "def f(x):\n    return " + "-" * 5000 + "x\n"
    try:
        f = load_function(text, "f")
    except (FormatError, LimitError):
        return
    assert f(2.0) == 2.0


def test_array_methods_that_import_parts_of_numpy_run() -> None:
    """``mean`` of an array looks up its Python half through the calling frame's builtins."""
    f = load_function("def f(x):\n    return x.mean(), x.sum(), x.std()\n", "f")
    assert f(np.array([1.0, 3.0])) == (2.0, 4.0, 1.0)
