"""The sum of squared errors, and its gradient, in plain Python.

Emitted by symgrad 0.1.0, target `python`, from programs.py:33 (`loss`).
Needs Python's math module and nothing else.

    net     MLP(3, [4, 4, 1]), tanh, 41 parameters
    traced  4 examples, 398 scalar nodes
    work    360 multiplications, 342 additions, 36 tanh
    ir      sha256 5acaaf8cc81048a8
"""

from math import tanh


def loss_and_grads(theta):
    """The sum of squared errors over the examples, and its gradient.

    theta    41 floats: the parameters, in the order of model.parameters()
    returns  (loss, d_theta): a float, and a tuple of 41 floats in the order of theta

    w2_31 is the weight of neuron 3 in layer 2 on its input 1, b2_3 that neuron's bias, h2_3a
    its output for example a, and d_v stands for d loss / d v.
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

    # example a: x = (2.0, 3.0, -1.0), ygt = 1.0
    h1_1a = tanh(b1_1 + 2.0*w1_11 + 3.0*w1_12 - w1_13)              # programs.py:32
    h1_2a = tanh(b1_2 + 2.0*w1_21 + 3.0*w1_22 - w1_23)
    h1_3a = tanh(b1_3 + 2.0*w1_31 + 3.0*w1_32 - w1_33)
    h1_4a = tanh(b1_4 + 2.0*w1_41 + 3.0*w1_42 - w1_43)
    h2_1a = tanh(b2_1 + w2_11*h1_1a + w2_12*h1_2a + w2_13*h1_3a + w2_14*h1_4a)
    h2_2a = tanh(b2_2 + w2_21*h1_1a + w2_22*h1_2a + w2_23*h1_3a + w2_24*h1_4a)
    h2_3a = tanh(b2_3 + w2_31*h1_1a + w2_32*h1_2a + w2_33*h1_3a + w2_34*h1_4a)
    h2_4a = tanh(b2_4 + w2_41*h1_1a + w2_42*h1_2a + w2_43*h1_3a + w2_44*h1_4a)
    ypred_a = tanh(b3 + w3_1*h2_1a + w3_2*h2_2a + w3_3*h2_3a + w3_4*h2_4a)
    err_a = ypred_a - 1.0                                           # programs.py:33

    # example b: x = (3.0, -1.0, 0.5), ygt = -1.0
    h1_1b = tanh(b1_1 + 3.0*w1_11 - w1_12 + 0.5*w1_13)              # programs.py:32
    h1_2b = tanh(b1_2 + 3.0*w1_21 - w1_22 + 0.5*w1_23)
    h1_3b = tanh(b1_3 + 3.0*w1_31 - w1_32 + 0.5*w1_33)
    h1_4b = tanh(b1_4 + 3.0*w1_41 - w1_42 + 0.5*w1_43)
    h2_1b = tanh(b2_1 + w2_11*h1_1b + w2_12*h1_2b + w2_13*h1_3b + w2_14*h1_4b)
    h2_2b = tanh(b2_2 + w2_21*h1_1b + w2_22*h1_2b + w2_23*h1_3b + w2_24*h1_4b)
    h2_3b = tanh(b2_3 + w2_31*h1_1b + w2_32*h1_2b + w2_33*h1_3b + w2_34*h1_4b)
    h2_4b = tanh(b2_4 + w2_41*h1_1b + w2_42*h1_2b + w2_43*h1_3b + w2_44*h1_4b)
    ypred_b = tanh(b3 + w3_1*h2_1b + w3_2*h2_2b + w3_3*h2_3b + w3_4*h2_4b)
    err_b = ypred_b + 1.0                                           # programs.py:33

    # example c: x = (0.5, 1.0, 1.0), ygt = -1.0
    h1_1c = tanh(b1_1 + 0.5*w1_11 + w1_12 + w1_13)                  # programs.py:32
    h1_2c = tanh(b1_2 + 0.5*w1_21 + w1_22 + w1_23)
    h1_3c = tanh(b1_3 + 0.5*w1_31 + w1_32 + w1_33)
    h1_4c = tanh(b1_4 + 0.5*w1_41 + w1_42 + w1_43)
    h2_1c = tanh(b2_1 + w2_11*h1_1c + w2_12*h1_2c + w2_13*h1_3c + w2_14*h1_4c)
    h2_2c = tanh(b2_2 + w2_21*h1_1c + w2_22*h1_2c + w2_23*h1_3c + w2_24*h1_4c)
    h2_3c = tanh(b2_3 + w2_31*h1_1c + w2_32*h1_2c + w2_33*h1_3c + w2_34*h1_4c)
    h2_4c = tanh(b2_4 + w2_41*h1_1c + w2_42*h1_2c + w2_43*h1_3c + w2_44*h1_4c)
    ypred_c = tanh(b3 + w3_1*h2_1c + w3_2*h2_2c + w3_3*h2_3c + w3_4*h2_4c)
    err_c = ypred_c + 1.0                                           # programs.py:33

    # example d: x = (1.0, 1.0, -1.0), ygt = 1.0
    h1_1d = tanh(b1_1 + w1_11 + w1_12 - w1_13)                      # programs.py:32
    h1_2d = tanh(b1_2 + w1_21 + w1_22 - w1_23)
    h1_3d = tanh(b1_3 + w1_31 + w1_32 - w1_33)
    h1_4d = tanh(b1_4 + w1_41 + w1_42 - w1_43)
    h2_1d = tanh(b2_1 + w2_11*h1_1d + w2_12*h1_2d + w2_13*h1_3d + w2_14*h1_4d)
    h2_2d = tanh(b2_2 + w2_21*h1_1d + w2_22*h1_2d + w2_23*h1_3d + w2_24*h1_4d)
    h2_3d = tanh(b2_3 + w2_31*h1_1d + w2_32*h1_2d + w2_33*h1_3d + w2_34*h1_4d)
    h2_4d = tanh(b2_4 + w2_41*h1_1d + w2_42*h1_2d + w2_43*h1_3d + w2_44*h1_4d)
    ypred_d = tanh(b3 + w3_1*h2_1d + w3_2*h2_2d + w3_3*h2_3d + w3_4*h2_4d)
    err_d = ypred_d - 1.0                                           # programs.py:33

    loss = err_a*err_a + err_b*err_b + err_c*err_c + err_d*err_d    # programs.py:33

    # back through example a: z is the sum inside a neuron, and tanh'(z) is 1 - h*h
    d_z3a = 2.0*err_a*(1.0 - ypred_a*ypred_a)                       # of programs.py:32, 33
    d_z2_1a = d_z3a*w3_1*(1.0 - h2_1a*h2_1a)                        # of programs.py:32
    d_z2_2a = d_z3a*w3_2*(1.0 - h2_2a*h2_2a)
    d_z2_3a = d_z3a*w3_3*(1.0 - h2_3a*h2_3a)
    d_z2_4a = d_z3a*w3_4*(1.0 - h2_4a*h2_4a)
    d_z1_1a = (d_z2_1a*w2_11 + d_z2_2a*w2_21 + d_z2_3a*w2_31 + d_z2_4a*w2_41)*(1.0 - h1_1a*h1_1a)
    d_z1_2a = (d_z2_1a*w2_12 + d_z2_2a*w2_22 + d_z2_3a*w2_32 + d_z2_4a*w2_42)*(1.0 - h1_2a*h1_2a)
    d_z1_3a = (d_z2_1a*w2_13 + d_z2_2a*w2_23 + d_z2_3a*w2_33 + d_z2_4a*w2_43)*(1.0 - h1_3a*h1_3a)
    d_z1_4a = (d_z2_1a*w2_14 + d_z2_2a*w2_24 + d_z2_3a*w2_34 + d_z2_4a*w2_44)*(1.0 - h1_4a*h1_4a)

    # back through example b: z is the sum inside a neuron, and tanh'(z) is 1 - h*h
    d_z3b = 2.0*err_b*(1.0 - ypred_b*ypred_b)                       # of programs.py:32, 33
    d_z2_1b = d_z3b*w3_1*(1.0 - h2_1b*h2_1b)                        # of programs.py:32
    d_z2_2b = d_z3b*w3_2*(1.0 - h2_2b*h2_2b)
    d_z2_3b = d_z3b*w3_3*(1.0 - h2_3b*h2_3b)
    d_z2_4b = d_z3b*w3_4*(1.0 - h2_4b*h2_4b)
    d_z1_1b = (d_z2_1b*w2_11 + d_z2_2b*w2_21 + d_z2_3b*w2_31 + d_z2_4b*w2_41)*(1.0 - h1_1b*h1_1b)
    d_z1_2b = (d_z2_1b*w2_12 + d_z2_2b*w2_22 + d_z2_3b*w2_32 + d_z2_4b*w2_42)*(1.0 - h1_2b*h1_2b)
    d_z1_3b = (d_z2_1b*w2_13 + d_z2_2b*w2_23 + d_z2_3b*w2_33 + d_z2_4b*w2_43)*(1.0 - h1_3b*h1_3b)
    d_z1_4b = (d_z2_1b*w2_14 + d_z2_2b*w2_24 + d_z2_3b*w2_34 + d_z2_4b*w2_44)*(1.0 - h1_4b*h1_4b)

    # back through example c: z is the sum inside a neuron, and tanh'(z) is 1 - h*h
    d_z3c = 2.0*err_c*(1.0 - ypred_c*ypred_c)                       # of programs.py:32, 33
    d_z2_1c = d_z3c*w3_1*(1.0 - h2_1c*h2_1c)                        # of programs.py:32
    d_z2_2c = d_z3c*w3_2*(1.0 - h2_2c*h2_2c)
    d_z2_3c = d_z3c*w3_3*(1.0 - h2_3c*h2_3c)
    d_z2_4c = d_z3c*w3_4*(1.0 - h2_4c*h2_4c)
    d_z1_1c = (d_z2_1c*w2_11 + d_z2_2c*w2_21 + d_z2_3c*w2_31 + d_z2_4c*w2_41)*(1.0 - h1_1c*h1_1c)
    d_z1_2c = (d_z2_1c*w2_12 + d_z2_2c*w2_22 + d_z2_3c*w2_32 + d_z2_4c*w2_42)*(1.0 - h1_2c*h1_2c)
    d_z1_3c = (d_z2_1c*w2_13 + d_z2_2c*w2_23 + d_z2_3c*w2_33 + d_z2_4c*w2_43)*(1.0 - h1_3c*h1_3c)
    d_z1_4c = (d_z2_1c*w2_14 + d_z2_2c*w2_24 + d_z2_3c*w2_34 + d_z2_4c*w2_44)*(1.0 - h1_4c*h1_4c)

    # back through example d: z is the sum inside a neuron, and tanh'(z) is 1 - h*h
    d_z3d = 2.0*err_d*(1.0 - ypred_d*ypred_d)                       # of programs.py:32, 33
    d_z2_1d = d_z3d*w3_1*(1.0 - h2_1d*h2_1d)                        # of programs.py:32
    d_z2_2d = d_z3d*w3_2*(1.0 - h2_2d*h2_2d)
    d_z2_3d = d_z3d*w3_3*(1.0 - h2_3d*h2_3d)
    d_z2_4d = d_z3d*w3_4*(1.0 - h2_4d*h2_4d)
    d_z1_1d = (d_z2_1d*w2_11 + d_z2_2d*w2_21 + d_z2_3d*w2_31 + d_z2_4d*w2_41)*(1.0 - h1_1d*h1_1d)
    d_z1_2d = (d_z2_1d*w2_12 + d_z2_2d*w2_22 + d_z2_3d*w2_32 + d_z2_4d*w2_42)*(1.0 - h1_2d*h1_2d)
    d_z1_3d = (d_z2_1d*w2_13 + d_z2_2d*w2_23 + d_z2_3d*w2_33 + d_z2_4d*w2_43)*(1.0 - h1_3d*h1_3d)
    d_z1_4d = (d_z2_1d*w2_14 + d_z2_2d*w2_24 + d_z2_3d*w2_34 + d_z2_4d*w2_44)*(1.0 - h1_4d*h1_4d)

    # the gradient: each parameter collects its share from the four examples
    d_w1_11 = 2.0*d_z1_1a + 3.0*d_z1_1b + 0.5*d_z1_1c + d_z1_1d     # of programs.py:32
    d_w1_12 = 3.0*d_z1_1a - d_z1_1b + d_z1_1c + d_z1_1d
    d_w1_13 = 0.5*d_z1_1b - d_z1_1a + d_z1_1c - d_z1_1d
    d_b1_1 = d_z1_1a + d_z1_1b + d_z1_1c + d_z1_1d
    d_w1_21 = 2.0*d_z1_2a + 3.0*d_z1_2b + 0.5*d_z1_2c + d_z1_2d
    d_w1_22 = 3.0*d_z1_2a - d_z1_2b + d_z1_2c + d_z1_2d
    d_w1_23 = 0.5*d_z1_2b - d_z1_2a + d_z1_2c - d_z1_2d
    d_b1_2 = d_z1_2a + d_z1_2b + d_z1_2c + d_z1_2d
    d_w1_31 = 2.0*d_z1_3a + 3.0*d_z1_3b + 0.5*d_z1_3c + d_z1_3d
    d_w1_32 = 3.0*d_z1_3a - d_z1_3b + d_z1_3c + d_z1_3d
    d_w1_33 = 0.5*d_z1_3b - d_z1_3a + d_z1_3c - d_z1_3d
    d_b1_3 = d_z1_3a + d_z1_3b + d_z1_3c + d_z1_3d
    d_w1_41 = 2.0*d_z1_4a + 3.0*d_z1_4b + 0.5*d_z1_4c + d_z1_4d
    d_w1_42 = 3.0*d_z1_4a - d_z1_4b + d_z1_4c + d_z1_4d
    d_w1_43 = 0.5*d_z1_4b - d_z1_4a + d_z1_4c - d_z1_4d
    d_b1_4 = d_z1_4a + d_z1_4b + d_z1_4c + d_z1_4d
    d_w2_11 = d_z2_1a*h1_1a + d_z2_1b*h1_1b + d_z2_1c*h1_1c + d_z2_1d*h1_1d
    d_w2_12 = d_z2_1a*h1_2a + d_z2_1b*h1_2b + d_z2_1c*h1_2c + d_z2_1d*h1_2d
    d_w2_13 = d_z2_1a*h1_3a + d_z2_1b*h1_3b + d_z2_1c*h1_3c + d_z2_1d*h1_3d
    d_w2_14 = d_z2_1a*h1_4a + d_z2_1b*h1_4b + d_z2_1c*h1_4c + d_z2_1d*h1_4d
    d_b2_1 = d_z2_1a + d_z2_1b + d_z2_1c + d_z2_1d
    d_w2_21 = d_z2_2a*h1_1a + d_z2_2b*h1_1b + d_z2_2c*h1_1c + d_z2_2d*h1_1d
    d_w2_22 = d_z2_2a*h1_2a + d_z2_2b*h1_2b + d_z2_2c*h1_2c + d_z2_2d*h1_2d
    d_w2_23 = d_z2_2a*h1_3a + d_z2_2b*h1_3b + d_z2_2c*h1_3c + d_z2_2d*h1_3d
    d_w2_24 = d_z2_2a*h1_4a + d_z2_2b*h1_4b + d_z2_2c*h1_4c + d_z2_2d*h1_4d
    d_b2_2 = d_z2_2a + d_z2_2b + d_z2_2c + d_z2_2d
    d_w2_31 = d_z2_3a*h1_1a + d_z2_3b*h1_1b + d_z2_3c*h1_1c + d_z2_3d*h1_1d
    d_w2_32 = d_z2_3a*h1_2a + d_z2_3b*h1_2b + d_z2_3c*h1_2c + d_z2_3d*h1_2d
    d_w2_33 = d_z2_3a*h1_3a + d_z2_3b*h1_3b + d_z2_3c*h1_3c + d_z2_3d*h1_3d
    d_w2_34 = d_z2_3a*h1_4a + d_z2_3b*h1_4b + d_z2_3c*h1_4c + d_z2_3d*h1_4d
    d_b2_3 = d_z2_3a + d_z2_3b + d_z2_3c + d_z2_3d
    d_w2_41 = d_z2_4a*h1_1a + d_z2_4b*h1_1b + d_z2_4c*h1_1c + d_z2_4d*h1_1d
    d_w2_42 = d_z2_4a*h1_2a + d_z2_4b*h1_2b + d_z2_4c*h1_2c + d_z2_4d*h1_2d
    d_w2_43 = d_z2_4a*h1_3a + d_z2_4b*h1_3b + d_z2_4c*h1_3c + d_z2_4d*h1_3d
    d_w2_44 = d_z2_4a*h1_4a + d_z2_4b*h1_4b + d_z2_4c*h1_4c + d_z2_4d*h1_4d
    d_b2_4 = d_z2_4a + d_z2_4b + d_z2_4c + d_z2_4d
    d_w3_1 = d_z3a*h2_1a + d_z3b*h2_1b + d_z3c*h2_1c + d_z3d*h2_1d
    d_w3_2 = d_z3a*h2_2a + d_z3b*h2_2b + d_z3c*h2_2c + d_z3d*h2_2d
    d_w3_3 = d_z3a*h2_3a + d_z3b*h2_3b + d_z3c*h2_3c + d_z3d*h2_3d
    d_w3_4 = d_z3a*h2_4a + d_z3b*h2_4b + d_z3c*h2_4c + d_z3d*h2_4d
    d_b3 = d_z3a + d_z3b + d_z3c + d_z3d

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
