"""The value of f, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from programs.py:6 (`f`).
Needs NumPy and nothing else.

    work  38 N + 34 flops
    ir    sha256 6811a044b859870d
"""

import numpy as np


def scatter_add(x, indices, axis, size):
    """The slices of x added up at their indices along an axis of the given size."""
    whole = np.zeros(x.shape[:axis] + (size,) + x.shape[axis + np.ndim(indices):], dtype=x.dtype)
    np.add.at(whole, (slice(None),) * axis + (indices,), x)
    return whole


def loss_and_grads(w, x, C, ids, k, mask):
    """The value of f, and its gradient with respect to each parameter.

    w        f64[4]     parameter
    x        f64[N, 3]  input
    C        f64[3, 4]  constant
    ids      i64[3]     constant
    k        f64[]      constant
    mask     bool[4]    constant
    returns  (f, (d_w,)): a float, and new arrays

    The name d_v stands for d f / d v.
    """
    N = len(x)

    # forward
    x_C = x @ C                             # (N, 4)  programs.py:6
    x_C_w = x_C @ w                         # (N,)
    scaled_w = 0.0 * w                      # (4,)
    chosen = np.where(mask, w, scaled_w)    # (4,)

    # loss
    f = (x_C_w * x_C_w).sum() / N * k + chosen @ w + (2.0 * w[ids]).sum()  #         programs.py:6

    # gradients
    d_w = (                                 # (4,)    of programs.py:6
        2.0 * (k / max(N, 1)) * x_C_w @ x_C + np.where(mask, 0.0, scaled_w) + np.where(mask, w, 0.0)
        + chosen + scatter_add(np.full((3,), 2.0), ids, axis=0, size=4)
    )

    return float(f), (d_w,)

# symgrad facts {"arguments": [["w", "f64[4]", "param"], ["x", "f64[N, 3]", "input"], ["C", "f64[3, 4]", "constant"], ["ids", "i64[3]", "constant"], ["k", "f64[]", "constant"], ["mask", "bool[4]", "constant"]], "constants": ["C", "ids", "k", "mask"], "kind": "gradients", "layout": [], "name": "loss_and_grads", "needs": [], "ranges": [], "reference": "func @loss_and_grads(param %w: f64[4], input %x: f64[N, 3], constant %C: f64[3, 4], constant %ids: i64[3], constant %k: f64[], constant %mask: bool[4]) {\n  %0 = matmul %x, %C : f64[N, 4]\n  %1 = matmul %0, %w : f64[N]\n  %2 = square %1 : f64[N]\n  %3 = mean %2 {axis = (0,), keepdims = false} : f64[]\n  %4 = multiply %3, %k : f64[]\n  %5 = constant 0.0 : f64[]\n  %6 = multiply %5, %w : f64[4]\n  %7 = where %mask, %w, %6 : f64[4]\n  %8 = multiply %7, %w : f64[4]\n  %9 = sum %8 {axis = (0,), keepdims = false} : f64[]\n  %10 = add %4, %9 : f64[]\n  %11 = take %w, %ids {axis = 0} : f64[3]\n  %12 = constant 2.0 : f64[]\n  %13 = multiply %11, %12 : f64[3]\n  %14 = sum %13 {axis = (0,), keepdims = false} : f64[]\n  %15 = add %10, %14 : f64[]\n  return %15\n}\n", "returns": ["f64[]", ["f64[4]"]], "rewrites": [], "target": "numpy", "wrt": [["w", "f64[4]"]]}
# symgrad sha256 eb4b154405b08ec3e9fedf8f632536552f45b3ec98abf074ddf5b30643573045
