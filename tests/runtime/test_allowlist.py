"""Only arithmetic on arguments passes the allow-list."""

from __future__ import annotations

from pathlib import Path

import pytest

from symgrad.errors import (
    FormatError,
    LimitError,
    MissingExtraError,
    NamingError,
    UnsupportedError,
)
from symgrad.runtime import check_source, load_function, load_source
from symgrad.runtime.libraries import Library, words

HEAD = "import numpy as np\n\n\n"

ALLOWED = [
    HEAD + "def f(x):\n    return np.tanh(x).sum(axis=0)\n",
    HEAD + "def f(x):\n    y = np.empty(3)\n    y[:2] += x.T @ x\n    return float(y[0]), (y,)\n",
    "from math import exp, tanh\n\n\ndef f(x):\n    return exp(tanh(x))\n",
    "import math\n\nK = (1.0, 2.0)\n\n\ndef g(x):\n    return math.exp(x)\n\n\n"
    "def f(x):\n    return g(x) + K[0]\n",
    "from scipy.special import erf\n\n\ndef f(x):\n    return erf(x)\n",
    HEAD + "def f(x):\n    s = 0.0\n    for a, b in zip(x, x):\n        s += a * b\n    return s\n",
    HEAD + "def f(x):\n    return tuple(2.0 * v for v in x if v > 0.0)\n",
    HEAD + "def f(x, i):\n    np.add.at(x, i, 1.0)\n    return np.linalg.norm(x)\n",
    HEAD + "K = np.array([[1.0, -2.0], [float('inf'), np.nan]], dtype=np.float32)\n"
    "L = -1\n\n\ndef f(x, k=K, j=L, i=None):\n    return x\n",
    "def f(x):\n    if len(x) < 3:\n        raise ValueError('expected N >= 3')\n    return x\n",
]

