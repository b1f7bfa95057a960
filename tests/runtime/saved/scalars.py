"""The loss, and its gradient, in plain Python.

Emitted by symgrad 0.1.0, target `python`, from programs.py:13.
Needs Python's math module and nothing else.

    work  13 multiplications, 5 additions, 3 tanh
    ir    sha256 b18cf4ac36bbc55f
"""

from math import tanh


def loss_and_grads(v, k, D):
    """The loss, and its gradient with respect to each parameter.

    v        3 floats  parameter
    k        f64[]     constant
    D        3 floats  constant
    returns  (loss, (d_v,)): a float, and tuples

    The name d_v stands for d loss / d v.
    """
    v_1, v_2, v_3 = v
    D_1, D_2, D_3 = D

    # forward
    tanh_2 = tanh(v_1*D_1)                 # programs.py:13
    tanh_3 = tanh(v_2*D_2)
    tanh_4 = tanh(v_3*D_3)
    loss = (tanh_2 + tanh_3 + tanh_4)*k

    # gradients
    d_v_1 = k*(1.0 - tanh_2*tanh_2)*D_1    # of programs.py:13
    d_v_2 = k*(1.0 - tanh_3*tanh_3)*D_2
    d_v_3 = k*(1.0 - tanh_4*tanh_4)*D_3

    return loss, ((d_v_1, d_v_2, d_v_3),)

# symgrad facts {"arguments": [["v", "f64[3]", "param"], ["k", "f64[]", "constant"], ["D", "f64[3]", "constant"]], "constants": ["k", "D"], "kind": "gradients", "layout": [], "name": "loss_and_grads", "needs": [], "ranges": [], "reference": "func @loss_and_grads(param %v: f64[3], constant %k: f64[], constant %D: f64[3]) {\n  %0 = multiply %v, %D : f64[3]\n  %1 = tanh %0 : f64[3]\n  %2 = sum %1 {axis = (0,), keepdims = false} : f64[]\n  %3 = multiply %2, %k : f64[]\n  return %3\n}\n", "returns": ["f64[]", ["f64[3]"]], "rewrites": [], "target": "python", "wrt": [["v", "f64[3]"]]}
# symgrad sha256 5f9509593dde9515bb6f5a9051afefdc4fe3c39e66e1b7386b68d862be5e7f2b
