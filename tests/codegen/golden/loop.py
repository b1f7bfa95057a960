"""The sum of squared errors, and its gradient, in plain Python.

Emitted by symgrad 0.1.0, target `python`, style `looped`, from programs.py:130 (`loss`).
Needs Python's math module and nothing else.

    net     MLP(3, [4, 4, 1]), tanh, 41 parameters
    traced  4 examples, 402 scalar nodes
    work    104 multiplications, 96 additions, 9 tanh an example
    ir      sha256 e85549780467343a
"""

from math import tanh

EXAMPLES = (
    ((2.0, 3.0, -1.0), 1.0),
    ((3.0, -1.0, 0.5), -1.0),
    ((0.5, 1.0, 1.0), -1.0),
    ((1.0, 1.0, -1.0), 1.0),
)


def loss_and_grads(theta, examples=EXAMPLES):
    """The sum of squared errors over the examples, and its gradient.

    theta     41 floats: the parameters, in the order of model.parameters()
    examples  any number of ((x1, x2, x3), ygt)
    returns   (loss, d_theta): a float, and a tuple of 41 floats in the order of theta

    w2_31 is the weight of neuron 3 in layer 2 on its input 1, b2_3 that neuron's bias, h2_3 its
    output, and d_v stands for d loss / d v.
    """
    (
        w1_11, w1_12, w1_13, b1_1,         # layer 1
        w1_21, w1_22, w1_23, b1_2,
        w1_31, w1_32, w1_33, b1_3,
        w1_41, w1_42, w1_43, b1_4,
        w2_11, w2_12, w2_13, w2_14, b2_1,  # layer 2
        w2_21, w2_22, w2_23, w2_24, b2_2,
        w2_31, w2_32, w2_33, w2_34, b2_3,
        w2_41, w2_42, w2_43, w2_44, b2_4,
        w3_1, w3_2, w3_3, w3_4, b3,        # layer 3
    ) = theta

    loss = 0.0
    d_w1_11 = d_w1_12 = d_w1_13 = d_b1_1 = 0.0
    d_w1_21 = d_w1_22 = d_w1_23 = d_b1_2 = 0.0
    d_w1_31 = d_w1_32 = d_w1_33 = d_b1_3 = 0.0
    d_w1_41 = d_w1_42 = d_w1_43 = d_b1_4 = 0.0
    d_w2_11 = d_w2_12 = d_w2_13 = d_w2_14 = d_b2_1 = 0.0
    d_w2_21 = d_w2_22 = d_w2_23 = d_w2_24 = d_b2_2 = 0.0
    d_w2_31 = d_w2_32 = d_w2_33 = d_w2_34 = d_b2_3 = 0.0
    d_w2_41 = d_w2_42 = d_w2_43 = d_w2_44 = d_b2_4 = 0.0
    d_w3_1 = d_w3_2 = d_w3_3 = d_w3_4 = d_b3 = 0.0

    for (x1, x2, x3), ygt in examples:
        # forward
        h1_1 = tanh(b1_1 + w1_11*x1 + w1_12*x2 + w1_13*x3)    # programs.py:129
        h1_2 = tanh(b1_2 + w1_21*x1 + w1_22*x2 + w1_23*x3)
        h1_3 = tanh(b1_3 + w1_31*x1 + w1_32*x2 + w1_33*x3)
        h1_4 = tanh(b1_4 + w1_41*x1 + w1_42*x2 + w1_43*x3)
        h2_1 = tanh(b2_1 + w2_11*h1_1 + w2_12*h1_2 + w2_13*h1_3 + w2_14*h1_4)
        h2_2 = tanh(b2_2 + w2_21*h1_1 + w2_22*h1_2 + w2_23*h1_3 + w2_24*h1_4)
        h2_3 = tanh(b2_3 + w2_31*h1_1 + w2_32*h1_2 + w2_33*h1_3 + w2_34*h1_4)
        h2_4 = tanh(b2_4 + w2_41*h1_1 + w2_42*h1_2 + w2_43*h1_3 + w2_44*h1_4)
        ypred = tanh(b3 + w3_1*h2_1 + w3_2*h2_2 + w3_3*h2_3 + w3_4*h2_4)
        err = ypred - ygt                                     # programs.py:130
        loss += err*err

        # back: z is the sum inside a neuron, and tanh'(z) is 1 - h*h
        d_z3 = 2.0*err*(1.0 - ypred*ypred)                    # of programs.py:129, 130
        d_z2_1 = d_z3*w3_1*(1.0 - h2_1*h2_1)                  # of programs.py:129
        d_z2_2 = d_z3*w3_2*(1.0 - h2_2*h2_2)
        d_z2_3 = d_z3*w3_3*(1.0 - h2_3*h2_3)
        d_z2_4 = d_z3*w3_4*(1.0 - h2_4*h2_4)
        d_z1_1 = (d_z2_1*w2_11 + d_z2_2*w2_21 + d_z2_3*w2_31 + d_z2_4*w2_41)*(1.0 - h1_1*h1_1)
        d_z1_2 = (d_z2_1*w2_12 + d_z2_2*w2_22 + d_z2_3*w2_32 + d_z2_4*w2_42)*(1.0 - h1_2*h1_2)
        d_z1_3 = (d_z2_1*w2_13 + d_z2_2*w2_23 + d_z2_3*w2_33 + d_z2_4*w2_43)*(1.0 - h1_3*h1_3)
        d_z1_4 = (d_z2_1*w2_14 + d_z2_2*w2_24 + d_z2_3*w2_34 + d_z2_4*w2_44)*(1.0 - h1_4*h1_4)

        # each parameter collects its share from this example
        d_w1_11 += d_z1_1*x1                                  # of programs.py:129
        d_w1_12 += d_z1_1*x2
        d_w1_13 += d_z1_1*x3
        d_b1_1 += d_z1_1
        d_w1_21 += d_z1_2*x1
        d_w1_22 += d_z1_2*x2
        d_w1_23 += d_z1_2*x3
        d_b1_2 += d_z1_2
        d_w1_31 += d_z1_3*x1
        d_w1_32 += d_z1_3*x2
        d_w1_33 += d_z1_3*x3
        d_b1_3 += d_z1_3
        d_w1_41 += d_z1_4*x1
        d_w1_42 += d_z1_4*x2
        d_w1_43 += d_z1_4*x3
        d_b1_4 += d_z1_4
        d_w2_11 += d_z2_1*h1_1
        d_w2_12 += d_z2_1*h1_2
        d_w2_13 += d_z2_1*h1_3
        d_w2_14 += d_z2_1*h1_4
        d_b2_1 += d_z2_1
        d_w2_21 += d_z2_2*h1_1
        d_w2_22 += d_z2_2*h1_2
        d_w2_23 += d_z2_2*h1_3
        d_w2_24 += d_z2_2*h1_4
        d_b2_2 += d_z2_2
        d_w2_31 += d_z2_3*h1_1
        d_w2_32 += d_z2_3*h1_2
        d_w2_33 += d_z2_3*h1_3
        d_w2_34 += d_z2_3*h1_4
        d_b2_3 += d_z2_3
        d_w2_41 += d_z2_4*h1_1
        d_w2_42 += d_z2_4*h1_2
        d_w2_43 += d_z2_4*h1_3
        d_w2_44 += d_z2_4*h1_4
        d_b2_4 += d_z2_4
        d_w3_1 += d_z3*h2_1
        d_w3_2 += d_z3*h2_2
        d_w3_3 += d_z3*h2_3
        d_w3_4 += d_z3*h2_4
        d_b3 += d_z3

    return loss, (
        d_w1_11, d_w1_12, d_w1_13, d_b1_1,
        d_w1_21, d_w1_22, d_w1_23, d_b1_2,
        d_w1_31, d_w1_32, d_w1_33, d_b1_3,
        d_w1_41, d_w1_42, d_w1_43, d_b1_4,
        d_w2_11, d_w2_12, d_w2_13, d_w2_14, d_b2_1,
        d_w2_21, d_w2_22, d_w2_23, d_w2_24, d_b2_2,
        d_w2_31, d_w2_32, d_w2_33, d_w2_34, d_b2_3,
        d_w2_41, d_w2_42, d_w2_43, d_w2_44, d_b2_4,
        d_w3_1, d_w3_2, d_w3_3, d_w3_4, d_b3,
    )
