"""A plan through lm-eval: the harness loads the tasks, asks the runner, and scores."""

from __future__ import annotations

import contextlib
import io
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..harness.model import HarnessLM
from ..runners.cached import Asker
from ..runners.protocol import Request, Sampling
from ..runners.registry import find_kind
from ..store.plan import Plan
from ..store.run_directory import folder_name
from ..tasks.answer_length import answer_tokens
from ..tasks.documents import CHART
from ..tasks.registry import find_task, harness_name
from ..tasks.trial import TrialId


def sampling_of(plan: Plan, trial: TrialId) -> Sampling:
    """How the answer to a trial is drawn: as planned, with room for what the mode needs."""
    needed = answer_tokens(find_task(trial.task), trial.mode, trial.length)
    needed += find_kind(plan.model).room_for_reasoning(plan.base_url)
    return Sampling(
        max_tokens=plan.max_tokens or needed,
        temperature=plan.temperature,
        top_p=plan.top_p,
        seed=plan.sampling_seed,
        reasoning_effort=plan.reasoning_effort,
    )


def requests_of(plan: Plan, asker: Asker) -> Iterator[Request]:
    """The request of every trial of a plan."""
    for trial in plan.trial_ids():
        yield asker.trial_request(trial, sampling_of(plan, trial), chat=plan.chat)


def evaluate(plan: Plan, asker: Asker, results: Path) -> None:
    """Ask every trial of a plan and write lm-eval's own results.

    Args:
        plan: what to ask.
        asker: who answers, and where answers are kept.
        results: the folder for lm-eval's ``results_*.json`` and ``samples_*.jsonl``; what an
            earlier call wrote there is replaced.

    Raises:
        ModelRefused: no request to the model can succeed.
        StoreError: answers cannot be kept.
    """
    import lm_eval
    from lm_eval.loggers import EvaluationTracker
    from lm_eval.tasks import TaskManager

    lm = HarnessLM(asker, chat=plan.chat, sampling=lambda trial: sampling_of(plan, trial))
    shutil.rmtree(results, ignore_errors=True)
    for lens in plan.lenses:
        names = [harness_name(task.name, mode) for task, mode, its in plan.cells() if its == lens]
        if not names:
            continue
        metadata: dict[str, Any] = {"lens": lens, "doc_seed": plan.seed}
        metadata |= {"lengths": list(plan.lengths)} if plan.lengths else {}
        metadata |= {"trials": plan.trials} if plan.trials else {}
        with _quiet():
            outcome = lm_eval.simple_evaluate(
                model=lm,
                tasks=names,
                task_manager=TaskManager(
                    include_path=str(CHART), include_defaults=False, metadata=metadata
                ),
                bootstrap_iters=0,
                log_samples=True,
                # Nothing here draws from the global generators, and seeding torch's imports it.
                random_seed=None,
                numpy_random_seed=None,
                torch_random_seed=None,
                fewshot_random_seed=None,
            )
            tracker = EvaluationTracker(output_path=str(results))
            tracker.general_config_tracker.model_source = "snellen"
            tracker.general_config_tracker.model_name = plan.model
            tracker.general_config_tracker.model_name_sanitized = folder_name(plan.model)
            samples = outcome.pop("samples")
            tracker.save_results_aggregated(results=outcome, samples=samples)
            for name, rows in samples.items():
                tracker.save_results_samples(task_name=name, samples=rows)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep lm-eval's progress bars and notices out of ours; its errors still come through.

    It also asks git about the current folder, which complains aloud where there is no
    repository; the hash would be of whatever folder the user stands in, so it is not asked.
    """
    import lm_eval.evaluator as evaluator

    logger = logging.getLogger("lm_eval")
    level, ask_git = logger.level, evaluator.get_git_commit_hash
    logger.setLevel(logging.ERROR)
    evaluator.get_git_commit_hash = lambda: None
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
        evaluator.get_git_commit_hash = ask_git
