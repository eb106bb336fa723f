"""Bring the answers of one run into another of the same plan."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError
from ..store.manifest import first_difference
from ..store.run_directory import RunDirectory, find_run
from .loaded import Run
from .redraw import rebuild


def merge(a: Path | str, b: Path | str) -> tuple[Run, int]:
    """Bring the answers of run B into run A, and write A's table and report again.

    Returns:
        Run A, and how many answers were new in it.

    Raises:
        InputError: one of them is not a run, or their plans, engines or endpoints differ.
    """
    first, second = find_run(Path(a)), find_run(Path(b))
    if difference := _difference(first, second):
        raise InputError(f"{a} and {b} are runs of different plans: {difference}")
    with first.journal() as journal:
        new = journal.merge(second.journal_path)
        return rebuild(first, journal), new


def _difference(a: RunDirectory, b: RunDirectory) -> str | None:
    one, other = a.manifest, b.manifest
    return (
        first_difference(one.plan.model_dump(mode="json"), other.plan.model_dump(mode="json"))
        or first_difference(one.numerics, other.numerics)
        or first_difference({"endpoint": one.endpoint}, {"endpoint": other.endpoint})
    )
