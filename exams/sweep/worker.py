"""One cell, carried out: on this machine, or on a node of a cluster."""

from __future__ import annotations

import math
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import SnellenError
from ...runners.protocol import Runner
from ...store.manifest import Manifest
from ..loaded import Run
from ..session import open_model, session_with, with_endpoint
from ..settings import Settings
from .cells import Cell
from .shipping import Shipping, restore, ship_all
from .storage import Keep


def carry(
    cell: Cell, settings: Settings, keep: Keep | None = None, runner: Runner | None = None
) -> dict[str, Any]:
    """Ask what a cell has not been answered yet, and write its run directory.

    Args:
        cell: which.
        settings: how; ``out`` is a folder of this machine.
        keep: where its answers and its run directory are shipped to, and where what earlier
            attempts left is found.
        runner: its model, if it is open already.

    Returns:
        What came of it, as fields of :class:`~snellen.exams.sweep.states.CellState`. What went
        wrong is told there; only an interrupt comes through.
    """
    began = time.monotonic()
    here = settings.out / cell.folder
    settings = replace(settings, run_id=cell.run_id)
    try:
        if keep is not None:
            restore(keep, cell.folder, here)
            settings = replace(settings, watcher=Shipping(keep, cell.folder, settings.watcher))
        run = _ask(cell, settings, runner)
        if keep is not None:
            ship_all(keep, cell.folder, here)
    except Exception as error:  # one cell's fault, even a bug in a plug-in, is not the others'
        return {"state": "failed", "why": words_of(error), "seconds": time.monotonic() - began}
    return outcome(run.manifest) | {
        "state": "failed" if run.failed else "stopped" if run.stopped else "done",
        "acuity": acuity_of(run),
        "seconds": time.monotonic() - began,
        "why": run.stopped or next((f"{n} failed: {why}" for why, n in run.failures.items()), ""),
    }


def _ask(cell: Cell, settings: Settings, runner: Runner | None) -> Run:
    with ExitStack() as stack:
        plan = cell.plan
        if runner is None:
            plan, runner = stack.enter_context(open_model(plan, settings))
        else:
            plan = with_endpoint(plan, runner)
        session = stack.enter_context(session_with(plan, runner, settings))
        session.ask(list(session.planned.values()))
        # Imported late: tables and figures must not keep the first question waiting.
        from ..finishing import finish

        return finish(session)


def words_of(error: Exception) -> str:
    """What went wrong, in a line; of what nobody foresaw also what it is."""
    told = " ".join(str(error).split())
    return told if isinstance(error, (SnellenError, OSError)) else f"{type(error).__name__}: {told}"


def outcome(manifest: Manifest) -> dict[str, Any]:
    """What a manifest says of a cell."""
    return {
        "answered": manifest.answered,
        "failures": manifest.failed,
        "cost_usd": manifest.cost_usd,
    }


def acuity_of(run: Run) -> str:
    """L50 in words, of a run with one curve."""
    rows = run.summary
    return str(rows[0].l50) if len(rows) == 1 else f"{len(rows)} curves"


def complete(manifest: Manifest, cell: Cell) -> bool:
    """Whether a manifest is that of a cell that has nothing left to ask."""
    return (
        manifest.finished is not None
        and manifest.failed == 0
        and manifest.answered == manifest.asked == cell.trials
    )


def budget_of(given: float) -> float | None:
    """An allowance as :class:`~snellen.exams.settings.Settings` takes it."""
    return given if math.isfinite(given) else None


def settings_of(
    cell: Cell, out: Path, prices: Path | None, given: float, *, shared_by: int = 1
) -> dict[str, Any]:
    """The fields of a cell's settings.

    Args:
        cell: which.
        out: a folder of the machine that carries it out.
        prices: the user's own prices.
        given: US dollars that it may cost, infinity for no limit.
        shared_by: how many cells share the rate of its model.
    """
    entry = cell.entry
    return {
        "out": out,
        "prices": prices,
        "budget": budget_of(given),
        "concurrency": entry.concurrency,
        "requests_per_minute": entry.rpm and entry.rpm / shared_by,
        "tokens_per_minute": entry.tpm and entry.tpm / shared_by,
    }
