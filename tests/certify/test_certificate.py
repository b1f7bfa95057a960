"""``verify()``: what is certified, what is refuted, and what stays undecided."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.certify import references
from symgrad.certify.assigned_line import line_of
from symgrad.certify.certificate import Certificate
from symgrad.certify.kinks import TABLE, judged
from symgrad.certify.verification import certify
from symgrad.checker import check_balls, check_identity, verified
from symgrad.compiler import driver, verifying
from symgrad.engine import Value
from symgrad.errors import ArgumentError, LimitError, VerificationError
from symgrad.nn import MLP

XS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
YS = [1.0, -1.0, -1.0, 1.0]


def logistic(**options: Any) -> Any:
    x, y = sg.input("x", ("N", 2)), sg.input("y", ("N",))
    w, b = sg.param("w", np.zeros(2)), sg.param("b", 0.0)
    return sg.compile(sg.mean(sg.log(1 + sg.exp(-y * (x @ w + b)))), **options)


def lecture(**options: Any) -> Any:
    model = MLP(3, [4, 4, 1], activation="tanh")
    return sg.compile(
        sum((model(x) - y) ** 2 for x, y in zip(XS, YS, strict=True)), model, **options
    )


def changed(f: Any, old: str, new: str) -> Any:
    """The function with another text."""
    assert f.source.count(old) == 1, f.source
    text = f.source.replace(old, new)
    return type(f)(text, f.signature, f.constants, {}, history=f.history, reference=f.reference)


ONE = MLP(2, [3, 1], activation="tanh")


@sg.value_and_grad(wrt=ONE)
def scalar_loss(xs: Any, ys: Any) -> Any:
    losses = [sg.maximum(1 - y * ONE(x), 0.0) for x, y in zip(xs, ys, strict=True)]
    return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in ONE.parameters())


def aux_loss() -> Any:
    x, k = sg.input("x", ("N", 3)), sg.input("k", ("N",), dtype="i64")
    w = sg.param("w", np.zeros((3, 4)))
    logits = x @ w
    hits = sg.mean(sg.astype(sg.argmax(logits, axis=1) == k, "f64"))
    return sg.compile(sg.losses.cross_entropy(logits, k), aux=(hits, logits))


def bound() -> Any:
    data = sg.constant(np.linspace(-1, 1, 80), name="data")
    w = sg.param("w", np.ones(80))
    return sg.compile(sg.sum(sg.tanh(w * data)[np.arange(0, 80, 3)]))


def plain() -> Any:
    x = sg.input("x", ("N", 2))
    return sg.function(x, (sg.sum(x * x, axis=1), sg.sin(x).T))


def second() -> Any:
    x = sg.param("x", np.ones(3))
    g = sg.grad(sg.sum(sg.exp(x) * x[::-1]) + sg.prod(x), x)
    return sg.compile(sg.sum(g * g))


def guarded() -> Any:
    x = sg.param("x", np.ones(3))
    y = sg.input("y", ("N",))
    return sg.compile(sg.sum(sg.where(x > 0, x * sg.tanh(x), 0.0)) * sg.mean(y[3:]))


def norms() -> Any:
    x, y = sg.param("x", np.ones(3)), sg.param("y", 2.0)
    return sg.compile(sg.norm(x - y) + sg.hypot(y, x[0]) ** 3 + sg.sqrt(y * y) + abs(y) ** 1.5)


MADE = {
    "array, numpy": logistic,
    "array, python": lambda: logistic(target="python", sizes={"N": 3}),
    "scalars, python": lambda: lecture(target="python"),
    "scalars, numpy": lecture,
    "scalars, looped": lambda: lecture(target="python", style="looped"),
    "a function": lambda: scalar_loss.compiled(np.ones((5, 2)), np.ones(5)),
    "with aux": aux_loss,
    "with bound data": bound,
    "without gradients": plain,
    "second order": second,
    "a size that must be large": guarded,
    "norms": norms,
    "strict": lambda: logistic(strict=True),
    "as written": lambda: logistic(stabilize=False, reassociate=False),
    "float32": lambda: sg.compile(sg.sum(sg.param("x", np.ones(3, np.float32)) ** 2)),
}


@pytest.mark.parametrize("name", MADE)
def test_what_is_emitted_is_verified(name: str, tmp_path: Path) -> None:
    """Compiled, pickled, saved and loaded: identity, agreement, small rounding."""
    f = MADE[name]()
    certificate = f.verify()
    assert certificate.verified, certificate
    again = pickle.loads(pickle.dumps(f)).verify()
    assert again.verified, again
    assert again.digests == certificate.digests
    assert again.rewrites == certificate.rewrites
    loaded = sg.load(f.save(tmp_path / "f.py")).verify()
    assert loaded.verified, loaded
    assert loaded.reference == references.CARRIED
    assert loaded.digests == certificate.digests
    for part in ("kinks", "rewrites", "unchecked", "branches"):
        assert getattr(loaded, part) == getattr(certificate, part), part
    # The IR of a file has sizes where the user's function has numbers that are read as such.
    # What sg.grad made is part of its reference.
    told = ("the number ", "what sg.grad made")
    read = [a for a in certificate.assumptions if not a.startswith(told)]
    assert list(loaded.assumptions) == read
    assert loaded.levels["L0"] == certificate.levels["L0"]


@pytest.mark.parametrize("activation", [sg.tanh, abs])
def test_large_programs_are_judged_as_whole_arrays(activation: Any) -> None:
    """Number by number they would take minutes; so would a fallback that nobody is told of."""
    x, y = sg.input("x", ("N", 32)), sg.input("y", ("N",), dtype="i64")
    w, v = sg.param("w", np.ones((32, 24))), sg.param("v", np.ones((24, 10)))
    f = sg.compile(sg.losses.cross_entropy(activation(x @ w) @ v, y))
    told = str(f.verify())
    assert told.startswith("verified")
    assert "primes near 2**31" in told
    assert "of 106 bits" in told


X, W = sg.input("x", ("N", 40)), sg.param("W", np.linspace(-0.2, 0.3, 120).reshape(40, 3))
T, Z = sg.param("t", 0.3), sg.tanh(X @ W)
CUBES, V = sg.input("x", (4, "N", 20)), sg.param("V", np.linspace(-0.2, 0.3, 400).reshape(20, 20))
WHOLE = {
    "a comparison of numbers": (sg.relu(sg.sum(W * W) - 1) * sg.mean(Z), [W]),
    "a choice of numbers": (sg.where(T > 0.1, sg.mean(Z), 2 * sg.mean(Z)) * T, [W, T]),
    "a gradient of a mean": (sg.sum(sg.grad(sg.mean(Z), W) ** 2), [W]),
    "a quotient": (sg.mean(Z) / T, [W, T]),
    "weights in a list": (sg.mean(Z * np.array([0.2, 0.3, 0.5])), [W]),
    "a guard": (sg.std(W) + sg.mean(Z), [W]),
    "norms of rows": (sg.sum(sg.norm(W, axis=1)) + sg.mean(Z), [W]),
    "multiples of pi": (sg.mean(sg.constant(np.linspace(0.0, np.pi, 400)) * T), [T]),
    "a batch of matrices": (sg.mean(sg.tanh(CUBES @ V) ** 2), [V]),
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_arrays_do_what_programs_do(name: str) -> None:
    """None of them is taken number by number."""
    loss, wrt = WHOLE[name]
    told = str(sg.compile(loss, wrt).verify())
    assert told.startswith("verified")
    assert "primes near 2**31" in told


@pytest.mark.parametrize("threshold", ["w >= 0.5", "w > 0.5001", "w > 0.51"])
def test_what_a_verdict_does_not_see_is_not_called_judged(threshold: str) -> None:
    """d_w is right to 77 digits of the other component, whichever side is taken."""
    v, w = sg.param("v", 1.0), sg.param("w", 0.3)
    f = sg.compile(v * v + sg.exp(-1000.0 * sg.where(w > 0.5, w * w, 0.5 * w)))
    c = changed(f, "w > 0.5", threshold).verify()
    assert c.refuted or threshold in str(c.branches)


def test_the_logarithm_of_a_mixture_is_known_for_any_number_of_rows() -> None:
    """Each row is shifted by its own maximum, whose weight is among its numbers."""
    y, m = sg.input("y", "N"), sg.param("m", np.zeros(3))
    terms = np.array([0.2, 0.3, 0.5]) * sg.exp(-0.5 * (y[:, None] - m[None, :]) ** 2)
    assert sg.compile(-sg.mean(sg.log(sg.sum(terms, axis=1))), [m]).verify().verified


def test_floats_are_as_exact_in_each_component() -> None:
    """Another gradient is 1e4 times as large as the error of float32."""
    v, u = sg.param("v", np.ones(3)), sg.param("u", np.linspace(-1.0, 1.0, 1500))
    f = sg.compile(1e4 * sg.sum(v * v) + sg.mean(sg.tanh(u)))
    assert f.verify().verified
    single = "float(loss), (d_v, d_u.astype(np.float32).astype(np.float64))"
    assert changed(f, "float(loss), (d_v, d_u)", single).verify().refuted


def test_a_helper_that_was_changed_is_no_atom() -> None:
    x = sg.param("x", 0.3)
    f = sg.compile(1.0 - sg.cos(x), target="python")
    assert f.verify().verified
    wrong = changed(f, "sin_(0.5 * x)", "sin_(0.25 * x)")
    claim = replace(f.subject.claims[0], text=wrong.source)
    assert not verified((check_identity(claim), check_balls(claim)))
    assert wrong.verify().refuted


def test_the_reference_says_where_it_is_from() -> None:
    """Expressions, a scalar program, the function itself, a file."""
    assert logistic().verify("L1").reference == references.TRACED
    assert lecture().verify("L1").reference == references.SCALARS
    assert MADE["a function"]().verify("L1").reference == references.AGAIN


def test_a_certificate_says_what_was_done() -> None:
    """Levels, rewrites, kinks, assumptions, hashes, and what was not checked; also as JSON."""
    f = logistic()
    c = f.verify(seed=3)
    text, data = str(c), json.loads(c.to_json())
    assert text.startswith("verified: loss_and_grads(w: f64[2], b: f64[], x: f64[N, 2], y: f64[N])")
    assert "identity at N = 1, 2, 7, 19 mod 2**127 - 1" in text
    assert "seed 3" in text
    assert "log(1 + exp(x)) = softplus(x)  at test_certificate.py" in text
    assert "L4: not asked for" in text
    assert "sizes other than N = 1, 2, 7, 19" in text
    assert data["verdict"] == "verified"
    assert data["levels"]["L2"]["trials"] >= 6
    assert data["levels"]["L5"]["error"] < 1e-14
    assert len(data["digests"]["text"]) == 64
    assert set(data["versions"]) >= {"symgrad", "python", "numpy", "sympy"}
    assert data["assumptions"][0] == "finite real arguments"


def test_an_identity_is_never_called_proved() -> None:
    """The word is kept for what is certain."""
    levels = logistic().verify().levels
    assert {name for name, level in levels.items() if level["result"] == "proved"} == {"L0", "L1"}


@pytest.mark.parametrize(
    ("old", "new", "component", "line"),
    [
        ("d_w = d_pre", "d_w = 2.0 * d_pre", "d_w", "d_w ="),
        ("float(d_b)", "-float(d_b)", "d_b", "d_b ="),
    ],
)
def test_a_wrong_gradient_is_refuted(old: str, new: str, component: str, line: str) -> None:
    """With the component, its line, and a point."""
    x, y = sg.input("x", ("N", 2)), sg.input("y", ("N",))
    w, b = sg.param("w", np.zeros(2)), sg.param("b", 0.0)
    scores = sg.tanh(x @ w + b)
    f = sg.compile(sg.mean((scores - y) ** 2))
    c = changed(f, old, new).verify()
    assert c.refuted
    level = c.levels["L3"]
    assert level["component"].startswith(component)
    assert line in level["text"]
    assert level["text"] in f.source.replace(old, new)
    assert set(level["point"]) == {"w", "b", "x", "y"}
    assert json.loads(c.to_json())["verdict"] == "refuted"
    assert "refuted in d_" in str(c)


def test_a_text_off_the_list_does_not_run() -> None:
    """It is no function's text, and it is refuted as a text."""
    f = logistic()
    bad = f.source.replace("N = len(x)", "N = open(x)")
    with pytest.raises(sg.errors.FormatError):
        changed(f, "N = len(x)", "N = open(x)")
    with pytest.raises(sg.errors.FormatError):
        f.source = bad
    assert f.verify().verified
    c = certify(replace(verifying.subject_of(f), text=bad))
    assert c.refuted
    assert c.levels["L2"]["reason"] == "the text is refused"


