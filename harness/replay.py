"""lm-eval over answers that are there already: tasks made in process, a model that only recalls."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import datasets
import lm_eval
import lm_eval.evaluator
from lm_eval.api.instance import Instance
from lm_eval.api.task import ConfigurableTask
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager
from lm_eval.tasks._yaml_loader import load_yaml

from ..runners.sampling import sampling_of
from ..store.answers import Failure, Reply
from ..store.plan import Plan
from ..store.run_directory import folder_name
from ..tasks.documents import metrics
from ..tasks.judging import AnswerText
from ..tasks.registry import harness_name
from ..tasks.trial import FREE, Trial, TrialId
from ..tasks.yaml_files import YAML_FOLDER
from .failures import AnsweringLM, FailedDocuments, leave_out
from .results import any_answer

_VERSIONS = {
    "pretty_env_info": "see manifest.json of the run",
    "transformers_version": "N/A",
    "lm_eval_version": version("lm-eval"),
    "upper_git_hash": None,
}
NOT_ASKED = "not asked: the run ended before"


@dataclass(frozen=True)
class Replay:
    """The answers of a run, and what is known of how they came about.

    Attributes:
        plan: the plan of the run.
        answers: the answer or the failure of each trial that has one.
        numerics: what the engine or server is.
        not_sent: settings that were not sent, each with the reason.
        row: gives a trial's row of the table, where it is judged already.
    """

    plan: Plan
    answers: Mapping[TrialId, Reply | Failure]
    numerics: Mapping[str, Any]
    not_sent: Mapping[str, str]
    row: Callable[[TrialId], Mapping[str, Any] | None] | None = None

    def score(self, trials: Sequence[Trial], folder: Path) -> None:
        """Let lm-eval score trials of one lens and answer form, and write what it finds."""
        by_task: dict[str, list[Trial]] = {}
        for trial in trials:
            by_task.setdefault(harness_name(trial.id.task, trial.id.mode), []).append(trial)
        failed = FailedDocuments()
        with _quiet():
            for name, its in by_task.items():
                for doc_id, trial in enumerate(its):
                    result = self.answers.get(trial.id)
                    if not isinstance(result, Reply):
                        failed.note(name, doc_id, result.reason if result else NOT_ASKED)
            tasks = [
                _ReplayTask(name, its, self)
                for name, its in by_task.items()
                if any_answer(its, self.answers)
            ]
            for task in tasks:
                leave_out(task, failed)
            results = lm_eval.simple_evaluate(
                model=_Recall(self, failed),
                tasks=tasks,
                task_manager=TaskManager(include_defaults=False),
                bootstrap_iters=0,
                log_samples=True,
                # Nothing here draws from the global generators, and seeding torch's imports it.
                random_seed=None,
                numpy_random_seed=None,
                torch_random_seed=None,
                fewshot_random_seed=None,
            )
            results["config"] |= {"model": self.plan.model, "model_args": self.plan.model_args}
            results["failed"] = failed.by_task()
            tracker = EvaluationTracker(output_path=str(folder))
            tracker.general_config_tracker.model_source = "snellen"
            tracker.general_config_tracker.model_name = self.plan.model
            tracker.general_config_tracker.model_name_sanitized = folder_name(self.plan.model)
            samples = results.pop("samples")
            tracker.save_results_aggregated(results=results, samples=samples)
            for name, rows in samples.items():
                tracker.save_results_samples(task_name=name, samples=rows)

    def settings(self, trial: TrialId) -> dict[str, Any]:
        """How a trial's answer was drawn, in lm-eval's words: what was sent, and no more."""
        sent = sampling_of(self.plan, trial)
        said = {
            "max_gen_toks": sent.max_tokens,
            "temperature": sent.temperature,
            "do_sample": bool(sent.temperature),
            "top_p": sent.top_p,
            "seed": sent.seed,
            "reasoning_effort": sent.reasoning_effort,
        }
        given = {name: value for name, value in said.items() if value is not None}
        return {"until": list(sent.stop)} | {
            name: value for name, value in given.items() if name not in self.not_sent
        }


class _ReplayTask(ConfigurableTask):  # type: ignore[misc]  # lm-eval is untyped
    """One of our tasks in lm-eval's form, with given trials for documents.

    It asks and scores as the installed task does, but builds nothing a second time, and says of
    each document how its answer was drawn.
    """

    def __init__(self, name: str, trials: Sequence[Trial], replay: Replay) -> None:
        first = trials[0].id
        self._trials = {trial.id: trial for trial in trials}
        self._replay = replay
        told = {
            "version": first.version,
            "lens": first.lens,
            "lengths": sorted({trial.id.length for trial in trials}),
            "trials": 1 + max(trial.id.index for trial in trials),
            "doc_seed": first.seed,
        }
        super().__init__(
            config=load_yaml(YAML_FOLDER / "_task_yaml")
            | {
                "task": name,
                "dataset_kwargs": {"snellen_task": first.task, "snellen_mode": first.mode},
                "generation_kwargs": _common([replay.settings(trial.id) for trial in trials]),
                "metadata": told | ({} if first.answer == FREE else {"answer": first.answer}),
            }
        )

    def download(self, *_: Any, **__: Any) -> None:
        """Take the trials for documents."""
        rows = [trial.id.as_dict() | {"truth": trial.truth} for trial in self._trials.values()]
        self.dataset = {"test": datasets.Dataset.from_list(rows)}

    def doc_to_text(self, doc: Mapping[str, Any], *rest: Any) -> Any:
        """The prompt, built again only if it was too long to be kept."""
        return self._trial(doc).prompt or super().doc_to_text(doc, *rest)

    def construct_requests(self, doc: Mapping[str, Any], ctx: str, **rest: Any) -> Any:
        """The request of a document, with the settings that were sent."""
        request = super().construct_requests(doc, ctx, **rest)
        request.arguments = (ctx, self._replay.settings(self._trial(doc).id))
        return request

    def process_results(self, doc: Mapping[str, Any], results: Sequence[str]) -> Any:
        """Every metric, from the row of the table or by judging the answer."""
        trial = self._trial(doc)
        if self._replay.row and (row := self._replay.row(trial.id)):
            return metrics(row["outcome"], row["answer"] or "", row["abs_error"])
        (text,) = results
        finish_reason = text.finish_reason if isinstance(text, AnswerText) else None
        judged = trial.judge(text, finish_reason)
        return metrics(judged.outcome, judged.answer, judged.abs_error)

    def _trial(self, doc: Mapping[str, Any]) -> Trial:
        return self._trials[TrialId.from_dict(doc)]


class _Recall(AnsweringLM):
    """A model that says what was said."""

    def __init__(self, replay: Replay, failed: FailedDocuments) -> None:
        super().__init__()
        self.failed = failed
        self._replay = replay

    def generate_until(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[AnswerText]:
        """The answers that are kept; those of failed trials are never asked for."""
        found = (self._replay.answers[TrialId.from_dict(request.doc)] for request in requests)
        return [
            AnswerText(reply.text, reply.finish_reason)
            for reply in found
            if isinstance(reply, Reply)
        ]

    def loglikelihood(self, requests: list[Instance], disable_tqdm: bool = False) -> Any:
        """Not part of a run."""
        raise NotImplementedError

    def loglikelihood_rolling(self, requests: list[Instance], disable_tqdm: bool = False) -> Any:
        """Not part of a run."""
        raise NotImplementedError

    def get_model_info(self) -> dict[str, Any]:
        """What is known of the model that answered."""
        return {
            "snellen_model": self._replay.plan.model,
            "base_url": self._replay.plan.base_url,
            "numerics": dict(self._replay.numerics),
            "not_sent": dict(self._replay.not_sent),
        }


def _common(settings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The settings of a task's documents; where they differ, from which value to which."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys(name for one in settings for name in one):
        values = [one[name] for one in settings if name in one]
        same = all(value == values[0] for value in values)
        found[name] = values[0] if same else f"{min(values)} to {max(values)}; see the samples"
    return found


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep lm-eval's progress bars and notices out of ours; its errors still come through.

    It also asks git about the current folder, which complains aloud where there is no
    repository; the hash would be of whatever folder the user stands in, so it is not asked. And
    it imports torch to describe this machine, where the model may never have been: the manifest
    of the run says what is known.
    """
    logger = logging.getLogger("lm_eval")
    level = logger.level
    stock = lm_eval.evaluator.get_git_commit_hash, lm_eval.evaluator.add_env_info
    logger.setLevel(logging.ERROR)
    lm_eval.evaluator.get_git_commit_hash = lambda: None
    lm_eval.evaluator.add_env_info = lambda results: results.update(_VERSIONS)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
        lm_eval.evaluator.get_git_commit_hash, lm_eval.evaluator.add_env_info = stock
