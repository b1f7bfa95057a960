"""Sums over one axis become one, for code that goes over the axis in a loop."""

import pytest

from symgrad.ir import parse, verify
from symgrad.ops import OPS
from symgrad.rewrite import joining

HEAD = "func @f(param %s: f64[], input %a: f64[N], input %b: f64[N], input %c: f64[M]) {\n"
SUM = "{axis = (0,), keepdims = false} : f64[]"


def check(before, after):
    def read(body):
        lines = "".join(f"  {line.strip()}\n" for line in body.strip().split(";"))
        return parse(HEAD + lines + "}\n", OPS)

    f = read(before)
    verify(f)
    g = joining(f)
    verify(g)
    assert str(g) == str(read(after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"%1 = sum %a {SUM}; %2 = vdot %a, %b : f64[]; %y = add %1, %2 : f64[]; return %y",
            f"%0 = multiply %a, %b : f64[N]; %1 = add %a, %0 : f64[N];%y = sum %1 {SUM}; return %y",
        ),
        (
            f"%1 = sum %a {SUM}; %2 = sum %b {SUM}; %y = subtract %1, %2 : f64[]; return %y",
            f"%0 = subtract %a, %b : f64[N]; %y = sum %0 {SUM}; return %y",
        ),
        (
            f"%1 = sum %a {SUM}; %2 = sum %b {SUM}; %3 = add %s, %1 : f64[];"
            "%y = add %3, %2 : f64[]; return %y",
            f"%0 = add %a, %b : f64[N]; %1 = sum %0 {SUM}; %y = add %s, %1 : f64[]; return %y",
        ),
    ],
)
def test_sums_that_are_added_up_become_one(before, after):
    check(before, after)


@pytest.mark.parametrize(
    "kept",
    [
        f"%1 = sum %a {SUM}; %2 = sum %c {SUM}; %y = add %1, %2 : f64[]; return %y",
        f"%1 = sum %a {SUM}; %2 = sum %b {SUM}; %y = add %1, %2 : f64[]; return %y, %1",
        f"%total = sum %a {SUM}; %2 = sum %b {SUM}; %y = add %total, %2 : f64[]; return %y",
    ],
)
def test_another_axis_another_reader_and_a_name_keep_a_sum(kept):
    check(kept, kept)
