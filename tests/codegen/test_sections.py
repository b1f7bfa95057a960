"""How the emitted body is laid out: parts, headings, breaks, counts."""

from __future__ import annotations

import random
import re
import sys
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.codegen.line_breaks import broken, pieces
from symgrad.codegen.module import flops, operations
from symgrad.ir.naming import before, letters
from symgrad.ir.text import parse
from symgrad.nn import MLP
from symgrad.ops import OPS


def headings(source: str) -> list[str]:
    return re.findall(r"^    # (.*)$", source, re.MULTILINE)


def squares(xs: list[list[float]], ys: list[float], order: list[int]) -> Any:
    """The lecture's loss over the examples in some order."""
    random.seed(1)
    model = MLP(2, [2, 1], activation="tanh")
    scores = [model(xs[i]) for i in order] if order else [model(x) for x in xs]
    taken = [ys[i] for i in order] if order else ys
    loss = sum((s - y) ** 2 for s, y in zip(scores, taken, strict=True))
    return sg.compile(loss, wrt=model, target="python")


XS, YS = [[2.0, 3.0], [5.0, -1.0]], [1.0, -0.5]


def test_each_example_is_a_section() -> None:
    """Forward and back, an example at a time, and what each reads stands in the heading."""
    source = squares(XS, YS, []).source
    assert headings(source) == [
        "example a: x = (2.0, 3.0), y = 1.0",
        "example b: x = (5.0, -1.0), y = -0.5",
        "back through example a: z is the sum inside a neuron, and tanh'(z) is 1 - h*h",
        "back through example b: z is the sum inside a neuron, and tanh'(z) is 1 - h*h",
        "the gradient: each parameter collects its share from the two examples",
    ]


def test_a_heading_never_tells_the_wrong_numbers() -> None:
    """Examples taken in another order than their list's are parts without numbers."""
    assert headings(squares(XS, YS, [1, 0]).source)[:2] == ["part a", "part b"]


def test_parts_that_read_each_other_are_no_sections() -> None:
    """A recurrence of lettered values falls back to forward, loss and gradients."""
    a, b = sg.param("a", 0.1), sg.param("b", 0.2)
    u_a = sg.tanh(a * b)
    v_a = sg.exp(u_a + a)
    u_b = sg.tanh(v_a * b)
    v_b = sg.exp(u_b + v_a)
    loss = u_a + v_a * u_b * v_b
    found = headings(sg.compile(loss, target="python").source)
    assert not any("part" in heading for heading in found)


def test_long_sums_break_at_their_terms() -> None:
    """A sum stands in brackets, a product with a sum in the product's own."""
    assert broken("y =", "alpha*x + beta*y - gamma*z", 24) == [
        "y = (",
        "    alpha*x + beta*y",
        "    - gamma*z",
        ")",
    ]
    assert broken("d_w[:3] +=", "a + b", 12) == ["d_w[:3] += (", "    a + b", ")"]
    assert pieces("2.0 * (a + f(b, c))") == ("2.0 * (", ["a", "+ f(b, c)"], ")")
    assert pieces("(alpha - beta) / max(N, 1)") == ("(", ["alpha", "- beta"], ") / max(N, 1)")
    assert pieces("a[b + c]") is None


def test_a_penalty_over_many_params_is_one_statement() -> None:
    """No partial sums with names that nobody would choose."""
    params = [sg.param(f"weights_{i}", np.ones((2, 3))) for i in range(9)]
    loss = 1e-4 * sum(sg.sum(p * p) for p in params)
    source = sg.compile(loss).source
    assert "loss = 1e-4 * (" in source
    assert "total" not in source


def test_what_is_too_long_is_cut_at_a_value_that_has_a_name() -> None:
    """The derivative by a value of the program says more than a part of a sum."""
    X, events, at_risk = (
        sg.input("X", ("N", 3)),
        sg.input("events", ("N",)),
        sg.input("R", ("N", "N")),
    )
    beta = sg.param("beta", np.array([0.3, -0.2, 0.5]))
    eta = X @ beta
    log_partial = sg.sum(events * (eta - sg.log(at_risk @ sg.exp(eta))))
    loss = 0.01 * sg.sum(beta**2) - log_partial / sg.sum(events) + sg.sum(sg.tanh(eta) ** 2)
    assert "    d_beta = 0.02 * beta + d_eta @ X " in sg.compile(loss).source


def test_letters_run_on_behind_z() -> None:
    """Thirty examples have two letters each, so that names sort and read alike."""
    assert letters(3) == ["a", "b", "c"]
    assert (letters(30)[0], letters(30)[-1]) == ("aa", "bd")


@pytest.mark.parametrize(
    ("name", "inside"), [("h1_2a", "z1_2a"), ("h", "z"), ("hidden", "pre_hidden")]
)
def test_what_stands_inside_an_activation_is_named_after_it(name: str, inside: str) -> None:
    assert before(name) == inside


