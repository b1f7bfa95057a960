"""Scalar and array front ends.

The array front end: ``array`` (Expr), ``leaves``, ``functions`` (FUNCTIONS), ``tracing``,
``names``.
"""
