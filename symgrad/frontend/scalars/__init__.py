"""micrograd's scalars: ``Value``, conditions, and functions traced with them.

``sg.tanh`` and NumPy's functions serve both kinds of operands, so the room of arrays, which defines
them, is imported with this one.
"""

import symgrad.frontend.arrays  # noqa: F401
