"""Carry out a grid of runs: here, or on a Ray cluster; what is complete is not started again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from ...errors import InputError
from ...runners.prices import Prices
from ...support.files import make_folder
from ..loaded import load_run
from .money import Purse, spent_in
from .plan_file import SweepPlan
from .priced import Priced, price_sweep, state_of
from .result import Sweep, earlier, write_sweep
from .shipping import bring_back
from .states import CellState, SilentSweep, SweepWatcher
from .storage import FsspecKeep, claimed
from .worker import acuity_of

Engine = Literal["here", "ray"]
ENGINES: tuple[Engine, ...] = ("here", "ray")


def sweep(
    plan: SweepPlan | Mapping[str, Any] | Path | str,
    *,
    engine: Engine = "here",
    address: str | None = None,
    out: Path | str | None = None,
    storage: str | None = None,
    budget: float | None = None,
    prices: Path | None = None,
    watcher: SweepWatcher | None = None,
) -> Sweep:
    """Carry out a sweep; cells that are complete are not started again.

    Args:
        plan: the plan, its values, or its YAML file.
        engine: ``here``, one cell after another, or ``ray``.
        address: the head of a Ray cluster; none: the one that this machine belongs to, or one of
            this machine alone.
        out: the results folder; default: the plan's ``out``, or ``results/<name of the plan>``.
        storage: shared storage for journals and run directories, as an fsspec URL.
        budget: US dollars that the whole sweep may cost, earlier sessions included.
        prices: a file of prices of the user's own.
        watcher: is told how it is going.

    Returns:
        The sweep; cells that failed or for which no money was left say so.

    Raises:
        InputError: something given is wrong, the folder is in use, or the cluster cannot do it.
    """
    found = price_sweep(plan, out=out, storage=storage, prices=prices)
    return carry_out(
        found, engine, address, budget=budget, prices=prices, watcher=watcher or SilentSweep()
    )


def carry_out(
    found: Priced,
    engine: Engine = "here",
    address: str | None = None,
    *,
    budget: float | None = None,
    prices: Path | None = None,
    watcher: SweepWatcher,
) -> Sweep:
    """Carry out a sweep that was priced. See :func:`sweep`."""
    if engine not in ENGINES:
        raise InputError(f"engine {engine!r}; there are: {', '.join(ENGINES)}")
    if address is not None and engine != "ray":
        raise InputError("--address is for --engine ray; add it, or leave the address out")
    if budget is not None and not budget > 0:
        raise InputError(f"--budget {budget:g}: a limit is above 0")
    if engine == "ray" and str(found.plan.storage).startswith("memory:"):
        raise InputError("--storage memory:// is seen by one process only; not by other nodes")
    notes: list[str] = []

    def note(text: str) -> None:
        notes.append(text)
        watcher.note(text)

    with ExitStack() as stack:
        keep = stack.enter_context(_held(found))
        # Another sweep may have come further since the cells were looked at.
        states = [state_of(state.cell, found.out, keep) for state in found.states]
        found = replace(found, states=states)
        purse = _purse(found, budget, Prices.load(prices))
        created, seconds = earlier(found.out)
        for state in states:
            state.seconds = seconds.get(state.cell.folder)

        def keep_record(*, finished: bool = False, board: Path | None = None) -> None:
            path = write_sweep(
                found.out, found.plan, states, found.estimates,
                engine=engine, created=created, finished=finished, board=board,
            )  # fmt: skip
            if keep is not None:
                keep.put("sweep.json", path.read_bytes())

        keep_record()
        tell = _teller(states, watcher, keep_record)
        tell()
        try:
            if found.missing:
                _carry_out(found, engine, address, purse, prices, keep, tell, note)
        finally:
            keep_record()
        if keep is not None:
            _bring_missing(keep, states, found.out)
        return _finished(found, notes, keep_record)


def _carry_out(
    found: Priced,
    engine: Engine,
    address: str | None,
    purse: Purse,
    prices: Path | None,
    keep: FsspecKeep | None,
    tell: Any,
    note: Any,
) -> None:
    if engine == "here":
        from .here import carry_out_here

        carry_out_here(found.states, purse, found.out, prices, keep, tell)
        return
    from .cluster import connected
    from .on_ray import RayEngine

    with connected(address) as ray:
        RayEngine(
            ray,
            found.states,
            purse,
            out=str(found.out.absolute()),
            storage=found.plan.storage,
            prices=prices.read_text(encoding="utf-8") if prices else None,
            retries=found.plan.retries,
            tell=tell,
            note=note,
        ).carry_out()


def _finished(found: Priced, notes: Sequence[str], keep_record: Any) -> Sweep:
    from .board import write_board

    cells = [state.cell for state in found.states]
    board, left_out = write_board(found.out, found.plan.name, cells)
    keep_record(finished=True, board=board)
    return Sweep(found.out, found.cells, board, left_out, notes)


@contextmanager
def _held(found: Priced) -> Iterator[FsspecKeep | None]:
    """The folder and the storage of a sweep, held against others."""
    make_folder(found.out)
    lock = FileLock(found.out / ".sweep.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"{found.out} is in use by another sweep; wait for it, or choose another --out"
        ) from None
    try:
        if found.plan.storage is None:
            yield None
            return
        keep = FsspecKeep(found.plan.storage)
        keep.check()
        with claimed(keep):
            yield keep
    finally:
        lock.release()


def _purse(found: Priced, budget: float | None, prices: Prices) -> Purse:
    purse = Purse(budget or found.plan.budget, found.estimates)
    for state in found.states:
        if purse.limit is not None and not state.found:
            journal = found.out / state.cell.folder / "journal.sqlite"
            state.cost_usd = spent_in(journal, state.cell.plan, prices)
        purse.paid(state.cell, state.cost_usd)
    purse.check([state.cell for state in found.missing])
    return purse


def _teller(states: Sequence[CellState], watcher: SweepWatcher, keep_record: Any) -> Any:
    """Tells the watcher of every change, and keeps the record whenever a cell has ended."""
    over = [sum(state.over for state in states)]

    def tell() -> None:
        watcher.update(states)
        if (now_over := sum(state.over for state in states)) != over[0]:
            over[0] = now_over
            keep_record()

    return tell


def _bring_missing(keep: FsspecKeep, states: Sequence[CellState], out: Path) -> None:
    """Copy finished run directories from shared storage, for the table and the page."""
    for state in states:
        here = out / state.cell.folder
        if state.state == "done" and not (here / "trials.csv").is_file():
            bring_back(keep, state.cell.folder, here)
            if not (here / "trials.csv").is_file():
                raise InputError(
                    f"{state.cell.folder} is done, and not in {keep.url}: every node must see the "
                    "same storage"
                )
            state.acuity = acuity_of(load_run(here))
