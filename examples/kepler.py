"""The energy of a planet's orbit, written in SymPy, compiled with its gradient, and integrated.

    python examples/kepler.py [--steps 2000]

SymPy holds the physics; `sg.lambdify` gives value and gradient in plain Python.  A leapfrog
integrator needs the gradient alone, and keeps the energy to a few millionths over many orbits.
"""

import argparse

import sympy as sp

import symgrad as sg

q1, q2, p1, p2 = sp.symbols("q1 q2 p1 p2")
ENERGY = (p1**2 + p2**2) / 2 - 1 / sp.sqrt(q1**2 + q2**2)


def leapfrog(f, q: list[float], p: list[float], h: float) -> tuple[list[float], list[float]]:
    """One step of size h (Hairer, Lubich & Wanner, Geometric Numerical Integration, I.1)."""
    _, (d_q1, d_q2, _, _) = f(*q, *p)
    p = [p[0] - h / 2 * d_q1, p[1] - h / 2 * d_q2]
    q = [q[0] + h * p[0], q[1] + h * p[1]]
    _, (d_q1, d_q2, _, _) = f(*q, *p)
    return q, [p[0] - h / 2 * d_q1, p[1] - h / 2 * d_q2]


def main() -> None:
    parser = argparse.ArgumentParser(description="integrate a Kepler orbit")
    parser.add_argument("--steps", type=int, default=2000)
    options = parser.parse_args()

    f = sg.lambdify([q1, q2, p1, p2], ENERGY, grad=True)
    print(f.source)

    eccentricity = 0.3
    q, p = [1.0 - eccentricity, 0.0], [0.0, ((1 + eccentricity) / (1 - eccentricity)) ** 0.5]
    start, _ = f(*q, *p)
    drift = 0.0
    for _ in range(options.steps):
        q, p = leapfrog(f, q, p, 0.005)
        drift = max(drift, abs(f(*q, *p)[0] - start))
    print(f"energy {start:.6f}, and over {options.steps} steps it drifts by {drift:.1e} at most")
    print(f"the planet is at {q[0]:.4f}, {q[1]:.4f}")


if __name__ == "__main__":
    main()
