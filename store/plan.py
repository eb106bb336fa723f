"""The plan of a run: everything that decides what is asked, and of whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..tasks.documents import TRIALS, trial_ids
from ..tasks.lengths import STANDARD, parse_lengths
from ..tasks.registry import Task, find_task
from ..tasks.trial import TrialId
from .journal import digest


class Plan(BaseModel):
    """What is asked, how, and of whom. Equal plans make one run; any difference makes another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    """The model's name as given."""
    base_url: str | None = None
    """The server asked, or none."""
    tasks: tuple[str, ...]
    """Task names, without prefix."""
    modes: tuple[str, ...] = ("direct",)
    """``direct``, ``cot``, ``cot_fewshot``."""
    lenses: tuple[str, ...] = ("none",)
    """Names of lenses; ``none`` is the prompt as it is."""
    lengths: tuple[int, ...] | None = None
    """Lengths in items; none: each task's own chart."""
    trials: int | None = Field(default=None, ge=1)
    """Trials per length; none: 10, and 1 for the paper's tasks."""
    precision: float | None = Field(default=None, gt=1)
    """Adaptive measurement: lengths are chosen until the interval of L50 is this narrow (high /
    low); none: every length is asked."""
    max_length: int | None = Field(default=None, ge=2)
    """Adaptive measurement: the longest length that may be chosen."""
    max_trials: int | None = Field(default=None, ge=1)
    """Adaptive measurement: the most trials spent on one curve."""
    seed: int = Field(default=0, ge=-(2**53), le=2**53)
    """Seed of the documents; exact in every reader of the table of trials."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Token limit of every answer; none: what the mode and the length need."""
    temperature: float = Field(default=0.0, ge=0)
    """Sampling temperature; 0 is greedy."""
    top_p: float | None = None
    """Nucleus sampling."""
    sampling_seed: int | None = None
    """Seed sent to the provider."""
    reasoning_effort: str | None = None
    """For models that think before they answer."""
    chat: bool = True
    """Ask as a user's turn of a conversation, not as raw text to continue."""
    model_args: dict[str, Any] = Field(default_factory=dict)
    """Further settings of the runner (dtype, engine arguments, …)."""

    def run_id(self, numerics: Mapping[str, Any]) -> str:
        """A short name that is the same for the same plan on the same engine."""
        # Without defaults: a setting that a later version adds leaves old runs their names.
        asked = self.model_dump(mode="json", exclude_defaults=True)
        more = f"-and-{len(self.tasks) - 1}" if len(self.tasks) > 1 else ""
        return f"{self.tasks[0]}{more}-{digest([asked, numerics])[:8]}"

    def cells(self) -> Iterator[tuple[Task, str, str]]:
        """Task, mode and lens of every curve. A mode or lens that a task lacks is passed over."""
        for name in self.tasks:
            task = find_task(name)
            for mode in self.modes:
                if mode in task.modes:
                    for lens in self.lenses:
                        if lens == "none" or task.family != "paper":
                            yield task, mode, lens

    def lengths_of(self, task: Task) -> tuple[int, ...]:
        """The lengths that a task is asked at; of an adaptive plan, a ladder over its range."""
        if self.max_length is not None:
            doubling = 2 ** np.arange(int(np.log2(self.max_length)) + 1)
            return tuple(sorted({*map(int, doubling), self.max_length}))
        return self.lengths or task.lengths or parse_lengths(STANDARD)

    def trials_of(self, task: Task) -> int:
        """Trials per length of a task; of an adaptive plan, 1."""
        if self.max_length is not None:
            return 1
        return self.trials or (1 if task.family == "paper" else TRIALS)

    def trial_ids(self) -> Iterator[TrialId]:
        """Every trial of the plan, in the order of ``trials.csv``.

        Of an adaptive plan, which trials there will be is not known: one per length of the ladder.
        """
        for task, mode, lens in self.cells():
            yield from trial_ids(
                task, mode, lens, self.lengths_of(task), self.trials_of(task), self.seed
            )
