"""The loss `energy`, and its gradient, in plain Python.

Emitted by symgrad 0.1.0, target `python`, from programs.py:22 (`energy`).
Needs Python's math module and nothing else.

    work  7 multiplications, 1 addition, 1 cosm1, 1 sin
    ir    sha256 01fe3bd677698b1e
"""

from math import sin


def sin_(x):
    """sin(x); nan for an infinity."""
    return sin(x) if abs(x) != float("inf") else float("nan")


def cosm1(x):
    """cos(x) - 1, without cancellation."""
    half = sin_(0.5 * x)
    return -2.0 * half * half


def energy_and_grads(theta, omega, g, length):
    """The loss `energy`, kinetic + potential, and its gradient.

    theta    f64[]  parameter
    omega    f64[]  parameter
    g        f64[]  input
    length   f64[]  input
    returns  (energy, (d_theta, d_omega)): floats

    The name d_v stands for d energy / d v.
    """

    # forward
    length_omega = length*omega       # programs.py:20
    kinetic = 0.5*(length_omega*length_omega)
    g_length = g*length               # programs.py:21
    potential = -g_length*cosm1(theta)
    energy = kinetic + potential      # programs.py:22

    # gradients
    d_theta = g_length*sin_(theta)    # of programs.py:21
    d_omega = length_omega*length     # of programs.py:20

    return energy, (d_theta, d_omega)
