"""What a curve is identified by, everywhere in the house."""

from __future__ import annotations

from typing import NamedTuple


class CurveKey(NamedTuple):
    """One curve: a task, how its answer is prompted and may be written, and through which lens."""

    task: str
    mode: str
    answer: str
    lens: str


CURVE = ("task", "mode", "answer_form", "lens")
"""The columns of a table of trials that hold a curve's key, in its order."""
