"""The loss `forward`, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from hidden_markov.py:41 (`loss`).
Needs NumPy and nothing else.

    work  14,932 N + 7,854 flops
    ir    sha256 912d37fb8b484089
"""

import numpy as np


def loss_and_grads(initial_logits, transition_logits, emission_logits, symbols):
    """The loss `forward`, -mean(log_likelihood), and its gradient.

    initial_logits     f64[16]      parameter
    transition_logits  f64[16, 16]  parameter
    emission_logits    f64[16, 20]  parameter
    symbols            i64[N, 10]   input, 0..19
    returns            (loss, gradients): a float, and new arrays in the order of the parameters

    The name d_v stands for d loss / d v. N must be at least 1. Short rows are kept column by
    column in memory, where sums over them are fast.
    """
    N = len(symbols)

    # forward
    top_initial_logits = initial_logits.max()         #           hidden_markov.py:31
    shifted_initial_logits = initial_logits - top_initial_logits  # (16,)
    exps_initial_logits = np.exp(shifted_initial_logits)  # (16,)
    initial = exps_initial_logits / exps_initial_logits.sum()  # (16,)
    top_transition_logits = transition_logits.max(    # (16, 1)   hidden_markov.py:32
        axis=1, keepdims=True
    )
    shifted_transition_logits = transition_logits - top_transition_logits  # (16, 16)
    exps_transition_logits = np.exp(shifted_transition_logits)  # (16, 16)
    transition_total = exps_transition_logits.sum(axis=1, keepdims=True)  # (16, 1)
    transition = exps_transition_logits / transition_total  # (16, 16)
    top_emission_logits = emission_logits.max(        # (16, 1)   hidden_markov.py:33
        axis=1, keepdims=True
    )
    shifted_emission_logits = emission_logits - top_emission_logits  # (16, 20)
    exps_emission_logits = np.exp(shifted_emission_logits)  # (16, 20)
    weights_total = exps_emission_logits.sum(axis=1, keepdims=True)  # (16, 1)
    weights = exps_emission_logits / weights_total    # (16, 20)
    state1_picked = np.take(weights, symbols[:, 0], axis=1).T  # (N, 16)   hidden_markov.py:34
    state1 = initial * state1_picked                  # (N, 16)
    total1 = state1.sum(axis=1, keepdims=True)        # (N, 1)    hidden_markov.py:35
    log_likelihood1 = np.log(total1)                  # (N, 1)    hidden_markov.py:36
    state1_over_total1 = state1 / total1              # (N, 16)   hidden_markov.py:38
    state2_product = np.matmul(state1_over_total1, transition, order="F")  # (N, 16)
    state2_picked = np.take(weights, symbols[:, 1], axis=1).T  # (N, 16)
    state2 = state2_product * state2_picked           # (N, 16)
    total2 = state2.sum(axis=1, keepdims=True)        # (N, 1)    hidden_markov.py:39
    state2_over_total2 = state2 / total2              # (N, 16)   hidden_markov.py:38
    state3_product = np.matmul(state2_over_total2, transition, order="F")  # (N, 16)
    state3_picked = np.take(weights, symbols[:, 2], axis=1).T  # (N, 16)
    state3 = state3_product * state3_picked           # (N, 16)
    total3 = state3.sum(axis=1, keepdims=True)        # (N, 1)    hidden_markov.py:39
    state3_over_total3 = state3 / total3              # (N, 16)   hidden_markov.py:38
    state4_product = np.matmul(state3_over_total3, transition, order="F")  # (N, 16)
    state4_picked = np.take(weights, symbols[:, 3], axis=1).T  # (N, 16)
    state4 = state4_product * state4_picked           # (N, 16)
    total4 = state4.sum(axis=1, keepdims=True)        # (N, 1)    hidden_markov.py:39
    state4_over_total4 = state4 / total4              # (N, 16)   hidden_markov.py:38
    state5_product = np.matmul(state4_over_total4, transition, order="F")  # (N, 16)
    state5_picked = np.take(weights, symbols[:, 4], axis=1).T  # (N, 16)
    state5 = state5_product * state5_picked           # (N, 16)
    total5 = state5.sum(axis=1, keepdims=True)        # (N, 1)    hidden_markov.py:39
    state5_over_total5 = state5 / total5              # (N, 16)   hidden_markov.py:38
    state6_product = np.matmul(state5_over_total5, transition, order="F")  # (N, 16)
    state6_picked = np.take(weights, symbols[:, 5], axis=1).T  # (N, 16)
    state6 = state6_product * state6_picked           # (N, 16)
    total6 = state6.sum(axis=1, keepdims=True)        # (N, 1)    hidden_markov.py:39
    state6_over_total6 = state6 / total6              # (N, 16)   hidden_markov.py:38
    state7_product = np.matmul(state6_over_total6, transition, order="F")  # (N, 16)
    state7_picked = np.take(weights, symbols[:, 6], axis=1).T  # (N, 16)
    state7 = state7_product * state7_picked           # (N, 16)
    total7 = state7.sum(axis=1, keepdims=True)        # (N, 1)    hidden_markov.py:39
    state7_over_total7 = state7 / total7              # (N, 16)   hidden_markov.py:38
    state8_product = np.matmul(state7_over_total7, transition, order="F")  # (N, 16)
    state8_picked = np.take(weights, symbols[:, 7], axis=1).T  # (N, 16)
    state8 = state8_product * state8_picked           # (N, 16)
    total8 = state8.sum(axis=1, keepdims=True)        # (N, 1)    hidden_markov.py:39
    state8_over_total8 = state8 / total8              # (N, 16)   hidden_markov.py:38
    state9_product = np.matmul(state8_over_total8, transition, order="F")  # (N, 16)
    state9_picked = np.take(weights, symbols[:, 8], axis=1).T  # (N, 16)
    state9 = state9_product * state9_picked           # (N, 16)
    total9 = state9.sum(axis=1, keepdims=True)        # (N, 1)    hidden_markov.py:39
    state9_over_total9 = state9 / total9              # (N, 16)   hidden_markov.py:38
    state10_product = np.matmul(state9_over_total9, transition, order="F")  # (N, 16)
    state10_picked = np.take(weights, symbols[:, 9], axis=1).T  # (N, 16)
    state10 = state10_product * state10_picked        # (N, 16)
    total10 = state10.sum(axis=1, keepdims=True)      # (N, 1)    hidden_markov.py:39
    log_likelihood2 = (                               # (N, 1)    hidden_markov.py:40
        log_likelihood1 + np.log(total2) + np.log(total3) + np.log(total4) + np.log(total5)
        + np.log(total6) + np.log(total7) + np.log(total8) + np.log(total9) + np.log(total10)
    )

    # loss
    loss = -log_likelihood2.sum() / N                 #           hidden_markov.py:41

    # gradients of the values, from the loss back
    d_total10 = -1.0 / N / total10                    # (N, 1)    of hidden_markov.py:40, 41
    d_state10_product = d_total10 * state10_picked    # (N, 16)   of hidden_markov.py:38
    d_state9_over_total9 = np.matmul(d_state10_product, transition.T, order="F")  # (N, 16)
    dots = np.einsum("ij,ij->i", d_state9_over_total9, state9_over_total9)  # (N,)
    d_state9 = (                                      # (N, 16)   of hidden_markov.py:38, 39, 41
        -1.0 / N - dots[:, None] + d_state9_over_total9
    ) / total9
    d_state9_product = d_state9 * state9_picked       # (N, 16)   of hidden_markov.py:38
    d_state8_over_total8 = np.matmul(d_state9_product, transition.T, order="F")  # (N, 16)
    dots_2 = np.einsum("ij,ij->i", d_state8_over_total8, state8_over_total8)  # (N,)
    d_state8 = (                                      # (N, 16)   of hidden_markov.py:38, 39, 41
        -1.0 / N - dots_2[:, None] + d_state8_over_total8
    ) / total8
    d_state8_product = d_state8 * state8_picked       # (N, 16)   of hidden_markov.py:38
    d_state7_over_total7 = np.matmul(d_state8_product, transition.T, order="F")  # (N, 16)
    dots_3 = np.einsum("ij,ij->i", d_state7_over_total7, state7_over_total7)  # (N,)
    d_state7 = (                                      # (N, 16)   of hidden_markov.py:38, 39, 41
        -1.0 / N - dots_3[:, None] + d_state7_over_total7
    ) / total7
    d_state7_product = d_state7 * state7_picked       # (N, 16)   of hidden_markov.py:38
    d_state6_over_total6 = np.matmul(d_state7_product, transition.T, order="F")  # (N, 16)
    dots_4 = np.einsum("ij,ij->i", d_state6_over_total6, state6_over_total6)  # (N,)
    d_state6 = (                                      # (N, 16)   of hidden_markov.py:38, 39, 41
        -1.0 / N - dots_4[:, None] + d_state6_over_total6
    ) / total6
    d_state6_product = d_state6 * state6_picked       # (N, 16)   of hidden_markov.py:38
    d_state5_over_total5 = np.matmul(d_state6_product, transition.T, order="F")  # (N, 16)
    dots_5 = np.einsum("ij,ij->i", d_state5_over_total5, state5_over_total5)  # (N,)
    d_state5 = (                                      # (N, 16)   of hidden_markov.py:38, 39, 41
        -1.0 / N - dots_5[:, None] + d_state5_over_total5
    ) / total5
    d_state5_product = d_state5 * state5_picked       # (N, 16)   of hidden_markov.py:38
    d_state4_over_total4 = np.matmul(d_state5_product, transition.T, order="F")  # (N, 16)
    dots_6 = np.einsum("ij,ij->i", d_state4_over_total4, state4_over_total4)  # (N,)
    d_state4 = (                                      # (N, 16)   of hidden_markov.py:38, 39, 41
        -1.0 / N - dots_6[:, None] + d_state4_over_total4
    ) / total4
    d_state4_product = d_state4 * state4_picked       # (N, 16)   of hidden_markov.py:38
    d_state3_over_total3 = np.matmul(d_state4_product, transition.T, order="F")  # (N, 16)
    dots_7 = np.einsum("ij,ij->i", d_state3_over_total3, state3_over_total3)  # (N,)
    d_state3 = (                                      # (N, 16)   of hidden_markov.py:38, 39, 41
        -1.0 / N - dots_7[:, None] + d_state3_over_total3
    ) / total3
    d_state3_product = d_state3 * state3_picked       # (N, 16)   of hidden_markov.py:38
    d_state2_over_total2 = np.matmul(d_state3_product, transition.T, order="F")  # (N, 16)
    dots_8 = np.einsum("ij,ij->i", d_state2_over_total2, state2_over_total2)  # (N,)
    d_state2 = (                                      # (N, 16)   of hidden_markov.py:38, 39, 41
        -1.0 / N - dots_8[:, None] + d_state2_over_total2
    ) / total2
    d_state2_product = d_state2 * state2_picked       # (N, 16)   of hidden_markov.py:38
    d_transition = (                                  # (16, 16)  of hidden_markov.py:32, 38
        state1_over_total1.T @ d_state2_product + state2_over_total2.T @ d_state3_product
        + state3_over_total3.T @ d_state4_product + state4_over_total4.T @ d_state5_product
        + state5_over_total5.T @ d_state6_product + state6_over_total6.T @ d_state7_product
        + state7_over_total7.T @ d_state8_product + state8_over_total8.T @ d_state9_product
        + state9_over_total9.T @ d_state10_product
    )
    d_state1_over_total1 = np.matmul(                 # (N, 16)   of hidden_markov.py:38
        d_state2_product, transition.T, order="F"
    )
    d_log_transition = d_transition * transition      # (16, 16)  of hidden_markov.py:32
    dots_9 = np.einsum(                               # (N,)      of hidden_markov.py:38
        "ij,ij->i", d_state1_over_total1, state1_over_total1
    )
    d_state1 = (                                      # (N, 16)   of hidden_markov.py:34, 35, 38, 41
        -1.0 / N - dots_9[:, None] + d_state1_over_total1
    ) / total1
    d_state10_picked = d_total10 * state10_product    # (N, 16)   of hidden_markov.py:38
    d_state9_picked = d_state9 * state9_product       # (N, 16)
    d_state8_picked = d_state8 * state8_product       # (N, 16)
    d_state7_picked = d_state7 * state7_product       # (N, 16)
    d_state6_picked = d_state6 * state6_product       # (N, 16)
    d_state5_picked = d_state5 * state5_product       # (N, 16)
    d_state4_picked = d_state4 * state4_product       # (N, 16)
    d_state3_picked = d_state3 * state3_product       # (N, 16)
    d_state2_picked = d_state2 * state2_product       # (N, 16)
    d_state1_picked = d_state1 * initial              # (N, 16)   of hidden_markov.py:34
    d_initial = np.einsum("ij,ij->j", d_state1, state1_picked)  # (16,)
    d_emission = np.zeros((20, 16))
    for k in range(16):
        np.add.at(d_emission[:, k], symbols[:, 0], d_state1_picked[:, k])  # (N,)
        np.add.at(                                    # (N,)      of hidden_markov.py:38
            d_emission[:, k], symbols[:, 1], d_state2_picked[:, k]
        )
        np.add.at(d_emission[:, k], symbols[:, 2], d_state3_picked[:, k])  # (N,)
        np.add.at(d_emission[:, k], symbols[:, 3], d_state4_picked[:, k])  # (N,)
        np.add.at(d_emission[:, k], symbols[:, 4], d_state5_picked[:, k])  # (N,)
        np.add.at(d_emission[:, k], symbols[:, 5], d_state6_picked[:, k])  # (N,)
        np.add.at(d_emission[:, k], symbols[:, 6], d_state7_picked[:, k])  # (N,)
        np.add.at(d_emission[:, k], symbols[:, 7], d_state8_picked[:, k])  # (N,)
        np.add.at(d_emission[:, k], symbols[:, 8], d_state9_picked[:, k])  # (N,)
        np.add.at(d_emission[:, k], symbols[:, 9], d_state10_picked[:, k])  # (N,)

    # gradients of the parameters
    d_initial_logits = (                              # (16,)     of hidden_markov.py:31
        d_initial - d_initial @ initial
    ) * initial
    d_transition_logits = (                           # (16, 16)  of hidden_markov.py:32
        d_transition - d_log_transition.sum(axis=1, keepdims=True)
    ) * transition
    d_emission_logits = (                             # (16, 20)  of hidden_markov.py:33
        d_emission.T - (d_emission.T * weights).sum(axis=1, keepdims=True)
    ) * weights

    return float(loss), (d_initial_logits, d_transition_logits, d_emission_logits)
