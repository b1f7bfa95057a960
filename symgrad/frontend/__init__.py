"""Scalar and array front ends.

``arrays`` holds array expressions, ``scalars`` micrograd's ``Value``, and ``source`` all that reads
the user's file.
"""
