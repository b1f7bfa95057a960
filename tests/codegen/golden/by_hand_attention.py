"""The mean squared error, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from attention.py:38 (`loss`).
Needs NumPy and nothing else.

    work  796 T**2 + 73,592 T - 16,384 flops
    ir    sha256 03bad100d5a9e7a5
"""

import numpy as np


def finite_max(x, axis, keepdims=False):
    """The maximum, and 0 where that is infinite: -inf less itself would be nan."""
    top = np.max(x, axis=axis, keepdims=keepdims)
    return np.where(np.isfinite(top), top, 0.0)


def loss_and_grads(Wq, Wk, Wv, Wo, x, targets, mask):
    """The mean squared error, and its gradient with respect to each parameter.

    Wq       f64[64, 64]  parameter
    Wk       f64[64, 64]  parameter
    Wv       f64[64, 64]  parameter
    Wo       f64[64, 64]  parameter
    x        f64[T, 64]   input
    targets  f64[T, 64]   input
    mask     bool[T, T]   input
    returns  (loss, (d_Wq, d_Wk, d_Wv, d_Wo)): a float, and new arrays

    The name d_v stands for d loss / d v. T must be at least 1.
    """
    T = len(x)

    # forward
    q_view = (x @ Wq).reshape(T, 4, 16)                       # (T, 4, 16)  attention.py:31
    k_view = (x @ Wk).reshape(T, 4, 16)                       # (T, 4, 16)
    v_view = (x @ Wv).reshape(T, 4, 16)                       # (T, 4, 16)
    q = q_view.transpose(1, 0, 2)                             # (4, T, 16)
    scores = q / 4.0 @ k_view.transpose(1, 2, 0)              # (4, T, T)   attention.py:34
    logits = np.where(mask, scores, float("-inf"))            # (4, T, T)   attention.py:35
    top = finite_max(logits, axis=2, keepdims=True)           # (4, T, 1)
    exps = np.exp(logits - top)                               # (4, T, T)
    weights = exps / exps.sum(axis=2, keepdims=True)          # (4, T, T)
    v = v_view.transpose(1, 0, 2)                             # (4, T, 16)  attention.py:31
    context = (weights @ v).transpose(1, 0, 2).reshape(T, 64)  # (T, 64)     attention.py:36

    # loss
    errors = context @ Wo - targets                           # (T, 64)     attention.py:37
    loss = np.vdot(errors, errors) / (64*T)                   #             attention.py:38

    # gradients of the values, from the loss back
    d_errors = errors / (32*T)                                # (T, 64)     of attention.py:38
    d_context_transpose = (d_errors @ Wo.T).reshape(T, 4, 16)  # (T, 4, 16)  of attention.py:36, 37
    d_weights_v = d_context_transpose.transpose(1, 0, 2)      # (4, T, 16)  of attention.py:36
    d_weights = d_weights_v @ v_view.transpose(1, 2, 0)       # (4, T, T)
    d_v = weights.transpose(0, 2, 1) @ d_weights_v            # (4, T, 16)
    dots = np.einsum("ijk,ijk->ij", d_weights, weights)       # (4, T)      of attention.py:35
    Wk_chosen = np.where(                                     # (4, T, T)   of attention.py:34, 35
        mask, (d_weights - dots[:, :, None]) * weights, 0.0
    )
    d_q = 0.25 * (Wk_chosen @ k_view.transpose(1, 0, 2))      # (4, T, 16)  of attention.py:34
    d_k_T = 0.25 * (q_view.transpose(1, 2, 0) @ Wk_chosen)    # (4, 16, T)

    # gradients of the parameters
    d_Wq = x.T @ d_q.transpose(1, 0, 2).reshape(T, 64)        # (64, 64)    of attention.py:31, 33
    d_Wk = x.T @ d_k_T.transpose(2, 0, 1).reshape(T, 64)      # (64, 64)
    d_Wv = x.T @ d_v.transpose(1, 0, 2).reshape(T, 64)        # (64, 64)
    d_Wo = context.T @ d_errors                               # (64, 64)    of attention.py:37

    return float(loss), (d_Wq, d_Wk, d_Wv, d_Wo)
