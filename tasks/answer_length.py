"""How many tokens an answer may need: the default token limit of a trial."""

from __future__ import annotations

from .lenses.find import find_lens
from .lenses.lens import Lens
from .modes import REASONED, base_mode
from .task import Task

_ANSWER = 32
_FINAL_LINE = 256
"""The paper asks for the answer on the final line, and does not forbid others before it."""
_REASONING = 512
_PER_ITEM = 2
"""Tokens of an item and what stands beside it, for a model that repeats the sequence first."""
_PER_ITEM_COPIED = 3
_PER_ITEM_REASONED = 8
_PER_RECORD = 6
"""A record has a key and a value, and is longer than an item of any other task."""

_PER_LINE = 12
"""A line of a transcript: "Part 12: 345", or "123456: " before an item; digits may be tokens."""
_PER_NONWORD = 6


def answer_tokens(
    task: Task, mode: str, length: int, answer: str = "free", lens: str = "none"
) -> int:
    """The default token limit for one answer.

    It grows with what the mode asks for. A bare number is short, but many models say the
    sequence again before they answer, and cutting them off would tell nothing of their sight; a
    copied sequence is as long as the sequence; reasoning visits every item. A forced answer, one
    after plain examples, and one that is scored and not written hold nothing but the answer.
    """
    seen = find_lens(lens)
    if seen.reasons or seen.symbols == "nonwords":
        return _through(seen, task, mode, length, answer)
    copied = _PER_ITEM_COPIED * length if task.answer == "sequence" else 0
    times = _PER_RECORD if task.answer == "code" else 1
    base = base_mode(mode)
    if base in REASONED:
        return _ANSWER + copied + _REASONING + _PER_ITEM_REASONED * length * times
    if answer == "forced":
        # JSON: quotation marks, commas, and up to a quarter more items than were asked about.
        return _ANSWER + 2 * copied
    if base == "fewshot" or answer == "choice":
        return _ANSWER + copied
    if not task.takes_lenses:
        return _FINAL_LINE if "cot" in task.modes else _ANSWER
    return _ANSWER + (copied or _PER_ITEM * length * times)


def _through(lens: Lens, task: Task, mode: str, length: int, answer: str) -> int:
    """The limit where a lens asks for a transcript, or makes items of many tokens.

    A transcript is written beside all that the mode needs: a line for each part, or for each item
    with its number.
    """
    wordy = _PER_NONWORD if lens.symbols == "nonwords" else 1
    needed = wordy * answer_tokens(task, "cot" if lens.reason else mode, length, answer)
    if not lens.transcript:
        return needed
    copied = length if task.answer == "sequence" or lens.transcript == "items" else 0
    lines = length if lens.transcript == "items" else -(-length // lens.every)
    return needed + _FINAL_LINE + _PER_LINE * lines + wordy * _PER_ITEM_COPIED * copied
