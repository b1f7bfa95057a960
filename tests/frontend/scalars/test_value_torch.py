"""micrograd's own test expressions, repeated in PyTorch: values and gradients to 1e-12."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import symgrad as sg
from symgrad.engine import Value

torch = pytest.importorskip("torch", reason="PyTorch comes with the bench extra")


def sanity(x: Any) -> Any:
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    return h + q + q * x


def more_ops(a: Any, b: Any) -> Any:
    c = a + b
    d = a * b + b**3
    c = c + c + 1
    c = c + 1 + c + (-a)
    d = d + d * 2 + (b + a).relu()
    d = d + 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    return g + 10.0 / f


@pytest.mark.parametrize(
    ("expression", "points"), [(sanity, (-4.0,)), (more_ops, (-4.0, 2.0))], ids=["sanity", "more"]
)
def test_values_compiled_functions_and_pytorch_agree(
    expression: Callable[..., Any], points: tuple[float, ...]
) -> None:
    """Eager Values, both targets and PyTorch give one value and one gradient."""
    tensors = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in points]
    want = expression(*tensors)
    want.backward()
    values = [Value(p) for p in points]
    got = expression(*values)
    got.backward()
    assert got.data == pytest.approx(want.item(), rel=1e-12)
    for v, t in zip(values, tensors, strict=True):
        assert v.grad == pytest.approx(t.grad.item(), rel=1e-12)
    for target in ("numpy", "python"):
        loss, grads = sg.compile(got, wrt=values, target=target)(list(points))
        assert loss == pytest.approx(want.item(), rel=1e-12)
        assert list(grads) == pytest.approx([t.grad.item() for t in tensors], rel=1e-12)
