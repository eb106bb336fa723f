"""From an answer to an outcome: what the reader found, held against the truth."""

from __future__ import annotations

from typing import Literal, NamedTuple

from rapidfuzz.distance import Levenshtein

from .reading import AnswerKind, Facts

Outcome = Literal["correct", "wrong", "unparseable", "truncated", "refused", "failed"]


class AnswerText(str):
    """An answer that carries why it ended, through lm-eval, which only knows strings."""

    __slots__ = ("finish_reason",)
    finish_reason: str | None

    def __new__(cls, text: str, finish_reason: str | None = None) -> AnswerText:
        """Wrap a text; ``finish_reason`` may also be ``failed``."""
        made = super().__new__(cls, text)
        made.finish_reason = finish_reason
        return made


class Judgement(NamedTuple):
    """What became of a trial.

    Attributes:
        outcome: see the words in docs/scoring.md.
        answer: the answer in normal form, empty if there is none.
        abs_error: |answer - truth| for numbers; edit distance in items for sequences; 0 or 1
            for what stands for itself; ``None`` without an answer.
        reading: the rule that read the answer; empty if there is none.
        rivals: the readings that remained where there were two or more.
    """

    outcome: Outcome
    answer: str
    abs_error: int | None
    reading: str = ""
    rivals: tuple[str, ...] = ()


def judge(text: str, truth: str, facts: Facts, *, finish_reason: str | None = None) -> Judgement:
    """Judge one answer.

    A text cut at the token limit counts as ``truncated`` unless the answer was complete before
    the cut: what a model would have said next is unknown, and is not called wrong. So does a
    text that ended inside its reasoning, whatever the reason given.

    Args:
        text: what the model said.
        truth: the expected answer in normal form.
        facts: what the reader may know of the question.
        finish_reason: ``length`` for a cut, ``content_filter`` for a refusal, ``failed`` for a
            request without an answer; of any other the text is judged.
    """
    if finish_reason == "failed":
        return Judgement("failed", "", None)
    if finish_reason == "content_filter":
        return Judgement("refused", "", None)
    from .reading.read import read  # its patterns take a tenth of a second, and are not for asking

    cut = finish_reason == "length"
    found = read(text, facts, cut=cut)
    if found.rule == "reasoning" or (cut and not (found.value is not None and found.complete)):
        return Judgement("truncated", "", None, rivals=found.rivals)
    if found.value is None:
        return Judgement("unparseable", "", None, rivals=found.rivals)
    outcome: Outcome = "correct" if found.value == truth else "wrong"
    return Judgement(outcome, found.value, _error(found.value, truth, facts.kind), found.rule)


def _error(answer: str, truth: str, kind: AnswerKind) -> int:
    if kind == "number":
        return abs(int(answer) - int(truth))
    if kind == "sequence":
        return int(Levenshtein.distance(answer.split(), truth.split()))
    # Between values that stand for themselves there is no distance, only right and wrong.
    return int(answer != truth)
