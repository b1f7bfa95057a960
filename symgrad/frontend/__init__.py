"""Scalar and array front ends."""