def test_aux_is_checked_too() -> None:
    """Not only the loss."""
    f = aux_loss()
    wrong = changed(f, "logits.argmax(", "logits.argmin(")
    assert not wrong.verify().verified


def test_without_a_reference_nothing_is_verified() -> None:
    """A file of an older version."""
    f = logistic()
    c = type(f)(f.source, f.signature, {}, {}).verify()
    assert c.verdict == "undecided"
    assert c.levels["L2"]["reason"] == "there is no reference"


def test_levels_stop_where_asked() -> None:
    """Fewer levels never verify; an unknown one is an error."""
    f = logistic()
    for level in ("L0", "L1", "L2"):
        c = f.verify(level)
        assert c.verdict == "undecided"
        assert "L3: not asked for" in c.unchecked
    with pytest.raises(ArgumentError, match="one of L0, L1"):
        f.verify("L9")


def test_a_refuted_function_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    """``verify=True`` gives the certificate, or raises with it."""
    assert logistic(verify=True).certificate.verified
    assert logistic().certificate is None
    emit = driver.emit
    wrong = lambda unit, target: emit(unit, target).replace(" + ", " - ")  # noqa: E731
    monkeypatch.setattr(driver, "emit", wrong)
    with pytest.raises(VerificationError, match="withheld") as caught:
        logistic(verify=True)
    assert isinstance(caught.value.certificate, Certificate)
    assert caught.value.certificate.refuted


