"""A run in one table, and what a reader must know before trusting it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from rich import box
from rich.table import Table

from ..acuities import Acuities
from ..curves import pooled
from ..style import plain
from ..words import SERIES, series_name, value_kind

WORTH_A_WARNING = 0.02
"""Share of truncated or refused answers from which a curve says more about the set-up."""

MANY_UNPARSEABLE = 0.1
FEW_TRIALS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One curve in short; shares and accuracies lie in 0 to 1, NaN where there is nothing.

    Attributes:
        task: the task.
        mode: the mode.
        lens: the lens.
        n: trials asked.
        accuracy: correct of all answered, over all lengths.
        shortest: the shortest length, and the accuracy there.
        longest: the longest length, and the accuracy there.
        l50: the acuity as quoted, with its interval, censored where it was not crossed.
        mean_error: mean absolute error of the answers that could be read; NaN for symbols,
            between which there is no distance.
        unparseable: share of the answered trials.
        truncated: share of the answered trials.
        refused: share of the answered trials.
        failed: share of the asked trials.
    """

    task: str
    mode: str
    lens: str
    n: int
    accuracy: float
    shortest: tuple[int, float]
    longest: tuple[int, float]
    l50: str
    mean_error: float
    unparseable: float
    truncated: float
    refused: float
    failed: float

    @property
    def name(self) -> str:
        """Task, mode and lens, without what goes without saying."""
        series = series_name(self.mode, self.lens)
        return self.task if series == "direct" else f"{self.task} ({series})"


def summary(table: pd.DataFrame, found: Acuities) -> list[Row]:
    """Put every curve in one row, in the order of the table.

    Args:
        table: from `curves`.
        found: its `acuities`.
    """
    rows = []
    for (task, mode, lens), points in table.groupby(list(SERIES), sort=False, observed=True):
        total = pooled(points).iloc[0]
        answered = int(total["answered"])
        measured = 0 if value_kind(str(task)) == "symbol" else int(points["error_n"].sum())
        rows.append(
            Row(
                task=str(task),
                mode=str(mode),
                lens=str(lens),
                n=int(total["n"]),
                accuracy=float(total["accuracy"]),
                shortest=_end(points.iloc[0]),
                longest=_end(points.iloc[-1]),
                l50=str(found[str(task), str(mode), str(lens)].l50),
                mean_error=_share((points["error_mean"] * points["error_n"]).sum(), measured),
                unparseable=_share(total["unparseable"], answered),
                truncated=_share(total["truncated"], answered),
                refused=_share(total["refused"], answered),
                failed=_share(total["failed"], int(total["n"])),
            )
        )
    return rows


def warnings(rows: Sequence[Row], table: pd.DataFrame, found: Acuities) -> list[str]:
    """What a reader must know before trusting the curves, most urgent first; one line each."""
    lines = []
    for row in rows:
        if row.failed > 0:
            count = round(row.failed * row.n)
            lines.append(
                f"{row.name}: {count:,} of {row.n:,} trials failed and are left out; "
                "repeat the command to ask them again"
            )
        if row.truncated > WORTH_A_WARNING:
            lines.append(
                f"{row.name}: {row.truncated:.0%} of the answers were cut at the token limit; "
                "raise --max-tokens"
            )
        if row.refused > WORTH_A_WARNING:
            lines.append(f"{row.name}: {row.refused:.0%} of the answers were refused or filtered")
        if row.unparseable > MANY_UNPARSEABLE:
            lines.append(
                f"{row.name}: no answer could be read in {row.unparseable:.0%} of the replies; "
                "see the examples"
            )
        acuity = found[row.task, row.mode, row.lens]
        lines += [f"{row.name}: {line}" for line in acuity.warnings]
        if acuity.l50.reason:
            lines.append(f"{row.name}: no acuity is quoted: {acuity.l50.reason}")
    if table["n"].max() < FEW_TRIALS:
        lines.append(
            f"at most {table['n'].max()} per length: a point is a sample of a few answers, not a "
            "rate; raise --trials"
        )
    return lines


def rich_table(rows: Sequence[Row]) -> Table:
    """The summary as a table for the terminal, narrow enough for 100 columns."""
    table = Table(
        caption="L50: length at which half of the answers are correct, 95 % interval",
        padding=(0, 1, 0, 0),
        box=box.SIMPLE_HEAD,
    )
    table.add_column("curve", overflow="fold")
    for heading in ("n", "correct", "shortest", "longest", "L50", "mean error"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("unread", "cut", "failed"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        ends = [f"{percent(a)} at {length:,}" for length, a in (row.shortest, row.longest)]
        error = "–" if math.isnan(row.mean_error) else plain(round(row.mean_error, 1))
        shares = [percent(x) for x in (row.unparseable, row.truncated, row.failed)]
        table.add_row(row.name, f"{row.n:,}", percent(row.accuracy), *ends, row.l50, error, *shares)
    return table


def percent(share: float) -> str:
    """A share in whole per cent, a dash for none; never rounded to 0 or 100 unless it is."""
    if math.isnan(share):
        return "–"
    if 0 < share < 0.01:
        return "<1%"
    if 0.99 < share < 1:
        return ">99%"
    return f"{share:.0%}"


def _end(point: pd.Series[float]) -> tuple[int, float]:
    return int(point["length"]), float(point["accuracy"])


def _share(part: float, whole: int) -> float:
    return float(part) / whole if whole else math.nan
