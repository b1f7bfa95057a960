"""The problems written by hand agree with what symgrad compiles, and with PyTorch."""

from functools import cache

import numpy as np
import pytest
from by_hand import NAMES, compiled, problem
from by_hand.code_lines import lines_of_code


@cache
def compiled_once(name):
    module = problem(name)
    return compiled(module, module.data(np.random.default_rng(0)))


def agree(module, actual, expected):
    """Loss and gradients agree to 1e-9, next to 0 as measured by the gradient's largest element."""
    np.testing.assert_allclose(actual[0], expected[0], rtol=1e-9)
    for name, own, other in zip(module.PARAMS, actual[1], expected[1], strict=True):
        other = np.asarray(other)
        assert np.shape(own) == other.shape, name
        atol = 1e-12 * np.abs(other).max()
        np.testing.assert_allclose(own, other, rtol=1e-9, atol=atol, err_msg=name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_compiled_gradient_is_the_one_by_hand(name, seed):
    module = problem(name)
    draw = module.data(np.random.default_rng(seed))
    agree(module, compiled_once(name)(**draw), module.loss_and_grads(**draw))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_gradient_by_hand_is_that_of_pytorch(name, seed):
    torch = pytest.importorskip("torch")
    module = problem(name)
    draw = module.data(np.random.default_rng(seed))
    tensors = {key: torch.tensor(value) for key, value in draw.items()}
    params = []
    for key in module.PARAMS:
        tensors[key] = torch.tensor(draw[key], dtype=torch.float64, requires_grad=True)
        params.append(tensors[key])
    loss = module.torch_loss(torch, **tensors)
    grads = [d.numpy() for d in torch.autograd.grad(loss, params)]
    agree(module, module.loss_and_grads(**draw), (loss.item(), grads))


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_by_hand_changes_no_argument(name):
    module = problem(name)
    draw = module.data(np.random.default_rng(0))
    module.loss_and_grads(**draw)
    for key, value in module.data(np.random.default_rng(0)).items():
        np.testing.assert_array_equal(draw[key], value, err_msg=key)


def test_lines_of_code_are_those_of_bodies_without_comments_and_docstrings():
    """Helpers count where the function reaches them; signatures and blank lines never do."""
    source = """
LIMIT = 3


def helper(x):
    return x + 1


def unused(x):
    return x


def loss_and_grads(
    x,
):
    '''Two lines
    of text.'''
    # a comment
    y = helper(
        x
    )

    return y  # another
"""
    assert lines_of_code(source) == 5
