"""Snellen's tasks as lm-eval sees them: the functions that the YAML files name.

Documents are compact (a trial's identity and its truth); the prompt is built from them in
:func:`doc_to_text`, so that no file holds it twice. Works in the stock harness with nothing but
the installed package; see docs/lm-eval.md.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .choices import choices
from .judging import AnswerText
from .lengths import DEFAULT_LENGTHS, parse_lengths
from .lenses.find import find_lens
from .modes import base_mode
from .registry import find_task
from .task import Task
from .trial import FREE, TrialId, check_applies, rebuild_trial

if TYPE_CHECKING:
    import datasets

METADATA = ("lengths", "trials", "lens", "shots", "doc_seed")
"""The keys of ``--metadata`` that are Snellen's."""

_ALIKE = 0.8
"""How like one of ours a key must be to be taken for it. lm-eval adds all of ``--model_args`` to
the metadata, so a key that is like none is a model's: ``max_length`` is 0.71 like ``lengths``,
``seed`` 0.67 like ``doc_seed``; ``length``, ``trails``, ``lense``, ``docseed`` are above."""


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
    version = task.version_of(mode, lens)
    return [
        TrialId(task.name, mode, lens, version, length, index, seed, answer)
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
    shots: int | None = None,
    doc_seed: int = 0,
    **others: Any,
) -> dict[str, datasets.Dataset]:
    """The documents of a task, for lm-eval's ``custom_dataset``.

    Args:
        snellen_task: the task; from the YAML file.
        snellen_mode: the mode; from the YAML file.
        lens: from ``--metadata``, as are the rest.
        lengths: in any form that the command line takes; default: the task's chart.
        trials: per length; default 10, and 1 for the paper's tasks.
        shots: worked examples of a ``fewshot`` task.
        doc_seed: the seed of the documents. Not called ``seed``: lm-eval adds all of
            ``--model_args`` to the metadata, and some backends have a ``seed`` of their own.
        **others: whatever else is in the metadata, such as the model's arguments.

    Returns:
        One split, ``test``; columns task, mode, lens, version, length, index, seed, truth.

    Raises:
        InputError: something given does not exist or does not apply, or is misspelt.
    """
    ids = _trials(snellen_task, snellen_mode, lens, lengths, trials, shots, doc_seed, others)
    return _split([trial.as_dict() | {"truth": rebuild_trial(trial).truth} for trial in ids])


def choice_documents(
    *,
    snellen_task: str,
    lens: str = "none",
    lengths: str | int | Sequence[int] | None = None,
    trials: int | None = None,
    doc_seed: int = 0,
    **others: Any,
) -> dict[str, datasets.Dataset]:
    """The documents of a task of type ``multiple_choice``; asked in ``direct`` mode.

    Args and errors are those of :func:`documents`; and:

    Returns:
        One split, ``test``; the columns of :func:`documents`, ``choices`` (4 texts) and ``gold``
        (the place of the truth among them).

    Raises:
        InputError: also for a length at which two of the choices are the same.
    """
    ids = _trials(snellen_task, "direct", lens, lengths, trials, None, doc_seed, others)
    rows = []
    for trial in ids:
        offered, gold = choices(find_task(trial.task), trial.length, trial.index, trial.seed)
        truth = {"truth": offered[gold], "choices": list(offered), "gold": gold}
        rows.append(trial.as_dict() | truth)
    return _split(rows)


def _trials(
    name: str,
    mode: str,
    lens: str,
    lengths: Any,
    trials: Any,
    shots: Any,
    seed: Any,
    others: Mapping[str, Any],
) -> list[TrialId]:
    _refuse_misspelt(others)
    task = find_task(name)
    if shots is not None:
        if base_mode(mode) != "fewshot":
            # Metadata go to all tasks of a run; those without examples have no use for it.
            whole(shots, "shots", 1)
        else:
            mode = f"fewshot-{whole(shots, 'shots', 1)}"
    seen = find_lens(lens)
    if seen.effort or seen.inside:
        raise InputError(
            f"metadata lens {lens!r} changes how the model works, not what it is asked: lm-eval "
            "would not know of it; use 'snellen run', or the model's own arguments"
        )
    lens = seen.name
    check_applies(task, mode, lens)
    chosen = parse_lengths(lengths if lengths is not None else task.lengths or DEFAULT_LENGTHS)
    per_length = task.trials if trials is None else whole(trials, "trials", 1)
    return trial_ids(task, mode, lens, chosen, per_length, whole(seed, "doc_seed", -(2**53)))


def whole(value: Any, name: str, least: int) -> int:
    """A whole number out of the metadata, which may hold anything.

    Raises:
        InputError: it is none, or too small.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(f"metadata {name} {value!r}: give a whole number from {least} up")
    return value


def _refuse_misspelt(keys: Iterable[str]) -> None:
    for key in keys:
        plain = key.lower().replace("-", "_")
        if near := get_close_matches(plain, METADATA, n=1, cutoff=_ALIKE):
            raise InputError(
                f"metadata {key!r} is not known; did you mean {near[0]!r}? "
                f"Snellen's keys are: {', '.join(METADATA)}"
            )


def _split(rows: list[dict[str, Any]]) -> dict[str, datasets.Dataset]:
    import datasets

    return {"test": datasets.Dataset.from_list(rows)}


def doc_to_text(doc: Mapping[str, Any]) -> str:
    """The prompt of a document."""
    return rebuild_trial(doc).prompt


def process_results(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """Judge the answer to a document; see :func:`metrics`."""
    text = results[0]
    finish_reason = text.finish_reason if isinstance(text, AnswerText) else None
    judged = rebuild_trial(doc).judge(text, finish_reason)
    return metrics(judged.outcome, judged.answer, judged.abs_error)


def metrics(outcome: str, answer: str, abs_error: float | None) -> dict[str, Any]:
    """What lm-eval is told of a judged answer: every metric, for every document.

    lm-eval's loggers and its gathering over processes look every metric up in every document.

    Returns:
        ``outcome`` and ``answer`` as text; ``exact_match`` (0 or 1) and ``abs_error``, not a
        number where they do not apply: no answer was found, or the request failed.
    """
    failed = outcome == "failed"
    return {
        "outcome": outcome,
        "answer": answer,
        "exact_match": math.nan if failed else float(outcome == "correct"),
        "abs_error": math.nan if abs_error is None else float(abs_error),
    }


def process_choice(doc: Mapping[str, Any], results: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    """Score the choices of a document.

    Args:
        doc: the document.
        results: for every choice its log likelihood in nats, and whether greedy decoding gives it.

    Returns:
        ``acc`` (0 or 1; chance 1/4), ``log_odds`` (nats: the truth against the likeliest other
        choice), and ``answer``, the choice taken.
    """
    likelihoods = [float(result[0]) for result in results]
    gold = int(doc["gold"])
    taken = max(range(len(likelihoods)), key=likelihoods.__getitem__)
    rival = max(x for i, x in enumerate(likelihoods) if i != gold)
    return {
        # A tie is no answer: of equal likelihoods the first would else be taken.
        "acc": float(likelihoods[gold] > rival),
        "log_odds": likelihoods[gold] - rival,
        "answer": doc["choices"][taken],
    }


def count_outcomes(outcomes: Iterable[str]) -> dict[str, int]:
    """How often each outcome came up, the most frequent first."""
    return dict(Counter(outcomes).most_common())


def most_frequent(answers: Iterable[str]) -> dict[str, int]:
    """The five most frequent answers: an attractor, such as 100, shows at a glance."""
    return dict(Counter(answer for answer in answers if answer).most_common(5))
