"""Scalar and array front ends.

``arrays`` holds array expressions, ``scalars`` micrograd's ``Value``, and ``source`` whatever reads
the user's file.
"""
