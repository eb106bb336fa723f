"""What fits the contexts of both sides: the rest is left out, and said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...runners.protocol import Runner
from ...store.plan import Plan
from ...tasks.trial import rebuild_trial
from ..context import too_long
from ..session import request_of
from .levels import Level, trial_of
from .pairs import Side
from .verdict import LeftOut


def fitting(
    levels: Sequence[Level], plan: Plan, runner_a: Runner | None, judged: Plan, runner_b: Runner
) -> tuple[list[Level], list[LeftOut]]:
    """The levels as far as they fit both contexts, and what does not."""
    found, left_out = [], []
    for level in levels:
        lengths = dict(level.lengths)
        for curve, length in level.lengths.items():
            trial = rebuild_trial(trial_of(plan, curve, length, 0))
            long_a = runner_a and too_long(runner_a, trial, request_of(runner_a, plan, trial))
            long_b = too_long(runner_b, trial, request_of(runner_b, judged, trial))
            if not (long_a or long_b):
                continue
            del lengths[curve]
            who, needs, size = (
                ("A", long_a, runner_a.context_length if runner_a else None)
                if long_a
                else ("B", long_b, runner_b.context_length)
            )
            if not level.refines:
                why = f"{who}'s context is {size or 0:,} tokens, prompt and answer need {needs}"
                short: Side | None = "a" if not long_b else "b" if not long_a else None
                left_out.append(LeftOut(level.at, curve.task, why, short))
        found.append(replace(level, lengths=lengths))
    return [level for level in found if level.lengths], left_out
