"""From an answer to an outcome: what the reader found, held against the truth."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

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
        log_odds: of an answer that was scored and not written: the log probability of the truth
            less that of the likeliest other alternative, in nats.
    """

    outcome: Outcome
    answer: str
    abs_error: int | None
    reading: str = ""
    rivals: tuple[str, ...] = ()
    log_odds: float | None = None


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


def judge_scored(
    text: str,
    truth: str,
    choices: Mapping[str, str],
    kind: AnswerKind,
    *,
    finish_reason: str | None = None,
) -> Judgement:
    """Judge alternatives that were scored: the likeliest is the answer.

    Args:
        text: a JSON object whose ``scores`` give the log probability of every text that was
            offered (nats; null where it is minus infinity).
        truth: the expected answer in normal form.
        choices: the texts that were offered, each with the answer in normal form that it states.
        kind: what kind of answer it is.
        finish_reason: ``failed`` for a request without an answer.
    """
    if finish_reason == "failed":
        return Judgement("failed", "", None)
    scores = _scores(text, choices)
    if scores is None:
        return Judgement("unparseable", "", None)
    rival = max(score for answer, score in scores.items() if answer != truth)
    odds = scores[truth] - rival
    best = max(scores.values())
    likeliest = tuple(answer for answer, score in scores.items() if score == best)
    log_odds = odds if math.isfinite(odds) else None
    if len(likeliest) > 1:  # two answers are none
        return Judgement("unparseable", "", None, rivals=likeliest, log_odds=log_odds)
    (answer,) = likeliest
    outcome: Outcome = "correct" if answer == truth else "wrong"
    return Judgement(outcome, answer, _error(answer, truth, kind), "scored", log_odds=log_odds)


def _scores(text: str, choices: Mapping[str, str]) -> dict[str, float] | None:
    """The score of every answer in normal form; none if some are missing or are no numbers."""
    try:
        said: Any = json.loads(text)["scores"]
        found = {
            answer: -math.inf if said[offered] is None else float(said[offered])
            for offered, answer in choices.items()
        }
    except (ValueError, KeyError, TypeError):
        return None
    return None if any(math.isnan(score) for score in found.values()) else found


def _error(answer: str, truth: str, kind: AnswerKind) -> int:
    if kind == "number":
        return abs(int(answer) - int(truth))
    if kind == "sequence":
        return int(Levenshtein.distance(answer.split(), truth.split()))
    # Between values that stand for themselves there is no distance, only right and wrong.
    return int(answer != truth)
