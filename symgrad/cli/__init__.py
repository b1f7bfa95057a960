"""The command line: ``python -m symgrad check FILE:NAME``."""
