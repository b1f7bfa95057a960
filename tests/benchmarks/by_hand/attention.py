"""Self-attention with four heads and a mask, and the mean squared error of its output.

    q, k, v = x Wq, x Wk, x Wv, each cut into heads
    weights = softmax(q k' / sqrt(width of a head), where the mask holds)
    loss    = mean((heads' (weights v), side by side, Wo - targets)**2)

Source: Vaswani et al., Attention is all you need (2017), 3.2; the backward pass of the softmax
is that of Dao et al., FlashAttention (2022), B.2.
"""

import numpy as np

PARAMS = ("Wq", "Wk", "Wv", "Wo")
SHAPES = {"x": ("T", 64), "targets": ("T", 64), "mask": ("T", "T")}

HEADS, WIDTH = 4, 16


def data(rng):
    D, T = HEADS * WIDTH, 96
    return {
        **{name: rng.normal(0.0, D**-0.5, (D, D)) for name in PARAMS},
        "x": rng.normal(size=(T, D)),
        "targets": rng.normal(size=(T, D)),
        "mask": np.tri(T, dtype=bool),
    }


def forward(sg, Wq, Wk, Wv, Wo, x, targets, mask):
    def heads(y):
        return y.reshape(-1, HEADS, WIDTH).transpose(1, 0, 2)

    q, k, v = heads(x @ Wq), heads(x @ Wk), heads(x @ Wv)
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(WIDTH)
    weights = sg.softmax(sg.where(mask, scores, -np.inf))
    context = (weights @ v).transpose(1, 0, 2).reshape(-1, HEADS * WIDTH)
    errors = context @ Wo - targets
    return sg.mean(errors * errors)


def split(y):
    """(T, D) as (H, T, W), a view."""
    return y.reshape(len(y), HEADS, WIDTH).transpose(1, 0, 2)


def join(y):
    """(H, T, W) as (T, D), a copy."""
    return y.transpose(1, 0, 2).reshape(y.shape[1], HEADS * WIDTH)


def loss_and_grads(Wq, Wk, Wv, Wo, x, targets, mask):
    """The loss, and (d_Wq, d_Wk, d_Wv, d_Wo). Each row of the mask has a True."""
    scale = WIDTH**-0.5

    # forward
    q, k, v = split(x @ (scale * Wq)), split(x @ Wk), split(x @ Wv)  # (H, T, W)
    scores = q @ k.transpose(0, 2, 1)  # (H, T, T)
    scores += np.where(mask, 0.0, -np.inf)
    scores -= scores.max(axis=2, keepdims=True)
    weights = np.exp(scores, out=scores)  # (H, T, T), in place of scores
    weights /= weights.sum(axis=2, keepdims=True)
    context = join(weights @ v)  # (T, D)
    errors = context @ Wo - targets  # (T, D)

    # loss
    loss = np.vdot(errors, errors) / errors.size

    # gradients of the values, from the loss back
    d_out = 2.0 / errors.size * errors  # (T, D)
    d_context = d_out @ Wo.T  # (T, D)
    d_heads = split(d_context)  # (H, T, W)
    # softmax: the mean of d_weights under weights is d_context . context, head by head
    mean = split(d_context * context).sum(axis=2, keepdims=True)  # (H, T, 1)
    d_scores = d_heads @ v.transpose(0, 2, 1)  # (H, T, T), d_weights as yet
    d_scores -= mean
    d_scores *= weights
    d_q = join(d_scores @ k)  # (T, D)
    d_k = join(d_scores.transpose(0, 2, 1) @ q)
    d_v = join(weights.transpose(0, 2, 1) @ d_heads)

    # gradients of the parameters
    d_Wq = x.T @ (scale * d_q)  # (D, D)
    d_Wk, d_Wv = x.T @ d_k, x.T @ d_v
    d_Wo = context.T @ d_out

    return float(loss), (d_Wq, d_Wk, d_Wv, d_Wo)


def torch_loss(torch, Wq, Wk, Wv, Wo, x, targets, mask):
    q, k, v = ((x @ W).reshape(len(x), HEADS, WIDTH).transpose(0, 1) for W in (Wq, Wk, Wv))
    scores = (q @ k.transpose(1, 2) / WIDTH**0.5).masked_fill(~mask, -torch.inf)
    context = (torch.softmax(scores, dim=2) @ v).transpose(0, 1).reshape(len(x), -1)
    return ((context @ Wo - targets) ** 2).mean()
