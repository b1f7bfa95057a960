"""The loss `oscillator`, and its gradient, in plain Python.

Emitted by symgrad 0.1.0, target `python`, from paged_programs.py:36.
Needs Python's math module and nothing else.

    traced  3,111 scalar nodes
    work    3,354 multiplications, 2,551 additions
    ir      sha256 6dbf77d2fa101020
"""


def step_1(q, p, k, c):
    """Call 1 of `step`, paged_programs.py:19."""
    c_q = c*q                       # paged_programs.py:16
    c_q_q = c_q*q
    field_p_difference = -k*q - c_q_q*q
    field_q1 = q + 0.05*p           # paged_programs.py:22
    field_p1 = p + 0.05*field_p_difference
    c_field_q1 = c*field_q1         # paged_programs.py:16
    field_p_product = c_field_q1*field_q1
    difference = -k*field_q1 - field_p_product*field_q1
    field_q2 = q + 0.05*field_p1    # paged_programs.py:23
    field_p2 = p + 0.05*difference
    c_field_q2 = c*field_q2         # paged_programs.py:16
    product = c_field_q2*field_q2
    field_p_difference_2 = -k*field_q2 - product*field_q2
    field_q3 = q + 0.1*field_p2     # paged_programs.py:24
    c_field_q3 = c*field_q3         # paged_programs.py:16
    p_next1_product = c_field_q3*field_q3
    q_next1 = (                     # paged_programs.py:25
        q + 0.016666666666666666*(p + 2.0*field_p1 + 2.0*field_p2 + (p + 0.1*field_p_difference_2))
    )
    p_next1_product_2 = 0.016666666666666666*(  # paged_programs.py:26
        field_p_difference + 2.0*difference + 2.0*field_p_difference_2
        + (-k*field_q3 - p_next1_product*field_q3)
    )
    p_next1 = p + p_next1_product_2
    kept = (
        c_q, c_q_q, field_q1, c_field_q1, field_p_product, field_q2, c_field_q2, product, field_q3,
        c_field_q3, p_next1_product,
    )
    return q_next1, p_next1, kept


def step(q_next1, p_next1, k, c):
    """One call of `step`, paged_programs.py:19; 48 such pages are alike."""
    c_q_next1 = c*q_next1                 # paged_programs.py:16
    c_q_next1_q_next1 = c_q_next1*q_next1
    field_p_difference_3 = -k*q_next1 - c_q_next1_q_next1*q_next1
    field_q4 = q_next1 + 0.05*p_next1     # paged_programs.py:22
    field_p3 = p_next1 + 0.05*field_p_difference_3
    c_field_q4 = c*field_q4               # paged_programs.py:16
    field_p_product_2 = c_field_q4*field_q4
    field_p_difference_4 = -k*field_q4 - field_p_product_2*field_q4
    field_q5 = q_next1 + 0.05*field_p3    # paged_programs.py:23
    field_p4 = p_next1 + 0.05*field_p_difference_4
    c_field_q5 = c*field_q5               # paged_programs.py:16
    field_p_product_3 = c_field_q5*field_q5
    field_p_difference_5 = -k*field_q5 - field_p_product_3*field_q5
    field_q6 = q_next1 + 0.1*field_p4     # paged_programs.py:24
    c_field_q6 = c*field_q6               # paged_programs.py:16
    p_next2_product = c_field_q6*field_q6
    q_next2_product = 0.016666666666666666*(  # paged_programs.py:25
        p_next1 + 2.0*field_p3 + 2.0*field_p4 + (p_next1 + 0.1*field_p_difference_5)
    )
    q_next2 = q_next1 + q_next2_product
    p_next2_product_2 = 0.016666666666666666*(  # paged_programs.py:26
        field_p_difference_3 + 2.0*field_p_difference_4 + 2.0*field_p_difference_5
        + (-k*field_q6 - p_next2_product*field_q6)
    )
    p_next2 = p_next1 + p_next2_product_2
    kept = (
        c_q_next1, c_q_next1_q_next1, field_q4, c_field_q4, field_p_product_2, field_q5,
        c_field_q5, field_p_product_3, field_q6, c_field_q6, p_next2_product, q_next1,
    )
    return q_next2, p_next2, kept


