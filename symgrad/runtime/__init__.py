"""Source text to a plain callable: the allow-list, the only ``exec`` of the project, and files."""

from symgrad.runtime.allowlist import check_source
from symgrad.runtime.load import load_function, load_source

__all__ = ["check_source", "load_function", "load_source"]
