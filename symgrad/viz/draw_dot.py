"""Graphs to look at: what a ``Value`` or an expression was made from, and an IR function.

>>> from symgrad.frontend.scalars.value import Value
>>> graph = graph_of(Value(2.0, label="a") * 3.0)
>>> [node.label for node in graph.nodes]
['{ a | data 2.0000 | grad 0.0000 }', '{ data 3.0000 | grad 0.0000 }', \
'{ data 6.0000 | grad 0.0000 }', '*']
"""

from __future__ import annotations

from typing import Any

from symgrad.errors import ArgumentError
from symgrad.frontend.arrays.expr import Expr
from symgrad.frontend.arrays.trace import trace
from symgrad.frontend.scalars.backprop import reach
from symgrad.frontend.scalars.value import Value
from symgrad.frontend.source.names import expression_nodes, user_names
from symgrad.ir.function import Function
from symgrad.ir.text import value_names
from symgrad.viz import Arrow, Box, Graph, draw, escape


def graph_of(what: Value | Expr | Function) -> Graph:
    """The graph of a value, an array expression or a function, operands before results.

    Raises ArgumentError for anything else.
    """
    if isinstance(what, Value):
        return _graph_of_value(what)
    if isinstance(what, Function):
        return _graph_of_function(what)
    if isinstance(what, Expr):
        names = user_names({}, expression_nodes(what))
        return _graph_of_function(trace([what], names=names).function)
    got = type(what).__name__
    raise ArgumentError(f"expected a Value, an expression or an IR function to draw, got {got}")


def draw_dot(root: Value | Expr | Function, format: str = "svg", rankdir: str = "LR") -> Any:
    """The graph of ``root`` as a ``graphviz.Digraph``.

    Of a Value as in the lecture: a record a value, with data and grad, and an oval an operation.
    Of array expressions and functions a record an instruction, with name, op and type.
    Raises ArgumentError for anything else, an unknown format, or a ``rankdir`` that is not LR, RL,
    TB or BT.
    """
    return draw(graph_of(root), format=format, rankdir=rankdir)


def _graph_of_value(root: Value) -> Graph:
    nodes: list[Box] = []
    edges: list[Arrow] = []
    names: dict[Value, str] = {}
    for i, v in enumerate(reach((root,))):
        names[v] = f"v{i}"
        fields = [f"data {v.data:.4f}", f"grad {v.grad:.4f}"]
        label = " | ".join([escape(v.label), *fields] if v.label else fields)
        nodes.append(Box(names[v], f"{{ {label} }}", "record"))
        if v._prev:
            op = f"op{i}"
            nodes.append(Box(op, v._op, "ellipse"))
            edges.append(Arrow(op, names[v]))
            edges += [Arrow(names[x], op) for x in v._prev]
    return Graph(tuple(nodes), tuple(edges))


def _graph_of_function(function: Function) -> Graph:
    values = (*function.parameters, *function.body)
    printed = value_names(values)
    names = {id(x): f"v{i}" for i, x in enumerate(values)}
    nodes: list[Box] = []
    edges: list[Arrow] = []
    for x in values:
        what = str(x["value"]) if x.is_constant else x["kind"] if x.is_parameter else x.op.name
        fields = [escape(text) for text in (printed[id(x)], str(what), str(x.type))]
        nodes.append(Box(names[id(x)], f"{{ {' | '.join(fields)} }}", "record"))
        edges += [Arrow(names[id(o)], names[id(x)]) for o in dict.fromkeys(x.operands)]
    for i, x in enumerate(function.results):
        nodes.append(Box(f"result{i}", "return", "ellipse"))
        edges.append(Arrow(names[id(x)], f"result{i}"))
    return Graph(tuple(nodes), tuple(edges))
