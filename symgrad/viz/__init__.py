"""Drawings, from neutral records that other rooms hand over."""

from symgrad.viz.records import Arrow, Box, Graph, draw, escape
from symgrad.viz.render import render

__all__ = ["Arrow", "Box", "Graph", "draw", "escape", "render"]
