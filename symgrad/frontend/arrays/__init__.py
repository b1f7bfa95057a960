"""Array expressions: ``Expr``, its leaves, and NumPy's functions on them."""
