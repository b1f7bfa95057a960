"""The sum of squared errors, and its gradient, in plain Python.

Emitted by symgrad 0.1.0, target `python`, style `looped`, from programs.py:17 (`loss`).
Needs Python's math module and nothing else.

    net     MLP(2, [4, 1]), tanh, 17 parameters
    traced  3 examples, 144 scalar nodes
    work    40 multiplications, 36 additions, 5 tanh an example
    ir      sha256 75fcf29f1c900432
"""

from math import tanh

EXAMPLES = (
    ((2.0, 3.0), 1.0),
    ((1.0, -1.0), -1.0),
    ((0.5, 0.25), 1.0),
)


def loss_and_grads(theta, examples=EXAMPLES):
    """The sum of squared errors over the examples, and its gradient.

    theta     17 floats: the parameters, in the order of net.parameters()
    examples  any number of ((a1, a2), b)
    returns   (loss, d_theta): a float, and a tuple of 17 floats in the order of theta

    w1_31 is the weight of neuron 3 in layer 1 on its input 1, b1_3 that neuron's bias, h1_3 its
    output, and d_v stands for d loss / d v.
    """
    (
        w1_11, w1_12, b1_1,          # layer 1
        w1_21, w1_22, b1_2,
        w1_31, w1_32, b1_3,
        w1_41, w1_42, b1_4,
        w2_1, w2_2, w2_3, w2_4, b2,  # layer 2
    ) = theta

    loss = 0.0
    d_w1_11 = d_w1_12 = d_b1_1 = 0.0
    d_w1_21 = d_w1_22 = d_b1_2 = 0.0
    d_w1_31 = d_w1_32 = d_b1_3 = 0.0
    d_w1_41 = d_w1_42 = d_b1_4 = 0.0
    d_w2_1 = d_w2_2 = d_w2_3 = d_w2_4 = d_b2 = 0.0

    for (a1, a2), b in examples:
        # forward
        h1_1 = tanh(b1_1 + w1_11*a1 + w1_12*a2)    # programs.py:17
        h1_2 = tanh(b1_2 + w1_21*a1 + w1_22*a2)
        h1_3 = tanh(b1_3 + w1_31*a1 + w1_32*a2)
        h1_4 = tanh(b1_4 + w1_41*a1 + w1_42*a2)
        h2 = tanh(b2 + w2_1*h1_1 + w2_2*h1_2 + w2_3*h1_3 + w2_4*h1_4)
        err = h2 - b
        loss += err*err

        # back: z is the sum inside a neuron, and tanh'(z) is 1 - h*h
        d_z2 = 2.0*err*(1.0 - h2*h2)               # of programs.py:17
        d_z1_1 = d_z2*w2_1*(1.0 - h1_1*h1_1)
        d_z1_2 = d_z2*w2_2*(1.0 - h1_2*h1_2)
        d_z1_3 = d_z2*w2_3*(1.0 - h1_3*h1_3)
        d_z1_4 = d_z2*w2_4*(1.0 - h1_4*h1_4)

        # each parameter collects its share from this example
        d_w1_11 += d_z1_1*a1                       # of programs.py:17
        d_w1_12 += d_z1_1*a2
        d_b1_1 += d_z1_1
        d_w1_21 += d_z1_2*a1
        d_w1_22 += d_z1_2*a2
        d_b1_2 += d_z1_2
        d_w1_31 += d_z1_3*a1
        d_w1_32 += d_z1_3*a2
        d_b1_3 += d_z1_3
        d_w1_41 += d_z1_4*a1
        d_w1_42 += d_z1_4*a2
        d_b1_4 += d_z1_4
        d_w2_1 += d_z2*h1_1
        d_w2_2 += d_z2*h1_2
        d_w2_3 += d_z2*h1_3
        d_w2_4 += d_z2*h1_4
        d_b2 += d_z2

    return loss, (
        d_w1_11, d_w1_12, d_b1_1,
        d_w1_21, d_w1_22, d_b1_2,
        d_w1_31, d_w1_32, d_b1_3,
        d_w1_41, d_w1_42, d_b1_4,
        d_w2_1, d_w2_2, d_w2_3, d_w2_4, d_b2,
    )

