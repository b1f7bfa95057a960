"""The max-margin loss plus L2, and its gradient, in plain Python.

Emitted by symgrad 0.1.0, target `python`, from programs.py:119 (`total`).
Needs Python's math module and nothing else.

    net     MLP(2, [3, 1]), relu, 13 parameters
    traced  2 examples, 112 scalar nodes
    work    60 multiplications, 54 additions, 8 relu
    ir      sha256 f80d33b656ed70e2
"""


def relu(x):
    """x where positive, else 0; nan for nan."""
    return 0.0 if x <= 0.0 else x


def loss_and_grads(theta):
    """The max-margin loss plus L2, and its gradient.

    theta    13 floats: the parameters, in the order of model.parameters()
    returns  (total, d_theta): a float, and a tuple of 13 floats in the order of theta

    w1_31 is the weight of neuron 3 in layer 1 on its input 1, b1_3 that neuron's bias, h1_3a
    its output for example a, and d_v stands for d total / d v. The derivative of relu at 0 is
    0.
    """
    w1_11, w1_12, b1_1, w1_21, w1_22, b1_2, w1_31, w1_32, b1_3, w2_1, w2_2, w2_3, b2 = theta

    # example a: x = (0.0, 1.0), t = 1.0
    z1_1a = b1_1 + w1_12                      # programs.py:115
    h1_1a = relu(z1_1a)
    z1_2a = b1_2 + w1_22
    h1_2a = relu(z1_2a)
    z1_3a = b1_3 + w1_32
    h1_3a = relu(z1_3a)
    score_a = b2 + w2_1*h1_1a + w2_2*h1_2a + w2_3*h1_3a
    pre_losses_a = 1.0 - score_a              # programs.py:116
    losses_a = relu(pre_losses_a)

    # example b: x = (1.0, 0.5), t = -1.0
    z1_1b = b1_1 + w1_11 + 0.5*w1_12          # programs.py:115
    h1_1b = relu(z1_1b)
    z1_2b = b1_2 + w1_21 + 0.5*w1_22
    h1_2b = relu(z1_2b)
    z1_3b = b1_3 + w1_31 + 0.5*w1_32
    h1_3b = relu(z1_3b)
    score_b = b2 + w2_1*h1_1b + w2_2*h1_2b + w2_3*h1_3b
    pre_losses_b = 1.0 + score_b              # programs.py:116
    losses_b = relu(pre_losses_b)

    # loss
    data_loss = 0.5*(losses_a + losses_b)     # programs.py:117
    reg_loss = 1e-4*(                         # programs.py:118
        w1_11*w1_11 + w1_12*w1_12 + b1_1*b1_1 + w1_21*w1_21 + w1_22*w1_22 + b1_2*b1_2 + w1_31*w1_31
        + w1_32*w1_32 + b1_3*b1_3 + w2_1*w2_1 + w2_2*w2_2 + w2_3*w2_3 + b2*b2
    )
    total = data_loss + reg_loss              # programs.py:119

    # back through example a: z is the sum inside a neuron
    d_score_a = -0.5*(pre_losses_a > 0.0)     # of programs.py:116
    d_z1_1a = d_score_a*w2_1*(z1_1a > 0.0)    # of programs.py:115
    d_z1_2a = d_score_a*w2_2*(z1_2a > 0.0)
    d_z1_3a = d_score_a*w2_3*(z1_3a > 0.0)

    # back through example b: z is the sum inside a neuron
    d_score_b = 0.5*(pre_losses_b > 0.0)      # of programs.py:116
    d_z1_1b = d_score_b*w2_1*(z1_1b > 0.0)    # of programs.py:115
    d_z1_2b = d_score_b*w2_2*(z1_2b > 0.0)
    d_z1_3b = d_score_b*w2_3*(z1_3b > 0.0)

    # the gradient: each parameter collects its share from the two examples
    d_w1_11 = d_z1_1b + 2e-4*w1_11            # of programs.py:115, 118
    d_w1_12 = d_z1_1a + 0.5*d_z1_1b + 2e-4*w1_12
    d_b1_1 = d_z1_1a + d_z1_1b + 2e-4*b1_1
    d_w1_21 = d_z1_2b + 2e-4*w1_21
    d_w1_22 = d_z1_2a + 0.5*d_z1_2b + 2e-4*w1_22
    d_b1_2 = d_z1_2a + d_z1_2b + 2e-4*b1_2
    d_w1_31 = d_z1_3b + 2e-4*w1_31
    d_w1_32 = d_z1_3a + 0.5*d_z1_3b + 2e-4*w1_32
    d_b1_3 = d_z1_3a + d_z1_3b + 2e-4*b1_3
    d_w2_1 = d_score_a*h1_1a + d_score_b*h1_1b + 2e-4*w2_1
    d_w2_2 = d_score_a*h1_2a + d_score_b*h1_2b + 2e-4*w2_2
    d_w2_3 = d_score_a*h1_3a + d_score_b*h1_3b + 2e-4*w2_3
    d_b2 = d_score_a + d_score_b + 2e-4*b2

    return total, (
        d_w1_11, d_w1_12, d_b1_1,
        d_w1_21, d_w1_22, d_b1_2,
        d_w1_31, d_w1_32, d_b1_3,
        d_w2_1, d_w2_2, d_w2_3, d_b2,
    )
