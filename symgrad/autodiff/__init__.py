"""Differentiation: an IR function in, an IR function with gradients out."""

from symgrad.autodiff.reverse import differentiate, gradients

__all__ = ["differentiate", "gradients"]
