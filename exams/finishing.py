"""From answers to the finished run directory: table, manifest, lm-eval's files, report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from ..harness.results import write_results
from ..reports.run.report import write_report
from ..runners.dispatch.breaker import alike
from ..store.answers import Failure, Reply
from ..store.manifest import now
from ..store.run_directory import RunDirectory
from ..store.trials import trial_table, write_trials
from ..support.phases import phase
from .loaded import Run
from .session import Answered, Session
from .texts import texts_from


def finish(session: Session) -> Run:
    """Write what a session came to."""
    session.where.update(
        cost_usd=session.budget.spent,
        prices={"source": session.price_source},
        dropped=dict(session.runner.dropped),
        generation=_sent(session.runner.generation, session.runner.dropped),
        notices=list(session.runner.notices),
    )
    return write_run(session.where, list(session.answered()), stopped=session.stopped)


def write_run(where: RunDirectory, answered: Sequence[Answered], stopped: str = "") -> Run:
    """Write the table of trials, the manifest, lm-eval's files and the report of a run.

    Args:
        where: the run directory.
        answered: the trials with an answer or a failure, in the order of the table.
        stopped: why not everything was asked, empty if it was.
    """
    trials = trial_table(one.row for one in answered)
    write_trials(where.trials_path, trials)
    results = [one.result for one in answered]
    replies = [result for result in results if isinstance(result, Reply)]
    reasons = _reasons(result for result in results if isinstance(result, Failure))
    where.update(
        finished=now(),
        answered=len(replies),
        failed=reasons.total(),
        usage=_usage(replies),
        fingerprints=dict(Counter(reply.fingerprint for reply in replies if reply.fingerprint)),
    )
    write_results(
        where.path / "lm_eval",
        where.manifest.plan,
        [one.trial for one in answered],
        {one.trial.id: one.result for one in answered},
        numerics=where.manifest.numerics,
        not_sent=where.manifest.dropped,
        row={one.trial.id: one.row for one in answered}.get,
    )
    manifest = where.manifest.model_dump(mode="json")
    said = {one.trial.id: one.result.text for one in answered if isinstance(one.result, Reply)}
    built = {one.trial.id: one.trial for one in answered}
    with phase("drawing the report"):
        write_report(where.path, trials, manifest, texts_from(said, built))
    return Run(where.path, where.manifest, trials, dict(reasons.most_common()), stopped)


def _reasons(failures: Iterable[Failure]) -> Counter[str]:
    """How often each reason came up; those that differ only in numbers are one, told once."""
    shown: dict[str, str] = {}
    found: Counter[str] = Counter()
    for failure in failures:
        found[shown.setdefault(alike(failure.reason), failure.reason)] += 1
    return found


def _sent(generation: Mapping[str, Any], dropped: Container[str]) -> dict[str, Any]:
    """Settings of generation without those that the server turned out not to take."""
    return {name: value for name, value in generation.items() if name not in dropped}


def _usage(replies: Sequence[Reply]) -> dict[str, int]:
    """Tokens over all answers; a count that no answer states is left out, not 0."""
    usage = {}
    for name in ("prompt_tokens", "completion_tokens", "reasoning_tokens"):
        known = [count for reply in replies if (count := getattr(reply, name)) is not None]
        if known:
            usage[name] = sum(known)
    return usage
