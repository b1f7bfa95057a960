"""Thirty formulas from textbooks of physics, statistics and robotics, each with its source.

A formula is a SymPy expression and the symbols to differentiate it by.
"""

from typing import Any, NamedTuple

import sympy as sp


class Formula(NamedTuple):
    name: str
    source: str
    expression: Any
    wrt: tuple[Any, ...]


def symbols(names: str) -> Any:
    return sp.symbols(names, positive=True)


a, b, c, d, k, m, n, q, r, s, t, u, v, w, x, y, z = symbols("a b c d k m n q r s t u v w x y z")
e, g, h, L, T, p1, p2, l1, l2, m1, m2, th1, th2, w1, w2 = symbols(
    "e g h L T p1 p2 l1 l2 m1 m2 th1 th2 w1 w2"
)
mu, nu, sg_, x0, x1, x2, y0, y1, y2, k1, k2, fx, fy = symbols(
    "mu nu sg x0 x1 x2 y0 y1 y2 k1 k2 fx fy"
)
cos, sin, exp, log, sqrt = sp.cos, sp.sin, sp.exp, sp.log, sp.sqrt

_arm = (l1 * cos(th1) + l2 * cos(th1 + th2), l1 * sin(th1) + l2 * sin(th1 + th2))
_radius2 = (x / z) ** 2 + (y / z) ** 2
_lens = 1 + k1 * _radius2 + k2 * _radius2**2
_s2 = (x0 - mu) / a
_t2 = (x1 - nu) / b

