"""The examples run, from any folder, and give what they promise."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def run(name: str, cwd: Path, *options: str) -> str:
    command = [sys.executable, "-W", "error", str(EXAMPLES / name), *options]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_lectures_net_is_trained_and_drawn(tmp_path: Path) -> None:
    """The loss falls under 1e-3, and the graph of the loss is an SVG."""
    printed = run("lecture.py", tmp_path, "--out", "pictures")
    final = re.search(r"^loss (\S+),", printed, re.MULTILINE)
    assert final is not None
    assert float(final.group(1)) < 1e-3
    assert (tmp_path / "pictures" / "lecture.svg").read_text().rstrip().endswith("</svg>")
    assert "import symgrad" not in (tmp_path / "pictures" / "lecture_step.py").read_text()


@pytest.mark.slow
def test_the_moons_are_told_apart(tmp_path: Path) -> None:
    """A few hundred steps give 95 % accuracy, the emitted function and the picture."""
    printed = run("moons.py", tmp_path, "--steps", "300")
    accuracy = re.search(r"accuracy (\S+)%", printed)
    assert accuracy is not None
    assert float(accuracy.group(1)) >= 95.0
    assert "scores = [model(x) for x in Xb]" in printed
    assert "def loss_and_grads(theta, Xb, yb)" in printed
    assert (tmp_path / "out" / "moons.png").read_bytes().startswith(b"\x89PNG")


def test_scipy_finds_the_minimum(tmp_path: Path) -> None:
    """BFGS ends by its own criterion, at a point where the gradient vanishes."""
    printed = run("logistic.py", tmp_path)
    assert "Optimization terminated successfully" in printed
    gradient = re.search(r"largest gradient there: (\S+)", printed)
    assert gradient is not None
    assert float(gradient.group(1)) < 1e-4


def test_the_saved_function_runs_without_symgrad(tmp_path: Path) -> None:
    """The saved text gives the same bits in an interpreter where symgrad cannot be imported."""
    assert "the same to the last bit" in run("audit.py", tmp_path)


def test_the_planted_sign_is_found(tmp_path: Path) -> None:
    """The check names component and term, refutes the function too, and proves the mended one."""
    printed = run("check_by_hand.py", tmp_path)
    assert printed.count("refuted: d_s is") == 2
    assert "should be -" in printed
    assert "proved: SymPy shows that all 2 components are equal" in printed


def test_a_naive_logistic_loss_is_made_stable(tmp_path: Path) -> None:
    """nan as written, the right gradient as compiled, and the history says why."""
    printed = run("stable_logistic.py", tmp_path)
    assert "as written   loss inf, gradient [nan nan]" in printed
    assert "as compiled  loss 500.3" in printed
    assert "log(1 + exp(x)) = softplus(x)  at stable_logistic.py" in printed


def test_an_orbit_keeps_its_energy(tmp_path: Path) -> None:
    """The gradient that SymPy's energy compiles to drives a leapfrog integrator."""
    printed = run("kepler.py", tmp_path, "--steps", "500")
    drift = re.search(r"it drifts by (\S+) at most", printed)
    assert drift is not None
    assert float(drift.group(1)) < 1e-4
    assert "def lambdified(q1, q2, p1, p2):" in printed
