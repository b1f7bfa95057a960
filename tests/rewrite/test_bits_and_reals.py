"""Rules that a function applies, each on a line or two of IR: at huge, tiny and signed values.

Rules that keep bits keep them all; the others are worse nowhere, but where they say so.
"""

import itertools
import re
from functools import partial

import mpmath
import numpy as np
import pytest
from worse_floats import FEW, as_float, is_worse

from symgrad.ir import interpret, parse
from symgrad.ir.run import by_name, run
from symgrad.ops import OPS
from symgrad.rewrite import (
    AT_HAND,
    IDENTITIES,
    OF_CONTRACTIONS,
    OF_EMBEDDINGS,
    OF_FACTORS,
    OF_REALS,
    OF_REDUCTIONS,
    OF_WEIGHTS,
    RuleSet,
    apply_rules,
    joining,
    leading,
    packing,
)
from symgrad.rewrite.passes import REPEATS
from symgrad.rewrite.softmax import accurate_softmax, softmax
from symgrad.symbolic.precise import PRECISE, digits

TYPES = {"a": "f64[]", "b": "f64[]", "s": "f64[]", "t": "f64[]", "A": "f64[2]", "B": "f64[2]"}
SPREAD = "%s2 = broadcast_to %s {shape = (2,)} : f64[2]; "
TRUTH = "%p = greater %a, %b : bool[]; "
TRUE = "%true = constant true : bool[]; "
TURNED = "%m = reshape %A {shape = (1, 2)} : f64[1, 2]; "

