"""Rank models by one fixed design: leaderboard.csv, .md and .html in the results folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import InputError
from ..reports.leaderboard.entries import TRIAL, BoardDesign, RefusedEntry
from ..reports.leaderboard.page import write_leaderboard
from ..store.plan import Plan
from ..support.phases import phase
from . import board_design
from .board_entries import board_entries
from .loaded import Run
from .run import run
from .settings import RESULTS, Settings


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """A leaderboard that was written.

    Attributes:
        page: the path of leaderboard.html; leaderboard.csv and .md lie beside it.
        refused: the runs that are not on it, each with its reason.
    """

    page: Path
    refused: Sequence[RefusedEntry]

    @property
    def text(self) -> str:
        """The board as Markdown."""
        return self.page.with_suffix(".md").read_text(encoding="utf-8")


def board_plan(model: str, **fields: Any) -> Plan:
    """The plan of the board's design for a model."""
    return Plan(
        model=model,
        tasks=board_design.TASKS,
        lengths=board_design.LENGTHS,
        trials=board_design.TRIALS,
        seed=board_design.SEED,
        **fields,
    )


def examine(plan: Plan, settings: Settings | None = None, **more: Any) -> Run:
    """Ask one model the board's design; what is known is not asked again."""
    settings = settings or Settings(**more)
    return run(plan, replace(settings, run_id=board_design.RUN_ID))


def leaderboard(
    results: Path | str = RESULTS, models: Iterable[str] = (), **more: Any
) -> Leaderboard:
    """Rank all models that were asked the board's design; first ask those that are named.

    Args:
        results: the results folder.
        models: models to ask first; what is known is not asked again.
        **more: fields of :class:`~snellen.exams.settings.Settings`.

    Raises:
        InputError: the folder holds no run of the design, or one model twice.
    """
    folder = Path(results)
    for model in models:
        examine(board_plan(model), **{**more, "out": folder})
    return write_board(folder)


def write_board(results: Path) -> Leaderboard:
    """Rank the runs of the board's design that lie in a results folder.

    Raises:
        InputError: there are none, or none can be ranked.
    """
    asked = design()
    entries = board_entries(results, asked)
    if not entries:
        raise InputError(
            f"{results} holds no run of the leaderboard's design; ask one with --models bundled"
        )
    with phase("drawing the leaderboard", "the acuities of new runs once"):
        return Leaderboard(*write_leaderboard(results, entries, asked))


def design() -> BoardDesign:
    """What every model of the board is asked, trial by trial."""
    rows = [
        {**trial.id.as_dict(), "answer_form": trial.id.answer, "truth": trial.truth,
         "prompt_sha256": trial.prompt_sha256}
        for trial in board_plan("bundled").build_trials()
    ]  # fmt: skip
    trials = pd.DataFrame(rows)[list(TRIAL)]
    return BoardDesign(board_design.VERSION, board_design.SHA256, trials)
