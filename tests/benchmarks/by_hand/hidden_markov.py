"""The negative log-likelihood of a hidden Markov model: N sequences of ten symbols.

The parameters are the logits of the first state (K), of the transitions (K, K) and of the symbols
that each state emits (K, M). The forward pass is the scaled one: after each step the states are
divided by their sum, and the logarithms of these sums add up to that of the likelihood.

The gradient by hand is that of Baum and Welch: each logit's is the expected count of its event
less its probability times the count of its row, with the sign turned.

Source: Rabiner, A tutorial on hidden Markov models (1989), III and V.
"""

import numpy as np

PARAMS = ("initial_logits", "transition_logits", "emission_logits")
SHAPES = {"symbols": ("N", 10)}

STEPS = 10


def data(rng):
    return {
        "initial_logits": rng.normal(size=16),
        "transition_logits": rng.normal(size=(16, 16)),
        "emission_logits": rng.normal(size=(16, 20)),
        "symbols": rng.integers(0, 20, (200, STEPS)),
    }


def forward(sg, initial_logits, transition_logits, emission_logits, symbols):
    initial = sg.softmax(initial_logits)
    transition = sg.softmax(transition_logits, axis=1)
    emission = sg.softmax(emission_logits, axis=1).T
    state = initial * emission[symbols[:, 0]]
    total = sg.sum(state, axis=1, keepdims=True)
    log_likelihood = sg.log(total)
    for t in range(1, STEPS):
        state = (state / total) @ transition * emission[symbols[:, t]]
        total = sg.sum(state, axis=1, keepdims=True)
        log_likelihood = log_likelihood + sg.log(total)
    return -sg.mean(log_likelihood)


def softmax(logits):
    """The softmax over the last axis."""
    exps = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True)


def loss_and_grads(initial_logits, transition_logits, emission_logits, symbols):
    """The loss, and (d_initial_logits, d_transition_logits, d_emission_logits).

    States run down and sequences across, so that each sum over states adds whole rows.
    """
    N, T = symbols.shape
    K, M = emission_logits.shape

    # parameters as probabilities
    initial, transition = softmax(initial_logits), softmax(transition_logits)
    emission = softmax(emission_logits)  # (K, M)

    # forward: states[t] is P(state at t | symbols to t)
    symbols = np.ascontiguousarray(symbols.T)  # (T, N)
    states, seen = np.empty((T, K, N)), np.empty((T, K, N))
    totals = np.empty((T, N))
    for t in range(T):
        before = transition.T @ states[t - 1] if t > 0 else initial[:, None]
        seen[t] = emission[:, symbols[t]]
        np.multiply(before, seen[t], out=states[t])
        states[t].sum(axis=0, out=totals[t])
        shrink = 1.0 / totals[t]
        states[t] *= shrink
        seen[t] *= shrink  # over the total, from here on
    loss = -np.log(totals).sum() / N

    # backward: ahead is P(symbols after t | state at t) / P(symbols after t | symbols to t)
    posterior = states  # in place of states
    ahead, moves = np.ones((K, N)), np.zeros((K, K))
    for t in reversed(range(T - 1)):
        arriving = seen[t + 1] * ahead  # (K, N)
        moves += states[t] @ arriving.T
        ahead = transition @ arriving  # (K, N)
        posterior[t] *= ahead

    # expected counts: of moves, and of symbols from each state
    moves *= transition  # (K, K)
    shown = symbols.ravel()  # (T N,)
    emitted = np.stack([np.bincount(shown, posterior[:, k].ravel(), M) for k in range(K)])

    # gradients of the logits
    d_initial_logits = initial - posterior[0].sum(axis=1) / N
    d_transition_logits = (transition * moves.sum(axis=1, keepdims=True) - moves) / N
    d_emission_logits = (emission * emitted.sum(axis=1, keepdims=True) - emitted) / N

    return float(loss), (d_initial_logits, d_transition_logits, d_emission_logits)


def torch_loss(torch, initial_logits, transition_logits, emission_logits, symbols):
    log_transition = torch.log_softmax(transition_logits, dim=1)
    log_emission = torch.log_softmax(emission_logits, dim=1).T
    log_state = torch.log_softmax(initial_logits, dim=0) + log_emission[symbols[:, 0]]
    for t in range(1, STEPS):
        moved = torch.logsumexp(log_state[:, :, None] + log_transition, dim=1)
        log_state = moved + log_emission[symbols[:, t]]
    return -torch.logsumexp(log_state, dim=1).mean()
