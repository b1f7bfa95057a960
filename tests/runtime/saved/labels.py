"""The cross-entropy, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from programs.py:9 (`f`).
Needs NumPy and nothing else.

    work  74 N - 11 flops
    ir    sha256 0b9289491f189e94
"""

import numpy as np


def loss_and_grads(W, x, y):
    """The cross-entropy, and its gradient with respect to each parameter.

    W        f64[3, 4]  parameter
    x        f64[N, 3]  input
    y        i64[N]     input
    returns  (f, (d_W,)): a float, and new arrays

    The name d_v stands for d f / d v.
    """
    N = len(x)

    # forward
    logits = x @ W                                                      # (N, 4)  programs.py:9
    max_logits = logits.max(axis=1)                                     # (N,)
    top = np.where(np.isfinite(max_logits), max_logits, 0.0)            # (N,)
    exps = np.exp(logits - top[:, None])                                # (N, 4)
    sum_exps = exps.sum(axis=1)                                         # (N,)
    lse = np.log(sum_exps) + top                                        # (N,)

    # loss
    f = (lse - logits[np.arange(N), y]).sum() / N                       #         programs.py:9

    # gradients
    d_logits = (exps / sum_exps[:, None] - np.eye(4)[y]) / max(N, 1)    # (N, 4)  of programs.py:9
    d_W = x.T @ d_logits                                                # (3, 4)

    return float(f), (d_W,)

# symgrad facts {"arguments": [["W", "f64[3, 4]", "param"], ["x", "f64[N, 3]", "input"], ["y", "i64[N]", "input"]], "constants": [], "kind": "gradients", "layout": [], "name": "loss_and_grads", "needs": [], "ranges": [["y", "4", "; built at programs.py:9"]], "reference": "func @loss_and_grads(param %W: f64[3, 4], input %x: f64[N, 3], input %y: i64[N]) {\n  %0 = matmul %x, %W : f64[N, 4]\n  %1 = logsumexp %0 {axis = (1,), keepdims = false} : f64[N]\n  %2 = within %y {size = 4} : i64[N]\n  %3 = reshape %2 {shape = (\"N\", 1)} : i64[N, 1]\n  %4 = take_along_axis %0, %3 {axis = 1} : f64[N, 1]\n  %5 = reshape %4 {shape = (\"N\",)} : f64[N]\n  %6 = subtract %1, %5 : f64[N]\n  %7 = mean %6 {axis = (0,), keepdims = false} : f64[]\n  return %7\n}\n", "returns": ["f64[]", ["f64[3, 4]"]], "rewrites": [], "target": "numpy", "wrt": [["W", "f64[3, 4]"]]}
# symgrad sha256 b21780a03becda1a1664366d17989b107ee123aaa7af634904edbb12c2b465ff
