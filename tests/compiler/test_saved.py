"""A saved text and its constants belong together, or are refused."""

from __future__ import annotations

import hashlib
import random
import shutil
import subprocess
import sys
import threading
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.errors import FormatError, SymgradError
from symgrad.runtime import saving

OLD = Path(__file__).parents[1] / "runtime" / "saved"
LARGE = 2000


def compiled(n: int, scale: float = 1.0, **options: Any) -> sg.CompiledFunction:
    """A function with constants of every dtype, some of them called as nothing should be."""
    w = sg.param("w", np.linspace(-1.0, 1.0, n))
    c = sg.constant(np.linspace(-scale, scale, n), "len")
    d, k = sg.constant(np.arange(n), "file"), sg.constant(2.5, "np")
    m, none = sg.constant(np.arange(n) % 2 == 0, "mask"), sg.constant(np.zeros((0, 3)), "self")
    return sg.compile(sg.sum(sg.where(m, w * c * d, w * k)) + sg.sum(none) * w[0], **options)


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name != "__pycache__")


def the_file_beside(path: Path) -> Path:
    (found,) = path.parent.glob(f"{path.name.removesuffix('.py')}.*.npz")
    return found


def alone(folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Runs a program in a folder where symgrad cannot be imported."""
    head = "import sys; sys.path.insert(0, '.'); sys.modules['symgrad'] = None\n"
    return subprocess.run(
        [sys.executable, "-I", "-c", head + program],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(("n", "target"), [(5, "numpy"), (LARGE, "numpy"), (5, "python")])
def test_a_saved_function_is_the_same_with_and_without_symgrad(
    tmp_path: Path, n: int, target: str
) -> None:
    """To the last bit; ``constants()`` gives what the function takes besides."""
    f = compiled(n, target=target)
    value, (gradient,) = f()
    path = f.save(tmp_path / "step.py")
    assert len(names(tmp_path)) == (2 if n == LARGE else 1)
    g = sg.load(path)
    assert (g.source, g.notes) == (f.source, ())
    assert all(a.dtype == f.constants[k].dtype for k, a in g.constants.items())
    again = g(f.ravel())
    program = (
        "import numpy as np, step\n"
        f"w = np.linspace(-1.0, 1.0, {n}){'.tolist()' if target == 'python' else ''}\n"
        "value, (gradient,) = step.loss_and_grads(w, **step.constants())\n"
        "print(float(value).hex(), float(np.dot(gradient, gradient)).hex())\n"
    )
    ran = alone(tmp_path, program)
    for v, d in ((value, gradient), (again[0], again[1][0])):
        assert ran.stdout.split() == [float(v).hex(), float(np.dot(d, d)).hex()], ran.stderr


def test_float32_nan_and_infinity_come_back_as_they_were(tmp_path: Path) -> None:
    c = np.array([[0.1, np.inf], [-np.inf, -0.0], [np.nan, 1e-40]], dtype=np.float32)
    f = sg.compile(sg.sum(sg.param("w", np.ones((3, 2)), dtype="f32") * sg.constant(c, "c")))
    back = sg.load(f.save(tmp_path / "f.py")).constants["c"]
    assert back.dtype == np.float32
    assert back.tobytes() == c.tobytes()


def test_the_files_of_others_are_refused_by_the_text_itself(tmp_path: Path) -> None:
    """Swapped, damaged or gone: by ``sg.load``, and by the text where symgrad is absent."""
    a, b = tmp_path / "a.py", tmp_path / "b.py"
    compiled(LARGE).save(a)
    compiled(LARGE, 2.0).save(b)
    of_a, of_b = the_file_beside(a), the_file_beside(b)
    assert of_a.stat().st_size == of_b.stat().st_size
    kept = of_a.read_bytes()
    for data in (of_b.read_bytes(), kept[:-1], kept.replace(b"\x00", b"\x01", 1)):
        of_a.write_bytes(data)
        with pytest.raises(FormatError, match=r"is not the file that was saved with a\.py"):
            sg.load(a)
        ran = alone(tmp_path, "import a; a.constants()")
        assert "is not the file that was saved with" in ran.stderr
    of_a.unlink()
    with pytest.raises(FormatError, match="missing beside the source"):
        sg.load(a)


def test_constants_in_the_text_are_part_of_its_hash(tmp_path: Path) -> None:
    """Also under a right hash, text and facts must tell the same."""
    path = compiled(5).save(tmp_path / "f.py")
    text = path.read_text()
    path.write_text(text.replace("-0.5, 0.0", "-0.5, 0.25"))
    with pytest.raises(FormatError, match="hash does not match"):
        sg.load(path)
    source, facts = saving.split(text)
    path.write_text(saving.join(source.replace("-0.5, 0.0", "-0.5, 0.25"), facts))
    with pytest.raises(FormatError, match="its constants are not what the facts tell"):
        sg.load(path)


def test_no_two_saves_share_a_file(tmp_path: Path) -> None:
    """Whatever they are called, also as files of constants are."""
    paths = [
        tmp_path / name for name in ("a.v1", "a.v2", "a", "m.npz", "a.py", "x" * 255, "ä\n'\"")
    ]
    for i, path in enumerate(paths):
        compiled(LARGE, i + 1.0).save(path)
    for i, path in enumerate(paths):
        f = compiled(LARGE, i + 1.0)
        assert sg.load(path)(f.ravel())[0] == f()[0]


def test_a_new_save_takes_the_old_constants_away(tmp_path: Path) -> None:
    """Unless a copy of the old text is there, which needs them."""
    path = tmp_path / "step.py"
    (tmp_path / "step.0123456789abcdef.npz").write_text("the user's own")
    for scale in (1.0, 2.0):
        compiled(LARGE, scale).save(path)
        assert len(names(tmp_path)) == 3
    shutil.copy(path, tmp_path / "step.py.bak")
    compiled(LARGE, 3.0).save(path)
    f = compiled(LARGE, 2.0)
    assert sg.load(tmp_path / "step.py.bak")(f.ravel())[0] == f()[0]
    (tmp_path / "step.py.bak").unlink()
    compiled(5).save(path)
    assert names(tmp_path) == ["step.0123456789abcdef.npz", "step.py"]


def test_a_reader_sees_one_save_or_another_and_never_half(tmp_path: Path) -> None:
    """While several write one path, small constants and large, each load is one of theirs."""
    path = tmp_path / "step.py"
    functions = [compiled(n, scale) for n in (5, LARGE) for scale in (1.0, 2.0)]
    right = {f()[0] for f in functions}
    functions[0].save(path)
    errors: list[BaseException] = []

    def save(f: sg.CompiledFunction) -> None:
        try:
            for _ in range(10):
                f.save(path)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=save, args=(f,)) for f in functions]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        g = sg.load(path)
        assert g(np.linspace(-1.0, 1.0, g.signature.arguments[0].type.size))[0] in right
    for thread in threads:
        thread.join()
    assert not errors
    functions[0].save(path)
    assert names(tmp_path) == ["step.py"]


def test_a_process_that_is_killed_while_it_saves_leaves_a_whole_file(tmp_path: Path) -> None:
    """At any moment; what it had written is gone, or goes with the next save."""
    compiled(LARGE).save(tmp_path / "step.py")
    program = (
        "import itertools, sys; import numpy as np; import symgrad as sg\n"
        "w = sg.param('w', 1.0)\n"
        "fs = [sg.compile(w * sg.sum(sg.constant(np.full(2000, v), 'c'))) for v in (1.0, 2.0)]\n"
        "print(flush=True)\n"
        "for f in itertools.cycle(fs): f.save(sys.argv[1])\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "step.py")]
    drawn = random.Random(0)
    for _ in range(3):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout
            process.stdout.readline()
            process.stdout.close()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(drawn.uniform(0.05, 0.2))
            process.kill()
        assert sg.load(tmp_path / "step.py")(1.0)[0] in (2000.0, 4000.0)
    compiled(5).save(tmp_path / "step.py")
    assert [n for n in names(tmp_path) if not n.startswith(".symgrad-")] == ["step.py"]


@pytest.mark.parametrize("name", ["constants", "float32", "plain", "scalars", "labels", "looped"])
def test_files_of_symgrad_0_1_still_load(name: str) -> None:
    """With a note where their constants have no hash."""
    f = sg.load(OLD / f"{name}.py")
    assert f.certificate is None
    assert not f.verify("L2").refuted
    has_constants = (OLD / f"{name}.npz").exists()
    assert [f"{name}.npz holds those of this text" in note for note in f.notes] == (
        [True] if has_constants else []
    )


def test_files_of_symgrad_0_1_compute_what_they_did(tmp_path: Path) -> None:
    f = sg.load(OLD / "constants.py")
    w, x = np.linspace(-1, 1, 4), np.arange(6.0).reshape(2, 3)
    c = np.arange(12.0).reshape(3, 4) / 7
    mask = np.array([True, False, True, False])
    value = np.mean((x @ c @ w) ** 2) * 2.5 + sum(w[mask] ** 2) + 2 * w[[2, 0, 1]].sum()
    assert f(w=w, x=x)[0] == pytest.approx(value, rel=1e-14)
    again = sg.load(f.save(tmp_path / "new.py"))
    assert again(w=w, x=x)[0] == f(w=w, x=x)[0]
    assert again.notes == ()


def saved_by_0_1(folder: Path) -> Path:
    shutil.copy(OLD / "constants.py", folder)
    shutil.copy(OLD / "constants.npz", folder)
    return folder / "constants.py"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"C": np.zeros((3, 5))}, r"C: expected float64 of shape \(3, 4\), got .* \(3, 5\)"),
        ({"C": np.zeros((3, 4), int)}, r"C: expected float64 of shape \(3, 4\), got int64"),
        ({"C": np.array([None], object)}, "C: expected|not allowed"),
        ({"other": np.zeros(3)}, "the entries are not"),
        ({f"x{i}": np.zeros(0) for i in range(3_000)}, "expected at most"),
        ({"C": np.zeros(1_000_000)}, "expected at most"),
    ],
)
def test_constants_without_a_hash_are_checked_one_by_one(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    path = saved_by_0_1(tmp_path)
    with np.load(OLD / "constants.npz") as arrays:
        np.savez(tmp_path / "constants.npz", **{**arrays, **change})
    with pytest.raises(FormatError, match=why):
        sg.load(path)


def test_a_bomb_of_constants_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """A gigabyte of zeros in a megabyte; here some megabytes in kilobytes."""
    path = saved_by_0_1(tmp_path)
    with zipfile.ZipFile(tmp_path / "constants.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("C", "ids", "k", "mask"):
            archive.writestr(f"{name}.npy", bytes(5_000_000 if name == "C" else 10))
    with pytest.raises(FormatError, match=r"expected at most|compressed"):
        sg.load(path)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Bytes flipped, cut out, doubled or put in."""
    whole = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        i = rng.randrange(len(whole) or 1)
        j = min(len(whole), i + rng.choice((1, 2, 10, 100)))
        kind = rng.randrange(5)
        if kind == 0 and i < len(whole):
            whole[i] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del whole[i:j]
        elif kind == 2:
            whole[i:i] = whole[i:j]
        elif kind == 3:
            whole[i:j] = rng.choice(
                (b"0", b"[" * 5000, b"-" * 5000, b"9" * 5000, b'"', b"\x00", b"**")
            )
        else:
            del whole[rng.randrange(len(whole) or 1) :]
    return bytes(whole)


@pytest.mark.parametrize("name", ["constants.py", "scalars.py", "looped.py", "step.py"])
def test_whatever_was_done_to_a_file_it_loads_or_is_refused(tmp_path: Path, name: str) -> None:
    """Texts under a right hash, which anybody can make, too: FormatError and nothing else."""
    rng = random.Random(name)
    for file in OLD.iterdir():
        shutil.copy(file, tmp_path)
    compiled(5).save(tmp_path / "step.py")
    path = tmp_path / name
    source, _, line = path.read_text().rpartition("# symgrad facts ")
    facts = line.partition("\n")[0]
    refused = 0
    for turn in range(300):
        parts = [source, facts]
        parts[turn % 2] = mutated(parts[turn % 2].encode(), rng).decode(errors="replace")
        body = f"{parts[0]}# symgrad facts {parts[1]}\n"
        path.write_text(f"{body}# symgrad sha256 {hashlib.sha256(body.encode()).hexdigest()}\n")
        try:
            sg.load(path)
        except FormatError:
            refused += 1
    assert refused > 100


def test_damaged_constants_load_or_are_refused(tmp_path: Path) -> None:
    rng = random.Random(0)
    path = saved_by_0_1(tmp_path)
    data = (OLD / "constants.npz").read_bytes()
    for _ in range(300):
        (tmp_path / "constants.npz").write_bytes(mutated(data, rng))
        with suppress(FormatError):
            sg.load(path)


def test_text_that_would_run_is_refused(tmp_path: Path) -> None:
    """Under a right hash; what a module computes, it computes when it is loaded."""
    path = compiled(5).save(tmp_path / "f.py")
    source, facts = saving.read(path)
    for line in (
        "K = 10**10**10", "K = '%0999999999d' % 1", "K = sum(range(10**11))",
        "def g(x=sum(range(10**11))):\n    return x", "K = [x for x in range(10**11)]",
    ):  # fmt: skip
        path.write_text(
            saving.join(source.replace("\n\n\ndef", f"\n\n\n{line}\n\n\ndef", 1), facts)
        )
        with pytest.raises(FormatError, match="is not allowed in emitted code"):
            sg.load(path)


def test_only_our_errors_leave_load(tmp_path: Path) -> None:
    """Facts nested deep, or with numbers and types that are too large."""
    path = compiled(5).save(tmp_path / "f.py")
    source, facts = saving.read(path)
    deep: Any = []
    for _ in range(600):
        deep = [deep]
    wrong = [
        {"returns": deep}, {"values": [[10**30]] * 5}, {"values": deep},
        {"arguments": [[n, "f64[" + "9" * 18 + "]", k] for n, _, k in facts["arguments"]]},
        {"arguments": [[n, "f64[" + "N, " * 5000 + "N]", k] for n, _, k in facts["arguments"]]},
        {"name": "g" * 10**6}, {"beside": {"file": "../f.npz", "sha256": "0" * 64}},
        {"beside": {"file": "f\x00.npz", "sha256": "0" * 64}},
    ]  # fmt: skip
    for change in wrong:
        path.write_text(saving.join(source, {**facts, **change}))
        with pytest.raises(SymgradError) as caught:
            sg.load(path)
        assert caught.type is FormatError
