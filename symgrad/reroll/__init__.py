"""Re-rolling: a scalar program in, an array ``Function`` out.

A user writes loops over neurons and examples; the program that comes in has one node a scalar.  The
function that goes out computes the same from matrices, as if the user had written those::

    flatten         chains of + and - become sums of many signed terms
    classify        nodes of the same structure get the same class
    planner         from the outputs down, whole classes at a time, as tensors with named axes
    tensors         the plan: tensors of nodes, and the demands of their readers
    shared_tensors  one tensor for all readers of a class, and a view of it for each
    index_patterns  index tensors as slices, transposes and takes
    leaf_tensors    blocks of theta, views of input arrays, and numbers
    named_axes      arrays with named axes; sums of products as matrix products
    plan_to_ir      the plan as IR
    generalise      one function for any number of examples, from those of three

Classes are proposals: ``planner`` checks the op of every lane, so that a wrong class costs quality
and never correctness.

Plain Python has no matrices.  For it a sum over examples becomes one loop, with nothing rolled up
inside::

    example_loop    the terms of the sum, walked in lockstep
    example_body    the program of one term as IR
"""

from symgrad.reroll.roll import Rerolled, reroll, structure

__all__ = ["Rerolled", "reroll", "structure"]
