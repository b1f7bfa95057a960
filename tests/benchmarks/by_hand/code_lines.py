"""How many lines of code a function takes, as an emitted text and one by hand are compared."""

import ast
import tokenize
from io import StringIO


def lines_of_code(source, name="loss_and_grads"):
    """The lines of code in the body of a function and in the helpers that it reaches."""
    found = {n.name: n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)}
    reached, queue = {name}, [name]
    while queue:
        used = {n.id for n in ast.walk(found[queue.pop()]) if isinstance(n, ast.Name)}
        new = (used & {*found}) - reached
        reached |= new
        queue += new
    blank = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    code = {
        line
        for token in tokenize.generate_tokens(StringIO(source).readline)
        if token.type not in blank
        for line in range(token.start[0], token.end[0] + 1)
    }
    bodies = set()
    for node in map(found.get, reached):
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        bodies |= {*range(body[0].lineno, node.end_lineno + 1)}
    return len(code & bodies)
