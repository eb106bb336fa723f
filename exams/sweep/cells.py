"""The cells of a sweep: each one is a run, with a plan and a folder of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pydantic import ValidationError

from ...errors import InputError
from ...runners.registry import check_options, find_kind
from ...store.curve_key import CurveKey
from ...store.plan import Plan
from ...store.run_directory import folder_name
from ..answer_forms import check_forms
from ..settings import Settings
from .plan_file import AXES, SweepPlan, SweptModel

_ALSO = (
    "lengths", "trials", "seed", "max_tokens", "temperature", "top_p", "sampling_seed",
    "reasoning_effort", "chat",
)  # fmt: skip
"""What a sweep's plan hands to the plan of every cell as it is."""


@dataclass(frozen=True)
class Cell:
    """One run of a sweep.

    Attributes:
        plan: what is asked, and of whom.
        entry: the model of the sweep that it belongs to.
        column: which model and precision, counted from 0: the cells of one column together asked
            the whole grid.
        precision: the precision, empty for the model's own.
    """

    plan: Plan
    entry: SweptModel
    column: int
    precision: str

    @property
    def run_id(self) -> str:
        """The name of its run: known before the model is started, the same for the same cell."""
        words = [*self.axes().values(), *([self.precision] if self.precision else [])]
        return "-".join([*words, self.plan.run_id({}).rpartition("-")[2]])

    @property
    def folder(self) -> str:
        """Its run directory, below the results folder, with slashes."""
        return str(PurePosixPath(folder_name(self.plan.model), folder_name(self.run_id)))

    @property
    def name(self) -> str:
        """What it is called on the screen."""
        words = [word for word in self.axes().values() if word not in ("none", "free")]
        return ", ".join(
            [self.entry.name or self.plan.model, *words, *filter(None, [self.precision])]
        )

    def axes(self) -> dict[str, str]:
        """What it asks, by axis; several values of one axis as ``first-and-2``."""
        found = {}
        for axis in AXES:
            values = getattr(self.plan, axis)
            more = f"-and-{len(values) - 1}" if len(values) > 1 else ""
            found[axis] = values[0] + more
        return found

    @property
    def curves(self) -> list[CurveKey]:
        """Its curves."""
        return list(self.plan.curves())

    @property
    def trials(self) -> int:
        """How many trials it has."""
        return sum(1 for _ in self.plan.trial_ids())

    @property
    def engine(self) -> tuple[Any, ...]:
        """Equal for cells that one opened model can answer."""
        return (self.column,)


def cells_of(sweep: SweepPlan) -> list[Cell]:
    """Every cell, in order: by model, precision, and then the grid.

    Raises:
        InputError: a model, a task, a mode or anything else of the grid is unknown or does not
            go with the rest; nothing has been started by then.
    """
    found: list[Cell] = []
    for column, (entry, precision) in enumerate(_columns(sweep)):
        grid = _plan(sweep, entry, precision)
        check_forms(grid)
        check_options(grid.model, Settings().options(grid, None))
        found += [
            Cell(_plan(sweep, entry, precision, axes), entry, column, precision)
            for axes in _groups(sweep, grid)
        ]
    seen: dict[str, Cell] = {}
    for cell in found:
        if (other := seen.setdefault(cell.folder, cell)) is not cell:
            raise InputError(
                f"two cells of the plan are the same run: {other.name}; leave one of them out"
            )
    return found


def _columns(sweep: SweepPlan) -> Iterator[tuple[SweptModel, str]]:
    for entry in sweep.models:
        takes = find_kind(entry.model).takes
        named = sweep.precisions if entry.precisions is None else entry.precisions
        if named and ("dtype" not in takes or entry.base_url is not None):
            raise InputError(
                f"precisions: {entry.model} does not take one; give them to the models that do "
                "('{model: hf/…, precisions: [float32, bfloat16]}')"
            )
        yield from ((entry, precision) for precision in named or ("",))


def _groups(sweep: SweepPlan, grid: Plan) -> Iterator[dict[str, tuple[str, ...]]]:
    """What each cell asks, by axis. A mode or lens that a task lacks is passed over."""
    apart = [
        [values] if axis in sweep.together else [(value,) for value in values]
        for axis in AXES
        for values in [getattr(grid, axis)]
    ]
    there = {tuple(curve) for curve in grid.curves()}  # task, mode, answer, lens: as the axes
    for values in itertools.product(*apart):
        if any(curve in there for curve in itertools.product(*values)):
            yield dict(zip(AXES, values, strict=True))


def _plan(
    sweep: SweepPlan,
    entry: SweptModel,
    precision: str,
    axes: Mapping[str, tuple[str, ...]] | None = None,
) -> Plan:
    """The plan of a cell, or of a whole column."""
    args = dict(entry.model_args)
    args |= {"dtype": precision} if precision else {}
    args |= {"device": entry.device} if entry.device else {}
    fields: dict[str, Any] = {axis: getattr(sweep, axis) for axis in AXES}
    fields |= {name: getattr(sweep, name) for name in _ALSO} | dict(axes or {})
    try:
        return Plan(
            model=entry.model,
            # The environment of this machine says which server is asked, not that of a node.
            base_url=find_kind(entry.model).endpoint(entry.base_url),
            model_args=args,
            extra_body=entry.extra_body,
            extra_headers=entry.extra_headers,
            **fields,
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"{first['loc'][0]} {first['input']!r}: {first['msg'].lower()}") from error
