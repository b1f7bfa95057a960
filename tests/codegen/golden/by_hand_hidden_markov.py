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
    top_initial_logits = initial_logits.max(axis=0, keepdims=True)  # (1,)      hidden_markov.py:31
    pre_exps_initial_logits = initial_logits - top_initial_logits  # (16,)
    exps_initial_logits = np.exp(pre_exps_initial_logits)  # (16,)
    total = exps_initial_logits.sum(axis=0, keepdims=True)  # (1,)
    initial = exps_initial_logits / total            # (16,)
    top_transition_logits = transition_logits.max(   # (16, 1)   hidden_markov.py:32
        axis=1, keepdims=True
    )
    pre_exps_transition_logits = transition_logits - top_transition_logits  # (16, 16)
    exps_transition_logits = np.exp(pre_exps_transition_logits)  # (16, 16)
    total_2 = exps_transition_logits.sum(axis=1, keepdims=True)  # (16, 1)
    transition = exps_transition_logits / total_2    # (16, 16)
    top_emission_logits = emission_logits.max(       # (16, 1)   hidden_markov.py:33
        axis=1, keepdims=True
    )
    pre_exps_emission_logits = emission_logits - top_emission_logits  # (16, 20)
    exps_emission_logits = np.exp(pre_exps_emission_logits)  # (16, 20)
    total_3 = exps_emission_logits.sum(axis=1, keepdims=True)  # (16, 1)
    weights = exps_emission_logits / total_3         # (16, 20)
    picked = np.take(weights, symbols[:, 0], axis=1).T  # (N, 16)   hidden_markov.py:34
    state1 = initial * picked                        # (N, 16)
    total1 = state1.sum(axis=1, keepdims=True)       # (N, 1)    hidden_markov.py:35
    log_likelihood1 = np.log(total1)                 # (N, 1)    hidden_markov.py:36
    state1_over_total1 = state1 / total1             # (N, 16)   hidden_markov.py:38
    product = np.matmul(state1_over_total1, transition, order="F")  # (N, 16)
    picked_2 = np.take(weights, symbols[:, 1], axis=1).T  # (N, 16)
    state2 = product * picked_2                      # (N, 16)
    total2 = state2.sum(axis=1, keepdims=True)       # (N, 1)    hidden_markov.py:39
    state2_over_total2 = state2 / total2             # (N, 16)   hidden_markov.py:38
    product_2 = np.matmul(state2_over_total2, transition, order="F")  # (N, 16)
    picked_3 = np.take(weights, symbols[:, 2], axis=1).T  # (N, 16)
    state3 = product_2 * picked_3                    # (N, 16)
    total3 = state3.sum(axis=1, keepdims=True)       # (N, 1)    hidden_markov.py:39
    state3_over_total3 = state3 / total3             # (N, 16)   hidden_markov.py:38
    product_3 = np.matmul(state3_over_total3, transition, order="F")  # (N, 16)
    picked_4 = np.take(weights, symbols[:, 3], axis=1).T  # (N, 16)
    state4 = product_3 * picked_4                    # (N, 16)
    total4 = state4.sum(axis=1, keepdims=True)       # (N, 1)    hidden_markov.py:39
    state4_over_total4 = state4 / total4             # (N, 16)   hidden_markov.py:38
    product_4 = np.matmul(state4_over_total4, transition, order="F")  # (N, 16)
    picked_5 = np.take(weights, symbols[:, 4], axis=1).T  # (N, 16)
    state5 = product_4 * picked_5                    # (N, 16)
    total5 = state5.sum(axis=1, keepdims=True)       # (N, 1)    hidden_markov.py:39
    state5_over_total5 = state5 / total5             # (N, 16)   hidden_markov.py:38
    product_5 = np.matmul(state5_over_total5, transition, order="F")  # (N, 16)
    picked_6 = np.take(weights, symbols[:, 5], axis=1).T  # (N, 16)
    state6 = product_5 * picked_6                    # (N, 16)
    total6 = state6.sum(axis=1, keepdims=True)       # (N, 1)    hidden_markov.py:39
    state6_over_total6 = state6 / total6             # (N, 16)   hidden_markov.py:38
    product_6 = np.matmul(state6_over_total6, transition, order="F")  # (N, 16)
    picked_7 = np.take(weights, symbols[:, 6], axis=1).T  # (N, 16)
    state7 = product_6 * picked_7                    # (N, 16)
    total7 = state7.sum(axis=1, keepdims=True)       # (N, 1)    hidden_markov.py:39
    state7_over_total7 = state7 / total7             # (N, 16)   hidden_markov.py:38
    product_7 = np.matmul(state7_over_total7, transition, order="F")  # (N, 16)
    picked_8 = np.take(weights, symbols[:, 7], axis=1).T  # (N, 16)
    state8 = product_7 * picked_8                    # (N, 16)
    total8 = state8.sum(axis=1, keepdims=True)       # (N, 1)    hidden_markov.py:39
    state8_over_total8 = state8 / total8             # (N, 16)   hidden_markov.py:38
    product_8 = np.matmul(state8_over_total8, transition, order="F")  # (N, 16)
    picked_9 = np.take(weights, symbols[:, 8], axis=1).T  # (N, 16)
    state9 = product_8 * picked_9                    # (N, 16)
    total9 = state9.sum(axis=1, keepdims=True)       # (N, 1)    hidden_markov.py:39
    state9_over_total9 = state9 / total9             # (N, 16)   hidden_markov.py:38
    product_9 = np.matmul(state9_over_total9, transition, order="F")  # (N, 16)
    picked_10 = np.take(weights, symbols[:, 9], axis=1).T  # (N, 16)
    state10 = product_9 * picked_10                  # (N, 16)
    total10 = state10.sum(axis=1, keepdims=True)     # (N, 1)    hidden_markov.py:39
    log_likelihood2 = (                              # (N, 1)    hidden_markov.py:40
        log_likelihood1 + np.log(total2) + np.log(total3) + np.log(total4) + np.log(total5)
        + np.log(total6) + np.log(total7) + np.log(total8) + np.log(total9) + np.log(total10)
    )

    # loss
    loss = -log_likelihood2.sum() / N                #           hidden_markov.py:41

    # gradients of the values, from the loss back
    d_total10 = -1.0 / N / total10                   # (N, 1)    of hidden_markov.py:40, 41
    d_product_9 = d_total10 * picked_10              # (N, 16)   of hidden_markov.py:38
    d_state9_over_total9 = np.matmul(d_product_9, transition.T, order="F")  # (N, 16)
    dots = np.einsum("ij,ij->i", d_state9_over_total9, state9_over_total9)  # (N,)
    d_state9 = (                                     # (N, 16)   of hidden_markov.py:38, 39, 41
        -1.0 / N - dots[:, None] + d_state9_over_total9
    ) / total9
    d_product_8 = d_state9 * picked_9                # (N, 16)   of hidden_markov.py:38
    d_state8_over_total8 = np.matmul(d_product_8, transition.T, order="F")  # (N, 16)
    dots_2 = np.einsum("ij,ij->i", d_state8_over_total8, state8_over_total8)  # (N,)
    d_state8 = (                                     # (N, 16)   of hidden_markov.py:38, 39, 41
        -1.0 / N - dots_2[:, None] + d_state8_over_total8
    ) / total8
    d_product_7 = d_state8 * picked_8                # (N, 16)   of hidden_markov.py:38
    d_state7_over_total7 = np.matmul(d_product_7, transition.T, order="F")  # (N, 16)
    dots_3 = np.einsum("ij,ij->i", d_state7_over_total7, state7_over_total7)  # (N,)
    d_state7 = (                                     # (N, 16)   of hidden_markov.py:38, 39, 41
        -1.0 / N - dots_3[:, None] + d_state7_over_total7
    ) / total7
    d_product_6 = d_state7 * picked_7                # (N, 16)   of hidden_markov.py:38
    d_state6_over_total6 = np.matmul(d_product_6, transition.T, order="F")  # (N, 16)
    dots_4 = np.einsum("ij,ij->i", d_state6_over_total6, state6_over_total6)  # (N,)
    d_state6 = (                                     # (N, 16)   of hidden_markov.py:38, 39, 41
        -1.0 / N - dots_4[:, None] + d_state6_over_total6
    ) / total6
    d_product_5 = d_state6 * picked_6                # (N, 16)   of hidden_markov.py:38
    d_state5_over_total5 = np.matmul(d_product_5, transition.T, order="F")  # (N, 16)
    dots_5 = np.einsum("ij,ij->i", d_state5_over_total5, state5_over_total5)  # (N,)
    d_state5 = (                                     # (N, 16)   of hidden_markov.py:38, 39, 41
        -1.0 / N - dots_5[:, None] + d_state5_over_total5
    ) / total5
    d_product_4 = d_state5 * picked_5                # (N, 16)   of hidden_markov.py:38
    d_state4_over_total4 = np.matmul(d_product_4, transition.T, order="F")  # (N, 16)
    dots_6 = np.einsum("ij,ij->i", d_state4_over_total4, state4_over_total4)  # (N,)
    d_state4 = (                                     # (N, 16)   of hidden_markov.py:38, 39, 41
        -1.0 / N - dots_6[:, None] + d_state4_over_total4
    ) / total4
    d_product_3 = d_state4 * picked_4                # (N, 16)   of hidden_markov.py:38
    d_state3_over_total3 = np.matmul(d_product_3, transition.T, order="F")  # (N, 16)
    dots_7 = np.einsum("ij,ij->i", d_state3_over_total3, state3_over_total3)  # (N,)
    d_state3 = (                                     # (N, 16)   of hidden_markov.py:38, 39, 41
        -1.0 / N - dots_7[:, None] + d_state3_over_total3
    ) / total3
    d_product_2 = d_state3 * picked_3                # (N, 16)   of hidden_markov.py:38
    d_state2_over_total2 = np.matmul(d_product_2, transition.T, order="F")  # (N, 16)
    dots_8 = np.einsum("ij,ij->i", d_state2_over_total2, state2_over_total2)  # (N,)
    d_state2 = (                                     # (N, 16)   of hidden_markov.py:38, 39, 41
        -1.0 / N - dots_8[:, None] + d_state2_over_total2
    ) / total2
    d_product = d_state2 * picked_2                  # (N, 16)   of hidden_markov.py:38
    d_transition = (                                 # (16, 16)  of hidden_markov.py:32, 38
        state1_over_total1.T @ d_product + state2_over_total2.T @ d_product_2
        + state3_over_total3.T @ d_product_3 + state4_over_total4.T @ d_product_4
        + state5_over_total5.T @ d_product_5 + state6_over_total6.T @ d_product_6
        + state7_over_total7.T @ d_product_7 + state8_over_total8.T @ d_product_8
        + state9_over_total9.T @ d_product_9
    )
    d_state1_over_total1 = np.matmul(                # (N, 16)   of hidden_markov.py:38
        d_product, transition.T, order="F"
    )
    d_log_transition = d_transition * transition     # (16, 16)  of hidden_markov.py:32
    dots_9 = np.einsum(                              # (N,)      of hidden_markov.py:38
        "ij,ij->i", d_state1_over_total1, state1_over_total1
    )
    d_state1 = (                                     # (N, 16)   of hidden_markov.py:34, 35, 38, 41
        -1.0 / N - dots_9[:, None] + d_state1_over_total1
    ) / total1
    d_picked_10 = d_total10 * product_9              # (N, 16)   of hidden_markov.py:38
    d_picked_9 = d_state9 * product_8                # (N, 16)
    d_picked_8 = d_state8 * product_7                # (N, 16)
    d_picked_7 = d_state7 * product_6                # (N, 16)
    d_picked_6 = d_state6 * product_5                # (N, 16)
    d_picked_5 = d_state5 * product_4                # (N, 16)
    d_picked_4 = d_state4 * product_3                # (N, 16)
    d_picked_3 = d_state3 * product_2                # (N, 16)
    d_picked_2 = d_state2 * product                  # (N, 16)
    d_picked = d_state1 * initial                    # (N, 16)   of hidden_markov.py:34
    d_initial = np.einsum("ij,ij->j", d_state1, picked)  # (16,)
    d_emission = np.zeros((20, 16))
    for k in range(16):
        np.add.at(d_emission[:, k], symbols[:, 0], d_picked[:, k])  # (N,)
        np.add.at(                                   # (N,)      of hidden_markov.py:38
            d_emission[:, k], symbols[:, 1], d_picked_2[:, k]
        )
        np.add.at(d_emission[:, k], symbols[:, 2], d_picked_3[:, k])  # (N,)
        np.add.at(d_emission[:, k], symbols[:, 3], d_picked_4[:, k])  # (N,)
        np.add.at(d_emission[:, k], symbols[:, 4], d_picked_5[:, k])  # (N,)
        np.add.at(d_emission[:, k], symbols[:, 5], d_picked_6[:, k])  # (N,)
        np.add.at(d_emission[:, k], symbols[:, 6], d_picked_7[:, k])  # (N,)
        np.add.at(d_emission[:, k], symbols[:, 7], d_picked_8[:, k])  # (N,)
        np.add.at(d_emission[:, k], symbols[:, 8], d_picked_9[:, k])  # (N,)
        np.add.at(d_emission[:, k], symbols[:, 9], d_picked_10[:, k])  # (N,)

    # gradients of the parameters
    d_initial_logits = (                             # (16,)     of hidden_markov.py:31
        d_initial - d_initial @ initial
    ) * initial
    d_transition_logits = (                          # (16, 16)  of hidden_markov.py:32
        d_transition - d_log_transition.sum(axis=1, keepdims=True)
    ) * transition
    d_emission_logits = (                            # (16, 20)  of hidden_markov.py:33
        d_emission.T - (d_emission.T * weights).sum(axis=1, keepdims=True)
    ) * weights

    return float(loss), (d_initial_logits, d_transition_logits, d_emission_logits)
