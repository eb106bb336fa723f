"""How many tokens an answer may need: the default token limit of a trial."""

from __future__ import annotations

from .catalogue import Task

_DIRECT = 32
_FINAL_LINE = 256
"""The paper asks for the answer on the final line, and does not forbid others before it."""
_REASONING = 512
_PER_ITEM_COPIED = 3
"""A digit, its separator, and a margin for tokenizers that split them further."""
_PER_ITEM_REASONED = 8


def answer_tokens(task: Task, mode: str, length: int) -> int:
    """The default token limit for one answer.

    It grows with what the mode asks for: a bare number is short, a copied sequence is as long as
    the sequence, and reasoning visits every item.
    """
    tokens = _DIRECT
    if mode == "direct" and task.family == "paper" and "cot" in task.modes:
        tokens = _FINAL_LINE
    if task.answer == "digits":
        tokens += _PER_ITEM_COPIED * length
    if mode != "direct":
        tokens += _REASONING + _PER_ITEM_REASONED * length
    return tokens