# symgrad facts {"arguments": [["theta", "f64[17]", "theta"], ["examples", "f64[N, 3]", "examples"]], "columns": {"a1": [2.0, 1.0, 0.5], "a2": [3.0, -1.0, 0.25], "b": [1.0, -1.0, 1.0]}, "constants": [], "kind": "vector", "layout": [["a", 2], ["b", 0]], "name": "loss_and_grads", "needs": [], "ranges": [], "reference": "func @loss_and_grads(param %w1_11: f64[], param %w1_12: f64[], param %b1_1: f64[], param %w1_21: f64[], param %w1_22: f64[], param %b1_2: f64[], param %w1_31: f64[], param %w1_32: f64[], param %b1_3: f64[], param %w1_41: f64[], param %w1_42: f64[], param %b1_4: f64[], param %w2_1: f64[], param %w2_2: f64[], param %w2_3: f64[], param %w2_4: f64[], param %b2: f64[], input %a1: f64[N], input %a2: f64[N], input %b: f64[N]) {\n  %0 = multiply %w1_11, %a1 : f64[N]\n  %1 = add %b1_1, %0 : f64[N]\n  %2 = multiply %w1_12, %a2 : f64[N]\n  %3 = add %1, %2 : f64[N]\n  %4 = tanh %3 : f64[N]\n  %5 = multiply %w2_1, %4 : f64[N]\n  %6 = add %b2, %5 : f64[N]\n  %7 = multiply %w1_21, %a1 : f64[N]\n  %8 = add %b1_2, %7 : f64[N]\n  %9 = multiply %w1_22, %a2 : f64[N]\n  %10 = add %8, %9 : f64[N]\n  %11 = tanh %10 : f64[N]\n  %12 = multiply %w2_2, %11 : f64[N]\n  %13 = add %6, %12 : f64[N]\n  %14 = multiply %w1_31, %a1 : f64[N]\n  %15 = add %b1_3, %14 : f64[N]\n  %16 = multiply %w1_32, %a2 : f64[N]\n  %17 = add %15, %16 : f64[N]\n  %18 = tanh %17 : f64[N]\n  %19 = multiply %w2_3, %18 : f64[N]\n  %20 = add %13, %19 : f64[N]\n  %21 = multiply %w1_41, %a1 : f64[N]\n  %22 = add %b1_4, %21 : f64[N]\n  %23 = multiply %w1_42, %a2 : f64[N]\n  %24 = add %22, %23 : f64[N]\n  %25 = tanh %24 : f64[N]\n  %26 = multiply %w2_4, %25 : f64[N]\n  %27 = add %20, %26 : f64[N]\n  %28 = tanh %27 : f64[N]\n  %29 = subtract %28, %b : f64[N]\n  %30 = constant 2.0 : f64[]\n  %31 = power %29, %30 : f64[N]\n  %32 = sum %31 {axis = (0,), keepdims = false} : f64[]\n  return %32\n}\n", "returns": ["f64[]", "f64[17]"], "rewrites": ["x**2 = x*x  at programs.py:17"], "target": "python", "wrt": [["w1_11", "f64[]"], ["w1_12", "f64[]"], ["b1_1", "f64[]"], ["w1_21", "f64[]"], ["w1_22", "f64[]"], ["b1_2", "f64[]"], ["w1_31", "f64[]"], ["w1_32", "f64[]"], ["b1_3", "f64[]"], ["w1_41", "f64[]"], ["w1_42", "f64[]"], ["b1_4", "f64[]"], ["w2_1", "f64[]"], ["w2_2", "f64[]"], ["w2_3", "f64[]"], ["w2_4", "f64[]"], ["b2", "f64[]"]]}
# symgrad sha256 f8eaf5c8f580cc78f8b4993c344cde00c56eb29f81135a2b170c17ce328ddc6b
