"""What runs on a node of a cluster: one cell, from plain values to plain values."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...runners.cached import Results
from ...store.plan import Plan
from ..settings import Settings
from .cells import Cell
from .desk import DeskKeep
from .here import count_into
from .plan_file import SweptModel
from .states import CellState
from .storage import FsspecKeep, Keep
from .worker import carry, settings_of

_TOLD_EVERY_S = 0.5


def pack(
    cell: Cell, given: float, shared_by: int, prices: str | None, storage: str | None
) -> dict[str, Any]:
    """A cell as plain values, which any version can read and refuse."""
    return {
        "plan": cell.plan.model_dump(mode="json"),
        "entry": cell.entry.model_dump(mode="json"),
        "column": cell.column,
        "precision": cell.precision,
        "given": given,
        "shared_by": shared_by,
        "prices": prices,
        "storage": storage,
    }


def carry_packed(packed: Mapping[str, Any], desk: Any) -> dict[str, Any]:
    """Carry out a cell on this node, in a folder that is removed afterwards.

    Args:
        packed: the cell, from :func:`pack`.
        desk: the actor that is told, and that keeps everything where there is no storage.
    """
    import ray

    entry = SweptModel.model_validate(packed["entry"])
    cell = Cell(Plan(**packed["plan"]), entry, packed["column"], packed["precision"])
    if not entry.gpus_per_node:
        # Ray shows every GPU of the node to a task that asked for none.
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    storage = packed["storage"]
    keep: Keep = FsspecKeep(storage) if storage else DeskKeep(ray, desk)
    with tempfile.TemporaryDirectory(prefix="snellen-cell-") as folder:
        prices = None
        if packed["prices"] is not None:
            prices = Path(folder, "prices.yaml")
            prices.write_text(packed["prices"], encoding="utf-8")
        fields = settings_of(
            cell, Path(folder, "results"), prices, packed["given"], shared_by=packed["shared_by"]
        )
        watcher = _Telling(CellState(cell, 0, state="running"), desk)
        return carry(cell, Settings(**fields, watcher=watcher), keep)


class _Telling:
    """Counts answers and tells the desk, now and then."""

    def __init__(self, state: CellState, desk: Any) -> None:
        self._state = state
        self._desk = desk
        self._told = 0.0
        self._tell()

    def opened(self, path: Path, total: int | None) -> None:
        self._tell()

    def answered(self, results: Results, known: bool, spent: float | None) -> None:
        count_into(self._state, results, known, spent)
        if time.monotonic() - self._told > _TOLD_EVERY_S:
            self._tell()

    def note(self, text: str) -> None:
        pass

    def closed(self) -> None:
        self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        names = ("state", "answered", "known", "failures", "cost_usd")
        told = {name: getattr(self._state, name) for name in names}
        self._desk.hear.remote(self._state.cell.folder, told)  # nobody waits for this
