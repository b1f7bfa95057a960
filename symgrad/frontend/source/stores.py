"""The names under which the user's code stores what its instructions make, read from the bytecode.

A line may assign several names, as ``c, s = cos(x), sin(x)`` and ``u = x*x; v = u + 1`` do.  The
line of a value then does not tell its name, but the offset of the instruction that made it does:
the stack is followed from there to the store.

>>> def rotated(x):
...     c, s = abs(x), -x; t = c*s
...     return t
>>> sorted(stores(rotated.__code__).values())
['c', 's', 't']
"""

from __future__ import annotations

import dis
from bisect import bisect_right
from functools import lru_cache
from types import CodeType

RETURNED = "return"  # in place of a variable, for what is returned
_NONE = -1  # stands for what no instruction alone has made
_SILENT = frozenset({"NOP", "RESUME", "CACHE", "EXTENDED_ARG", "KW_NAMES", "PUSH_EXC_INFO"})
_TURNS = {"ROT_TWO": 2, "ROT_THREE": 3, "ROT_FOUR": 4}


class _Stack:
    """What stands on the stack: offsets of the instructions that made it, or tuples of them."""

    def __init__(self) -> None:
        self.items: list[int | list[int]] = []

    def pop(self) -> int | list[int]:
        return self.items.pop() if self.items else _NONE

    def take(self, count: int) -> list[int | list[int]]:
        return [self.pop() for _ in range(count)][::-1]

    def swap(self, count: int) -> None:
        """Swaps the top with the one that is ``count`` deep."""
        if len(self.items) >= count:
            self.items[-1], self.items[-count] = self.items[-count], self.items[-1]

    def turn(self, count: int) -> None:
        """Puts the top below the ``count - 1`` next."""
        if len(self.items) >= count:
            self.items.insert(len(self.items) - count, self.items.pop())


def stored(code: CodeType, offset: int) -> str:
    """The variable that takes the value which is made at an offset; "" for none.  During a call
    the offset may be any within its instruction."""
    offsets, found = _by_offset(code)
    return found.get(offsets[max(bisect_right(offsets, offset) - 1, 0)], "")


@lru_cache(maxsize=256)
def _by_offset(code: CodeType) -> tuple[list[int], dict[int, str]]:
    return [x.offset for x in dis.get_instructions(code)], stores(code)


def stores(code: CodeType) -> dict[int, str]:
    """The variable that the value of each instruction is stored in, or ``RETURNED``, by the
    instruction's offset.

    A value that a jump leads around is in none.
    """
    stack, found = _Stack(), dict[int, str]()
    for x in dis.get_instructions(code):
        if x.is_jump_target or x.opcode in dis.hasjrel or x.opcode in dis.hasjabs:
            stack.items.clear()
        elif x.opname == "RETURN_VALUE":
            made = stack.pop()
            found.update({made: RETURNED} if isinstance(made, int) and made != _NONE else {})
        elif x.opname.startswith("STORE_") and x.opname.partition("_")[2] not in _PLACES:
            _store(x, stack, found)
        elif x.opname not in _SILENT:
            _run(x, stack)
    return found


_PLACES = frozenset({"SUBSCR", "ATTR", "SLICE", "ANNOTATION"})  # a store in no variable


def _store(x: dis.Instruction, stack: _Stack, found: dict[int, str]) -> None:
    """One store, or two in one instruction as CPython 3.13 has them, or a store and a load."""
    names = list(x.argval) if isinstance(x.argval, tuple) else [x.argval]
    loads = x.opname == "STORE_FAST_LOAD_FAST"
    for name in names[:1] if loads else names:
        made = stack.pop()
        if isinstance(made, int) and made != _NONE:
            found.setdefault(made, name)
    if loads:
        stack.items.append(_NONE)


def _run(x: dis.Instruction, stack: _Stack) -> None:
    """Any other instruction."""
    argument = x.arg or 0
    if x.opname in _TURNS:
        stack.turn(_TURNS[x.opname])
    elif x.opname == "ROT_N":
        stack.turn(argument)
    elif x.opname == "SWAP":
        stack.swap(argument)
    elif x.opname in ("COPY", "DUP_TOP"):
        depth = argument if x.opname == "COPY" else 1
        stack.items.append(stack.items[-depth] if len(stack.items) >= depth else _NONE)
    elif x.opname in ("BUILD_TUPLE", "BUILD_LIST"):
        parts = stack.take(argument)
        stack.items.append([p if isinstance(p, int) else _NONE for p in parts])
    elif x.opname == "UNPACK_SEQUENCE":
        whole = stack.pop()
        known = isinstance(whole, list) and len(whole) == argument
        stack.items += reversed(whole) if isinstance(whole, list) and known else [_NONE] * argument
    else:
        _compute(x, stack)


def _compute(x: dis.Instruction, stack: _Stack) -> None:
    """An instruction that pops its operands and pushes what it makes."""
    change = dis.stack_effect(x.opcode, x.arg, jump=False)
    if x.opname.startswith("LOAD_") and change > 0:
        stack.items += [_NONE] * change
    elif x.opname.startswith(("POP_", "DELETE_", "PRECALL")) or x.opname.startswith("STORE_"):
        stack.take(-change)
    elif change > 0:
        stack.items += [x.offset] * change
    else:
        stack.take(1 - change)
        stack.items.append(x.offset)
