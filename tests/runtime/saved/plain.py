"""The outputs.

Emitted by symgrad 0.1.0, target `numpy`, from programs.py:14.
Needs NumPy and nothing else.

    work  8 flops
    ir    sha256 effe26149d783075
"""

import numpy as np


def f(v, k, D):
    """The outputs.

    v        f64[3]  parameter
    k        f64[]   constant
    D        f64[3]  constant
    returns  the outputs
    """

    # forward
    vdot = v @ D    #       programs.py:14
    v_k = v * k     # (3,)

    return float(vdot), v_k

# symgrad facts {"arguments": [["v", "f64[3]", "param"], ["k", "f64[]", "constant"], ["D", "f64[3]", "constant"]], "constants": ["k", "D"], "kind": "plain", "layout": [], "name": "f", "needs": [], "ranges": [], "reference": "func @f(param %v: f64[3], constant %k: f64[], constant %D: f64[3]) {\n  %0 = multiply %v, %D : f64[3]\n  %1 = sum %0 {axis = (0,), keepdims = false} : f64[]\n  %2 = multiply %v, %k : f64[3]\n  return %1, %2\n}\n", "returns": ["f64[]", "f64[3]"], "rewrites": [], "target": "numpy", "wrt": []}
# symgrad sha256 c2991417378841ba2a0a75c22618b725a921c741fe4f41f4f365e631f60851e8
