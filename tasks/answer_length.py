"""How many tokens an answer may need: the default token limit of a trial."""

from __future__ import annotations

from .registry import Task

_ANSWER = 32
_FINAL_LINE = 256
"""The paper asks for the answer on the final line, and does not forbid others before it."""
_REASONING = 512
_PER_ITEM = 2
"""Tokens of an item and what stands beside it, for a model that repeats the sequence first."""
_PER_ITEM_COPIED = 3
_PER_ITEM_REASONED = 8


def answer_tokens(task: Task, mode: str, length: int) -> int:
    """The default token limit for one answer.

    It grows with what the mode asks for. A bare number is short, but many models say the
    sequence again before they answer, and cutting them off would tell nothing of their sight; a
    copied sequence is as long as the sequence; reasoning visits every item.
    """
    if mode != "direct":
        copied = _PER_ITEM_COPIED * length if task.answer == "digits" else 0
        return _ANSWER + copied + _REASONING + _PER_ITEM_REASONED * length
    if task.family == "paper":
        return _FINAL_LINE if "cot" in task.modes else _ANSWER
    return _ANSWER + length * (_PER_ITEM_COPIED if task.answer == "digits" else _PER_ITEM)
