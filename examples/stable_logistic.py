"""A logistic loss as the textbook writes it: nan at a margin of 1000, until it is compiled.

    python examples/stable_logistic.py

`stabilize=False` keeps the formula as it is written.  The default replaces what overflows before it
differentiates, and tells what it replaced, where, and how wrong float64 was.
"""

import numpy as np

import symgrad as sg

x = sg.input("x", ("N", 2))
y = sg.input("y", ("N",))
w = sg.param("w", np.zeros(2))

margin = y * (x @ w)
loss = sg.mean(sg.log(1 + sg.exp(-margin)))

POINTS, LABELS = np.array([[1000.0, 0.0], [0.5, 1.0]]), np.array([-1.0, 1.0])
AT = np.array([1.0, -0.5])


def main() -> None:
    naive = sg.compile(loss, stabilize=False)
    with np.errstate(all="ignore"):
        value, grads = naive(w=AT, x=POINTS, y=LABELS)
    print(f"as written   loss {value}, gradient {grads.w}")

    f = sg.compile(loss)
    value, grads = f(w=AT, x=POINTS, y=LABELS)
    print(f"as compiled  loss {value}, gradient {grads.w}")

    print("\nwhat the compiler did")
    print(f.history)

    print("\nwhat it emitted")
    print(f.source)


if __name__ == "__main__":
    main()
