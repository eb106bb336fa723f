"""Before anything is asked: does every prompt fit the model's context?"""

from __future__ import annotations

from ..errors import InputError
from ..runners.protocol import Runner
from ..store.plan import Plan
from ..tasks.trial import build_trial
from .asking import sampling_of


def check_context(plan: Plan, runner: Runner) -> None:
    """Make sure that prompt and answer fit the context at every length.

    Raises:
        InputError: they do not; names the first length that does not fit, and the context.
    """
    context = runner.context_length
    if context is None:
        return
    for length in sorted({n for task, _, _ in plan.cells() for n in plan.lengths_of(task)}):
        for task, mode, lens in plan.cells():
            if length not in plan.lengths_of(task):
                continue
            asked = build_trial(task, mode, lens, length, 0, plan.seed)
            tokens = runner.count_tokens(asked.prompt)
            if tokens is None:
                return
            needed = tokens + sampling_of(plan, asked.id).max_tokens
            if needed > context:
                raise InputError(
                    f"length {length} of {task.name} does not fit: prompt and answer need "
                    f"{needed:,} tokens, the context of {runner.model} is {context:,}; "
                    "lower --lengths or --max-tokens"
                )
