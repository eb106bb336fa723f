"""Snellen's tasks as lm-eval sees them: the functions that the YAML files name.

Documents are compact (a trial's identity and its truth); the prompt is built from them in
:func:`doc_to_text`, so that no file holds it twice. Works in the stock harness with nothing but
the installed package; see docs/lm-eval.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .judging import AnswerText
from .lengths import STANDARD, parse_lengths
from .registry import Task, find_task
from .trial import FREE, TrialId, rebuild_trial

if TYPE_CHECKING:
    import datasets

CHART = Path(__file__).parent / "yaml"
"""The folder for lm-eval's ``--include_path``."""

TRIALS = 10
"""Trials per length of a chart when none are given; the paper's own tasks have one."""


def trial_ids(
    task: Task,
    mode: str,
    lens: str,
    lengths: Iterable[int],
    trials: int,
    seed: int,
    answer: str = FREE,
) -> list[TrialId]:
    """The trials of a task, lengths interleaved.

    All lengths come once before any comes again, so that the first N of them (lm-eval's
    ``--limit``) still span the axis.
    """
    return [
        TrialId(task.name, mode, lens, task.version, length, index, seed, answer)
        for index in range(trials)
        for length in lengths
    ]


def documents(
    *,
    snellen_task: str,
    snellen_mode: str = "direct",
    lens: str = "none",
    lengths: str | int | Sequence[int] | None = None,
    trials: int | None = None,
    doc_seed: int = 0,
    **_: Any,
) -> dict[str, datasets.Dataset]:
    """The documents of a task, for lm-eval's ``custom_dataset``.

    Args:
        snellen_task: the task; from the YAML file.
        snellen_mode: the mode; from the YAML file.
        lens: from ``--metadata``, as are the rest.
        lengths: in any form that the command line takes; default: the task's chart.
        trials: per length; default 10, and 1 for the paper's tasks.
        doc_seed: the seed of the documents. Not called ``seed``: lm-eval adds all of
            ``--model_args`` to the metadata, and some backends have a ``seed`` of their own.
        **_: whatever else is in the metadata; ignored.

    Returns:
        One split, ``test``; columns task, mode, lens, version, length, index, seed, truth.

    Raises:
        InputError: something given does not exist or does not apply.
    """
    import datasets

    task = find_task(snellen_task)
    chosen = parse_lengths(lengths if lengths is not None else task.lengths or STANDARD)
    count = trials if trials is not None else (1 if task.family == "paper" else TRIALS)
    if count < 1:
        raise InputError(f"trials {count}: at least 1 trial per length")
    ids = trial_ids(task, snellen_mode, lens, chosen, int(count), int(doc_seed))
    rows = [trial.as_dict() | {"truth": rebuild_trial(trial).truth} for trial in ids]
    return {"test": datasets.Dataset.from_list(rows)}


def doc_to_text(doc: Mapping[str, Any]) -> str:
    """The prompt of a document."""
    return rebuild_trial(doc).prompt


def process_results(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """Judge the answer to a document.

    Returns:
        ``outcome`` and ``answer`` always; ``exact_match`` (0 or 1) unless the request failed;
        ``abs_error`` where an answer was found. A metric that does not apply is left out, not
        filled with a sentinel: lm-eval then averages it over the documents that have it.
    """
    text = results[0]
    finish_reason = text.finish_reason if isinstance(text, AnswerText) else None
    judged = rebuild_trial(doc).judge(text, finish_reason)
    metrics: dict[str, Any] = {"outcome": judged.outcome, "answer": judged.answer}
    if judged.outcome != "failed":
        metrics["exact_match"] = float(judged.outcome == "correct")
    if judged.abs_error is not None:
        metrics["abs_error"] = judged.abs_error
    return metrics


def count_outcomes(outcomes: Iterable[str]) -> dict[str, int]:
    """How often each outcome came up, the most frequent first."""
    return dict(Counter(outcomes).most_common())


def most_frequent(answers: Iterable[str]) -> dict[str, int]:
    """The five most frequent answers: an attractor, such as 100, shows at a glance."""
    return dict(Counter(answer for answer in answers if answer).most_common(5))
