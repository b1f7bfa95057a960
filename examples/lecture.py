"""The lecture's net, trained on its compiled loss: four examples, tanh, 41 parameters.

    python examples/lecture.py [--steps 400] [--out out]

The net is built with micrograd's names. Its loss is compiled once, to a function in plain Python
that the loop calls; nothing is traced, zeroed or accumulated after that.
"""

import argparse
import random
from pathlib import Path

import symgrad as sg
from symgrad.nn import MLP

XS = [
    [2.0, 3.0, -1.0],
    [3.0, -1.0, 0.5],
    [0.5, 1.0, 1.0],
    [1.0, 1.0, -1.0],
]
YS = [1.0, -1.0, -1.0, 1.0]


def loss_of(model):
    predictions = [model(x) for x in XS]
    loss = sum((prediction - y) ** 2 for y, prediction in zip(YS, predictions, strict=True))
    loss.label = "loss"
    return loss


def main() -> None:
    parser = argparse.ArgumentParser(description="train the lecture's net")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--out", type=Path, default=Path("out"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    random.seed(1337)
    model = MLP(3, [4, 4, 1], activation="tanh")
    loss = loss_of(model)
    f = sg.compile(loss, wrt=model, target="python")
    f.save(options.out / "lecture_step.py")

    theta = [p.data for p in model.parameters()]
    for step in range(options.steps + 1):
        value, d_theta = f(theta)
        if step % 50 == 0:
            print(f"step {step:3d}  loss {value:.6f}")
        theta = [p - 0.1 * d for p, d in zip(theta, d_theta, strict=True)]
    value, _ = f(theta)
    for p, trained in zip(model.parameters(), theta, strict=True):
        p.data = trained
    print(f"loss {value:.2e}, predictions", [round(model(x).data, 3) for x in XS])

    trained_loss = loss_of(model)
    trained_loss.backward()
    picture = sg.draw_dot(trained_loss).render(outfile=options.out / "lecture.svg", cleanup=True)
    print(f"the graph is in {picture}")
    print(f"the function is in {options.out / 'lecture_step.py'}")


if __name__ == "__main__":
    main()
