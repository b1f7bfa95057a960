"""The max-margin loss plus L2, and its gradient, in plain Python.

Emitted by symgrad 0.1.0, target `python`, style `looped`, from programs.py:146 (`total_loss`).
Needs Python's math module and nothing else.

    net     MLP(2, [3, 1]), relu, 13 parameters
    traced  6 examples, 220 scalar nodes
    work    27 multiplications, 24 additions, 4 relu an example
    ir      sha256 b1721878aa5302d9
"""

EXAMPLES = (
    ((0.038, 0.474), 1.0),
    ((-0.138, -1.389), 1.0),
    ((2.52, -1.006), -1.0),
    ((1.857, -2.502), -1.0),
    ((0.148, -0.086), -1.0),
    ((2.122, 0.515), 1.0),
)


def relu(x):
    """x where positive, else 0; nan for nan."""
    return 0.0 if x <= 0.0 else x


def loss_and_grads(theta, examples=EXAMPLES):
    """The max-margin loss plus L2, and its gradient.

    theta     13 floats: the parameters, in the order of model.parameters()
    examples  any number of ((x1, x2), yi)
    returns   (total_loss, d_theta): a float, and a tuple of 13 floats in the order of theta

    w1_31 is the weight of neuron 3 in layer 1 on its input 1, b1_3 that neuron's bias, h1_3 its
    output, and d_v stands for d total_loss / d v. The derivative of relu at 0 is 0. N must be
    at least 1.
    """
    N = len(examples)
    if N < 1:
        raise ValueError("examples: expected at least one, for the loss divides by their number")
    w1_11, w1_12, b1_1, w1_21, w1_22, b1_2, w1_31, w1_32, b1_3, w2_1, w2_2, w2_3, b2 = theta

    # what all examples read
    weight = -1.0 / N                              # of programs.py:142

    sum_losses = 0.0
    d_w1_11 = d_w1_12 = d_b1_1 = 0.0
    d_w1_21 = d_w1_22 = d_b1_2 = 0.0
    d_w1_31 = d_w1_32 = d_b1_3 = 0.0
    d_w2_1 = d_w2_2 = d_w2_3 = d_b2 = 0.0

    for (x1, x2), yi in examples:
        # forward
        z1_1 = b1_1 + w1_11*x1 + w1_12*x2          # programs.py:141
        h1_1 = relu(z1_1)
        z1_2 = b1_2 + w1_21*x1 + w1_22*x2
        h1_2 = relu(z1_2)
        z1_3 = b1_3 + w1_31*x1 + w1_32*x2
        h1_3 = relu(z1_3)
        scores = b2 + w2_1*h1_1 + w2_2*h1_2 + w2_3*h1_3
        pre_losses = 1.0 - scores*yi               # programs.py:142
        losses = relu(pre_losses)
        sum_losses += losses                       # programs.py:143

        # back: z is the sum inside a neuron
        d_scores = weight*(pre_losses > 0.0)*yi    # of programs.py:142
        d_z1_1 = d_scores*w2_1*(z1_1 > 0.0)        # of programs.py:141
        d_z1_2 = d_scores*w2_2*(z1_2 > 0.0)
        d_z1_3 = d_scores*w2_3*(z1_3 > 0.0)

        # each parameter collects its share from this example
        d_w1_11 += d_z1_1*x1                       # of programs.py:141
        d_w1_12 += d_z1_1*x2
        d_b1_1 += d_z1_1
        d_w1_21 += d_z1_2*x1
        d_w1_22 += d_z1_2*x2
        d_b1_2 += d_z1_2
        d_w1_31 += d_z1_3*x1
        d_w1_32 += d_z1_3*x2
        d_b1_3 += d_z1_3
        d_w2_1 += d_scores*h1_1
        d_w2_2 += d_scores*h1_2
        d_w2_3 += d_scores*h1_3
        d_b2 += d_scores

    # loss
    data_loss = sum_losses / N                     # programs.py:143
    reg_loss = 1e-4*(                              # programs.py:145
        w1_11*w1_11 + w1_12*w1_12 + b1_1*b1_1 + w1_21*w1_21 + w1_22*w1_22 + b1_2*b1_2 + w1_31*w1_31
        + w1_32*w1_32 + b1_3*b1_3 + w2_1*w2_1 + w2_2*w2_2 + w2_3*w2_3 + b2*b2
    )
    total_loss = data_loss + reg_loss              # programs.py:146

    # the rest of the gradient
    d_w1_11 += 2e-4*w1_11                          # of programs.py:141, 145
    d_w1_12 += 2e-4*w1_12
    d_b1_1 += 2e-4*b1_1
    d_w1_21 += 2e-4*w1_21
    d_w1_22 += 2e-4*w1_22
    d_b1_2 += 2e-4*b1_2
    d_w1_31 += 2e-4*w1_31
    d_w1_32 += 2e-4*w1_32
    d_b1_3 += 2e-4*b1_3
    d_w2_1 += 2e-4*w2_1
    d_w2_2 += 2e-4*w2_2
    d_w2_3 += 2e-4*w2_3
    d_b2 += 2e-4*b2

    return total_loss, (
        d_w1_11, d_w1_12, d_b1_1,
        d_w1_21, d_w1_22, d_b1_2,
        d_w1_31, d_w1_32, d_b1_3,
        d_w2_1, d_w2_2, d_w2_3, d_b2,
    )
