"""A sweep that was validated, looked up and priced, and not begun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import InputError, SnellenError, StoreError
from ...runners.prices import Estimate, Prices
from ...store.manifest import Manifest, read_manifest
from ...store.plan import KEPT
from ..loaded import load_run
from ..settings import RESULTS
from .cells import Cell, cells_of
from .money import estimate_cell, total
from .plan_file import SweepPlan, read_plan
from .result import rows_of
from .states import CellState
from .storage import FsspecKeep
from .worker import acuity_of, complete, outcome


@dataclass(frozen=True)
class Priced:
    """A sweep that was validated and priced, and not begun.

    Attributes:
        plan: what it asks, and of whom.
        out: its results folder.
        states: its cells, those that are complete already marked so.
        estimates: what each cell takes in all, by its folder.
    """

    plan: SweepPlan
    out: Path
    states: list[CellState]
    estimates: Mapping[str, Estimate]

    @property
    def missing(self) -> list[CellState]:
        """The cells that are not complete."""
        return [state for state in self.states if not state.found]

    @property
    def estimate(self) -> Estimate:
        """What the cells that are not complete take."""
        return total(self.estimates[state.cell.folder] for state in self.missing)

    @property
    def cells(self) -> pd.DataFrame:
        """One row per cell."""
        return pd.DataFrame(rows_of(self.states, self.estimates))


def price_sweep(
    plan: SweepPlan | Mapping[str, Any] | Path | str,
    *,
    out: Path | str | None = None,
    storage: str | None = None,
    prices: Path | None = None,
) -> Priced:
    """Validate a sweep as a whole, look at what is complete, and price the rest. Asks nothing.

    Args:
        plan: the plan, or its YAML file.
        out: the results folder; default: the plan's ``out``, or ``results/<name of the plan>``.
        storage: shared storage, as an fsspec URL.
        prices: a file of prices of the user's own.

    Raises:
        InputError: anything in the plan is wrong.
    """
    found = read_plan(plan)
    if storage is not None:
        found = SweepPlan.model_validate(found.model_dump() | {"storage": storage})
    folder = Path(out or found.out or RESULTS / found.name)
    cells = cells_of(found)
    known = Prices.load(prices)
    estimates = {cell.folder: estimate_cell(cell.plan, known) for cell in cells}
    keep = FsspecKeep(found.storage) if found.storage else None
    try:
        states = [state_of(cell, folder, keep) for cell in cells]
    except StoreError as error:  # nothing was started yet
        raise InputError(f"storage: {error}") from error
    return Priced(found, folder, states, estimates)


def state_of(cell: Cell, out: Path, keep: FsspecKeep | None) -> CellState:
    """How far a cell is, by what is kept of it."""
    state = CellState(cell, cell.trials)
    manifest = _manifest(cell, out, keep)
    if manifest is None or not complete(manifest, cell):
        return state
    state.take(outcome(manifest) | {"state": "done", "found": True, "known": manifest.answered})
    if (out / cell.folder / "trials.csv").is_file():
        state.acuity = acuity_of(load_run(out / cell.folder))
    return state


def _manifest(cell: Cell, out: Path, keep: FsspecKeep | None) -> Manifest | None:
    if keep is not None:
        kept = keep.get(f"{cell.folder}/manifest.json")
        return None if kept is None else Manifest.model_validate_json(kept, context=KEPT)
    path = out / cell.folder / "manifest.json"
    if not path.is_file():
        return None
    try:
        return read_manifest(path)
    except SnellenError:
        return None  # carrying it out will say what is wrong with it