def test_value_and_grad_verifies_too() -> None:
    """At its first call, for any number of examples."""
    model = MLP(2, [2, 1])

    @sg.value_and_grad(wrt=model, verify=True)
    def loss(xs: Any, ys: Any) -> Any:
        return sum((model(x) - y) ** 2 for x, y in zip(xs, ys, strict=True)) / len(xs)

    loss(np.ones((4, 2)), np.ones(4))
    certificate = loss.compiled(np.ones((4, 2)), np.ones(4)).certificate
    assert certificate is not None
    assert certificate.verified
    assert certificate.levels["L2"]["sizes"] == [1, 2, 7, 13]


def test_a_closure_that_changed_is_told() -> None:
    """What is traced again must be what was compiled."""
    w, factors = Value(1.0, label="w"), [2.0]

    @sg.value_and_grad(wrt=[w])
    def loss(xs: Any) -> Any:
        return sum(w * x * factors[0] for x in xs)

    f = loss.compiled([1.0, 2.0])
    assert f.verify().verified
    factors[0] = 3.0
    c = f.verify()
    assert c.verdict == "undecided"
    assert "has changed since" in c.levels["L2"]["reason"]


def test_a_function_that_needs_two_examples_is_checked_at_two() -> None:
    """The sizes are those at which it can be traced."""
    w = Value(0.5, label="w")

    @sg.value_and_grad(wrt=[w])
    def loss(xs: Any) -> Any:
        mean = sum(xs) / len(xs)
        return w * sum((x - mean) ** 2 for x in xs) / (len(xs) - 1)

    c = loss.compiled([1.0, 2.0, 4.0]).verify()
    assert c.verified, c
    assert c.levels["L2"]["sizes"] == [2, 7, 13]
    assert "sizes other than N = 2, 7, 13" in c.unchecked


