"""A run as lm-eval's results: its own layout, scored by lm-eval itself from the answers kept.

Nothing is asked: the answers are replayed. lm-eval and all that it brings along are imported only
when there is something to score, long after the first request.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import StoreError
from ..store.answers import Failure, Reply
from ..store.plan import Plan
from ..tasks.trial import Trial, TrialId

Answers = Mapping[TrialId, Reply | Failure]
Row = Callable[[TrialId], Mapping[str, Any] | None]


def any_answer(trials: Iterable[Trial], answers: Answers) -> bool:
    """Whether one of the trials was answered, be it as it may."""
    return any(isinstance(answers.get(trial.id), Reply) for trial in trials)


def write_results(
    folder: Path,
    plan: Plan,
    trials: Iterable[Trial],
    answers: Answers,
    *,
    numerics: Mapping[str, Any] | None = None,
    not_sent: Mapping[str, str] | None = None,
    row: Row | None = None,
) -> None:
    """Write lm-eval's ``results_*.json`` and ``samples_*.jsonl`` of a run.

    One results file per lens and answer form, with a samples file per task. A trial without an
    answer is in no score and no sample; it is counted in the results under ``failed``.

    Args:
        folder: where they go; what an earlier call wrote there is replaced.
        plan: the plan of the run.
        trials: what was asked, in the order of the samples; those of an adaptive plan as they
            were chosen.
        answers: the answer or the failure of each trial that has one.
        numerics: what the engine or server is.
        not_sent: settings that were asked for and not sent, each with the reason.
        row: gives a trial's row of the table (``outcome``, ``answer``, ``abs_error``), so that
            no answer is judged a second time; without it each is judged here.

    Raises:
        StoreError: the files cannot be written.
    """
    shutil.rmtree(folder, ignore_errors=True)
    groups: dict[tuple[str, str], list[Trial]] = {}
    for trial in trials:
        groups.setdefault((trial.id.lens, trial.id.answer), []).append(trial)
    # lm-eval takes no task without a document, and there is nothing to score.
    groups = {key: its for key, its in groups.items() if any_answer(its, answers)}
    if not groups:
        return
    from .replay import Replay

    replay = Replay(plan, answers, numerics or {}, not_sent or {}, row)
    for its in groups.values():
        replay.score(its, folder)
    if len(list(folder.glob("*/results_*.json"))) != len(groups):
        # lm-eval only warns of what it could not write.
        raise StoreError(f"lm-eval could not write its results to {folder}")