def step_50(q_next49, p_next49, k, c):
    """Call 50 of `step`, paged_programs.py:19."""
    c_q_next49 = c*q_next49                   # paged_programs.py:16
    field_p_product_137 = c_q_next49*q_next49
    field_p_difference_147 = -k*q_next49 - field_p_product_137*q_next49
    field_q148 = q_next49 + 0.05*p_next49     # paged_programs.py:22
    field_p99 = p_next49 + 0.05*field_p_difference_147
    c_field_q148 = c*field_q148               # paged_programs.py:16
    field_p_product_138 = c_field_q148*field_q148
    field_p_difference_148 = -k*field_q148 - field_p_product_138*field_q148
    field_q149 = q_next49 + 0.05*field_p99    # paged_programs.py:23
    field_p100 = p_next49 + 0.05*field_p_difference_148
    c_field_q149 = c*field_q149               # paged_programs.py:16
    field_p_product_139 = c_field_q149*field_q149
    field_p_difference_149 = -k*field_q149 - field_p_product_139*field_q149
    field_q150 = q_next49 + 0.1*field_p100    # paged_programs.py:24
    c_field_q150 = c*field_q150               # paged_programs.py:16
    p_next50_product = c_field_q150*field_q150
    q_next50_product = 0.016666666666666666*(  # paged_programs.py:25
        p_next49 + 2.0*field_p99 + 2.0*field_p100 + (p_next49 + 0.1*field_p_difference_149)
    )
    q_next50 = q_next49 + q_next50_product
    p_next50_product_2 = 0.016666666666666666*(  # paged_programs.py:26
        field_p_difference_147 + 2.0*field_p_difference_148 + 2.0*field_p_difference_149
        + (-k*field_q150 - p_next50_product*field_q150)
    )
    p_next50 = p_next49 + p_next50_product_2
    err = q_next50 - 0.3                      # paged_programs.py:36
    total = p_next50 + 0.2
    loss = err*err + total*total
    kept = (
        c_q_next49, field_p_product_137, field_q148, c_field_q148, field_p_product_138, field_q149,
        c_field_q149, field_p_product_139, field_q150, c_field_q150, p_next50_product, err, total,
        q_next49,
    )
    return loss, kept


def back_through_step_50(kept, k, c):
    """Back through call 50 of `step`, paged_programs.py:19."""
    (
        c_q_next49, field_p_product_137, field_q148, c_field_q148, field_p_product_138, field_q149,
        c_field_q149, field_p_product_139, field_q150, c_field_q150, p_next50_product, err, total,
        q_next49,
    ) = kept
    d_p_next50 = 2.0*total                                      # of paged_programs.py:36
    d_p_next50_total = 0.016666666666666666*d_p_next50          # of paged_programs.py:26
    d_p_next50_product = -d_p_next50_total*field_q150           # of paged_programs.py:16
    d_c_field_q150 = d_p_next50_product*field_q150
    d_err = 2.0*err                                             # of paged_programs.py:36
    d_field_q150 = (                                            # of paged_programs.py:16, 24
        d_c_field_q150*c - d_p_next50_total*k + d_p_next50_product*c_field_q150
        - d_p_next50_total*p_next50_product
    )
    q_next49_product_2 = 2.0*d_p_next50_total                   # of paged_programs.py:26
    d_q_next50_total = 0.016666666666666666*d_err               # of paged_programs.py:25
    d_field_p_difference_149 = (                                # of paged_programs.py:16, 24
        0.1*d_q_next50_total + q_next49_product_2
    )
    q_next49_product_3 = d_field_p_difference_149*field_q149    # of paged_programs.py:16
    d_c_field_q149 = -q_next49_product_3*field_q149
    p_next49_product_3 = 2.0*d_q_next50_total                   # of paged_programs.py:25
    d_field_q149 = (                                            # of paged_programs.py:16, 23
        d_c_field_q149*c - d_field_p_difference_149*k - q_next49_product_3*c_field_q149
        - d_field_p_difference_149*field_p_product_139
    )
    d_field_p100 = p_next49_product_3 + 0.1*d_field_q150        # of paged_programs.py:23, 24
    d_field_p_difference_148 = 0.05*d_field_p100 + q_next49_product_2  # of paged_programs.py:16, 23
    p_next49_product_4 = d_field_p_difference_148*field_q148    # of paged_programs.py:16
    d_c_field_q148 = -p_next49_product_4*field_q148
    d_field_p99 = p_next49_product_3 + 0.05*d_field_q149        # of paged_programs.py:22, 23
    d_field_q148 = (                                            # of paged_programs.py:16, 22
        d_c_field_q148*c - d_field_p_difference_148*k - p_next49_product_4*c_field_q148
        - d_field_p_difference_148*field_p_product_138
    )
    d_field_p_difference_147 = 0.05*d_field_p99 + d_p_next50_total
    q_next49_product_4 = d_field_p_difference_147*q_next49      # of paged_programs.py:16
    d_p_next49 = (                                              # of paged_programs.py:22, 26
        d_field_p99 + 0.03333333333333333*d_err + 0.05*d_field_q148 + d_field_p100 + d_p_next50
    )
    d_c_q_next49 = -q_next49_product_4*q_next49                 # of paged_programs.py:16
    d_q_next49 = (                                              # of paged_programs.py:16, 25
        d_c_q_next49*c - d_field_p_difference_147*k - q_next49_product_4*c_q_next49
        - d_field_p_difference_147*field_p_product_137 + d_field_q148 + d_field_q149 + d_err
        + d_field_q150
    )
    d_k = (                                                     # of paged_programs.py:16
        d_p_next50_product - q_next49_product_3 - p_next49_product_4 - q_next49_product_4
    )
    d_c = (
        d_c_field_q150*field_q150 + d_c_field_q149*field_q149 + d_c_field_q148*field_q148
        + d_c_q_next49*q_next49
    )
    return d_p_next49, d_q_next49, d_k, d_c


