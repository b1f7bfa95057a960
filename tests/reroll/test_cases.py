"""Loops that people write, and the arrays that they become.

Each case is compiled from scalars and compared, value and gradient, with its own ``backward()`` at
another theta; then its text is looked at for what an expert would have written.
"""

import random
import re

import numpy as np
import pytest

import symgrad as sg
from symgrad.engine import Value
from symgrad.nn import MLP, Layer, Module


class Params(Module):
    """A module of loose parameters."""

    def __init__(self, count, seed=0):
        draw = random.Random(seed)
        self.p = [Value(draw.uniform(-1, 1)) for _ in range(count)]

    def parameters(self):
        return self.p


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).tolist()


def check(build, module, tolerance=1e-12, **options):
    """Compiles ``build()`` and compares it with micrograd's way at another theta."""
    f = sg.compile(build(), wrt=module, **options)
    theta = np.random.default_rng(7).uniform(-1, 1, len(module.parameters()))
    before = module.theta.copy()
    value, grads = f(theta)
    module.theta[...] = theta
    module.zero_grad()
    loss = build()
    loss.backward()
    expected = np.array([p.grad for p in module.parameters()], dtype=float)
    module.theta[...] = before
    assert value == pytest.approx(loss.data, rel=tolerance, abs=tolerance, nan_ok=True)
    np.testing.assert_allclose(grads, expected, rtol=tolerance, atol=tolerance * 10)
    return f


def code_lines(f):
    """The lines of code of the function, without comments, blanks and the signature."""
    body = f.source[f.source.index("def ") :].split('"""')[2]
    return [line for line in body.splitlines() if line.strip() and not line.strip().startswith("#")]


def test_the_lectures_net_is_at_most_thirty_lines():
    random.seed(1337)
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    model = MLP(3, [4, 4, 1], activation="tanh")
    f = check(lambda: sum((model(x) - y) ** 2 for x, y in zip(xs, ys, strict=True)), model)
    assert len(code_lines(f)) <= 30
    assert "DATA @ w1.T + b1" in f.source


def moons(n=40, l2=True):
    model, x = MLP(2, [16, 16, 1]), numbers(n, 2)
    y = [1.0 if a * b > 0 else -1.0 for a, b in x]

    def loss():
        scores = [model([Value(v) for v in row]) for row in x]
        losses = [(1 - t * s).relu() for t, s in zip(y, scores, strict=True)]
        data = sum(losses) * (1.0 / len(losses))
        return data + 1e-4 * sum(p * p for p in model.parameters()) if l2 else data

    return model, loss


def test_the_moons_loss_is_at_most_forty_lines_and_all_products_are_matrix_products():
    model, loss = moons()
    f = check(loss, model)
    assert len(code_lines(f)) <= 40
    for product in ("data @ w1.T", "h1 @ w2.T", "h2 @ w3", "theta @ theta", "d_z2.T @ h1"):
        assert product in f.source


@pytest.mark.parametrize("sizes", [[1], [3, 1], [3, 3, 1], [5, 5, 2]])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_any_widths_and_numbers_of_examples(sizes, n):
    """Two layers of one width, one neuron, N equal to a width, N = 1: axes are not mixed up."""
    model, x = MLP(3, sizes, activation="tanh"), numbers(n, 3)

    def loss():
        out = [model(row) for row in x]
        out = [o if isinstance(o, list) else [o] for o in out]
        return sum(sum(v * v for v in row) for row in out)

    check(loss, model)


def test_mixed_activations_in_one_layer_are_computed_by_kind():
    layer, x = Layer(3, 6, activation="linear"), numbers(8, 3)

    def loss():
        rows = [layer(row) for row in x]
        mixed = [[v.relu() if j < 4 else v.tanh() for j, v in enumerate(row)] for row in rows]
        return sum(sum(row) for row in mixed)

    f = check(loss, layer)
    assert len(code_lines(f)) <= 30


def test_a_skip_connection_adds_arrays():
    first, second, x = Layer(4, 4, activation="tanh"), Layer(4, 4, activation="tanh"), numbers(6, 4)

    class Net(Module):
        def parameters(self):
            return first.parameters() + second.parameters()

    def loss():
        total = 0
        for row in x:
            h = first(row)
            total = total + sum(a + b for a, b in zip(h, second(h), strict=True))
        return total

    f = check(loss, Net())
    assert len(code_lines(f)) <= 30