REFUSED = [
    ("import os\n", "import of 'os'"),
    ("from os import system\n", "import of 'system'"),
    ("import numpy\n", "import of 'numpy'"),
    ("from numpy import load\n", "import of 'load'"),
    ("from . import x\n", "import of 'x'"),
    ("from math import *\n", "import of"),
    ("print(1)\n", "Expr outside a function"),
    ("def f(x):\n    return open(x)\n", "'open'"),
    ("def f(x):\n    return eval(x)\n", "'eval'"),
    ("def f(x):\n    return __import__('os')\n", "'__import__'"),
    ("def f(x):\n    return x.__class__\n", "'__class__'"),
    ("def f(x):\n    return x.tofile('a')\n", "'tofile'"),
    ("def f(x):\n    return getattr(x, 'a')\n", "'getattr'"),
    (HEAD + "def f(x):\n    return np.load(x)\n", "'load'"),
    (HEAD + "def f(x):\n    return np.lib\n", "'lib'"),
    (HEAD + "def f(x):\n    return np.linalg.os\n", "'os'"),
    (HEAD + "def f(x):\n    np = x\n    return np\n", "another meaning of 'np'"),
    (HEAD + "def f(np):\n    return np\n", "another meaning of 'np'"),
    ("def f(x):\n    return (lambda y: y)(x)\n", "Lambda|call of something"),
    ("def f(x):\n    return lambda y: y\n", "Lambda"),
    ("class A:\n    pass\n", "ClassDef outside"),
    ("def f(x):\n    global y\n    y = x\n", "Global"),
    ("def f(x):\n    while x:\n        pass\n", "While"),
    ("def f(x):\n    try:\n        return x\n    finally:\n        pass\n", "Try"),
    ("def f(x):\n    with x:\n        return x\n", "With"),
    ("def f(x):\n    raise x\n", "other than raise ValueError"),
    ("def f(x):\n    raise ValueError(x)\n", "other than raise ValueError"),
    ("def f(x):\n    raise ValueError('a') from x\n", "other than raise ValueError"),
    ("def f(x):\n    raise IndexError('a')\n", "other than raise ValueError"),
    ("def f(x):\n    del x\n", "Delete|del"),
    ("def f(x):\n    return f'{x}'\n", "JoinedStr"),
    ("def f(x):\n    return '{0.a}'.format(x)\n", "'format'"),
    ("def f(x):\n    return b'x'\n", "bytes literal"),
    ("def f(x):\n    return 1j\n", "complex literal"),
    ("def f(x):\n    return {1: x}\n", "Dict"),
    ("def f(x):\n    yield x\n", "Yield|bare"),
    ("async def f(x):\n    return x\n", "AsyncFunctionDef"),
    ("def f(x):\n    return f(**x)\n", r"\*\* in a call"),
    ("def f(*x):\n    return x\n", r"\* in the arguments"),
    ("def f(x):\n    x.T = 1\n", "assignment to the attribute"),
    ("def f(x):\n    import os\n", "import"),
    ("def f(x):\n    def g(y):\n        return y\n    return g\n", "function inside|name 'g'"),
    ("@f\ndef f(x):\n    return x\n", "decorator"),
    ("def f(x):\n    return (y := x)\n", "NamedExpr"),
    ("def f(x: int):\n    return x\n", "annotation of 'x'"),
    ("def f(x) -> int:\n    return x\n", "decorator or annotation"),
    ("K = 10**10**10\n", "line 1: a constant that is computed"),
    ("K = '%0999999999d' % 1\n", "a constant that is computed"),
    ("K = sum(range(10**11))\n", "a constant that is computed"),
    ("K = [x for x in range(9)]\n", "a constant that is computed"),
    ("K = 2.0 * 3.0\n", "a constant that is computed"),
    ("K = (0,)\nL = K[0]\n", "line 2: a constant that is computed"),
    ("def f(x):\n    return x\n\n\nK = f(1)\n", "a constant that is computed"),
    (HEAD + "K = np.zeros((9, 9))\n", "a constant that is computed"),
    (HEAD + "K = np.array([1], ndmin=64)\n", "a constant that is computed"),
    (HEAD + "K = np.array([1], np.float64)\n", "a constant that is computed"),
    (HEAD + "K = np.array([1.0] * 9)\n", "a constant that is computed"),
    (HEAD + "K = np.array([1.0]).repeat(9)\n", "a constant that is computed"),
    ("K = L = (1,)\nK[0] = 2\n", "Subscript that is assigned to"),
    (HEAD + "K = (1, 1)\nL = (K, K)\n", "line 5: a constant that is computed"),
    (HEAD + "K = (1, 1)\nL = np.array(K)\n", "line 5: a constant that is computed"),
    ("def float(x):\n    return x\n\n\nK = float(1)\n", "another meaning of 'float'"),
    ("K, L = 1, 2\n", "Tuple that is assigned to"),
    ("def f(x=10**10**10):\n    return x\n", "a default that is computed"),
    ("def f(x, *, y=sum(range(10**11))):\n    return x\n", "a default that is computed"),
    ("def f(x):\n    return x[0](1)\n", "call of something"),
    ("def f(x):\n    return x +\n", "no Python text"),
    ("def f(x):\n    return (x\n", "cut short"),
    ("def f(x):\n    return 'a\0b'\n", "no Python text"),
    ("def f(x):\n    return " + "(" * 300 + "x" + ")" * 300 + "\n", "no Python|nests deeper"),
]


@pytest.mark.parametrize("source", ALLOWED)
def test_arithmetic_on_arguments_is_allowed(source: str) -> None:
    """What targets emit passes unchanged."""
    assert check_source(source).body


@pytest.mark.parametrize(("source", "why"), REFUSED)
def test_all_else_is_refused_by_name(source: str, why: str) -> None:
    """A refusal says what was refused."""
    with pytest.raises(FormatError, match=why):
        check_source(source)


