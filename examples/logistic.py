"""Logistic regression by SciPy's BFGS, which is handed the loss and its gradient in one function.

python examples/logistic.py
"""

import numpy as np
from scipy.optimize import minimize

import symgrad as sg

rng = np.random.default_rng(7)
points = rng.normal(size=(200, 2))
labels = np.where(points @ [1.5, -2.0] + 0.5 + rng.logistic(size=200) > 0, 1.0, -1.0)

x = sg.input("x", ("N", 2))
y = sg.input("y", ("N",))
w = sg.param("w", np.zeros(2))
b = sg.param("b", 0.0)
loss = sg.mean(sg.softplus(-y * (x @ w + b)))

f = sg.compile(loss)
fit = minimize(f.flat(x=points, y=labels), f.ravel(), jac=True, method="BFGS")
print(f"{fit.message} {fit.nit} iterations, {fit.nfev} evaluations")
print(f"loss {fit.fun:.6f} at w = {fit.x[:2].round(3)}, b = {fit.x[2]:.3f}")

value, grads = f(fit.x[:2], fit.x[2], points, labels)
print(f"largest gradient there: {max(np.abs(grads.w).max(), abs(grads.b)):.1e}")