def test_a_gram_matrix_is_a_product_of_a_matrix_with_itself():
    module, x = Params(12), numbers(5, 3)

    def loss():
        w = [module.p[3 * j : 3 * j + 3] for j in range(4)]
        h = [[sum(a * b for a, b in zip(row, v, strict=True)) for v in w] for row in x]
        gram = [[sum(a * b for a, b in zip(p, q, strict=True)) for q in h] for p in h]
        return sum(sum(g * g for g in row) for row in gram)

    f = check(loss, module)
    assert re.search(r"@ \w+\.T", f.source)


def test_all_pairs_in_one_sum_are_two_loops():
    module, x = Params(3), numbers(5, 3)

    def loss():
        h = [sum(w * v for w, v in zip(module.p, row, strict=True)) for row in x]
        near = sum(sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) for a in x for b in x)
        return sum((a - b).tanh() * a for a in h for b in h) + near

    f = check(loss, module)
    assert len(code_lines(f)) <= 20


def test_terms_in_another_order_for_each_neuron_are_sorted_by_their_weights():
    module, x = Params(20), numbers(6, 4)

    def loss():
        draw = random.Random(1)
        out = []
        for row in x:
            for j in range(4):
                order = list(range(4))
                draw.shuffle(order)
                terms = [module.p[5 * j + i] * row[i] for i in order]
                out.append((sum(terms) + module.p[5 * j + 4]).tanh())
        return sum(out)

    f = check(loss, module)
    assert "@" in f.source


def test_sums_of_unequal_length_are_segments_and_are_not_padded():
    module = Params(6)
    lengths = [2, 4, 3, 5, 2, 6, 3, 4]
    x = [numbers(n, seed=n) for n in lengths]
    x[3][0] = float("inf")

    def loss():
        means = [sum(module.p[i] * v for i, v in enumerate(row)) * (1 / len(row)) for row in x]
        return sum(m.tanh() for m in means)

    with np.errstate(invalid="ignore"):  # the inf makes 0*inf here as it does in the loops
        f = check(loss, module)
    assert "np.add.reduceat" in f.source


def test_shared_weights_and_sliding_windows():
    module, x = Params(4), numbers(5, 9)

    def loss():
        k, b = module.p[:3], module.p[3]
        out = []
        for row in x:
            out.append([(sum(k[o] * row[i + o] for o in range(3)) + b).relu() for i in range(7)])
        return sum(sum(v * v for v in row) for row in out)

    f = check(loss, module)
    assert len(code_lines(f)) <= 25


def test_repeated_examples_duplicated_rows_and_a_constant_column():
    model = MLP(3, [4, 1], activation="tanh")
    row = numbers(3)
    x = [row, row, [1.0, 1.0, 1.0], row, [0.0, -0.0, -1.0]]

    def loss():
        return sum((model(r) - 1.0) ** 2 for r in x)

    check(loss, model)


@pytest.mark.parametrize("odd", [0.0, -0.0, 1.0, -1.0, float("nan")])
def test_data_with_special_numbers_stays_data(odd):
    model, x = MLP(2, [3, 1], activation="tanh"), numbers(4, 2)
    x[1][1] = odd

    def loss():
        return sum((model(r) - 0.5) ** 2 for r in x)

    check(loss, model)


def test_theta_read_by_several_views_gets_all_its_gradients():
    model, x = MLP(2, [3, 1], activation="tanh"), numbers(4, 2)

    def loss():
        weights = [w for layer in model.layers for n in layer.neurons for w in n.w]
        penalty = sum(w * w for w in weights) + sum(abs_of(p) for p in model.parameters())
        return sum(model(r) for r in x) + 0.1 * penalty

    check(loss, model)


def abs_of(p):
    return p.relu() + (-p).relu()


def test_one_odd_neuron_spoils_only_its_own_region():
    model, x = MLP(2, [8, 8, 1], activation="tanh"), numbers(10, 2)

    def loss():
        total = 0
        for row in x:
            h = model.layers[0](row)
            h[3] = h[3].exp() * 0.5
            total = total + model.layers[2](model.layers[1](h))
        return total

    f = check(loss, model)
    assert len(code_lines(f)) <= 45


