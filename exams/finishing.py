"""From what was answered to the finished run directory: table, manifest, lm-eval's files, report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ..harness.results import write_results
from ..reports.run.writing import write_report
from ..store.answers import Failure, Reply
from ..store.manifest import now
from ..store.trials import trial_table, write_trials
from ..tasks.trial import rebuild_trial
from .loaded import Run
from .session import Session


def finish(session: Session) -> Run:
    """Write the table of trials, the manifest, lm-eval's files and the report of a session."""
    where = session.where
    trials = trial_table(session.rows())
    write_trials(where.trials_path, trials)
    replies = [answer for answer in session.answers.values() if isinstance(answer, Reply)]
    failures = [answer for answer in session.answers.values() if isinstance(answer, Failure)]
    where.update(
        finished=now(),
        answered=len(replies),
        failed=len(failures),
        usage={
            name: sum(getattr(reply, name) or 0 for reply in replies)
            for name in ("prompt_tokens", "completion_tokens", "reasoning_tokens")
        },
        cost_usd=session.budget.spent,
        prices={"source": session.price_source},
        dropped=dict(session.runner.dropped),
    )
    write_results(
        where.path / "lm_eval",
        session.plan,
        [one.trial for one in session.planned.values()],
        session.answers,
        numerics=where.manifest.numerics,
        not_sent=session.runner.dropped,
        row=session.row,
    )
    manifest = where.manifest.model_dump(mode="json")
    write_report(where.path, trials, manifest, _examples(session))
    reasons = Counter(failure.reason for failure in failures)
    return Run(
        where.path,
        where.manifest,
        trials,
        failures=dict(reasons.most_common()),
        stopped=session.stopped,
    )


def _examples(session: Session) -> Iterator[Mapping[str, Any]]:
    """Answered trials word for word, for the report to choose from."""
    for identity, reply in session.answers.items():
        row = session.row(identity)
        if isinstance(reply, Reply) and row is not None:
            trial = session.planned[identity].trial
            prompt = trial.prompt or rebuild_trial(identity).prompt
            yield {
                **row,
                "answer": row["answer"] or "",
                "prompt": prompt,
                "answer_text": reply.text,
            }
