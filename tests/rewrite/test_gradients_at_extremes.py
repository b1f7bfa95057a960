"""Gradients of both sides of a rule at huge and tiny numbers, and at 0.

A stabilising rule runs before reverse mode, which differentiates its right side: the value may be
kept, and the slope lost, as partials overflow or vanish elsewhere.
"""

import itertools
import math
from functools import partial

import numpy as np
import pytest
from worse_floats import FEW, is_worse

from symgrad.certify.accuracy import _programs as sides
from symgrad.certify.accuracy import reference
from symgrad.ir import Type, constant, interpret, parameter
from symgrad.rewrite.stable_rules import RULES

SCALARS = [r for r in RULES if not (r.lists or r.arrays) and len(r.domain) <= 2]
F64 = Type("f64")


def is_beyond(x, y):
    """True where the partial for x is beyond the largest float, though y times it is not."""
    return abs(x) == 1e-200 and abs(y) <= 1e-200


KNOWN = {  # where the left side's slope is better
    "y/sinh(x) = y*csch(x)": is_beyond,
    "y/(1 - exp(x)) = -y*bose(x)": is_beyond,
    "y/(exp(x) - 1) = y*bose(x)": is_beyond,
    # 5e-201 where 0 is right
    "1/(1/x + 1/y) = x*(y/(x + y))": lambda x, y: abs(x) == 1e200 and abs(y) in (0.5, 3.0),
}


def moving(rule, point):
    """The places of the variables that the rule takes where they are no literals."""
    places = []
    for i, name in enumerate(rule.domain):
        bound = {n: constant(v, F64) for n, v in point.items()}
        if rule.condition is None or rule.condition({**bound, name: parameter(name, F64)}):
            places.append(i)
    return places


def exactly(rule, point, place):
    """A slope with as many digits as it takes; None where there is none."""
    found = reference(rule, point)
    return None if found is None else float(found[place])


def worse_slopes(rule):
    """The points at which a slope is worse than before, with both."""
    before, after = sides(rule)
    found = []
    for numbers in itertools.product(FEW, repeat=len(rule.domain)):
        point = dict(zip(rule.domain, numbers, strict=True))
        arguments = [np.array(v) for v in numbers]
        with np.errstate(all="ignore"):
            old, new = (interpret(f, arguments) for f in (before, after))
        if not math.isfinite(old[0]) or (rule.deviates and rule.deviates(*numbers)):
            continue
        for i in moving(rule, point):
            left, right = float(old[i + 1]), float(new[i + 1])
            if math.isfinite(left) and is_worse(left, right, partial(exactly, rule, point, i + 1)):
                found.append((numbers, left, right))
    return found


@pytest.mark.parametrize("rule", SCALARS, ids=str)
def test_a_rule_makes_no_slope_worse_but_where_it_is_known(rule):
    """Of the program differentiated before, and behind the rule."""
    known, found = KNOWN.get(rule.name), worse_slopes(rule)
    assert [d for d in found if known is None or not known(*d[0])] == []
    assert found or known is None, "it is worse nowhere: know nothing"
