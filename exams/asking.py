"""A plan is asked, and the answers are written down as lm-eval's results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..harness.results import write_results
from ..runners.cached import Asker
from ..runners.protocol import Request, Sampling
from ..store.plan import Plan
from ..tasks.answer_length import answer_tokens
from ..tasks.registry import find_task
from ..tasks.trial import TrialId, rebuild_trial

HOSTED = ("openai/", "gemini/")
THINKING = 4096
"""Tokens of room for hidden reasoning, which hosted models count as part of the answer."""


def sampling_of(plan: Plan, trial: TrialId) -> Sampling:
    """How the answer to a trial is drawn: as planned, with room for what the mode needs."""
    needed = answer_tokens(find_task(trial.task), trial.mode, trial.length)
    if plan.base_url is None and plan.model.startswith(HOSTED):
        needed += THINKING
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
    trials = [rebuild_trial(trial) for trial in plan.trial_ids()]
    requests = list(requests_of(plan, asker))
    found = asker.ask(requests)
    write_results(
        results,
        plan,
        trials,
        {trial.id: found[asked.key] for trial, asked in zip(trials, requests, strict=True)},
        sampling=lambda trial: sampling_of(plan, trial),
        numerics=asker.runner.numerics,
        not_sent=asker.runner.dropped,
    )
