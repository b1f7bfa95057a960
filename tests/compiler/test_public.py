"""The public package imports little and finds everything."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import symgrad as sg
from symgrad.errors import ShapeError

ROOT = str(Path(__file__).parents[2])


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_importing_symgrad_imports_nothing_heavy() -> None:
    """Neither SymPy nor graphviz, even after a compilation."""
    code = (
        "import sys, symgrad as sg; w = sg.param('w', 2.0); sg.compile(w * w)();"
        "print([m for m in ('sympy', 'graphviz', 'scipy') if m in sys.modules])"
    )
    assert run(code) == "[]"


def test_every_public_name_is_there() -> None:
    """Those in ``__all__`` and NumPy's functions."""
    code = (
        "import symgrad as sg; [getattr(sg, n) for n in sg.__all__];"
        "print(sg.sum([1.0, 2.0]), sg.pi > 3, hasattr(sg, 'nonsense'))"
    )
    assert run(code) == "3.0 True False"


def test_a_missing_codegen_says_what_to_do() -> None:
    """As in a clone that was not installed."""
    code = (
        "import sys, symgrad as sg; sys.modules['symgrad.codegen'] = None\n"
        "try: sg.compile\n"
        "except ImportError as error: print(error)"
    )
    assert "pip install -e ." in run(code)


def test_arrays_of_one_number_may_have_named_sizes() -> None:
    """ones, zeros and full are NumPy's for numbers, and expressions where a size is a name."""
    x = sg.input("x", ("N", 2))
    f = sg.function([x], x * sg.zeros(("N", 2)) + sg.ones(("N", 2)) + sg.full("N", 2.0)[:, None])
    np.testing.assert_array_equal(f(np.zeros((3, 2))), np.full((3, 2), 3.0))
    np.testing.assert_array_equal(sg.ones(3, int), np.ones(3, int))
    assert sg.full((2, 0), 7).shape == (2, 0)
    with pytest.raises(ShapeError, match="an int >= 0 or a name, got -1"):
        sg.ones(-1)


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_a_function_takes_its_inputs_in_the_order_in_which_they_are_listed(target: str) -> None:
    """Whichever is a param or was made first; what is not listed stands behind them."""
    w, x, b = sg.param("w", [1.0, 2.0]), sg.input("x", (2,)), sg.param("b", [3.0, 4.0])
    c = sg.constant([5.0, 6.0], "c")
    y = x - 2.0 * w + 4.0 * b + c * c
    data = {"w": np.array([1.0, 2.0]), "x": np.array([7.0, 8.0]), "b": np.array([0.5, 0.25])}
    wanted = [7.0 - 2.0 + 2.0 + 25.0, 8.0 - 4.0 + 1.0 + 36.0]
    for given, order in (((x, b, w), "xbwc"), ((c, b, x), "bxwc"), ((x,), "xwbc"), (None, "wbxc")):
        f = sg.function(given, y, target=target)
        assert [*inspect.signature(f).parameters] == [*order]
        np.testing.assert_array_equal(f(*(data[name] for name in order[:3])), wanted)