IN_BITS = {
    "f(spread(a), b) = f(a, b)": ["s A", SPREAD + "%y = add %s2, %A : f64[2]"],
    "f(spread(a), b) = spread(f(a, b))": ["s b", SPREAD + "%y = divide %s2, %b : f64[2]"],
    "moved(spread(s)) = spread(s)": ["s", SPREAD + "%y = flip %s2 {axis = (0,)} : f64[2]"],
    "reshape(s) = spread(s)": ["s", "%y = reshape %s {shape = (1,)} : f64[1]"],
    "sum(a, no axes) = a": ["A", "%y = sum %A {axis = (), keepdims = false} : f64[2]"],
    "1*a = a, -1*a = -a": ["a", "%c = constant -1.0 : f64[]; %y = multiply %c, %a : f64[]"],
    "a/1 = a, a/-1 = -a": ["a", "%c = constant -1.0 : f64[]; %y = divide %a, %c : f64[]"],
    "(-a)*b = -(a*b)": ["a b", "%n = negative %b : f64[]; %y = divide %a, %n : f64[]"],
    "-(c*a) = (-c)*a": [
        "a",
        "%c = constant 3.0 : f64[]; %p = multiply %c, %a : f64[]; %y = negative %p : f64[]",
    ],
    "a + -0 = a, a + -b = a - b": ["a b", "%n = negative %a : f64[]; %y = add %n, %b : f64[]"],
    "a - 0 = a, a - -b = a + b": ["a", "%c = constant 0.0 : f64[]; %y = subtract %a, %c : f64[]"],
    "where(c, a, a) = a": ["a b", TRUTH + "%y = where %p, %a, %a : f64[]"],
    "where(true, a, b) = a": ["a b", TRUE + "%y = where %true, %a, %b : f64[]"],
    "a and true = a, a or true = true": [
        "a b",
        TRUTH + TRUE + "%y = logical_and %p, %true : bool[]",
    ],
    "where(c, where(c, a, b), d) = where(c, a, d)": [
        "a b s",
        TRUTH + "%q = where %p, %a, %b : f64[]; %y = where %p, %q, %s : f64[]",
    ],
    "sum(a, axes of size 1) = reshape(a)": [
        "A",
        TURNED + "%y = sum %m {axis = (0,), keepdims = false} : f64[2]",
    ],
    "a in its own type = a": ["A", "%y = reshape %A {shape = (2,)} : f64[2]"],
    "transpose(a, axes in order) = a": [
        "A",
        TURNED + "%y = transpose %m {axes = (0, 1)} : f64[1, 2]",
    ],
    "transpose(transpose(a)) = transpose(a)": [
        "A",
        TURNED + "%n = transpose %m {axes = (1, 0)} : f64[2, 1]; "
        "%y = transpose %n {axes = (1, 0)} : f64[1, 2]",
    ],
    "reshape(reshape(a)) = reshape(a)": ["A", TURNED + "%y = reshape %m {shape = (2,)} : f64[2]"],
    "embed(a) without a zero = reshape(a)": [
        "A",
        '%y = embed %A {shape = (2, 1), key = (("slice", 0, 2, 1), ("int", 0))} : f64[2, 1]',
    ],
    "f(spread(a)) = spread(f(a))": ["s", SPREAD + "%y = tanh %s2 : f64[2]"],
    "constant(c, c) = spread(c)": [
        "A",
        "%c = constant (-0.0, -0.0) : f64[2]; %y = multiply %c, %A : f64[2]",
    ],
    "f(sum(a, all axes, keepdims)) = f(spread(sum(a)))": [
        "A B",
        "%m = max %A {axis = (0,), keepdims = true} : f64[1]; %y = subtract %B, %m : f64[2]",
    ],
}
PLACED = (
    '%p = embed %A {shape = (2, 3), key = (("slice", 0, 2, 1), ("int", 1))} : f64[2, 3]; '
    '%q = embed %B {shape = (2, 3), key = (("slice", 0, 2, 1), ("int", 2))} : f64[2, 3]; '
)
IN_EMBEDDINGS = {
    "sum(embed(a)) = embed(sum(a))": [
        "A B",
        PLACED + "%y = sum %p {axis = (0,), keepdims = false} : f64[3]",
    ],
    "sum(embed(a) + embed(b)) = sum(embed(a)) + sum(embed(b))": [
        "A B",
        PLACED + "%r = subtract %p, %q : f64[2, 3]; "
        "%y = sum %r {axis = (0,), keepdims = false} : f64[3]",
    ],
    "embed(a) + embed(b) = embed(a + b)": [
        "A B",
        PLACED.replace('("int", 2)', '("int", 1)') + "%y = subtract %p, %q : f64[2, 3]",
    ],
    "embed(a)[key] = a": [
        "A B",
        PLACED + '%y = index %p {key = (("slice", 0, 2, 1), ("int", 1))} : f64[2]',
    ],
    "(embed(a) + embed(b))[key] = a[k] + b[l]": [
        "A B",
        '%p = embed %A {shape = (4,), key = (("slice", 0, 2, 1),)} : f64[4]; '
        '%q = embed %B {shape = (4,), key = (("slice", 1, 3, 1),)} : f64[4]; '
        "%r = subtract %p, %q : f64[4]; "
        '%y = index %r {key = (("slice", 1, 2, 1),)} : f64[1]',
    ],
}
IN_FACTORS = {
    "f(-a) = -f(a) for a linear f": [
        "A B",
        "%p = multiply %A, %B : f64[2]; %n = negative %p : f64[2]; "
        "%y = sum %n {axis = (0,), keepdims = true} : f64[1]",
    ],
    "c1*f(c2*a) = f((c1*c2)*a)": [
        "A",
        "%c = constant 3.0 : f64[]; %d = constant 0.5 : f64[]; %p = multiply %c, %A : f64[2]; "
        "%q = sum %p {axis = (0,), keepdims = false} : f64[]; %y = multiply %d, %q : f64[]",
    ],
    "0 - a = -a": ["a", "%c = constant 0.0 : f64[]; %y = subtract %c, %a : f64[]"],
    "a*(c*b) = (c*a)*b for a small a": [
        "s A",
        "%c = constant 3.0 : f64[]; %p = multiply %c, %A : f64[2]; %y = multiply %s, %p : f64[2]",
    ],
    "sum(a*s) = sum(a)*s": [
        "A s",
        "%p = multiply %A, %s : f64[2]; %y = sum %p {axis = (0,), keepdims = false} : f64[]",
    ],
    "(a/exp(s))*exp(s) = a": [
        "a s",
        "%e = exp %s : f64[]; %q = divide %a, %e : f64[]; %y = multiply %q, %e : f64[]",
    ],
    "(a/s)/where(s == 0, inf, s) = (a/s)/s": [
        "a s",
        "%p = divide %a, %s : f64[]; %z = constant 0.0 : f64[]; %i = constant inf : f64[]; "
        "%e = equal %s, %z : bool[]; %w = where %e, %i, %s : f64[]; %y = divide %p, %w : f64[]",
    ],
    "where(c, a, 0) + where(c, 0, b) = where(c, a, b)": [
        "a b s",
        TRUTH + "%z = constant 0.0 : f64[]; %v = where %p, %s, %z : f64[]; "
        "%w = where %p, %z, %a : f64[]; %y = add %v, %w : f64[]",
    ],
    "c1*a + c2*a = (c1 + c2)*a": [
        "s a",
        "%c = constant 0.5 : f64[]; %p = multiply %c, %a : f64[]; %q = add %s, %p : f64[]; "
        "%y = add %q, %p : f64[]",
    ],
    "c1*(a*b) + c2*(b*a) = (c1 + c2)*(b*a)": [
        "s A B",
        "%c = constant 3.0 : f64[]; %p = multiply %s, %A : f64[2]; %q = multiply %p, %B : f64[2]; "
        "%v = multiply %A, %B : f64[2]; %w = multiply %s, %v : f64[2]; "
        "%x = multiply %c, %w : f64[2]; %y = subtract %q, %x : f64[2]",
    ],
    "a/s + b/s = (a + b)/s": [
        "A B s",
        "%p = divide %A, %s : f64[2]; %q = divide %B, %s : f64[2]; %y = add %p, %q : f64[2]",
    ],
    "where(c, n*a, n*b) = n*where(c, a, b)": [
        "A B s",
        "%c = greater %A, %B : bool[2]; %p = multiply %A, %s : f64[2]; "
        "%q = multiply %s, %B : f64[2]; %y = where %c, %p, %q : f64[2]",
    ],
    "sum(a) + sum(b) = sum(a + b)": [
        "A B",
        TURNED + "%n = reshape %B {shape = (1, 2)} : f64[1, 2]; "
        "%p = sum %m {axis = (1,), keepdims = false} : f64[1] // of f.py:1; "
        "%q = sum %n {axis = (1,), keepdims = false} : f64[1] // of f.py:1; "
        "%y = subtract %p, %q : f64[1] // of f.py:1",
    ],
}
IN_REALS = {
    "0*a = 0": [
        "a",
        "%t = tanh %a : f64[]; %c = constant 0.0 : f64[]; %y = multiply %c, %t : f64[]",
    ],
    "0*f(x) + g(x) = g(x)": [
        "A B",
        "%s = sigmoid %A : f64[2]; %n = negative %A : f64[2]; %t = tanh %n : f64[2]; "
        "%c = constant 0.0 : f64[]; %p = multiply %c, %t : f64[2]; %q = multiply %s, %B : f64[2]; "
        "%y = add %p, %q : f64[2]",
    ],
    "abs(-a) = abs(a)": ["a", "%n = negative %a : f64[]; %y = absolute %n : f64[]"],
    "(-a < c) = (a > -c)": [
        "a",
        "%n = negative %a : f64[]; %c = constant 0.5 : f64[]; %p = less %n, %c : bool[]; "
        '%y = cast %p {dtype = "f64"} : f64[]',
    ],
    **{
        f"[a == {name}(a, c)]/ties = (1 {sign} sign(a - c))/2": [
            "a",
            f"%c = constant 0.5 : f64[]; %m = {name}imum %a, %c : f64[]; "
            "%p = equal %a, %m : bool[]; %q = equal %c, %m : bool[]; "
            '%u = cast %p {dtype = "f64"} : f64[]; %v = cast %q {dtype = "f64"} : f64[]; '
            "%w = add %u, %v : f64[]; %y = divide %u, %w : f64[]",
        ]
        for name, sign in (("max", "+"), ("min", "-"))
    },
    "where(n == 0, 0, n*x**(n - 1)) = n*x**(n - 1) for an exponential n": [
        "a b",
        "%n = exp %a : f64[]; %zero = constant 0.0 : f64[]; %one = constant 1.0 : f64[]; "
        "%is = equal %n, %zero : bool[]; %m = subtract %n, %one : f64[]; "
        "%q = power %b, %m : f64[]; %p = multiply %n, %q : f64[]; "
        "%y = where %is, %zero, %p : f64[]",
    ],
    "where(isfinite(max(x)), max(x), 0) = max(x)": [
        "a",
        "%t = tanh %a : f64[]; %v = broadcast_to %t {shape = (2,)} : f64[2]; "
        "%m = max %v {axis = (0,), keepdims = false} : f64[]; %f = isfinite %m : bool[]; "
        "%z = constant 0.0 : f64[]; %y = where %f, %m, %z : f64[]",
    ],
    "one index a row = rows of the identity": [
        "A",
        "%g = reshape %A {shape = (2, 1)} : f64[2, 1]; "
        "%i = constant ((0,), (2,)) : i64[2, 1]; "
        "%y = add_along_axis %g, %i {axis = 1, size = 3} : f64[2, 3]",
    ],
    "n*(a/n) = a for a size n": [
        "A",
        '%n = size {dim = 3, dtype = "f64"} : f64[]; %p = divide %A, %n : f64[2]; '
        "%y = multiply %n, %p : f64[2]",
    ],
    "diag(n, n) = n*identity": [
        "A",
        '%n = size {dim = 3, dtype = "f64"} : f64[]; '
        "%m = broadcast_to %n {shape = (2,)} : f64[2]; %d = diag %m {k = 0} : f64[2, 2]; "
        "%y = subtract %d, %A : f64[2, 2]",
    ],
    "6/(4*n) = 3/(2*n) for a size n": [
        "a",
        '%c = constant 6.0 : f64[]; %n = size {dim = 4, dtype = "f64"} : f64[]; '
        "%q = divide %c, %n : f64[]; %y = multiply %q, %a : f64[]",
    ],
    "s*a + s*b = s*(a + b)": [
        "s A B",
        "%p = multiply %s, %A : f64[2]; %q = multiply %s, %B : f64[2]; %y = add %p, %q : f64[2]",
    ],
    "(1/n)*a = a/n": [
        "A B",
        "%c = constant 1.0 : f64[]; %n = constant 3.0 : f64[]; %d = divide %c, %n : f64[]; "
        "%p = add %A, %B : f64[2]; %y = multiply %d, %p : f64[2]",
    ],
    "(a.T @ b).T = b.T @ a": [
        "A B",
        TURNED + "%n = reshape %B {shape = (1, 2)} : f64[1, 2]; "
        "%u = transpose %m {axes = (1, 0)} : f64[2, 1]; %p = matmul %u, %n : f64[2, 2]; "
        "%y = transpose %p {axes = (1, 0)} : f64[2, 2]",
    ],
    "reshape(sum(a)) = sum(a, keepdims)": [
        "A",
        "%p = sum %A {axis = (0,), keepdims = false} : f64[]; %c = constant 3.0 : f64[]; "
        "%q = multiply %c, %p : f64[]; %y = reshape %q {shape = (1,)} : f64[1]",
    ],
    "mean(a) = sum(a)/n": [
        "A B",
        "%p = multiply %A, %B : f64[2]; %y = mean %p {axis = (0,), keepdims = false} : f64[]",
    ],
    "sum(sum(a)) = sum(a)": [
        "A B",
        "%m = reshape %A {shape = (2, 1)} : f64[2, 1]; %p = multiply %m, %B : f64[2, 2]; "
        "%u = sum %p {axis = (0,), keepdims = false} : f64[2]; "
        "%y = sum %u {axis = (0,), keepdims = false} : f64[]",
    ],
    "a + 0 = a": ["a", "%c = constant 0.0 : f64[]; %y = add %a, %c : f64[]"],
    "a + a = 2*a": ["a", "%y = add %a, %a : f64[]"],
    "c1*(c2/a) = (c1*c2)/a": [
        "a",
        "%c = constant 3.0 : f64[]; %d = constant 0.5 : f64[]; %p = divide %c, %a : f64[]; "
        "%y = multiply %p, %d : f64[]",
    ],
    "a*(c*b) = (c*a)*b": [
        "a b",
        "%c = constant 3.0 : f64[]; %p = multiply %c, %b : f64[]; %y = multiply %a, %p : f64[]",
    ],
    "(s*a)*t = (s*t)*a": [
        "s A t",
        "%p = multiply %s, %A : f64[2]; %y = multiply %p, %t : f64[2]",
    ],
    "(s*a)/t = (s/t)*a": ["s A t", "%p = multiply %s, %A : f64[2]; %y = divide %p, %t : f64[2]"],
    "x**n for small n": ["a", "%c = constant 0.5 : f64[]; %y = power %a, %c : f64[]"],
    "-(a - b) = b - a": ["a b", "%p = subtract %a, %b : f64[]; %y = negative %p : f64[]"],
    "sum(spread(s)) = count*s": [
        "s",
        SPREAD + "%y = sum %s2 {axis = (0,), keepdims = false} : f64[]",
    ],
    "sum(a*b) = vdot(a, b)": [
        "A B",
        "%p = multiply %A, %B : f64[2]; %y = sum %p {axis = (0,), keepdims = false} : f64[]",
    ],
}
COLUMN = "%m = reshape %A {shape = (2, 1)} : f64[2, 1]; "
BOTH = " {axis = (0, 1), keepdims = false} : f64[]"
IN_REDUCTIONS = {
    "sum(a + row) = sum(a) + count*sum(row)": [
        "A B",
        COLUMN + "%p = multiply %m, %B : f64[2, 2]; %q = add %p, %B : f64[2, 2]; "
        f"%y = sum %q{BOTH}",
    ],
    "sum(a*row) = sum(sum(a)*row)": [
        "A B",
        COLUMN + "%p = add %m, %B : f64[2, 2]; %q = multiply %p, %B : f64[2, 2]; "
        f"%y = sum %q{BOTH}",
    ],
    "mean(a*row) = sum(a*row)/count": [
        "A B",
        COLUMN + "%p = multiply %m, %B : f64[2, 2]; %q = add %p, %B : f64[2, 2]; "
        f"%y = mean %q{BOTH}",
    ],
    "(n*a + b)/n = a + b/n": [
        "a b",
        "%n = constant 3.0 : f64[]; %p = multiply %n, %a : f64[]; %q = add %p, %b : f64[]; "
        "%y = divide %q, %n : f64[]",
    ],
    "(a*row).T @ b = row*(a.T @ b)": [
        "A B",
        COLUMN + "%o = add %m, %A : f64[2, 2]; %p = multiply %o, %A : f64[2, 2]; "
        "%q = transpose %p {axes = (1, 0)} : f64[2, 2]; %y = matmul %q, %B : f64[2]",
    ],
    "where(c, -a, 0) = -where(c, a, 0)": [
        "a b",
        TRUTH + "%n = negative %a : f64[]; %z = constant 0.0 : f64[]; "
        "%y = where %p, %n, %z : f64[]",
    ],
    "where(c, row*a, 0) = where(c, row, 0)*a": [
        "A s",
        "%z = constant 0.0 : f64[]; %o = greater %s, %z : bool[]; %p = multiply %s, %A : f64[2]; "
        "%y = where %o, %p, %z : f64[2]",
    ],
    "f(view(a), view(b)) = view(f(a, b))": [
        "A B",
        COLUMN + "%n = reshape %B {shape = (2, 1)} : f64[2, 1]; %y = divide %m, %n : f64[2, 1]",
    ],
    "a*w - s*w = (a - s)*w": [
        "A B",
        "%p = multiply %A, %B : f64[2]; %q = sum %p {axis = (0,), keepdims = true} : f64[1]; "
        "%r = multiply %B, %q : f64[2]; %y = subtract %p, %r : f64[2]",
    ],
    "f(c*a) = c*f(a)": [
        "A B",
        "%z = broadcast_to %B {shape = (500, 2)} : f64[500, 2]; %c = constant 0.5 : f64[]; "
        "%n = multiply %c, %z : f64[500, 2]; %t = transpose %n {axes = (1, 0)} : f64[2, 500]; "
        "%v = broadcast_to %A {shape = (500, 2)} : f64[500, 2]; %p = matmul %t, %v : f64[2, 2]; "
        "%q = sum %n {axis = (0,), keepdims = false} : f64[2]; %y = matmul %p, %q : f64[2]",
    ],
    "c*(a @ b) = (c*a) @ b": [
        "A B",
        "%z = broadcast_to %A {shape = (2500, 2)} : f64[2500, 2]; "
        "%v = reshape %z {shape = (5000, 1)} : f64[5000, 1]; "
        "%w = reshape %B {shape = (1, 2)} : f64[1, 2]; %p = matmul %v, %w : f64[5000, 2]; "
        "%c = constant 0.5 : f64[]; %q = multiply %c, %p : f64[5000, 2]; "
        '%y = index %q {key = (("int", 0), ("int", 0))} : f64[]',
    ],
    "(row*(a @ b)).T = row*(a @ b).T": [
        "A B",
        COLUMN + TURNED.replace("%m", "%n") + "%p = matmul %m, %n : f64[2, 2]; "
        "%q = multiply %B, %p : f64[2, 2]; %y = transpose %q {axes = (1, 0)} : f64[2, 2]",
    ],
}
IN_CONTRACTIONS = {
    "sum(a*b, axis) = a @ b": [
        "A B",
        COLUMN + "%o = add %m, %B : f64[2, 2]; %p = multiply %o, %A : f64[2, 2]; "
        "%y = sum %p {axis = (1,), keepdims = false} : f64[2]",
    ],
    "outer(a, b) + outer(c, d) = stack(a, c) @ stack(b, d)": [
        "A B",
        "%z = broadcast_to %B {shape = (500, 2)} : f64[500, 2]; "
        "%v = reshape %z {shape = (1000,)} : f64[1000]; %t = tanh %v : f64[1000]; "
        "%p = outer %v, %A : f64[1000, 2]; %q = outer %t, %B : f64[1000, 2]; "
        "%y = subtract %p, %q : f64[1000, 2]",
    ],
    "stack @ b.T = rows @ b.T": [
        "A B",
        COLUMN + "%n = multiply %m, %B : f64[2, 2]; %o = reshape %n {shape = (2, 1, 2)} "
        ": f64[2, 1, 2]; %p = multiply %o, %A : f64[2, 1, 2]; "
        "%t = transpose %n {axes = (1, 0)} : f64[2, 2]; "
        "%y = matmul %p, %t : f64[2, 1, 2] // of f.py:1",
    ],
    "where(rows of the identity, v, 0) = v at one place a row": [
        "A",
        "%c = constant true : bool[]; %d = broadcast_to %c {shape = (3,)} : bool[3]; "
        "%e = diag %d {k = 0} : bool[3, 3]; %i = constant (0, 2) : i64[2]; "
        "%o = take %e, %i {axis = 0} : bool[2, 3]; %z = constant 0.0 : f64[]; "
        "%m = reshape %A {shape = (2, 1)} : f64[2, 1]; %y = where %o, %m, %z : f64[2, 3]",
    ],
}
IN_HAND = {
    "a*c*b = (a*b)*c": [
        "s A B",
        "%z = multiply %A, %B : f64[2]; %p = multiply %A, %s : f64[2]; "
        "%q = multiply %p, %B : f64[2]; %y = subtract %q, %z : f64[2]",
    ],
    "a*c + b*c = (a + b)*c for an array c": [
        "s A B",
        "%p = multiply %A, %B : f64[2]; %q = multiply %s, %B : f64[2]; "
        "%y = subtract %p, %q : f64[2]",
    ],
    "sum(a*b)*s = sum(a*(b*s))": [
        "A B",
        COLUMN + "%p = multiply %m, %B : f64[2, 2]; %q = multiply %p, %m : f64[2, 2]; "
        "%u = sum %q {axis = (0,), keepdims = false} : f64[2]; %z = multiply %m, %A : f64[2, 2]; "
        "%v = multiply %u, %A : f64[2]; %y = subtract %z, %v : f64[2, 2]",
    ],
    "a*(c/b) = c*a/b": [
        "A s B",
        "%c = constant -1.0 : f64[]; %q = divide %c, %s : f64[]; %p = multiply %q, %A : f64[2]; "
        "%y = multiply %p, %B : f64[2]",
    ],
}
EXPS = "%e = exp %A : f64[2]; %u = sum %e {axis = (0,), keepdims = false} : f64[]; "
MASK = "%z = constant 0.0 : f64[]; %l = constant -inf : f64[]; %c = greater %A, %z : bool[2]; "
IN_WEIGHTS = {
    "sum(c*(e/sum(e))) = c for an exponential e": [
        "A s",
        EXPS + "%q = divide %s, %u : f64[]; %p = multiply %e, %q : f64[2]; "
        "%y = sum %p {axis = (0,), keepdims = false} : f64[]",
    ],
}
TOTAL = " {axis = (0,), keepdims = false} : f64[]; "
WEIGHTS = (
    "%l = logsumexp %A {axis = (0,), keepdims = true} : f64[1]; %d = subtract %A, %l : f64[2]; "
)
OF_PASSES = [  # rules that go on from what others of their pass have made, and so run with them
    (packing, "pack(a) + pack(b) = pack(a, b)", "A B",
     "%p = pack %A {size = 4, blocks = ((0, (2,), (1,)),)} : f64[4]; "
     "%q = pack %B {size = 4, blocks = ((2, (2,), (1,)),)} : f64[4]; %y = add %p, %q : f64[4]"),
    (packing, "pack(a) + pack(b) = pack(a, b)", "A B",
     "%p = pack %A {size = 4, blocks = ((0, (2,), (2,)),)} : f64[4]; "
     "%q = pack %B {size = 4, blocks = ((0, (2,), (2,)),)} : f64[4]; %y = add %p, %q : f64[4]"),
    (packing, "pack(v) = v", "A", "%y = pack %A {size = 2, blocks = ((0, (2,), (1,)),)} : f64[2]"),
    (leading, "f(a, sum(b, keepdims)) = f(a, sum(b)) for leading axes", "A B",
     COLUMN + "%p = multiply %m, %B : f64[2, 2]; "
     "%q = sum %p {axis = (0,), keepdims = true} : f64[1, 2]; %y = divide %p, %q : f64[2, 2]"),
    (joining, "sum(a) + sum(b) = sum(a + b)", "A B",
     "%0 = sum %A" + TOTAL + "%1 = sum %B" + TOTAL + "%y = add %0, %1 : f64[]"),
    (joining, "sum(a) + sum(b) = sum(a + b)", "A B",
     "%0 = sum %A" + TOTAL + "%1 = vdot %A, %B : f64[]; %y = subtract %0, %1 : f64[]"),
    (joining, "(s + sum(a)) + sum(b) = s + sum(a + b)", "s A B",
     "%0 = sum %A" + TOTAL + "%1 = sum %B" + TOTAL
     + "%2 = add %s, %0 : f64[]; %y = add %2, %1 : f64[]"),
    *((step, "exp(x - logsumexp(x)) = exp(x - top)/sum(exp(x - top))", "A",
       WEIGHTS + "%y = exp %d : f64[2]") for step in (softmax, accurate_softmax)),
    *((step, "logsumexp(x) = log(sum(exp(x - top))) + top", "A",
       WEIGHTS + "%p = exp %d : f64[2]; %y = add %p, %l : f64[2]")
      for step in (softmax, accurate_softmax)),
]  # fmt: skip