def test_a_refusal_names_the_line() -> None:
    """The line counts from the top of the text."""
    with pytest.raises(FormatError, match="line 3: the name 'exit'"):
        check_source("def f(x):\n    y = x\n    return exit(y)\n")


def test_the_ideal_texts_are_allowed() -> None:
    """The style that targets aim at lies inside the grammar."""
    folder = Path(__file__).parents[3] / "shared" / "ideal"
    names = ["lecture_python", "lecture_python_loop", "moons_fast", "moons_readable"]
    if not folder.exists():
        pytest.skip("the ideal texts are not in this checkout")
    for name in names:
        check_source((folder / f"{name}.py").read_text())


def test_more_lines_than_the_limit_are_refused() -> None:
    """The error names count and limit, before anything is parsed."""
    with pytest.raises(LimitError, match="500001 lines; the limit is 500000"):
        check_source("\n" * 500_001)


TOY = Library(
    "toy.arrays",
    "ta",
    names=words("tanh array f8 part"),
    parts=(("part", words("norm")),),
    methods=words("clone"),
    dtypes=words("f8"),
    makers=words("array"),
    optional=True,
)
FOREIGN = (
    "import toy.arrays as ta\n\nXS = ta.array([1.0, 2.0], dtype=ta.f8)\n\n\n"
    "def f(x):\n    return ta.tanh(x).clone(), ta.part.norm(XS)\n"
)


def test_a_module_that_a_target_declares_passes_with_it_alone() -> None:
    """Its names, methods, dtypes and literals are allowed where the caller gives the declaration,
    and nowhere else."""
    check_source(FOREIGN, libraries=(TOY,))
    with pytest.raises(FormatError, match=r"import of 'toy.arrays'"):
        check_source(FOREIGN)
    with pytest.raises(FormatError, match="'clone'"):
        check_source("def f(x):\n    return x.clone()\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import toy.arrays as tb\n", "import of 'toy.arrays'"),
        ("from toy.arrays import tanh\n", "import of 'tanh'"),
        ("import toy\n", "import of 'toy'"),
        ("import os\n", "import of 'os'"),
        (FOREIGN + "\n\ndef g(x):\n    return ta.load(x)\n", "'load'"),
        (FOREIGN + "\n\ndef g(x):\n    return ta.part.load(x)\n", "'load'"),
        (FOREIGN + "\n\ndef g(x):\n    return np.clone(x)\n", "'clone'"),
        (FOREIGN + "\n\ndef g(x):\n    ta = x\n    return ta\n", "another meaning of 'ta'"),
        (FOREIGN + "\n\ndef ta(x):\n    return x\n", "another meaning of 'ta'"),
        (FOREIGN + "\nYS = ta.tanh([1.0])\n", "a constant that is computed"),
    ],
)
def test_a_declared_module_widens_nothing_else(text: str, said: str) -> None:
    """What is not declared stays refused, and the alias has one meaning."""
    with pytest.raises(FormatError, match=said):
        check_source(text, libraries=(TOY,))


def test_a_text_whose_module_is_absent_is_refused_as_it_is_called() -> None:
    """An optional module may be absent while the text is read."""
    f = load_function(FOREIGN, "f", libraries=(TOY,))
    assert f.__code__.co_varnames == ("x",)
    with pytest.raises(MissingExtraError, match=r"needs toy.arrays; pip install toy.arrays"):
        f(1.0)


def test_nothing_stands_in_for_a_declared_module() -> None:
    """Where other modules have stand-ins, as in the checker, none is the module itself."""
    with pytest.raises(UnsupportedError, match=r"nothing stands in for the module toy.arrays"):
        load_source(FOREIGN, modules={"numpy": None}, libraries=(TOY,))


def test_a_module_has_one_name_in_a_text() -> None:
    """An import of ``a.b`` gives a meaning to ``a``, which is not declared."""
    with pytest.raises(NamingError, match="needs an alias"):
        Library("toy.arrays")
