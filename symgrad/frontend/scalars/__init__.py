"""micrograd's scalars: ``Value``, conditions, and functions traced with them.

The folder of arrays defines ``sg.tanh`` and NumPy's other functions for both kinds of operands, so
it is imported with this one.
"""

import symgrad.frontend.arrays  # noqa: F401
