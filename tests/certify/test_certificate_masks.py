"""Masks: truth values in a constant, and scores of -inf, which an exponential makes 0."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.checker.balls import Balls, Dual
from symgrad.checker.exact_number import Unwritten
from symgrad.checker.prime_field import Field
from symgrad.checker.real_functions import F
from symgrad.checker.results import PRIMES
from symgrad.errors import VerificationError

INF = float("inf")
CAUSAL = np.tril(np.ones((3, 3), bool))
PENALTY = np.where(CAUSAL, 0.0, -INF)


def attention(masked: Callable[[Any], Any], target: str) -> Any:
    s = sg.param("s", np.arange(9.0).reshape(3, 3) / 10)
    p = sg.softmax(masked(s), axis=1)
    return sg.compile(sg.sum(p * p * s), target=target)


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize(
    "masked",
    [
        lambda s: s + PENALTY,
        lambda s: sg.where(CAUSAL, s, -INF),
        lambda s: (s + PENALTY) / 3.0,
        lambda s: 2.0 * (PENALTY - s),
    ],
)
def test_masked_attention_is_verified(masked: Callable[[Any], Any], target: str) -> None:
    """And with a gradient a little off, refuted."""
    f = attention(masked, target)
    assert f.verify()
    old = "(d_s,)" if target == "numpy" else "(((d_s_11,"
    line = f.source.rindex("    return ")
    assert f.source.count(old, line) == 1
    new = old.replace("d_s", "1.0000001 * d_s")
    f.source = f.source[:line] + f.source[line:].replace(old, new)
    assert f.verify().refuted


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_logsumexp_and_exp_of_masked_scores_are_verified(target: str) -> None:
    s = sg.param("s", np.arange(9.0).reshape(3, 3) / 10)
    assert sg.compile(sg.sum(sg.logsumexp(s + PENALTY, axis=1)), target=target).verify()
    assert sg.compile(sg.sum(sg.exp(s + PENALTY)), target=target).verify()


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_truth_values_are_constants(target: str) -> None:
    x = sg.param("x", np.array([0.3, 0.5]))
    loss = sg.sum(sg.where(np.array([True, False]), x, 0.0) ** 2)
    assert sg.compile(loss, target=target).verify()


def test_an_infinite_result_is_undecided() -> None:
    """It is no number that two programs could agree on."""
    s = sg.param("s", np.ones(2))
    c = sg.compile(sg.sum(s + np.array([0.0, -INF]))).verify()
    assert c.verdict == "undecided"


@pytest.mark.parametrize("algebra", [Field("seed", PRIMES[0], ""), Balls()])
def test_infinities_go_on_as_floats_have_them(algebra: Any) -> None:
    """Whatever number they meet; nothing comes of 0 * inf, nor of inf - inf."""
    number = algebra.variable(-1.5)
    for x in (number, Dual(number, algebra.one)):
        assert x + INF == INF == x - -INF == -INF * x == INF - x
        assert x * INF == -INF == INF / x == -INF + x
        assert x / INF == 0
        assert max(x, -INF) is x
        assert F.exp(x + -INF) == 0
        for nothing in (INF * (x - x), (x + INF) - (x + INF)):
            assert np.isnan(x + nothing)
    with pytest.raises(VerificationError):
        Unwritten() + INF


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_a_mask_may_be_an_argument(target: str) -> None:
    """Samples in which a row is masked whole, and its softmax nan, are passed over."""
    mask = sg.input("mask", (3, 4), dtype="bool")
    q, k = sg.param("q", np.ones((3, 2))), sg.param("k", np.ones((4, 2)))
    scores = sg.where(mask, q @ k.T, -np.inf)
    for loss in (
        sg.sum(sg.logsumexp(scores, axis=1)),
        sg.sum((sg.softmax(scores, axis=1) @ k) ** 2),
    ):
        assert sg.compile(loss, target=target).verify().verified


def test_a_point_with_infinite_data_goes_into_json() -> None:
    mask = sg.constant(np.array([0.0, -INF, 0.0]), name="mask")
    w = sg.param("w", np.array([0.3, 0.5, 0.1]))
    f = sg.compile(sg.logsumexp(w + mask))
    f.source = f.source.replace("w + mask", "2.0 * w + mask")
    certificate = f.verify()
    assert certificate.refuted
    assert "-inf" in str(json.loads(certificate.to_json())["levels"]["L3"]["point"])


def test_missing_data_behind_a_mask_is_no_fault() -> None:
    x = sg.constant(np.array([1.0, np.nan, 3.0]), name="x")
    there = sg.constant(np.array([True, False, True]), name="there")
    w = sg.param("w", 0.3)
    f = sg.compile(sg.sum(sg.where(there, sg.tanh(x * w), 0.0)))
    assert not f.verify().refuted