def program(names, body):
    """A function of the body, in which only %y and what ``names`` lists have names."""
    body = re.sub(
        r"%([a-xz])\b", lambda m: m[0] if m[1] in names.split() else f"%{ord(m[1])}", body
    )
    head = ", ".join(f"param %{name}: {TYPES[name]}" for name in names.split())
    lines = "".join(f"  {line.strip()}\n" for line in body.split(";"))
    return parse(f"func @f({head}) {{\n{lines}  return %y\n}}\n", OPS)


def both(rule, names, body):
    """The program, what the rule makes of it, and the points to compare them at."""
    before = program(names, body)
    after, fired = apply_rules(before, RuleSet([rule]))
    assert fired
    yield from points(before, after, names)


def points(before, after, names):
    own = names.split()
    for values in itertools.product([*FEW, -0.0], repeat=len(own)):
        yield before, after, dict(zip(own, values, strict=True))


def arguments(point):
    """An array has the value of its name, and one half."""
    return [np.array(v) if n.islower() else np.array([v, 0.5]) for n, v in point.items()]


def test_each_rule_stands_in_the_tables():
    """A new one is tried as well."""
    assert list(IN_BITS) == [rule.name for rule in (*IDENTITIES.rules, *REPEATS.rules)]
    assert list(IN_EMBEDDINGS) == [rule.name for rule in OF_EMBEDDINGS.rules]
    assert list(IN_FACTORS) == [rule.name for rule in OF_FACTORS.rules]
    assert list(IN_REALS) == [rule.name for rule in OF_REALS.rules]
    assert list(IN_REDUCTIONS) == [rule.name for rule in OF_REDUCTIONS.rules]
    assert list(IN_CONTRACTIONS) == [rule.name for rule in OF_CONTRACTIONS.rules]
    assert list(IN_HAND) == [rule.name for rule in AT_HAND.rules]
    assert list(IN_WEIGHTS) == [rule.name for rule in OF_WEIGHTS.rules]