def back_through_step(d_p_next2, d_q_next2, d_k, d_c, kept, k, c):
    """Back through one call of `step`, paged_programs.py:19; 48 such pages are alike."""
    (
        c_q_next1, c_q_next1_q_next1, field_q4, c_field_q4, field_p_product_2, field_q5,
        c_field_q5, field_p_product_3, field_q6, c_field_q6, p_next2_product, q_next1,
    ) = kept
    d_p_next2_total = 0.016666666666666666*d_p_next2                  # of paged_programs.py:26
    p_next1_product_3 = d_p_next2_total*field_q6                      # of paged_programs.py:16
    d_c_field_q6 = -p_next1_product_3*field_q6
    d_field_q6 = (                                                    # of paged_programs.py:16, 24
        d_c_field_q6*c - d_p_next2_total*k - p_next1_product_3*c_field_q6
        - d_p_next2_total*p_next2_product
    )
    q_next1_product = 2.0*d_p_next2_total                             # of paged_programs.py:26
    d_q_next2_total = 0.016666666666666666*d_q_next2                  # of paged_programs.py:25
    d_field_p_difference_5 = 0.1*d_q_next2_total + q_next1_product    # of paged_programs.py:16, 24
    q_next1_product_2 = d_field_p_difference_5*field_q5               # of paged_programs.py:16
    d_c_field_q5 = -q_next1_product_2*field_q5
    p_next1_product_4 = 2.0*d_q_next2_total                           # of paged_programs.py:25
    d_field_q5 = (                                                    # of paged_programs.py:16, 23
        d_c_field_q5*c - d_field_p_difference_5*k - q_next1_product_2*c_field_q5
        - d_field_p_difference_5*field_p_product_3
    )
    d_field_p4 = p_next1_product_4 + 0.1*d_field_q6                   # of paged_programs.py:23, 24
    d_field_p_difference_4 = 0.05*d_field_p4 + q_next1_product        # of paged_programs.py:16, 23
    p_next1_product_5 = d_field_p_difference_4*field_q4               # of paged_programs.py:16
    d_c_field_q4 = -p_next1_product_5*field_q4
    d_field_p3 = p_next1_product_4 + 0.05*d_field_q5                  # of paged_programs.py:22, 23
    d_field_q4 = (                                                    # of paged_programs.py:16, 22
        d_c_field_q4*c - d_field_p_difference_4*k - p_next1_product_5*c_field_q4
        - d_field_p_difference_4*field_p_product_2
    )
    d_field_p_difference_3 = 0.05*d_field_p3 + d_p_next2_total
    q_next1_product_3 = d_field_p_difference_3*q_next1                # of paged_programs.py:16
    d_p_next1 = (                                                     # of paged_programs.py:22, 26
        d_field_p3 + 0.03333333333333333*d_q_next2 + 0.05*d_field_q4 + d_field_p4 + d_p_next2
    )
    d_c_q_next1 = -q_next1_product_3*q_next1                          # of paged_programs.py:16
    d_q_next1 = (                                                     # of paged_programs.py:16, 25
        d_c_q_next1*c - d_field_p_difference_3*k - q_next1_product_3*c_q_next1
        - d_field_p_difference_3*c_q_next1_q_next1 + d_field_q4 + d_field_q5 + d_q_next2
        + d_field_q6
    )
    d_k = (                                                           # of paged_programs.py:16
        d_k - p_next1_product_3 - q_next1_product_2 - p_next1_product_5 - q_next1_product_3
    )
    d_c = (
        d_c + d_c_field_q6*field_q6 + d_c_field_q5*field_q5 + d_c_field_q4*field_q4
        + d_c_q_next1*q_next1
    )
    return d_p_next1, d_q_next1, d_k, d_c


