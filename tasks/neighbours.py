"""A trial's prompt with its last item said some more times: the pairs that collapse is about."""

from __future__ import annotations

from dataclasses import replace

from .draw import Draw
from .lenses import find_lens
from .lenses.worn import through
from .prompts.compose import compose
from .registry import find_task
from .trial import TrialId


def longer_prompt(trial: TrialId, more: int) -> str:
    """The prompt of a trial whose sequence has its last item ``more`` times more.

    All else stays: wording, worked examples, symbols, and what the lens does. With none more it is
    the trial's own prompt.

    Raises:
        InputError: there is no such task, mode or lens.
    """
    task = find_task(trial.task)
    identity = (task.name, task.version, trial.length, trial.index, trial.seed)
    lens = find_lens(trial.lens)
    seen = through(task, lens, identity)
    made = seen.generate(Draw(*identity), trial.length)
    made = replace(made, items=(*made.items, *(made.items[-1:] * more)))
    return compose(seen, made, trial.mode, lens, identity)[0]
