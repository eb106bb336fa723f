"""Lenses on how a model thinks: reasoning in words, and the effort of models that think."""

from __future__ import annotations

from collections.abc import Sequence

from .lens import Lens
from .term import Term, plain, wrong

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
"""The words that hosted models know."""


def _effort(given: Sequence[str]) -> Lens:
    if len(given) != 1 or given[0] not in EFFORTS:
        raise wrong("effort", given, f"write effort:LEVEL, where LEVEL is {', '.join(EFFORTS)}")
    return Lens(f"effort:{given[0]}", f"reasoning effort {given[0]}", effort=given[0])


TERMS = (
    plain("reason", "reasoning before the answer, as mode cot asks for", reason=True),
    Term("effort", "the effort of a hosted model that thinks", _effort, ":LEVEL"),
)
