"""A rule is data: written in a few lines, applied by the one engine, reported, and cheap to try."""

from __future__ import annotations

import pytest

from symgrad.ir import Type, emit, function, parameter, parse
from symgrad.ops import OPS
from symgrad.rewrite import canonicalize
from symgrad.rewrite.rewriter import Rewriter, RuleSet, rules_pass
from symgrad.rewrite.rule import BITS, CANONICAL, REALS, Rule, built
from symgrad.rewrite.simplify import CHEAP
from symgrad.rewrite.stable_rules import RULES as STABLE

PROGRAM = """
func @f(input %x: f64[]) {
  %s = sin %x : f64[]                              // train.py:1
  %c = cos %x : f64[]                              // train.py:1
  %loss = multiply %s, %c : f64[]                  // train.py:2
  return %loss
}
"""


def test_a_formula_of_ones_own_fires_and_is_told() -> None:
    """Name, left, right and domain are enough; the value keeps its name and its line."""
    halves = Rule(
        "sin(x)*cos(x) = sin(2*x)/2",
        lambda f, x: f.sin(x) * f.cos(x),
        lambda f, x: 0.5 * f.sin(2.0 * x),
        {"x": (-1e4, 1e4)},
    )
    after, fired = rules_pass("halves", RuleSet([halves])).apply(parse(PROGRAM, OPS))
    assert [x.op.name for x in after.body if not x.is_constant] == ["multiply", "sin", "multiply"]
    assert after.results[0].hint == "loss"
    assert [str(f) for f in fired] == ["sin(x)*cos(x) = sin(2*x)/2  at train.py:2"]
    assert fired[0].rule is halves


def test_a_rule_that_is_a_function_fires_and_is_told() -> None:
    """It has the ops that it looks at on its left, and what it builds is rewritten as well."""
    turned = built("cos(x) = sin(x + 2)", "cos", lambda r, x: r.build(
        "sin", r.build("add", x.operands[0], r.number(2.0, "f64"))))  # fmt: skip
    split = built("a + b = a - -b", "add", lambda r, x: r.build(
        "subtract", x.operands[0], r.build("negative", x.operands[1])))  # fmt: skip
    after, fired = rules_pass("turned", RuleSet([turned, split])).apply(parse(PROGRAM, OPS))
    assert "add" not in [x.op.name for x in after.body]
    assert [f.rule for f in fired] == [turned, split]


def test_rules_that_disagree_come_to_an_end() -> None:
    """Each undoes the other: after some rounds the engine leaves the value as it is."""
    swap = built("a*b = b*a", "multiply", lambda r, x: r.build("multiply", *x.operands[::-1]))
    after, fired = rules_pass("swap", RuleSet([swap])).apply(parse(PROGRAM, OPS))
    assert len(after.body) == 3
    assert 0 < len(fired) < 100


def test_a_replacement_of_another_type_is_refused() -> None:
    """So that a rule need not mind shapes."""
    wrong = built("sin(x) = x > 0", "sin", lambda r, x: r.build(
        "greater", x.operands[0], r.number(0.0, "f64")))  # fmt: skip
    program = parse(PROGRAM, OPS)
    assert rules_pass("wrong", RuleSet([wrong])).apply(program) == (program, ())


@pytest.mark.parametrize("name", ["firing", "still", "falling"])
def test_visits_grow_with_the_program(name: str) -> None:
    """As many as instructions and applications: four times as many for four times the program."""
    add, halve = OPS["add"], OPS["negative"]
    rules = {
        "firing": RuleSet([built("-x = 0 - x", "negative", lambda r, x: r.build(
            "subtract", r.number(0.0, "f64"), x.operands[0]))]),
        "still": RuleSet(STABLE),
        "falling": RuleSet([built("-(-x) = x", "negative", lambda r, x: (
            x.operands[0].operands[0] if x.operands[0].op.name == "negative" else None))]),
    }[name]  # fmt: skip

    def visits(size: int) -> tuple[int, int]:
        x = y = parameter("x", Type("f64"))
        for i in range(size):
            y = emit(halve, [y]) if i % 2 else emit(add, [emit(halve, [y]), x])
        f = function("f", [x], [y])
        run = Rewriter(f, rules)
        run.run()
        return run.visits, len(f.body) + len(run.fired)

    (few, bound), (many, bound_many) = visits(1_000), visits(4_000)
    assert few <= 2 * bound
    assert many <= 2 * bound_many
    assert many < 4.1 * few


def test_every_rule_says_what_it_preserves_and_what_it_is_for() -> None:
    """Canonical rules of a set that keeps bits keep bits; formulas have a domain to prove."""
    rules = [*STABLE, *CHEAP]
    assert all(rule.is_formula and rule.domain and rule.preserves == REALS for rule in rules)
    assert len({rule.name for rule in rules}) == len(rules)
    assert canonicalize.preserves == REALS
    kept = built("x = x", "sin", lambda r, x: None, preserves=BITS)
    assert (kept.purpose, rules_pass("kept", RuleSet([kept])).preserves) == (CANONICAL, BITS)