@pytest.mark.parametrize("rule", [*IDENTITIES.rules, *REPEATS.rules], ids=str)
def test_a_rule_that_keeps_bits_keeps_the_sign_of_zeros_too(rule):
    """But not that of a nan; and but for what the rule declares."""
    declared = rule.deviates or (lambda *numbers: False)
    for before, after, point in both(rule, *IN_BITS[rule.name]):
        (a,), (b,) = (interpret(f, arguments(point)) for f in (before, after))
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
        if a.dtype == float and not declared(*point.values()):
            same = (np.signbit(a) == np.signbit(b)) | np.isnan(a)
            assert same.all(), point


def exactly(function, point, i):
    """An element of the result with as many digits as it takes; None at a pole."""
    exact = [np.vectorize(mpmath.mpf, otypes=[object])(v)[()] for v in arguments(point)]
    try:
        with digits(700):
            (found,) = run(function, by_name(PRECISE), exact)
            return as_float(np.asarray(found, dtype=object).reshape(-1)[i])
    except ZeroDivisionError:
        return None


def worse(tried):
    """The points at which a program is worse than before, with both values."""
    found = []
    for before, after, point in tried:
        (a,), (b,) = (interpret(f, arguments(point)) for f in (before, after))
        for i, sides in enumerate(zip(a.reshape(-1), b.reshape(-1), strict=True)):
            if is_worse(*sides, partial(exactly, before, point, i)):
                found.append((point, *sides))
    return found