def back_through_step_1(d_p_next1, d_q_next1, d_k, d_c, kept, q, k, c):
    """Back through call 1 of `step`, paged_programs.py:19."""
    (
        c_q, c_q_q, field_q1, c_field_q1, field_p_product, field_q2, c_field_q2, product, field_q3,
        c_field_q3, p_next1_product,
    ) = kept
    d_p_next1_total = 0.016666666666666666*d_p_next1    # of paged_programs.py:26
    p_product = d_p_next1_total*field_q3                # of paged_programs.py:16
    d_c_field_q3 = -p_product*field_q3
    d_field_q3 = (                                      # of paged_programs.py:16, 24
        d_c_field_q3*c - d_p_next1_total*k - p_product*c_field_q3 - d_p_next1_total*p_next1_product
    )
    c_product = 2.0*d_p_next1_total                     # of paged_programs.py:26
    d_q_next1_total = 0.016666666666666666*d_q_next1    # of paged_programs.py:25
    d_field_p_difference_2 = 0.1*d_q_next1_total + c_product  # of paged_programs.py:16, 24
    c_product_2 = d_field_p_difference_2*field_q2       # of paged_programs.py:16
    d_c_field_q2 = -c_product_2*field_q2
    p_product_2 = 2.0*d_q_next1_total                   # of paged_programs.py:25
    d_field_q2 = (                                      # of paged_programs.py:16, 23
        d_c_field_q2*c - d_field_p_difference_2*k - c_product_2*c_field_q2
        - d_field_p_difference_2*product
    )
    d_field_p2 = p_product_2 + 0.1*d_field_q3           # of paged_programs.py:23, 24
    d_difference = 0.05*d_field_p2 + c_product          # of paged_programs.py:16, 23
    p_product_3 = d_difference*field_q1                 # of paged_programs.py:16
    d_c_field_q1 = -p_product_3*field_q1
    d_field_p1 = p_product_2 + 0.05*d_field_q2          # of paged_programs.py:22, 23
    d_field_q1 = (                                      # of paged_programs.py:16, 22
        d_c_field_q1*c - d_difference*k - p_product_3*c_field_q1 - d_difference*field_p_product
    )
    d_field_p_difference = 0.05*d_field_p1 + d_p_next1_total
    c_product_3 = d_field_p_difference*q                # of paged_programs.py:16
    d_c_q = -c_product_3*q
    d_q = (                                             # of paged_programs.py:16, 22, 23, 24, ...
        d_c_q*c - d_field_p_difference*k - c_product_3*c_q - d_field_p_difference*c_q_q + d_field_q1
        + d_field_q2 + d_q_next1 + d_field_q3
    )
    d_p = (                                             # of paged_programs.py:22, 23, 24, 25, ...
        d_field_p1 + 0.03333333333333333*d_q_next1 + 0.05*d_field_q1 + d_field_p2 + d_p_next1
    )
    d_k = d_k - p_product - c_product_2 - p_product_3 - c_product_3  # of paged_programs.py:16
    d_c = d_c + d_c_field_q3*field_q3 + d_c_field_q2*field_q2 + d_c_field_q1*field_q1 + d_c_q*q
    return d_q, d_p, d_k, d_c


def loss_and_grads(theta):
    """The loss `oscillator`, and its gradient.

    theta    4 floats: the parameters, in order
    returns  (loss, d_theta): a float, and a tuple of 4 floats in the order of theta

    The name d_v stands for d loss / d v.
    """
    q, p, k, c = theta

    # forward
    q_next1, p_next1, kept_1 = step_1(q, p, k, c)
    q_next49, p_next49 = q_next1, p_next1
    kept_of_step = []
    for _ in range(48):
        q_next49, p_next49, kept = step(q_next49, p_next49, k, c)
        kept_of_step += [kept]
    loss, kept_50 = step_50(q_next49, p_next49, k, c)

    # gradients of the values, from the loss back
    d_p_next49, d_q_next49, d_k, d_c = back_through_step_50(kept_50, k, c)
    d_p_next1, d_q_next1 = d_p_next49, d_q_next49
    for kept in kept_of_step[::-1]:
        d_p_next1, d_q_next1, d_k, d_c = back_through_step(
            d_p_next1, d_q_next1, d_k, d_c, kept, k, c,
        )
    d_q, d_p, d_k, d_c = back_through_step_1(d_p_next1, d_q_next1, d_k, d_c, kept_1, q, k, c)

    return loss, (d_q, d_p, d_k, d_c)
