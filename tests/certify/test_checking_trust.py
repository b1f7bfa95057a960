"""Reverse mode may be at fault: what a claim is compared with does not rest on it alone."""

import numpy as np
import pytest
import sympy as sp

import symgrad as sg
from symgrad.autodiff.reverse import _Sweep as REVERSE

X = sg.param("x", 0.5)
W = sg.param("w", np.linspace(-1.0, 1.0, 8))
x = sp.Symbol("x", real=True)


@pytest.fixture
def faulty(monkeypatch):
    """Reverse mode with 1 - y as tanh's partial, where 1 - y**2 is right."""
    right = REVERSE.partials

    def partials(self, f, y, whole, terms):
        return (1 - whole,) if y.op.name == "tanh" else right(self, f, y, whole, terms)

    monkeypatch.setattr(REVERSE, "partials", partials)


@pytest.mark.parametrize("form", ["formula", "expression", "function"])
def test_a_fault_of_reverse_mode_makes_no_wrong_claim_agree(faulty, form):
    """The claim that equals the faulty gradient is refuted, and the right one agrees."""
    tanh = {"formula": sp.tanh(x), "expression": sg.tanh(X)}.get(form)
    wrong, right = (1 - tanh, 1 - tanh * tanh) if tanh is not None else (
        lambda x: 1 - np.tanh(x), lambda x: 1 - np.tanh(x) ** 2)  # fmt: skip
    assert sg.check_gradient(sg.tanh(X), X, wrong).verdict == "refuted"
    check = sg.check_gradient(sg.tanh(X), X, right)
    assert check.verdict == "agrees"
    assert "SymPy does not simplify" in check.reason or form == "function"


def test_it_makes_none_agree_where_there_are_many_components(faulty):
    """Reverse mode's gradient is not used where the forward derivative is another."""
    loss = sg.sum(W * sg.tanh(W))
    wrong = sg.check_gradient(loss, W, lambda w: np.tanh(w) + w * (1 - np.tanh(w)))
    assert wrong.verdict == "refuted"
    right = sg.check_gradient(loss, W, lambda w: np.tanh(w) + w * (1 - np.tanh(w) ** 2))
    assert right.verdict == "agrees"
    _, slopes = sg.compile(loss)()
    assert not np.allclose(slopes, np.tanh(W.data) + W.data * (1 - np.tanh(W.data) ** 2))


def test_a_fault_on_a_part_of_the_domain_proves_nothing(monkeypatch):
    """SymPy compares with reverse mode: a claim with the same fault is found out before that."""
    right = REVERSE.partials

    def partials(self, f, y, whole, terms):
        if y.op.name != "square":
            return right(self, f, y, whole, terms)
        return (f.where(f.greater(terms[0], 777.0), terms[0], 2.0 * terms[0]),)

    monkeypatch.setattr(REVERSE, "partials", partials)
    for loss, wrt in ((sg.square(X), [X]), (sg.square(X) + X * sg.sum(W), [X, W])):
        claim = sg.grad(loss, wrt)
        check = sg.check_gradient(loss, wrt, claim)
        assert check.verdict == "refuted"
        assert check.point["x"] > 777.0


@pytest.mark.parametrize("scale", [1, 2])
def test_a_right_formula_stands_where_few_bits_do_not_tell(scale):
    """Far in erfc's tail balls of few bits around rounded literals divide by 0."""
    t = scale * x
    right = scale * sp.exp(-(t**2) / 2) / sp.sqrt(2 * sp.pi) / (sp.erfc(-t / sp.sqrt(2)) / 2)
    check = sg.check_gradient(sg.log_ndtr(scale * X), X, right)
    assert check.verdict in ("proved", "agrees")
    assert "rounding of the literals" not in check.reason  # constants of ops are exact
    assert sg.check_gradient(sg.log_ndtr(scale * X), X, 1.001 * right).verdict == "refuted"