def test_work_is_counted_from_the_ir() -> None:
    """2k - 1 a product's element, n - 1 a sum, nothing for a comparison or a move."""
    f = parse(
        """
func @f(param %w: f64[4, 3], input %x: f64[N, 4]) {
  %z = matmul %x, %w : f64[N, 3]
  %zero = constant 0.0 : f64[]
  %above = greater %z, %zero : bool[N, 3]
  %mask = cast %above {dtype = "f64"} : f64[N, 3]
  %h = multiply %z, %mask : f64[N, 3]
  %y = sum %h {axis = (0, 1), keepdims = false} : f64[]
  return %y
}
""".strip(),
        OPS,
    )
    assert flops(f) == "27 N - 1 flops"
    assert operations(f) == "1 multiplication"


def under(source: str) -> dict[str, list[str]]:
    """The names that are assigned under each heading."""
    found: dict[str, list[str]] = {}
    for line in source.splitlines():
        if line.startswith("    # "):
            found[line[6:]] = []
        elif found and (name := re.match(r"    (\w+) = ", line)):
            found[[*found][-1]].append(name[1])
    return found


def test_the_loss_begins_where_the_last_input_meets_another() -> None:
    """An input of the net that is read late, or weights that are made early, begin no loss."""
    x, z = sg.input("x", ("N", 4)), sg.input("z", ("N", 3))
    m, t = sg.input("m", ("N",)), sg.input("t", ("N",))
    a, w = sg.param("a", np.ones((4, 3))), sg.param("w", np.ones(3))
    share = m / sg.sum(m)
    h = sg.tanh(x @ a)
    g = sg.exp(h * z)
    err = g @ w - t
    found = under(sg.compile(sg.sum(share * err * err) + sg.sum(w * w)).source)
    assert {"share", "h", "g"} <= {*found["forward"]}
    assert found["loss"][0] == "err"
    assert found["loss"][-1] == "loss"


def test_scalars_that_arrays_need_are_no_part_of_the_loss() -> None:
    """The loss without a second input is what no array waits for."""
    x, w = sg.input("x", ("N", 4)), sg.param("w", np.ones((4, 4)))
    size = sg.sqrt(sg.sum(w * w))
    h = sg.tanh(x @ w / size)
    h2 = sg.sin(h) * h
    h3 = sg.cos(h2) * h + h2
    found = under(sg.compile(sg.sum(h3 * h2 * h) + size).source)
    assert {"size", "h", "h2", "h3"} <= {*found["forward"]}
    assert found["loss"] == ["loss"]


def test_gradients_that_the_loss_reads_are_part_of_the_way_forward() -> None:
    """Those that it does not reach are zeros among the gradients."""
    x, u = sg.input("x", ("N", 3)), sg.param("u", np.ones(2))
    w = sg.param("w", np.ones(3))
    slope = sg.grad(sg.sum(sg.tanh(x @ w)), w)
    found = under(sg.compile(sg.sum(slope * slope), [w, u]).source)
    assert "loss" in (*found.get("forward", ()), *found.get("loss", ()))
    assert next(name for name in found if "d_u" in found[name]).startswith("gradients")


def test_noise_that_comes_late_belongs_to_the_net() -> None:
    """The loss of an autoencoder begins where the data come in once more."""
    x, eps = sg.input("x", ("N", 4)), sg.input("eps", ("N", 4))
    a, b = sg.param("a", np.ones((4, 4))), sg.param("b", np.ones((4, 4)))
    mu = sg.tanh(x @ a)
    sample = mu + 0.1 * eps
    recon = sg.tanh(sample @ b)
    gap = recon - x
    found = under(sg.compile(sg.mean(gap * gap) + sg.mean(mu * mu)).source)
    assert found["forward"] == ["mu", "sample", "recon"]
    assert found["loss"] == ["gap", "loss"]


def test_letters_of_arrays_make_no_parts() -> None:
    """They tell values apart that have one name, and no neuron is spoken of."""
    x, w, v = (
        sg.input("x", ("N", 4)),
        sg.param("w", np.ones((4, 3))),
        sg.param("v", np.ones((4, 3))),
    )
    z = x @ w
    loss = sg.mean(sg.tanh(sg.tanh(z) @ v.T)) + sg.sum(sg.tanh(sg.softplus(z) @ v.T))
    source = sg.compile(loss).source
    assert " part " not in source
    assert "neuron" not in source
    assert "    # gradients" in source


def test_a_comment_tells_the_lines_of_its_own_statement() -> None:
    """Not that of another with the same literal, nor that where the parameter was made."""
    x, y = sg.param("x", np.ones(3)), sg.param("y", np.ones(3))
    n = sg.input("n", ("N",))
    a = sg.sum(x * x)
    first = sys._getframe().f_lineno - 1
    b = sg.mean(n) * sg.sum(y * y * sg.exp(y))
    source = sg.compile(a + b).source
    told = dict(re.findall(r"    (d_[xy]) = .*# .*of test_sections.py:(.*)", source))
    assert told == {"d_x": f"{first}", "d_y": f"{first + 2}"}
