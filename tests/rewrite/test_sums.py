"""Cotangents of blocks become one vector; products and sums lose what a person would not write,
and sums over one axis become one."""

import numpy as np
import pytest

import symgrad as sg
from symgrad.ir import parse, verify
from symgrad.ops import OPS
from symgrad.rewrite import joining, packing, reals

HEAD = (
    "func @f(param %t: f64[6], input %a: f64[2, 2], input %b: f64[2], input %c: f64[2, 3], "
    "input %v: f64[6]) {\n"
)


JOINED = "func @f(param %s: f64[], input %a: f64[N], input %b: f64[N], input %c: f64[M]) {\n"
SUM = "{axis = (0,), keepdims = false} : f64[]"


def check(rewrite, before, after, head=HEAD):
    def read(body):
        lines = "".join(f"  {line.strip()}\n" for line in body.strip().split(";"))
        return parse(head + lines + "}\n", OPS)

    f = read(before)
    verify(f)
    g = rewrite(f)
    verify(g)
    assert str(g) == str(read(after))


A = "pack %a {size = 6, blocks = ((0, (2, 2), (3, 1)),)} : f64[6]"
B = "pack %b {size = 6, blocks = ((2, (2,), (3,)),)} : f64[6]"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"%p = {A}; %q = {B}; %y = add %p, %q : f64[6]; return %y",
            "%y = pack %a, %b {size = 6, blocks = ((0, (2, 2), (3, 1)), (2, (2,), (3,)))} : f64[6];"
            "return %y",
        ),
        (
            f"%p = {B}; %y = add %p, %v : f64[6]; return %y",
            "%y = pack %v, %b {size = 6, blocks = ((0, (6,), (1,)), (2, (2,), (3,)))} : f64[6];"
            "return %y",
        ),
        (
            f"%p = {B}; %q = {B}; %y = add %p, %q : f64[6]; return %y",
            "%0 = add %b, %b : f64[2]; %y = pack %0 {size = 6, blocks = ((2, (2,), (3,)),)} : "
            "f64[6]; return %y",
        ),
        (
            "%y = pack %v {size = 6, blocks = ((0, (6,), (1,)),)} : f64[6]; return %y",
            "return %v",
        ),
        (
            f"%p = {A}; %q = {B}; %y = subtract %p, %q : f64[6]; return %y",
            "%0 = negative %b : f64[2]; %y = pack %a, %0 {size = 6, "
            "blocks = ((0, (2, 2), (3, 1)), (2, (2,), (3,)))} : f64[6]; return %y",
        ),
        (
            '%p = index %b {key = (("int", 0),)} : f64[]; '
            '%e = embed %p {shape = (2,), key = (("int", 1),)} : f64[2]; '
            "%y = pack %e, %b {size = 6, blocks = ((1, (2,), (1,)), (4, (2,), (1,)))} : f64[6]; "
            "return %y",
            '%p = index %b {key = (("int", 0),)} : f64[]; '
            "%y = pack %p, %b {size = 6, blocks = ((2, (), ()), (4, (2,), (1,)))} : f64[6]; "
            "return %y",
        ),
    ],
)
def test_what_is_added_to_a_pack_becomes_a_piece_of_it(before, after):
    check(packing, before, after)


def test_a_step_that_passes_the_end_makes_no_block():
    """[0:5:4] of five entries: blocks are cut by reshapes, so the second would need eight."""
    embed = '%e = embed %b {shape = (5,), key = (("slice", 0, 5, 4),)} : f64[5]'
    check(
        packing,
        f"%p = pack %b {{size = 5, blocks = ((1, (2,), (1,)),)}} : f64[5]; {embed};"
        "%y = add %p, %e : f64[5]; return %y",
        f"{embed}; %y = pack %e, %b {{size = 5, blocks = ((0, (5,), (1,)), (1, (2,), (1,)))}} : "
        "f64[5]; return %y",
    )


def test_a_pack_that_something_else_reads_stays():
    kept = f"%p = {B}; %y = add %p, %v : f64[6]; return %y, %p"
    check(packing, kept, kept)


def test_reals_turns_a_transposed_product_around():
    check(
        reals,
        "%p = transpose %c {axes = (1, 0)} : f64[3, 2]; %m = matmul %p, %a : f64[3, 2];"
        "%y = transpose %m {axes = (1, 0)} : f64[2, 3]; return %y",
        "%p = transpose %c {axes = (1, 0)} : f64[3, 2]; %0 = transpose %a {axes = (1, 0)} :"
        "f64[2, 2]; %1 = transpose %p {axes = (1, 0)} : f64[2, 3];"
        "%y = matmul %0, %1 : f64[2, 3]; return %y",
    )


def test_reals_sums_along_all_axes_at_once():
    check(
        reals,
        "%r = sum %c {axis = (0,), keepdims = false} : f64[3];"
        "%y = sum %r {axis = (0,), keepdims = false} : f64[]; return %y",
        "%y = sum %c {axis = (0, 1), keepdims = false} : f64[]; return %y",
    )


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
    """For code that goes over the axis in a loop."""
    check(joining, before, after, JOINED)


@pytest.mark.parametrize(
    "kept",
    [
        f"%1 = sum %a {SUM}; %2 = sum %c {SUM}; %y = add %1, %2 : f64[]; return %y",
        f"%1 = sum %a {SUM}; %2 = sum %b {SUM}; %y = add %1, %2 : f64[]; return %y, %1",
        f"%total = sum %a {SUM}; %2 = sum %b {SUM}; %y = add %total, %2 : f64[]; return %y",
    ],
)
def test_another_axis_another_reader_and_a_name_keep_a_sum(kept):
    """They are no addends of one sum, or a person reads them."""
    check(joining, kept, kept, JOINED)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_mean_that_keeps_leading_axes_is_the_mean(axis):
    """h - h.mean(axis=0) is one value with one cotangent, however a variance writes it; along the
    other axis of a square matrix the mean would be taken from its columns."""
    h = sg.tanh(sg.param("w", np.arange(9.0).reshape(3, 3)))
    center = sg.mean(h, axis=axis, keepdims=axis > 0)
    f = sg.compile(sg.sum(sg.square((h - center) * 2.0)) + sg.sum(sg.var(h, axis=axis)))
    assert f.verify().verdict == "verified"
    assert f.source.count("h - ") == 1
    assert ("keepdims" in f.source) is bool(axis)


@pytest.mark.parametrize("k", [0, 1, -1])
def test_rows_of_a_diagonal_of_flags_are_no_rows_of_the_identity(k):
    """A flag that is down leaves its row without a place."""
    v, i = sg.param("v", np.arange(1.0, 6.0)), sg.input("i", (5,), dtype=int)
    flags = sg.input("flags", (4,), dtype=bool)
    f = sg.function([v, i, flags], sg.where(sg.diag(flags, k)[i], v[:, None], 0.0))
    rows, up = np.array([0, 1, 3, 3, 2]), np.array([True, False, True, True])
    want = np.where(np.diag(up, k)[rows], v.data[:, None], 0.0)
    np.testing.assert_array_equal(f(v.data, rows, up), want)
