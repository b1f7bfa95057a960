"""What is installed is what is on disk, under the names that are promised."""

import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_package_list_is_the_folders_on_disk() -> None:
    """pyproject.toml lists each package folder once, and no other."""
    block = re.search(r"^packages = \[(.*?)\]", PACKAGING, re.MULTILINE | re.DOTALL)
    assert block is not None
    listed = re.findall(r'"([\w.]+)"', block.group(1))
    found = {"symgrad"}
    for folder, package in ((ROOT / "symgrad", "symgrad"), (ROOT / "codegen", "symgrad.codegen")):
        for init in folder.rglob("__init__.py"):
            found.add(".".join([package, *init.parent.relative_to(folder).parts]))
    assert listed == sorted(found)


@pytest.mark.slow
def test_a_wheel_imports_beside_a_decoy_codegen(tmp_path: Path) -> None:
    """The built wheel, in a fresh environment, ignores a `codegen/` beside the user's script."""
    # built from a copy: what a build leaves behind would go into the next wheel
    source = tmp_path / "source"
    for folder in ("symgrad", "codegen"):
        shutil.copytree(ROOT / folder, source / folder)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source / file)
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(source)]
    subprocess.run(build, check=True, capture_output=True, text=True)
    (wheel,) = tmp_path.glob("symgrad-*.whl")

    fresh = tmp_path / "fresh"
    venv.create(fresh, with_pip=False, symlinks=True)
    python = str(fresh / "bin" / "python")
    site = sysconfig.get_path("purelib", vars={"base": str(fresh)})
    # the wheel goes in alone; NumPy is lent by this environment, by its folder and nothing else
    lent = tmp_path / "lent"
    lent.mkdir()
    home = Path(sysconfig.get_path("platlib"))
    for package in (*home.glob("numpy"), *home.glob("numpy.libs")):
        (lent / package.name).symlink_to(package)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True, text=True)

    user = tmp_path / "user"
    (user / "codegen").mkdir(parents=True)
    (user / "codegen" / "__init__.py").write_text("raise SystemExit('the decoy was imported')\n")
    (user / "script.py").write_text(
        "import sys\n"
        f"sys.path.append({str(lent)!r})\n"
        "import symgrad as sg\n"
        "import symgrad.codegen\n"
        "f = sg.compile(sg.square(sg.param('w', 3.0)))\n"
        "value, grads = f()\n"
        "print(float(value), float(grads.w), symgrad.__file__)\n"
    )
    run = subprocess.run([python, "script.py"], cwd=user, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    value, grad, file = run.stdout.split()
    assert (value, grad) == ("9.0", "6.0")
    assert Path(file).is_relative_to(fresh)


def test_codegen_refuses_another_name() -> None:
    """`import codegen` from the clone says to import `symgrad.codegen`."""
    run = subprocess.run(
        [sys.executable, "-c", "import codegen"], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode != 0
    assert "symgrad.codegen" in run.stderr


def test_the_interpreter_versions_agree() -> None:
    """requires-python, ruff's target and mypy's version are one version."""
    assert 'requires-python = ">=3.10"' in PACKAGING
    assert 'target-version = "py310"' in PACKAGING
    assert 'python_version = "3.10"' in PACKAGING
