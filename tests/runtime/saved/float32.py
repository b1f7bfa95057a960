"""The loss, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from programs.py:11.
Needs NumPy and nothing else.

    work  17 flops
    ir    sha256 14481c64ba18b5fa
"""

import numpy as np


def loss_and_grads(w, c):
    """The loss, and its gradient with respect to each parameter.

    w        f32[3]  parameter
    c        f32[3]  constant
    returns  (loss, (d_w,)): a float, and new arrays

    The name d_v stands for d loss / d v. Of maximum, at a tie each has derivative 1/2.
    """

    # forward
    product = 0.1 * w                                                 # (3,)  programs.py:11
    losses = np.maximum(product, c)                                   # (3,)
    loss = losses.sum()

    # gradients
    mask = (product == losses).astype(np.float32)                     # (3,)  of programs.py:11
    d_w = 0.1 * (mask / (mask + (c == losses).astype(np.float32)))    # (3,)

    return float(loss), (d_w,)

# symgrad facts {"arguments": [["w", "f32[3]", "param"], ["c", "f32[3]", "constant"]], "constants": ["c"], "kind": "gradients", "layout": [], "name": "loss_and_grads", "needs": [], "ranges": [], "reference": "func @loss_and_grads(param %w: f32[3], constant %c: f32[3]) {\n  %0 = constant 0.1 : f32[]\n  %1 = multiply %w, %0 : f32[3]\n  %2 = maximum %1, %c : f32[3]\n  %3 = sum %2 {axis = (0,), keepdims = false} : f32[]\n  return %3\n}\n", "returns": ["f32[]", ["f32[3]"]], "rewrites": [], "target": "numpy", "wrt": [["w", "f32[3]"]]}
# symgrad sha256 13dae6ff1b40e5c28fe8294fd2c88270c74d58b347788e800d64c678d13677d2
