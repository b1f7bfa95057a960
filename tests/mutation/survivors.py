"""The changed texts that no check can tell from the emitted ones, and why they are the same.

Program -> {what was changed, and in which statement: why it changes nothing}.
"""

LENGTH = "both have one row for each example"
CLIPPED = "a slice ends with its array"
ZERO = "what is added, or left out, is multiplied by the 0.0 in the user's data"
BRANCHES = "at 0, where the two differ, both branches give 1/2"
NOTHING = "at 0, where the two differ, both branches give 0"
FINITE = "top is max_logits wherever that is finite, as it is of finite numbers"
LEFT = "NumPy takes each negative size as the one that is left"

EQUIVALENT: dict[str, dict[str, str]] = {
    "demo": {
        "LtE to Lt in return 0.0 if x <= 0.0 else x": NOTHING,
    },
    "logistic": {
        "x to y in N = len(x)": LENGTH,
        "GtE to Gt in return np.where(x >= 0.0, 1.0, e) / (1.0 + e)": BRANCHES,
    },
    "margin": {
        "LtE to Lt in return 0.0 if x <= 0.0 else x": NOTHING,
        "Add to Sub in z1_1a = b1_1 + 0.0*w1_11 + w1_12": ZERO,
        "drop the right term in z1_1a = b1_1 + 0.0*w1_11 + w1_12": ZERO,
        "Add to Sub in z1_2a = b1_2 + 0.0*w1_21 + w1_22": ZERO,
        "drop the right term in z1_2a = b1_2 + 0.0*w1_21 + w1_22": ZERO,
        "Add to Sub in z1_3a = b1_3 + 0.0*w1_31 + w1_32": ZERO,
        "drop the right term in z1_3a = b1_3 + 0.0*w1_31 + w1_32": ZERO,
        "drop the left term in d_w1_11 = 0.0*d_z1_1a + d_z1_1b + 2e-4*w1_11": ZERO,
        "drop the left term in d_w1_21 = 0.0*d_z1_2a + d_z1_2b + 2e-4*w1_21": ZERO,
        "drop the left term in d_w1_31 = 0.0*d_z1_3a + d_z1_3b + 2e-4*w1_31": ZERO,
        "w1_11 to b2 in z1_1a = b1_1 + 0.0*w1_11 + w1_12": ZERO,
        "w1_21 to h1_1a in z1_2a = b1_2 + 0.0*w1_21 + w1_22": ZERO,
        "w1_31 to h1_2a in z1_3a = b1_3 + 0.0*w1_31 + w1_32": ZERO,
        "d_z1_1a to d_z1_3b in d_w1_11 = 0.0*d_z1_1a + d_z1_1b + 2e-4*w1_11": ZERO,
        "d_z1_2a to d_b1_1 in d_w1_21 = 0.0*d_z1_2a + d_z1_2b + 2e-4*w1_21": ZERO,
        "d_z1_3a to d_b1_2 in d_w1_31 = 0.0*d_z1_3a + d_z1_3b + 2e-4*w1_31": ZERO,
    },
    "moons": {
        "x to y in N = len(x)": LENGTH,
    },
    "recurrent": {
        "x to y in N = len(x)": LENGTH,
    },
    "sequential": {
        "x to labels in N = len(x)": LENGTH,
    },
    "softmax": {
        "x to labels in N = len(x)": LENGTH,
    },
    "loops_lecture": {
        "index by 1 in layer3 = theta[36:41]": CLIPPED,
        "index by 1 in d_layer3 = d_theta[36:41]": CLIPPED,
    },
    "loops_moons": {
        "Xb to yb in N = len(Xb)": LENGTH,
        "index by 1 in layer3 = theta[320:337]": CLIPPED,
        "index by 1 in d_layer3 = d_theta[320:337]": CLIPPED,
    },
    "loops_softmax": {
        "X to targets in N = len(X)": LENGTH,
    },
    "loops_recurrent": {
        "sequences to targets in N = len(sequences)": LENGTH,
        "index by 1 in start = theta[33:37]": CLIPPED,
        "index by 1 in d_theta[33:37] = share @ cell_w_b": CLIPPED,
    },
    "loops_window": {
        "signals to targets in N = len(signals)": LENGTH,
        "index by 1 in top = theta[4:11]": CLIPPED,
        "index by 1 in d_top = d_theta[4:11]": CLIPPED,
        "index by 1 in d_kernel_w = "
        "d_pre_features.reshape(-1) @ features_picked.reshape(-1, 3)": LEFT,
    },
    "loops_skip": {
        "X to y in N = len(X)": LENGTH,
        "index by 1 in last = theta[104:113]": CLIPPED,
        "index by 1 in d_last = d_theta[104:113]": CLIPPED,
    },
}
