"""Claims that are chosen by conditions, and components beside which others are huge."""

import subprocess
import sys
from pathlib import Path

import pytest
import sympy as sp

import symgrad as sg

X, W, B, Y = sp.symbols("x w b y", real=True)
STEP = sp.Piecewise((1, X > 0), (2, True))
SLOPE = sp.Piecewise((1, W > 0), (0, True))


@pytest.fixture
def w():
    return sg.param("w", 0.3)


def test_a_choice_of_numbers_is_a_factor(w) -> None:
    x = sg.param("x", 0.4)
    assert sg.check_gradient(sg.where(x > 0, x * x, 2 * x * x), x, 2 * X * STEP)
    assert sg.check_gradient(sg.relu(w) ** 2, w, 2 * W * SLOPE)
    assert sg.check_gradient(sg.relu(w) ** 2, w, 3 * W * SLOPE).verdict == "refuted"


def test_a_choice_of_numbers_is_a_divisor_or_a_power(w) -> None:
    two = sp.Piecewise((2, W > 0), (4, True))
    assert sg.check_gradient(sg.where(w > 0, w * w, w * w / 2), w, 4 * W / two)
    assert sg.check_gradient(sg.where(w > 0, w * w, w * w * 4), w, W * two**2 / 2)
    wrong = sg.check_gradient(sg.where(w > 0, w * w, w * w / 2), w, 3 * W / two)
    assert wrong.verdict == "refuted"


def test_what_sympy_makes_of_an_elu_net_is_right(w) -> None:
    x, b, y = sg.input("x", ()), sg.param("b", 0.4), sg.input("y", ())
    z = w * x + b
    loss = (sg.where(z > 0, z, sg.exp(z) - 1) - y) ** 2
    unit = sp.Piecewise((W * X + B, W * X + B > 0), (sp.exp(W * X + B) - 1, True))
    claim = [sp.diff((unit - Y) ** 2, v) for v in (W, B)]
    assert sg.check_gradient(loss, [w, b], claim)


def test_what_sympy_makes_of_hubers_loss_is_right(w) -> None:
    x, y = sg.input("x", ()), sg.input("y", ())
    r, gap = w * x - y, W * X - Y
    loss = sg.where(sg.abs(r) < 1, r * r / 2, sg.abs(r) - 0.5)
    claim = X * sp.Piecewise((gap, sp.Abs(gap) < 1), (1, W * X > Y), (-1, True))
    assert sg.check_gradient(loss, [w], [claim], seconds=2.0)


def test_a_component_is_measured_by_itself() -> None:
    """d_y is off by 100 where d_x is 1e130."""
    x, y = sg.param("x", 0.4), sg.param("y", 0.3)
    right = [sp.exp(X), 2 * Y]
    assert sg.check_gradient(sg.exp(x) + y * y, [x, y], right)
    wrong = [right[0], right[1] + sp.Max(0, X - 200)]
    assert sg.check_gradient(sg.exp(x) + y * y, [x, y], wrong).verdict == "refuted"


def test_the_command_line_finds_what_lies_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("SLOPE = 2\n", encoding="utf-8")
    (tmp_path / "claim.py").write_text(
        "import sympy as sp\nimport symgrad as sg\nfrom beside import SLOPE\n"
        "x = sg.param('x', 0.4)\nright = x * x, x, SLOPE * sp.Symbol('x', real=True)\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "symgrad", "check", str(tmp_path / "claim.py") + ":right"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
