"""A run in one table, and what a reader must know before trusting it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from rich import box
from rich.table import Table

from ...store.curve_key import CurveKey
from ..acuities import Acuities
from ..catalogue import has_distance
from ..curves import by_curve, pooled
from ..formats import percent, plain, share

WORTH_A_WARNING = 0.02
"""Share of truncated or refused answers from which a curve says more about the set-up."""

MANY_UNPARSEABLE = 0.1
FEW_TRIALS = 5


@dataclass(frozen=True, slots=True)
class CurveSummary:
    """One curve in short; shares and accuracies lie in 0 to 1, NaN where there is nothing.

    Attributes:
        key: which curve.
        n: trials asked.
        accuracy: correct of all answered, over all lengths.
        shortest: the shortest length, and the accuracy there.
        longest: the longest length, and the accuracy there.
        l50: the acuity as quoted, with its interval, censored where it was not crossed.
        mean_error: mean absolute error of the answers that could be read; NaN for symbols and
            codes, between which there is no distance.
        unparseable: share of the answered trials.
        thoughts_only: share of the answered trials whose answer stands in the hidden reasoning
            alone; they are among the unparseable ones.
        truncated: share of the answered trials.
        refused: share of the answered trials.
        failed: share of the asked trials.
    """

    key: CurveKey
    n: int
    accuracy: float
    shortest: tuple[int, float]
    longest: tuple[int, float]
    l50: str
    mean_error: float
    unparseable: float
    thoughts_only: float
    truncated: float
    refused: float
    failed: float


def summarise(
    table: pd.DataFrame, found: Acuities, thoughts: Mapping[CurveKey, float]
) -> list[CurveSummary]:
    """Put every curve in one row, in the order of the table.

    Args:
        table: from `curves`.
        found: its `acuities`.
        thoughts: share of answers in the reasoning alone, from `readings.thoughts_only`.
    """
    rows = []
    for key, points in by_curve(table):
        total = pooled(points).iloc[0]
        answered = int(total["answered"])
        measured = int(points["error_n"].sum()) if has_distance(key.task) else 0
        rows.append(
            CurveSummary(
                key=key,
                n=int(total["n"]),
                accuracy=float(total["accuracy"]),
                shortest=_end(points.iloc[0]),
                longest=_end(points.iloc[-1]),
                l50=str(found[key].l50),
                mean_error=share((points["error_mean"] * points["error_n"]).sum(), measured),
                unparseable=share(total["unparseable"], answered),
                thoughts_only=thoughts.get(key, math.nan),
                truncated=share(total["truncated"], answered),
                refused=share(total["refused"], answered),
                failed=share(total["failed"], int(total["n"])),
            )
        )
    return rows


def warnings(
    rows: Sequence[CurveSummary],
    table: pd.DataFrame,
    found: Acuities,
    dropped: Mapping[str, str] | None = None,
) -> list[str]:
    """What a reader must know before trusting the curves; one line each.

    Args:
        rows: from `summarise`.
        table: from `curves`.
        found: its `acuities`.
        dropped: settings that were not sent, with the reason (the manifest's ``dropped``).
    """
    lines = [f"{name} was not sent: {reason}" for name, reason in (dropped or {}).items()]
    for row in rows:
        lines += [f"{row.key.name}: {line}" for line in _of_curve(row, found)]
    if table["n"].max() < FEW_TRIALS:
        lines.append(
            f"at most {table['n'].max()} per length: a point is a sample of a few answers, not a "
            "rate; raise --trials"
        )
    return lines


def _of_curve(row: CurveSummary, found: Acuities) -> Iterable[str]:
    if row.failed > 0:
        count = round(row.failed * row.n)
        yield (
            f"{count:,} of {row.n:,} trials failed and are left out; "
            "repeat the command to ask them again"
        )
    if row.truncated > WORTH_A_WARNING:
        yield f"{percent(row.truncated)} of the answers were cut at the token limit; " + (
            "raise --max-tokens"
        )
    if row.refused > WORTH_A_WARNING:
        yield f"{percent(row.refused)} of the answers were refused or filtered"
    if row.thoughts_only > WORTH_A_WARNING:
        yield (
            f"in {percent(row.thoughts_only)} of the replies the answer stands in the hidden "
            "reasoning alone and is not taken; raise --max-tokens, or ask for less reasoning"
        )
    if row.unparseable > MANY_UNPARSEABLE:
        yield f"no answer could be read in {percent(row.unparseable)} of the replies; " + (
            "see the examples"
        )
    report = found[row.key]
    yield from report.warnings
    if report.l50.reason:
        yield f"no acuity is quoted: {report.l50.reason}"


def rich_table(rows: Sequence[CurveSummary]) -> Table:
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
        table.add_row(
            row.key.name, f"{row.n:,}", percent(row.accuracy), *ends, row.l50, error, *shares
        )
    return table


def _end(point: pd.Series[float]) -> tuple[int, float]:
    return int(point["length"]), float(point["accuracy"])
