"""The words of a trial: what was asked and what was said; tables do not hold them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

from ..errors import InputError


class TrialTexts(NamedTuple):
    """One trial word for word.

    Attributes:
        prompt: what the model was asked.
        sequence: the part of the prompt that holds the items.
        answer_text: what the model said; None where nobody kept it.
    """

    prompt: str
    sequence: str
    answer_text: str | None


TrialRow = Mapping[Hashable, Any]
"""A row of the trial table: column -> value."""

Texts = Callable[[TrialRow], TrialTexts | None]
"""Gives the texts of a trial, or None where they are not at hand.

Only the trials that are shown are asked for: a few of each task.
"""


def no_texts(_: TrialRow) -> TrialTexts | None:
    """For a table whose texts nobody kept."""
    return None


def texts_of(trial: TrialRow, texts: Texts) -> TrialTexts:
    """The texts of a trial, sure to be those that the answer was given to.

    Raises:
        InputError: they are not at hand, or the prompt is not the one that was asked.
    """
    found = texts(trial)
    if found is None:
        raise InputError("the texts of the trials are not at hand")
    if hashlib.sha256(found.prompt.encode()).hexdigest() != trial["prompt_sha256"]:
        raise InputError(
            f"{trial['task']}, length {trial['length']}, index {trial['index']}: the prompt is "
            "not the one that this version of snellen builds; redraw with the version that asked"
        )
    return found
