"""Drawings, from neutral records that other rooms hand over."""

from symgrad.viz.graph import Edge, Graph, Node, draw, escape
from symgrad.viz.render import render

__all__ = ["Edge", "Graph", "Node", "draw", "escape", "render"]
