"""Documents whose requests failed for good: left out of every score, counted, and named.

lm-eval knows no failed request: what a model returns is an answer, and an empty one is scored as
wrong. It scores the documents that ``doc_iterator`` of a task yields, so that is where a failed
one is taken out: no metric, no average, no group weight and no sample holds it, whoever wrote the
task and however its text is filtered. The counts go into the results under ``failed``.
"""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import lm_eval.evaluator
from lm_eval.api.model import LM, CachingLM

from ..tasks.judging import AnswerText


@dataclass(slots=True)
class FailedDocuments:
    """Which documents of an evaluation have no answer, and why.

    Attributes:
        reasons: the reason by name of the task and number of the document.
    """

    reasons: dict[tuple[str, int], str] = field(default_factory=dict)

    def note(self, task: str, doc_id: int, reason: str) -> None:
        """Remember that a document has no answer; the first reason stands."""
        self.reasons.setdefault((task, doc_id), reason)

    def by_task(self) -> dict[str, dict[str, Any]]:
        """What the results say: per task ``count``, ``doc_ids`` and ``reasons`` with counts."""
        found: dict[str, dict[str, Any]] = {}
        for task in dict.fromkeys(task for task, _ in self.reasons):
            its = {doc_id: why for (name, doc_id), why in self.reasons.items() if name == task}
            found[task] = {
                "count": len(its),
                "doc_ids": sorted(its),
                "reasons": dict(Counter(its.values()).most_common()),
            }
        return found


class AnsweringLM(LM):  # type: ignore[misc]  # lm-eval is untyped
    """An lm-eval model that can say that a request failed.

    Attributes:
        failed: where failures are noted by whoever leaves them out of the scores; ``None`` under
            the stock command, which would score them: there a failure ends the run instead.
    """

    failed: FailedDocuments | None = None


def leave_out(task: Any, failed: FailedDocuments) -> None:
    """Make an lm-eval task pass over the documents that failed, once they have."""
    every = task.doc_iterator
    name = task.config.task

    def answered(**options: Any) -> Iterator[tuple[int, Any]]:
        for doc_id, doc in every(**options):
            if (name, doc_id) not in failed.reasons:
                yield doc_id, doc

    task.doc_iterator = answered


@contextlib.contextmanager
def leaving_out_failures() -> Iterator[FailedDocuments]:
    """Within it, lm-eval scores only what was answered by one of our models.

    Gives the failures of all evaluations within it. The results of each hold its own under
    ``failed``. Other models than ours are evaluated as ever.
    """
    stock: Callable[..., Any] = lm_eval.evaluator.evaluate
    total = FailedDocuments()

    def evaluate(lm: Any, task_dict: Mapping[str, Any], **options: Any) -> Any:
        inner = lm.lm if isinstance(lm, CachingLM) else lm
        if not isinstance(inner, AnsweringLM):
            return stock(lm, task_dict, **options)
        failed = inner.failed = FailedDocuments()
        if lm is not inner:
            lm.dbdict = _OnlyAnswers(lm.dbdict)
        for task in task_dict["tasks"].values():
            leave_out(task, failed)
        results = stock(lm, task_dict, **options)
        total.reasons.update(failed.reasons)
        if results is not None:
            results["failed"] = failed.by_task()
        return results

    lm_eval.evaluator.evaluate = evaluate
    try:
        yield total
    finally:
        lm_eval.evaluator.evaluate = stock


class _OnlyAnswers:
    """The database of ``--use_cache``, which would keep a failure as an empty answer for good."""

    def __init__(self, kept: Any) -> None:
        self._kept = kept

    def __contains__(self, key: str) -> bool:
        return key in self._kept

    def __getitem__(self, key: str) -> Any:
        return self._kept[key]

    def __setitem__(self, key: str, answer: Any) -> None:
        if not _is_failure(answer):
            self._kept[key] = answer

    def commit(self) -> None:
        """Write what is kept."""
        self._kept.commit()


def _is_failure(answer: Any) -> bool:
    """Whether it stands for no answer: a text that says so, or a likelihood that is no number."""
    if isinstance(answer, AnswerText):
        return answer.finish_reason == "failed"
    likelihood = answer[0] if isinstance(answer, tuple) else answer
    return isinstance(likelihood, float) and math.isnan(likelihood)
