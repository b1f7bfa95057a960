"""Every exception that symgrad raises.

Each class also subclasses the builtin that a caller would expect, so that
``except ValueError`` keeps working for people who have never heard of symgrad.

>>> issubclass(ShapeError, ValueError)
True
"""

from __future__ import annotations


class SymgradError(Exception):
    """The base of all errors raised by symgrad."""


class ShapeError(SymgradError, ValueError):
    """Shapes or named sizes do not fit together."""


class DTypeError(SymgradError, TypeError):
    """A dtype is not the one that an operation or an argument takes."""


class ArgumentError(SymgradError, TypeError):
    """A call has missing, surplus or unusable arguments or options."""


class NamingError(SymgradError, ValueError):
    """A name is empty, duplicated, or cannot be told apart from another."""


class TraceError(SymgradError, TypeError):
    """Python asked a symbolic value for something that only a number has; ``asked`` is the value,
    where a function was being traced."""

    asked: object = None


class DomainError(SymgradError, ValueError):
    """A value lies outside the domain of an operation: a label that is no class, or log(0) where
    ``strict`` asks for an error."""


class BoundsError(SymgradError, IndexError):
    """An index lies outside of the array that it reads from."""


class IRError(SymgradError, ValueError):
    """An IR function breaks a rule of the IR; the message shows the lines around the fault."""


class UnsupportedError(SymgradError, ValueError):
    """A target cannot express an operation; the message names both and what to do."""


class LimitError(SymgradError, ValueError):
    """A program is larger than a stated limit; the message names the setting."""


class FormatError(SymgradError, ValueError):
    """A file or text is not what it claims to be: foreign, cut short, or too large."""


class VerificationError(SymgradError, ArithmeticError):
    """A derivative was refuted; ``certificate`` tells how, where there is one."""

    def __init__(self, message: str, certificate: object = None) -> None:
        super().__init__(message)
        self.certificate = certificate


class MissingExtraError(SymgradError, ImportError):
    """An optional dependency is absent; the message names the extra to install."""