def test_numbers_made_of_n_are_named() -> None:
    """1.0 / len(xs) is one at any N, and the certificate says which were read so."""
    c = MADE["a function"]().verify()
    assert "the number 0.14285714285714285 means 1.0/7" in c.assumptions


def test_no_graph_is_kept_alive() -> None:
    """A compiled function holds numbers, not the Values that it was traced from."""
    import gc

    w = Value(0.5, label="w")
    f = sg.compile(sum((w * float(i)).tanh() for i in range(50)), wrt=[w])
    gc.collect()
    known = [o for o in gc.get_objects() if issubclass(type(o), Value)]
    assert len([v for v in known if v._operands]) < 50
    assert f.verify().verified


def test_an_op_from_a_formula_is_listed() -> None:
    """It is derived by SymPy and not proved in the suite, and its reference is the formula."""
    import sympy as sp

    bump = sg.elementwise("certificate_bump", lambda x: x / (1 + sp.exp(-x * x)))
    x = sg.param("x", np.ones(3))
    c = sg.compile(sg.sum(bump(x))).verify()
    assert c.verified, c
    assert c.levels["L0"]["formulas"] == ["certificate_bump"]
    assert "derived by SymPy when they were made: certificate_bump" in str(c)


@pytest.mark.parametrize("kink", TABLE, ids=lambda k: k.shown)
def test_what_is_chosen_at_a_kink_holds(kink: Any) -> None:
    """The compiler's rule gives the stated number, which lies between the one-sided slopes."""
    assert judged(kink)["holds"]


