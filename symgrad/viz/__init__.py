"""Drawings, from neutral records that other rooms hand over."""

from symgrad.viz.records import Arrow, Box, Graph, draw, escape, render

__all__ = ["Arrow", "Box", "Graph", "draw", "escape", "render"]
