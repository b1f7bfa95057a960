"""Two moons, told apart by a net of scalar neurons whose loops compile to matrix products.

    python examples/moons.py [--steps 1000] [--out out]

The loss is micrograd's demo: 2-16-16-1, relu, max-margin plus L2, in plain loops over ``Value``s.
It is compiled once for every batch size, printed, and trained with a falling learning rate.
"""

import argparse
import inspect
import random
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

import symgrad as sg
from symgrad.nn import MLP

random.seed(1337)
model = MLP(2, [16, 16, 1])


@sg.value_and_grad(wrt=model, has_aux=True)
def loss(Xb, yb):
    scores = [model(x) for x in Xb]
    losses = [(1 - y * score).relu() for y, score in zip(yb, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    reg_loss = 1e-4 * sum(p * p for p in model.parameters())
    return data_loss + reg_loss, scores


def main() -> None:
    parser = argparse.ArgumentParser(description="train a net on two moons")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path("out"))
    options = parser.parse_args()
    options.out.mkdir(exist_ok=True)
    X, y = make_moons(n_samples=500, noise=0.1, random_state=1337)
    y = 2.0 * y - 1.0

    step_function = loss.compiled(X, y)
    print(f"{inspect.getsource(loss.__wrapped__)}\n# becomes\n\n{step_function.source}")
    step_function.save(options.out / "moons_step.py")

    rng, history = np.random.default_rng(1337), []
    for step in range(options.steps):
        batch = rng.choice(len(X), 50, replace=False)
        (value, _), d_theta = loss(X[batch], y[batch])
        rate = 1.0 - 0.9 * step / options.steps
        model.theta -= rate * d_theta
        history.append(value)
        if step % 100 == 0:
            print(f"step {step:4d}  loss {value:.4f}  rate {rate:.3f}")
    (value, scores), _ = loss(X, y)
    accuracy = np.mean((scores > 0) == (y > 0))
    print(f"loss {value:.4f}, accuracy {accuracy:.1%}")

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    gx, gy = np.meshgrid(np.linspace(-1.6, 2.6, 211), np.linspace(-1.1, 1.6, 136))
    grid = np.column_stack([gx.ravel(), gy.ravel()])
    surface = loss(grid, np.ones(len(grid)))[0][1].reshape(gx.shape)
    bands = {"levels": np.linspace(-6, 6, 13), "cmap": "RdBu", "alpha": 0.6, "extend": "both"}
    left.contourf(gx, gy, surface, **bands)
    left.contour(gx, gy, surface, levels=[-1, 0, 1], colors="black", linestyles=["--", "-", "--"])
    left.scatter(*X.T, c=y, cmap="RdBu", edgecolors="white", linewidths=0.5, s=24)
    left.set(title=f"scores; accuracy {accuracy:.1%}")
    right.plot(history, linewidth=0.8)
    right.set(title="loss of each mini-batch", xlabel="step", yscale="log")
    figure.savefig(options.out / "moons.png", dpi=120)
    print(f"picture: {options.out / 'moons.png'}; function: {options.out / 'moons_step.py'}")


if __name__ == "__main__":
    main()
