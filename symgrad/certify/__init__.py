"""Certificates: how an emitted text was checked, and what was not.

The levels of verification run the checker on a text; the certificate is plain data.
"""
