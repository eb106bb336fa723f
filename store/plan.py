"""The plan of a run: everything that decides what is asked, and of whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ..errors import InputError
from ..tasks.documents import trial_ids
from ..tasks.lengths import DEFAULT_LENGTHS, parse_lengths
from ..tasks.lenses import Lens, find_lens
from ..tasks.modes import find_mode
from ..tasks.registry import find_task, find_tasks
from ..tasks.task import Task
from ..tasks.trial import FORMS, FREE, Trial, TrialId, applies, check_applies, rebuild_trial
from .curve_key import CurveKey
from .journal import digest

KEPT: Mapping[str, Any] = MappingProxyType({"kept": True})
"""The validation context of a plan that is read back from where it was kept."""


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
    """``direct``, ``fewshot`` (or ``fewshot-3``, with 3 examples), ``cot``, ``cot_fewshot``."""
    answers: tuple[str, ...] = (FREE,)
    """How answers are given: ``free``, ``forced``, ``choice``."""
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
    replicate: int = Field(default=0, ge=0)
    """Which time these questions are asked: answers of each time are kept apart."""
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
    extra_body: dict[str, Any] = Field(default_factory=dict)
    """Further fields of the body of every request."""
    extra_headers: dict[str, str] = Field(default_factory=dict)
    """Further headers of every request; never a key."""
    model_args: dict[str, Any] = Field(default_factory=dict)
    """Further settings of the runner (dtype, engine arguments, …)."""

    if TYPE_CHECKING:
        # What may be given is wider than what is kept: the forms of the command line are read.
        def __init__(
            self,
            *,
            model: str,
            tasks: str | Sequence[str],
            modes: str | Sequence[str] = ...,
            answers: str | Sequence[str] = ...,
            lenses: str | Sequence[str] = ...,
            lengths: str | int | Sequence[int] | None = ...,
            **fields: Any,
        ) -> None: ...

    # What is read from a kept manifest is taken as it is: its tasks may be those of a plug-in
    # that is not installed here, and its tables can be read all the same.

    @field_validator("tasks", mode="before")
    @classmethod
    def _tasks(cls, given: Any, info: ValidationInfo) -> Any:
        """Names of tasks and groups, as one text or several."""
        if info.context is KEPT:
            return given
        return tuple(task.name for task in find_tasks(_words(given)))

    @field_validator("modes", "answers", "lenses", mode="before")
    @classmethod
    def _several(cls, given: Any, info: ValidationInfo) -> Any:
        """Names, as one text or several."""
        if info.context is KEPT:
            return given
        find: dict[str, Callable[[str], str | Lens]] = {
            "modes": find_mode,
            "answers": _find_form,
            "lenses": find_lens,
        }
        words = _words(given)
        found = [find[str(info.field_name)](word) for word in words]
        return tuple(dict.fromkeys(one.name if isinstance(one, Lens) else one for one in found))

    @field_validator("lengths", mode="before")
    @classmethod
    def _lengths(cls, given: Any, info: ValidationInfo) -> Any:
        """Lengths in any form that the command line takes."""
        return given if given is None or info.context is KEPT else parse_lengths(given)

    @model_validator(mode="after")
    def _asks_something(self, info: ValidationInfo) -> Self:
        if info.context is KEPT:
            return self
        asked = {curve.lens for curve in self.curves()}
        for lens in self.lenses:
            if lens in asked:
                continue
            for task in self.tasks:  # says just what does not apply
                check_applies(find_task(task), self.modes[0], lens, self.answers[0])
        if not asked:
            raise InputError(
                f"none of the tasks {','.join(self.tasks)} has mode {','.join(self.modes)} and "
                f"lens {','.join(self.lenses)}"
            )
        return self

    def run_id(self, numerics: Mapping[str, Any]) -> str:
        """A short name that is the same for the same plan on the same engine."""
        # Without defaults: a setting that a later version adds leaves old runs their names.
        asked = self.model_dump(mode="json", exclude_defaults=True)
        more = f"-and-{len(self.tasks) - 1}" if len(self.tasks) > 1 else ""
        return f"{self.tasks[0]}{more}-{digest([asked, numerics])[:8]}"

    def curves(self) -> Iterator[CurveKey]:
        """Every curve. A mode or lens that a task lacks is passed over."""
        for name in self.tasks:
            task = find_task(name)
            for mode in self.modes:
                for answer in self.answers:
                    for lens in self.lenses:
                        if applies(task, mode, lens, answer):
                            yield CurveKey(name, mode, answer, lens)

    def lengths_of(self, task: Task) -> tuple[int, ...]:
        """The lengths that a task is asked at; of an adaptive plan, a ladder over its range."""
        if self.max_length is not None:
            doubling = 2 ** np.arange(int(np.log2(self.max_length)) + 1)
            return tuple(sorted({*map(int, doubling), self.max_length}))
        return self.lengths or task.lengths or parse_lengths(DEFAULT_LENGTHS)

    def trials_of(self, task: Task) -> int:
        """Trials per length of a task; of an adaptive plan, 1."""
        if self.max_length is not None:
            return 1
        return self.trials or task.trials

    def trial_ids(self) -> Iterator[TrialId]:
        """Every trial of the plan, in the order of ``trials.csv``.

        Of an adaptive plan, which trials there will be is not known: one per length of the ladder.
        """
        for curve in self.curves():
            task = find_task(curve.task)
            yield from trial_ids(
                task,
                curve.mode,
                curve.lens,
                self.lengths_of(task),
                self.trials_of(task),
                self.seed,
                curve.answer,
            )

    def in_order(self, trials: Iterable[TrialId]) -> list[TrialId]:
        """Trials of the plan in the order of ``trials.csv``; of an adaptive plan, by index.

        Others among them are left out. The plan's own are not gone through: a gate may have many
        more to ask than it does ask.
        """
        curves: dict[tuple[str, ...], int] = {curve: at for at, curve in enumerate(self.curves())}

        def curve(t: TrialId) -> tuple[str, ...]:
            return t.task, t.mode, t.answer, t.lens

        if self.precision is not None:
            return sorted(trials, key=lambda t: (curves[curve(t)], t.index, t.length))
        tasks = {name: find_task(name) for name in self.tasks}
        lengths = {
            name: {length: at for at, length in enumerate(self.lengths_of(task))}
            for name, task in tasks.items()
        }

        def ours(t: TrialId) -> bool:
            return (
                curve(t) in curves
                and t.length in lengths[t.task]
                and t.index in range(self.trials_of(tasks[t.task]))
                and t.seed == self.seed
                and t.version == tasks[t.task].version_of(t.mode, t.lens)
            )

        return sorted(
            filter(ours, set(trials)),
            key=lambda t: (curves[curve(t)], t.index, lengths[t.task][t.length]),
        )

    def build_trials(self) -> Iterator[Trial]:
        """Every trial of the plan, built, in the order of ``trials.csv``."""
        return map(rebuild_trial, self.trial_ids())


def _words(given: Any) -> tuple[str, ...]:
    """The parts of a comma-separated list, or of any other, each once."""
    parts = given.split(",") if isinstance(given, str) else given
    return tuple(dict.fromkeys(str(part).strip() for part in parts if str(part).strip()))


def _find_form(name: str) -> str:
    if name not in FORMS:
        raise InputError(f"unknown answer form {name!r}; there are: {', '.join(FORMS)}")
    return name
