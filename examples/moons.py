"""Two moons, told apart by a compiled net: 2-16-16-1, relu, max-margin loss plus L2.

    python examples/moons.py [--steps 1000] [--out out]

The loss is written once with array expressions, for a batch of any size N. The compiled function
is printed, saved, and trained on mini-batches; the net's scores are compiled too.
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

import symgrad as sg


def main() -> None:
    parser = argparse.ArgumentParser(description="train a net on two moons")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path("out"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1337)

    X, y = sg.input("X", ("N", 2)), sg.input("y", ("N",))
    w1, b1 = sg.param("w1", rng.normal(0, 1.0, (2, 16))), sg.param("b1", np.zeros(16))
    w2, b2 = sg.param("w2", rng.normal(0, 0.35, (16, 16))), sg.param("b2", np.zeros(16))
    w3, b3 = sg.param("w3", rng.normal(0, 0.35, 16)), sg.param("b3", 0.0)
    h1 = sg.relu(X @ w1 + b1)
    h2 = sg.relu(h1 @ w2 + b2)
    scores = h2 @ w3 + b3
    data_loss = sg.mean(sg.relu(1.0 - y * scores))
    reg_loss = 1e-4 * sum(sg.sum(p * p) for p in (w1, b1, w2, b2, w3, b3))
    f = sg.compile(data_loss + reg_loss)
    predict = sg.function([w1, b1, w2, b2, w3, b3, X], scores, name="predict")
    print(f.source)
    f.save(options.out / "moons_step.py")

    points, labels = make_moons(n_samples=500, noise=0.1, random_state=1337)
    labels = 2.0 * labels - 1.0
    theta = [p.data for p in (w1, b1, w2, b2, w3, b3)]
    losses = []
    for step in range(options.steps):
        batch = rng.choice(len(points), 50, replace=False)
        value, grads = f(*theta, points[batch], labels[batch])
        rate = 0.5 * (1.0 - 0.95 * step / options.steps)
        theta = [p - rate * d for p, d in zip(theta, grads, strict=True)]
        losses.append(value)
        if step % 100 == 0:
            print(f"step {step:4d}  loss {value:.4f}  rate {rate:.3f}")
    accuracy = np.mean((predict(*theta, points) > 0) == (labels > 0))
    print(f"accuracy {accuracy:.1%}")

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    gx, gy = np.meshgrid(np.linspace(-1.6, 2.6, 211), np.linspace(-1.1, 1.6, 136))
    surface = predict(*theta, np.column_stack([gx.ravel(), gy.ravel()])).reshape(gx.shape)
    bands = {"levels": np.linspace(-6, 6, 13), "cmap": "RdBu", "alpha": 0.6, "extend": "both"}
    left.contourf(gx, gy, surface, **bands)
    left.contour(gx, gy, surface, levels=[-1, 0, 1], colors="black", linestyles=["--", "-", "--"])
    left.scatter(*points.T, c=labels, cmap="RdBu", edgecolors="white", linewidths=0.5, s=24)
    left.set(title=f"scores; accuracy {accuracy:.1%}", xlabel="x", ylabel="y")
    right.plot(losses, linewidth=0.8)
    right.set(title="loss of each mini-batch", xlabel="step", yscale="log")
    figure.savefig(options.out / "moons.png", dpi=120)
    print(
        f"the picture is {options.out / 'moons.png'}, the function {options.out / 'moons_step.py'}"
    )


if __name__ == "__main__":
    main()