def test_one_missing_term_spoils_only_its_own_region():
    model, x = MLP(3, [6, 1], activation="tanh"), numbers(9, 3)

    def loss():
        total = 0
        for n, row in enumerate(x):
            h = []
            for j, neuron in enumerate(model.layers[0].neurons):
                used = 2 if (n, j) == (4, 2) else 3
                s = neuron.b
                for i in range(used):
                    s = s + neuron.w[i] * row[i]
                h.append(s.tanh())
            total = total + model.layers[1](h)
        return total

    check(loss, model)


def test_softmax_regression_with_cross_entropy():
    layer, x = Layer(4, 3, activation="linear"), numbers(10, 4)
    labels = [i % 3 for i in range(10)]

    def loss():
        losses = []
        for row, k in zip(x, labels, strict=True):
            logits = layer(row)
            losses.append(sum(z.exp() for z in logits).log() - logits[k])
        return sum(losses) * (1 / len(losses))

    f = check(loss, layer)
    assert len(code_lines(f)) <= 25


def test_a_recurrent_net_is_unrolled_in_time_and_rolled_up_otherwise():
    cell, read, x = (
        Layer(2 + 4, 4, activation="tanh"),
        Layer(4, 1, activation="linear"),
        numbers(5, 6, 2),
    )

    class Net(Module):
        def parameters(self):
            return cell.parameters() + read.parameters()

    def loss():
        total = 0
        for sequence in x:
            h = [0.0] * 4
            for step in sequence:
                h = cell([*step, *h])
            total = total + read(h) ** 2
        return total

    f = check(loss, Net())
    assert len(code_lines(f)) <= 70


def test_one_element_of_some_rows_is_picked_from_these_rows():
    module, x = Params(12), numbers(5, 4)

    def loss():
        rows = [[w.tanh() for w in module.p[i : i + 4]] for i in (0, 4, 8)]
        scores = [[sum(a * b for a, b in zip(r, v, strict=True)) for r in rows] for v in x]
        picked = sum(scores[i][k].exp() for i, k in enumerate([2, 0, 1, 1]))
        return picked + sum(s * s for row in scores for s in row)

    f = check(loss, module)
    assert len(code_lines(f)) <= 30


def test_a_deep_and_narrow_graph_compiles():
    module = Params(3)

    def loss():
        x = module.p[0]
        for _ in range(300):
            x = (x * module.p[1] + module.p[2]).tanh()
        return x

    check(loss, module, 1e-11)


def test_reassociate_false_gives_the_loss_of_the_scalar_program_bit_for_bit():
    model, loss = moons(n=12)
    f = sg.compile(loss(), wrt=model, reassociate=False)
    value, grads = f()
    assert value == loss().data
    model.zero_grad()
    loss().backward()
    np.testing.assert_allclose(grads, [p.grad for p in model.parameters()], rtol=1e-12, atol=1e-14)


def test_a_small_formula_stays_a_straight_line():
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    f = sg.compile(a * b + a.tanh(), wrt=[a, b])
    assert "np.tanh(a)" in f.source
    assert f.history[0].name != "reroll"


def test_an_irregular_region_reads_single_elements_of_arrays():
    """What does not fit stays scalar, and nothing regular is lost beside it."""
    model, x = MLP(3, [16, 8], activation="tanh"), numbers(3)

    def loss():
        a, b, c, d, e, f, g, h = model(x)
        return (a * b + c.exp()).tanh() * d - (e - f * g).relu() * h.log() ** 2 + b / (h + 3.0)

    with np.errstate(invalid="ignore"):
        f = check(loss, model)
    assert re.search(r"\w+ @ ", f.source)
    assert len(code_lines(f)) <= 60


def test_a_program_without_rule_is_not_rolled_up():
    module = Params(4)

    def loss():
        x = module.p[0]
        for i in range(200):
            x = (x * 0.9 + module.p[i % 3]).tanh() if i % 7 else (x - module.p[3]).relu() + x * x
        return x

    f = check(loss, module, 1e-9)
    assert f.history[0].name != "reroll"
