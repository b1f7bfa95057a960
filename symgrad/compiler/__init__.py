"""Composes the rooms: pipelines, ``compile``, and the compiled function."""
