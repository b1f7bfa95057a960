"""Rules on floats where their proofs do not look: huge, tiny, at 0, and outside their domains.

The proof is over the reals, and the samples are of ordinary size, so that neither sees sqrt(a)*
sqrt(b) = sqrt(a*b) fail: its right side is inf at a = b = 1e200, and 1 at a = b = -1.
"""

import itertools
import math
from functools import cache, partial

import mpmath
import numpy as np
import pytest
from worse_floats import FEW, as_float, is_worse

from symgrad.certify.accuracy import IRFamilies
from symgrad.ir import Type, constant, function, interpret, parameter
from symgrad.rewrite.rule import POSITIVE, REAL, Rule
from symgrad.rewrite.simplify import CHEAP
from symgrad.rewrite.stable_rules import RULES as STABLE
from symgrad.symbolic.precise import PRECISE, digits

COUNT = 3  # how many values a list or an array has
LINE = [0.0] + [s * m for m in (1e-200, 0.5, 1.0, 3.0, 20.0, 1e200) for s in (1.0, -1.0)]
LINE += [-0.0, 1e-8, 700.0, -700.0]
MILD = [0.0, 1e-200, 0.5, -3.0, 700.0, -700.0]  # at 1e200 a sum of exponentials has no digits


def points(rule):
    """Numbers, lists and arrays, whatever the domain says."""
    several = rule.lists + rule.arrays
    lists = [[*v] for v in itertools.product(MILD, repeat=COUNT)][::5]
    line = MILD if several else LINE if len(rule.domain) <= 2 else FEW
    axes = [lists if name in several else line for name in rule.domain]
    return [dict(zip(rule.domain, values, strict=True)) for values in itertools.product(*axes)]


@cache
def sides(rule):
    """A function of the flat variables for each side: the first element where it is an array."""
    f, flat, values = IRFamilies(), [], {}
    for name in rule.domain:
        shape = (COUNT,) if name in rule.arrays else ()
        several = COUNT if name in rule.lists else 1
        own = [parameter(f"{name}{i}", Type("f64", shape)) for i in range(several)]
        flat += own
        terms = [f.term(p) for p in own]
        values[name] = terms if name in rule.lists else terms[0]
    return [
        function("side", flat, [f.index(y, key=(("int", 0),) * f.type(y).rank).instr])
        if f.type(y).rank
        else function("side", flat, [y.instr])
        for y in (rule.first(f, values), rule.second(f, values))
    ]


def on_floats(rule, point):
    """Both sides as they run."""
    flat = []
    for name, v in point.items():
        flat += v if name in rule.lists else [np.array(v)]
    return [float(interpret(side, flat)[0]) for side in sides(rule)]


def exactly(rule, point):
    """The left side with as many digits as it takes.

    It is nan outside its domain, None at a pole, and inf where it cannot be computed so."""
    values = {}
    for name, v in point.items():
        exact = [mpmath.mpf(x) for x in v] if isinstance(v, list) else mpmath.mpf(v)
        values[name] = np.array(exact, dtype=object) if name in rule.arrays else exact
    try:
        with digits(700):
            left = np.asarray(rule.first(PRECISE, values), dtype=object).reshape(-1)[0]
            return as_float(left)
    except ZeroDivisionError:
        return None
    except OverflowError:
        return math.inf


def may_fire(rule, point):
    """True if the condition holds of these values as literals, or of any value."""
    if rule.arrays or rule.lists:
        return True  # such conditions are on shapes and places
    kind = Type("f64")
    literals = {name: constant(v, kind) for name, v in point.items()}
    values = {name: parameter(name, kind) for name in point}
    return rule.condition is None or rule.condition(literals) or rule.condition(values)


def deviations(rule):
    """The points at which the right side is worse, with both sides there."""
    found = []
    for point in points(rule):
        if may_fire(rule, point):
            left, right = on_floats(rule, point)
            if is_worse(left, right, partial(exactly, rule, point)):
                found.append((point, left, right))
    return found


@pytest.mark.parametrize("rule", [*CHEAP, *STABLE], ids=str)
def test_a_rule_makes_no_float_worse_but_where_it_says_so(rule):
    """Where the formula has a value the rule has it as well, and where it has none neither has."""
    found = deviations(rule)
    declared = rule.deviates or (lambda *numbers: False)
    assert [d for d in found if not declared(*d[0].values())] == []
    assert found or rule.deviates is None, "it deviates nowhere: declare nothing"


@pytest.mark.parametrize(
    ("right", "worst"),
    [
        (lambda f, a, b: f.sqrt(a * b), [1e200, 1e200]),
        (lambda f, a, b: f.sqrt(a * b), [-1.0, -1.0]),
        (lambda f, a, b: f.sqrt(a * b), [1e-200, 1e-200]),
        (lambda f, a, b: a * f.sqrt(f.divide(b, a)), [0.0, 3.0]),
    ],
)
def test_a_rule_that_a_proof_cannot_refute_is_found_out(right, worst):
    """Each is true of all positive numbers, but overflows, vanishes, or gains or loses a value."""
    rule = Rule("sqrt(a)*sqrt(b)", lambda f, a, b: f.sqrt(a) * f.sqrt(b), right,
                {"a": POSITIVE, "b": POSITIVE})  # fmt: skip
    assert worst in [[*point.values()] for point, _, _ in deviations(rule)]


def test_a_condition_is_asked_of_literals_and_of_values():
    """One that only literals meet is tried at them."""
    rule = Rule("a*b = b*a", lambda f, a, b: a * b, lambda f, a, b: b * a, {"a": REAL, "b": REAL},
                condition=lambda bound: bound["a"].is_constant)  # fmt: skip
    assert may_fire(rule, {"a": 1.0, "b": 2.0})
