"""Re-rolling: a scalar program in, an array ``Function`` out.

A user writes loops over neurons and examples; what comes in is one node a scalar.  What goes out
computes the same from matrices, as if they had been written in the first place::

    flatten     chains of + and - become sums of many signed terms
    classify    nodes of the same structure get the same class
    planner     from the outputs down, whole classes at a time, as tensors of nodes with named axes
    canonical   what several readers want of a class: one tensor, and a view of it for each
    index_patterns  index tensors as slices, transposes and takes
    named_axes  sums of products as matrix products
    plan_to_ir  the plan as IR

Classes only propose; ``planner`` checks the op of every lane, so a wrong class costs quality and
never correctness.

Plain Python has no matrices; for it a sum over examples becomes one loop, with nothing rolled up
inside::

    example_loop  the terms of the sum, gone through in lockstep
    example_body  the program of one of them as IR
"""

from symgrad.reroll.roll import Rerolled, reroll, structure

__all__ = ["Rerolled", "reroll", "structure"]
