"""A gradient derived by hand, with a sign error, and the check that finds it.

    python examples/check_by_hand.py
    python -m symgrad check examples/check_by_hand.py:claim

The loss is the log-density of a Gaussian, and the derivatives are those of a textbook, but for a
sign.  SymPy expressions, a NumPy function, and the corrected version are checked in turn.
"""

import numpy as np
import sympy as sp

import symgrad as sg

x, mu, s = sg.input("x"), sg.param("mu", 0.5), sg.param("s", 1.5)
z = (x - mu) / s
loss = 0.5 * z * z + sg.log(s)

X, MU, S = sp.symbols("x mu s")
by_hand = [-(X - MU) / S**2, (X - MU) ** 2 / S**3 + 1 / S]  # the first term of the second: a sign
claim = (loss, [mu, s], by_hand)


def in_numpy(x, mu, s):
    """The same slip, as it would stand in a program."""
    r = np.subtract(x, mu)
    return -r / s**2, r**2 / s**3 + 1 / s


def main() -> None:
    print("the formulas, as written down")
    check = sg.check_gradient(loss, [mu, s], by_hand)
    print(check)

    print("\nthe NumPy function")
    print(sg.check_gradient(loss, [mu, s], in_numpy))

    print("\nthe formulas with the sign mended")
    mended = [by_hand[0], -((X - MU) ** 2) / S**3 + 1 / S]
    print(sg.check_gradient(loss, [mu, s], mended))


if __name__ == "__main__":
    main()
