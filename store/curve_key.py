"""What identifies a curve: the trials that differ in nothing but length, index and seed."""

from __future__ import annotations

from typing import NamedTuple

from ..tasks.trial import FREE

BARE = "none"


class CurveKey(NamedTuple):
    """One curve of one model; the first columns of ``curves.csv`` and ``acuity.csv``, in order.

    A plain tuple of the same four values is equal to it, so keys out of a table look one up.

    Attributes:
        task: the question.
        mode: how the answer is prompted.
        answer: the form of the answer, ``free``, ``forced`` or ``choice``; the table of trials
            calls its column ``answer_form``, for there ``answer`` is what was answered.
        lens: the change to the prompt, ``none`` for the bare prompt.
    """

    task: str
    mode: str
    answer: str
    lens: str

    @property
    def condition(self) -> str:
        """Mode, answer form and lens, without what goes without saying.

        >>> CurveKey("copy_last", "cot", "free", "none").condition
        'cot'
        >>> CurveKey("copy_last", "direct", "forced", "hint").condition
        'direct, forced, hint'
        """
        form = [] if self.answer == FREE else [self.answer]
        lens = [] if self.lens == BARE else [self.lens]
        return ", ".join([self.mode, *form, *lens])

    @property
    def name(self) -> str:
        """The task, and its condition unless that is the plain one.

        >>> CurveKey("copy_last", "direct", "free", "none").name
        'copy_last'
        >>> CurveKey("copy_last", "cot", "free", "none").name
        'copy_last (cot)'
        """
        return self.task if self.condition == "direct" else f"{self.task} ({self.condition})"


CURVE = ("task", "mode", "answer_form", "lens")
"""The columns of a table of trials that hold a curve's key, in its order."""
