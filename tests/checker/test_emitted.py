"""What the compiler emits is right, against the plain definition of each loss."""

from __future__ import annotations

import importlib.util
import random
import re
from collections import Counter
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from campaign import seeds
from claims import mlp

import symgrad as sg
from symgrad.checker import Claim, Identity, Refuted, verified, verify
from symgrad.checker.real_functions import FUNCTIONS, F
from symgrad.compiler.verifying import atoms_of

TESTS = Path(__file__).parents[1]
GOLDEN = TESTS / "codegen" / "golden"
NET = {"w1": "f64[2, 16]", "b1": "f64[16]", "w2": "f64[16, 16]", "b2": "f64[16]"}
NET |= {"w3": "f64[16]", "b3": "f64[]"}
DEEP = {"l1_w": "f64[4, 16]", "l1_b": "f64[16]", "l2_w": "f64[16, 8]", "l2_b": "f64[8]"}
DEEP |= {"l3_w": "f64[8, 3]", "l3_b": "f64[3]"}


def margin_loss(theta: Any) -> Any:
    losses = []
    for x, t in (([0.0, 1.0], 1.0), ([1.0, 0.5], -1.0)):
        score = mlp(theta, x, (2, 3, 1), lambda z, last: z if last else z.relu())
        losses.append((1 - t * score).relu())
    return sum(losses) * 0.5 + 1e-4 * sum(p * p for p in theta)


# name: types, how many of them are parameters, the loss
DEFINITIONS: dict[str, tuple[dict[str, str], int, Any]] = {
    "formula": (
        dict.fromkeys(("theta", "omega", "g", "length"), "f64[]"),
        2,
        "0.5 * (length * omega) ** 2 + g * length * (1.0 - np.cos(theta))",
    ),
    "logistic": (
        {"w": "f64[2]", "b": "f64[]", "x": "f64[N, 2]", "y": "f64[N]"},
        2,
        "np.sum(softplus(-y * (x @ w + b))) / len(y)",
    ),
    "margin": ({"theta": "f64[13]"}, 1, margin_loss),
    "moons": (
        NET | {"x": "f64[N, 2]", "y": "f64[N]"},
        6,
        "np.sum(relu(1.0 - y * (relu(relu(x @ w1 + b1) @ w2 + b2) @ w3 + b3))) / len(y)"
        " + 1e-4 * sum([np.sum(p * p) for p in (w1, b1, w2, b2, w3)]) + 1e-4 * (b3 * b3)",
    ),
    "recurrent": (
        {"w": "f64[2, 8]", "u": "f64[8, 8]", "b": "f64[8]", "v": "f64[8]"}
        | {"x": "f64[N, 4, 2]", "y": "f64[N]"},
        4,
        "np.sum((np.tanh(x[:, 3] @ w + np.tanh(x[:, 2] @ w + np.tanh(x[:, 1] @ w"
        " + np.tanh(x[:, 0] @ w + b) @ u + b) @ u + b) @ u + b) @ v - y) ** 2) / len(y)",
    ),
    "sequential": (
        DEEP | {"x": "f64[N, 4]", "labels": "i64[N]"},
        6,
        "cross_entropy(np.tanh(relu(x @ l1_w + l1_b) @ l2_w + l2_b) @ l3_w + l3_b, labels)"
        " + 1e-3 * sum([np.sum(p * p) for p in (l1_w, l1_b, l2_w, l2_b, l3_w, l3_b)])",
    ),
    "softmax": (
        {"w": "f64[4, 3]", "b": "f64[3]", "x": "f64[N, 4]", "labels": "i64[N]"},
        2,
        "cross_entropy(x @ w + b, labels)",
    ),
}
REFERENCE = """
import numpy as np


def cross_entropy(logits, labels):
    return sum([logsumexp(row) - row[k] for row, k in zip(logits, labels)]) / len(labels)


def loss({names}):
    return {loss}
"""


def golden(name: str, text: str | None = None) -> Claim:
    """The claim that a golden file, or a text in its place, is right."""
    types, count, loss = DEFINITIONS[name]
    text = text or (GOLDEN / f"{name}.py").read_text(encoding="utf-8")
    names = tuple(types)
    if isinstance(loss, str):
        loss = REFERENCE.format(names=", ".join(names), loss=loss)
    returns = ("f64[]", types["theta"]) if count == 1 else ()
    arrays = "import numpy" in text
    options = {"below": {"labels": (3,)}, "returns": returns, "arrays": arrays}
    options["atoms"] = atoms_of(text, "numpy" if arrays else "python")
    options["name"] = re.findall(r"^def (\w+)", text, re.MULTILINE)[-1]
    return Claim(text, loss, types, names[:count], **options)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_golden_file_is_right(name: str) -> None:
    """Identity with the definition, and agreement at points."""
    results = verify(golden(name))
    assert verified(results), "\n".join(map(str, results))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("logistic", "+ np.log1p(", "- np.log1p("),
        ("logistic", "np.exp(-np.abs(x))", "np.exp(np.abs(x))"),
        ("formula", "-2.0 * half * half", "-2.1 * half * half"),
        ("margin", "0.0 if x <= 0.0 else x", "0.0 if x <= 0.5 else x"),
    ],
)
def test_a_wrong_helper_is_found(name: str, old: str, new: str) -> None:
    """Helpers run like any other line; none is taken on trust."""
    text = golden(name).text
    assert old in text
    results = verify(golden(name, text.replace(old, new)))
    assert not isinstance(results[0], Identity)
    assert isinstance(results[1], Refuted)


def programs() -> ModuleType:
    """The random programs that the compiler's own test draws."""
    path = TESTS / "compiler" / "test_random_programs.py"
    spec = importlib.util.spec_from_file_location("random_programs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def namespace() -> SimpleNamespace:
    """What the programs are written with, on the checker's numbers."""
    same = "sum mean where transpose broadcast_to prod square negative add subtract multiply"
    functions = {name: getattr(np, name) for name in same.split()}
    return SimpleNamespace(**functions, **FUNCTIONS, silu=lambda x: x * F.sigmoid(x))


@pytest.mark.slow
@pytest.mark.parametrize("target", ["numpy", "python"])
def test_random_programs_raise_no_false_alarm(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emitted text of a right program is never refuted, and nearly always verified."""
    module = programs()
    kinds = ("unary", "binary", "reduce", "transpose", "matmul", "where", "index")
    types = {f"p{k}": f"f64[{', '.join(map(str, shape))}]" for k, shape in enumerate(module.SHAPES)}
    count: Counter[str] = Counter()
    tried = seeds(5, 600)
    for seed in tried:
        rng = random.Random(seed)
        length = rng.randint(2, 9)
        program = [
            (rng.choice(kinds), rng.randrange(10**6), rng.randrange(10**6)) for _ in range(length)
        ]
        monkeypatch.setattr(module, "sg", sg)
        built = module.safe(program, [np.ones(shape) for shape in module.SHAPES])
        if built is None:
            continue
        text = sg.compile(built[0], wrt=built[1], target=target).source
        monkeypatch.setattr(module, "sg", namespace())

        def loss(*arrays: Any, program: Any = program) -> Any:
            return module.build(program, [np.asarray(a) for a in arrays])

        results = verify(Claim(text, loss, types, tuple(types), arrays=target == "numpy"))
        assert not any(isinstance(r, Refuted) for r in results), (seed, *map(str, results))
        count["verified" if verified(results) else "not decided"] += 1
    assert count["verified"] > 0.8 * len(tried)
    assert count["not decided"] <= 1 + len(tried) // 100