def test_a_choice_outside_the_slopes_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """relu'(0) = 2 would be no subgradient."""
    from symgrad.ops import OPS

    x = sg.param("x", 1.0)
    f = sg.compile(sg.relu(x))
    relu = OPS["relu"]
    judged.cache_clear()
    rule = relu.partials
    object.__setattr__(relu, "partials", lambda f, y, x: (2.0,))
    try:
        c = f.verify()
    finally:
        object.__setattr__(relu, "partials", rule)
        judged.cache_clear()
    assert c.refuted
    assert c.levels["kinks"]["component"] == "relu'(0)"


def test_lines_are_found_in_either_form() -> None:
    """By the name of a gradient, and by the place in a tuple."""
    text = (
        "def f(theta):\n    a, b = theta\n    d_a = b\n    d_b = a\n    return a * b, (d_a, d_b)\n"
    )
    assert line_of(text, "d_theta[1]") == (4, "d_b = a")
    assert line_of(text, "d_a[2, 0]") == (3, "d_a = b")
    assert line_of(text, "the value")[0] == 2
    assert line_of(text, "the text") == (0, "")
    assert line_of("def f(:", "d_a") == (0, "")


def test_a_symbolic_proof_is_asked_for() -> None:
    """L4 runs the text on SymPy's expressions; what it cannot show it does not claim."""
    theta, omega = sg.param("theta", 0.5), sg.param("omega", 0.1)
    f = sg.compile(0.5 * omega**2 + 1.0 - sg.cos(theta) + sg.tanh(theta * omega), target="python")
    c = f.verify("L4")
    assert c.verified
    assert c.levels["L4"]["result"] == "proved"
    assert "the text is sympy.diff of the reference" in str(c)
    wrong = changed(f, "sin_(theta)", "2.0*sin_(theta)").verify("L4")
    assert wrong.refuted
    assert "SymPy cannot show" in wrong.levels["L4"]["reason"]


def test_a_symbolic_proof_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that are too large, or take too long, are left undecided at L4."""
    from symgrad.symbolic import symbolically

    monkeypatch.setattr(symbolically, "SECONDS", 1e-3)
    c = logistic().verify("L4")
    assert c.verified
    assert "stopped after 0.001 seconds" in c.levels["L4"]["reason"]
    monkeypatch.setattr(symbolically, "OPERATIONS", 10)
    with pytest.raises(LimitError, match="more than OPERATIONS = 10"):
        symbolically.proved(verifying.subject_of(logistic()).claims[0], 1)


def test_two_comparisons_of_one_line_are_told_apart() -> None:
    """A cap that no sample meets is named, although its line compares something else as well."""
    f = logistic()
    old, new = "np.log1p(np.exp(-np.abs(x)))", "np.log1p(np.exp(-np.minimum(np.abs(x), 1e6)))"
    capped = changed(f, old, new)
    assert [line for line in f.verify().branches if "its tie" not in line] == []
    assert any("1e6" in line for line in capped.verify().branches)


def test_branches_are_not_spoken_of_without_an_identity() -> None:
    """What did not run to its end says nothing of which ways comparisons went."""
    c = logistic().verify("L1")
    assert c.verdict == "undecided"
    assert "both ways" not in str(c)


def test_accurate_texts_of_plain_python_are_certified() -> None:
    """The accurate forms round, in plain Python too; and exp(-2 log(...)) is related to the log."""
    w = sg.param("w", 0.5)
    for loss in (sg.gelu(w) * w, sg.tanh(sg.softplus(w))):
        assert sg.compile(loss, accurate=True, target="python").verify().verified


def test_a_value_that_numpy_makes_an_array_of_no_axes_is_a_number() -> None:
    """``float`` of it is one, in exact numbers as well."""
    x = sg.param("x", np.array([0.5, 2.0]))
    assert sg.compile(sg.norm(x)).verify().verified
