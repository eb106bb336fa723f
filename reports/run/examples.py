"""A few trials word for word, because a number alone hides an echo or a ramble."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..words import series_name

PER_TASK = 5
LONG = 700
"""Characters from which a text is folded."""

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Example:
    """One trial as it happened.

    Attributes:
        task: the task.
        series: mode and lens.
        length: items.
        index: number of the trial at this length.
        outcome: what became of it.
        truth: the expected answer.
        answer: the answer that was read, empty if there is none.
        prompt: the prompt, word for word.
        answer_text: what the model said, word for word.
    """

    task: str
    series: str
    length: int
    index: int
    outcome: str
    truth: str
    answer: str
    prompt: str
    answer_text: str


def choose(trials: Iterable[Mapping[str, Any]], per_task: int = PER_TASK) -> list[Example]:
    """Pick examples of each task, evenly over the lengths: no trial is picked for its outcome.

    Args:
        trials: mappings with task, mode, lens, length, index, prompt, answer_text, truth,
            answer and outcome.
        per_task: how many to keep of each task.
    """
    by_task: dict[str, list[Mapping[str, Any]]] = {}
    for trial in trials:
        by_task.setdefault(str(trial["task"]), []).append(trial)
    chosen = []
    for task in sorted(by_task):
        found = sorted(by_task[task], key=lambda t: (t["length"], t["mode"], t["lens"], t["index"]))
        steps = max(1, per_task - 1)
        picks = sorted({round(i * (len(found) - 1) / steps) for i in range(per_task)})
        chosen += [_example(found[pick]) for pick in picks]
    return chosen


def _example(trial: Mapping[str, Any]) -> Example:
    return Example(
        task=str(trial["task"]),
        series=series_name(str(trial["mode"]), str(trial["lens"])),
        length=int(trial["length"]),
        index=int(trial["index"]),
        outcome=str(trial["outcome"]),
        truth=visible(str(trial["truth"])),
        answer=visible(str(trial["answer"] or "")),
        prompt=visible(str(trial["prompt"])),
        answer_text=visible(str(trial["answer_text"] or "")),
    )


def visible(text: str) -> str:
    """The text with characters that show nothing, or turn its direction, written out."""
    shown = _UNSEEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)
    return shown.encode("utf-8", "replace").decode("utf-8")