def check_declared(rule, found):
    declared = rule.deviates or (lambda *numbers: False)
    assert [d for d in found if not declared(*d[0].values())] == []
    assert found or rule.deviates is None, "it deviates nowhere: declare nothing"


@pytest.mark.parametrize(("step", "name", "names", "body"), OF_PASSES)
def test_a_pass_of_sums_or_softmax_makes_no_float_worse(step, name, names, body):
    """Where a rule says so it may; elsewhere its float is the old one, or right."""
    before = program(names, body)
    after, fired = step.apply(before)
    (rule,) = {each.rule for each in fired if each.rule.name == name}
    check_declared(rule, worse(points(before, after, names)))


SETS = {
    OF_EMBEDDINGS: IN_EMBEDDINGS,
    OF_FACTORS: IN_FACTORS,
    OF_REALS: IN_REALS,
    OF_REDUCTIONS: IN_REDUCTIONS,
    OF_CONTRACTIONS: IN_CONTRACTIONS,
    AT_HAND: IN_HAND,
    OF_WEIGHTS: IN_WEIGHTS,
}
PROGRAMS = {rule: programs[rule.name] for rules, programs in SETS.items() for rule in rules.rules}


@pytest.mark.parametrize("rule", PROGRAMS, ids=str)
def test_a_rule_of_reals_makes_no_float_worse_but_where_it_says_so(rule):
    """The law that formulas keep."""
    check_declared(rule, worse(both(rule, *PROGRAMS[rule])))
