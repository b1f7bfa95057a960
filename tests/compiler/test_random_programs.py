"""Random programs: the interpreter, both targets and finite differences agree.

A program is a list of steps over a pool of values; every step makes a new value from earlier ones,
so sharing, broadcasting and reductions meet in all combinations.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from campaign import many
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symgrad as sg
from symgrad.autodiff import differentiate
from symgrad.frontend.arrays.trace import trace
from symgrad.ir.run import interpret
from symgrad.rewrite import cse
from symgrad.rewrite.identities import RULES as IDENTITIES
from symgrad.rewrite.reals import RULES as REALS
from symgrad.rewrite.rewriter import RuleSet, apply_rules
from symgrad.rewrite.rule import Ops

UNARY = (
    "tanh", "sin", "cos", "exp", "softplus", "sigmoid", "square", "arctan", "log_sigmoid", "relu",
    "negative", "absolute", "erf", "silu",
)  # fmt: skip
BINARY = ("add", "subtract", "multiply", "maximum", "minimum", "hypot", "logaddexp", "arctan2")
SHAPES = ((), (3,), (2, 3), (2, 1))

Step = tuple[str, int, int]


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    kinds = ("unary", "binary", "reduce", "transpose", "matmul", "where", "index")
    count = draw(st.integers(2, 9))
    return [
        (draw(st.sampled_from(kinds)), draw(st.integers(0, 10**6)), draw(st.integers(0, 10**6)))
        for _ in range(count)
    ]


def build(program: list[Step], pool: list[Any]) -> Any:
    """The loss of a program: the sum of its last values, tamed so that it stays moderate."""
    for kind, i, j in program:
        a, b = pool[i % len(pool)], pool[j % len(pool)]
        pool.append(sg.tanh(make(kind, i, j, a, b)))
    return sum((sg.sum(v) for v in pool[-3:]), sg.sum(pool[0] * pool[0]))


def make(kind: str, i: int, j: int, a: Any, b: Any) -> Any:
    if kind == "unary":
        return getattr(sg, UNARY[j % len(UNARY)])(a)
    if kind == "binary":
        return getattr(sg, BINARY[(i + j) % len(BINARY)])(a, b)
    if kind == "reduce" and a.ndim:
        name = ("sum", "mean", "max", "logsumexp", "min", "prod")[j % 6]
        return getattr(sg, name)(a, axis=i % a.ndim, keepdims=bool(j % 2))
    if kind == "transpose" and a.ndim == 2:
        return a.T if j % 2 else sg.broadcast_to(a.T, a.T.shape)
    if kind == "matmul" and a.ndim == 2:
        return a @ sg.transpose(a)
    if kind == "where":
        return sg.where(a > 0.1, a * b, sg.sin(b) + a)
    if kind == "index" and a.ndim:
        return a[-1] if j % 2 else a[::-1]
    return a * 0.5 + 0.25


def fit(a: Any, b: Any) -> bool:
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return False
    return True


def safe(program: list[Step], arrays: list[Any]) -> tuple[Any, list[Any]] | None:
    params = [sg.param(f"p{k}", a) for k, a in enumerate(arrays)]
    try:
        return build(program, list(params)), params
    except ValueError:
        return None  # shapes that do not broadcast


@settings(max_examples=many(20, 1200), suppress_health_check=list(HealthCheck))
@given(steps(), st.integers(0, 2**32 - 1))
def test_targets_interpreter_and_differences_agree(program: list[Step], seed: int) -> None:
    """One loss, four ways to its gradient: numpy, python, interpreter, central differences."""
    rng = np.random.default_rng(seed)
    arrays = [rng.uniform(-1.5, 1.5, s) for s in SHAPES]
    built = safe(program, arrays)
    if built is None:
        return
    loss, params = built
    f = sg.compile(loss, wrt=params)
    g = sg.compile(loss, wrt=params, target="python")
    value, grads = f(*arrays)
    plain = [a.tolist() for a in arrays]
    value_python, grads_python = g(*plain)
    reference = interpret(f.ir, arrays)
    np.testing.assert_allclose(value, reference[0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(value_python, value, rtol=1e-10, atol=1e-12)
    for got, other, want in zip(grads, grads_python, reference[1:], strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(np.asarray(other), want, rtol=1e-9, atol=1e-10)
    check_direction(f, arrays, grads, rng)


def check_direction(f: Any, arrays: list[Any], grads: Any, rng: Any) -> None:
    """The directional derivative is the limit of differences, away from kinks."""
    direction = [rng.normal(size=a.shape) for a in arrays]
    slopes = []
    for step in (1e-6, 1e-7):
        ahead = f(*[a + step * d for a, d in zip(arrays, direction, strict=True)])[0]
        behind = f(*[a - step * d for a, d in zip(arrays, direction, strict=True)])[0]
        slopes.append((ahead - behind) / (2 * step))
    if abs(slopes[0] - slopes[1]) > 1e-6 * (1 + abs(slopes[0])):
        return  # a kink lies within a step
    want = sum(float(np.sum(np.asarray(g) * d)) for g, d in zip(grads, direction, strict=True))
    np.testing.assert_allclose(slopes[0], want, rtol=2e-5, atol=2e-6)


@settings(max_examples=many(20, 1200), suppress_health_check=list(HealthCheck))
@given(steps())
def test_the_operands_that_a_rule_names_hide_no_rewrite(program: list[Step]) -> None:
    """Looking rules up by the ops of the operands gives what trying every rule gives."""
    built = safe(program, [np.zeros(s) for s in SHAPES])
    if built is None:
        return
    f = differentiate(trace([built[0]]).function, [0])
    for rules in (IDENTITIES, REALS):
        looked_up = [rule for rule in rules.rules if not rule.is_formula]
        anywhere = {r: replace(r, left=Ops(r.left.own)) for r in looked_up}
        every = RuleSet([anywhere.get(rule, rule) for rule in rules.rules])
        g, _ = apply_rules(f, rules)
        assert g == apply_rules(f, every)[0]
        f = cse(g)