FORMULAS = [
    Formula("Kepler energy", "Goldstein, Classical Mechanics, 3.3",
            u**2 / (2 * m) + L**2 / (2 * m * r**2) - k / r, (u, L, r)),
    Formula("Lennard-Jones", "Allen & Tildesley, Computer Simulation of Liquids, 1.3",
            4 * e * ((s / r) ** 12 - (s / r) ** 6), (r, s, e)),
    Formula("Morse", "Atkins, Physical Chemistry, 12C",
            d * (1 - exp(-a * (r - x0))) ** 2, (r, d, a)),
    Formula("Buckingham", "Allen & Tildesley, 1.4", a * exp(-b * r) - c / r**6, (r, a, b, c)),
    Formula("Yukawa", "Griffiths, Introduction to Quantum Mechanics, 4", -(g**2) * exp(-m * r) / r,
            (r, g, m)),
    Formula("double pendulum, kinetic", "Landau & Lifshitz, Mechanics, 5",
            (m1 + m2) * l1**2 * w1**2 / 2 + m2 * l2**2 * w2**2 / 2
            + m2 * l1 * l2 * w1 * w2 * cos(th1 - th2), (th1, th2, w1, w2)),
    Formula("Planck", "Rybicki & Lightman, Radiative Processes, 1.51",
            2 * h * nu**3 / c**2 / (exp(h * nu / (k * T)) - 1), (nu, T)),
    Formula("van der Waals", "Callen, Thermodynamics, 3.5", n * T / (v - n * b) - a * n**2 / v**2,
            (v, T, n)),
    Formula("relativistic energy", "Griffiths, Introduction to Electrodynamics, 12.2",
            sqrt(u**2 * c**2 + m**2 * c**4) - m * c**2, (u, m)),
    Formula("Breit-Wigner", "Griffiths, Introduction to Elementary Particles, 6",
            k / ((e**2 - m**2) ** 2 + m**2 * g**2), (e, m, g)),
    Formula("dipole-dipole", "Jackson, Classical Electrodynamics, 4.26",
            (p1 * p2 - 3 * (p1 * x / r) * (p2 * x / r)) / r**3, (p1, p2, x, r)),
    Formula("field of a loop", "Griffiths, Introduction to Electrodynamics, 5.41",
            mu * u * a**2 / (2 * (a**2 + z**2) ** sp.Rational(3, 2)), (u, a, z)),
    Formula("Fresnel reflectance", "Hecht, Optics, 4.6",
            ((n * cos(t) - k * sqrt(1 - (n / k * sin(t)) ** 2))
             / (n * cos(t) + k * sqrt(1 - (n / k * sin(t)) ** 2))) ** 2, (t, n, k)),
    Formula("Gaussian log density", "Bishop, Pattern Recognition, 1.46",
            -((x - mu) ** 2) / (2 * s**2) - log(s) - log(2 * sp.pi) / 2, (mu, s)),
    Formula("Student t", "Gelman et al., Bayesian Data Analysis, A.1",
            -(n + 1) / 2 * log(1 + ((x - mu) / s) ** 2 / n) - log(s), (mu, s, n)),
    Formula("logistic loss", "Hastie et al., Elements of Statistical Learning, 4.4",
            log(1 + exp(-y * (w * x + b))), (w, b)),
    Formula("Poisson regression", "McCullagh & Nelder, Generalized Linear Models, 6",
            exp(w * x + b) - y * (w * x + b), (w, b)),
    Formula("cross-entropy of 3", "Bishop, 4.108",
            log(exp(x0) + exp(x1) + exp(x2)) - x1, (x0, x1, x2)),
    Formula("Weibull", "Casella & Berger, Statistical Inference, 3.3",
            log(k / s) + (k - 1) * log(x / s) - (x / s) ** k, (k, s)),
    Formula("Gumbel", "Coles, Statistical Modeling of Extreme Values, 3.1",
            -(x - mu) / s - exp(-(x - mu) / s) - log(s), (mu, s)),
    Formula("pseudo-Huber", "Hartley & Zisserman, Multiple View Geometry, A6.8",
            2 * b**2 * (sqrt(1 + ((y - w * x - c) / b) ** 2) - 1), (w, c, b)),
    Formula("bivariate Gaussian", "Casella & Berger, 4.5",
            -(_s2**2 - 2 * q * _s2 * _t2 + _t2**2) / (2 * (1 - q**2))
            - log(a) - log(b) - log(1 - q**2) / 2, (mu, nu, a, b, q)),
    Formula("KL of Gaussians", "Kingma & Welling, Auto-Encoding Variational Bayes, B",
            log(b / a) + (a**2 + (mu - nu) ** 2) / (2 * b**2) - sp.Rational(1, 2), (mu, nu, a, b)),
    Formula("periodic kernel", "Rasmussen & Williams, Gaussian Processes, 4.31",
            s**2 * exp(-2 * sin(sp.pi * (x - y) / a) ** 2 / L**2), (s, a, L)),
    Formula("rational quadratic", "Rasmussen & Williams, 4.19",
            s**2 * (1 + (x - y) ** 2 / (2 * a * L**2)) ** (-a), (s, a, L)),
    Formula("2R arm to a target", "Craig, Introduction to Robotics, 3",
            (_arm[0] - x) ** 2 + (_arm[1] - y) ** 2, (th1, th2)),
    Formula("2R arm, kinetic", "Lynch & Park, Modern Robotics, 8.1",
            m1 * l1**2 * w1**2 / 2 + m2 * ((l1**2 + 2 * l1 * l2 * cos(th2) + l2**2) * w1**2
            + 2 * (l2**2 + l1 * l2 * cos(th2)) * w1 * w2 + l2**2 * w2**2) / 2, (th2, w1, w2)),
    Formula("Rodrigues", "Lynch & Park, 3.51",
            (x * cos(t) + (v * z - w * y) * sin(t) + u * (u * x + v * y + w * z) * (1 - cos(t)) - a)
            ** 2, (t, u, v, w)),
    Formula("reprojection", "Hartley & Zisserman, 7.4",
            (fx * x / z * _lens - u) ** 2 + (fy * y / z * _lens - v) ** 2,
            (x, y, z, k1, k2, fx, fy)),
    Formula("range and bearing", "Thrun et al., Probabilistic Robotics, 7.4",
            (r - sqrt((a - x) ** 2 + (b - y) ** 2)) ** 2 / s**2
            + (q - sp.atan2(b - y, a - x) + t) ** 2 / k**2, (x, y, t)),
]  # fmt: skip
