"""micrograd's scalars: ``Value``, conditions, and functions traced with them."""
