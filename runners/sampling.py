"""How the answer to a trial is drawn: what the plan sets, and room for what the mode needs."""

from __future__ import annotations

from ..store.plan import Plan
from ..tasks.answer_length import answer_tokens
from ..tasks.lenses import find_lens
from ..tasks.prompts.compose import stop_texts
from ..tasks.registry import find_task
from ..tasks.trial import TrialId
from .protocol import Sampling
from .registry import find_kind


def sampling_of(plan: Plan, trial: TrialId) -> Sampling:
    """How the answer to a trial is drawn."""
    task = find_task(trial.task)
    needed = answer_tokens(task, trial.mode, trial.length, trial.answer, trial.lens)
    needed += find_kind(plan.model).room_for_reasoning(plan.base_url)
    return Sampling(
        max_tokens=plan.max_tokens or needed,
        temperature=plan.temperature,
        top_p=plan.top_p,
        seed=plan.sampling_seed,
        reasoning_effort=find_lens(trial.lens).effort or plan.reasoning_effort,
        stop=stop_texts(task, trial.mode),
    )
