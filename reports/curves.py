"""Error curves: what happened at each length, with the uncertainty of every number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..stats.error_sizes import ErrorSummary, error_summary
from ..stats.intervals import wilson_band
from ..store.curve_key import CURVE, CurveKey
from ..store.trials import OUTCOMES
from .catalogue import in_order

KEY = CurveKey._fields
"""The columns of every table here that say which curve a row belongs to."""

POINT_KEY = (*KEY, "length")
"""What a point of a curve is identified by."""

READ = ("correct", "wrong")
"""The outcomes whose answer could be read, so that an error can be measured."""

ERROR_COLUMNS = [
    "error_n",
    *(f"error_{s}{end}" for s in ("mean", "median", "p90") for end in ("", "_low", "_high")),
]


def keyed(trials: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Those columns of trials beside the columns that key a curve and the length.

    The trial table calls the form of an answer ``answer_form``; here it is ``answer``, as in
    every table of curves, so ``answer`` itself cannot be asked for under its own name: it comes
    as ``said``.
    """
    names = {**dict(zip(CURVE, KEY, strict=True)), "answer": "said"}
    wanted = [*CURVE, "length"]
    wanted += ["answer" if name == "said" else name for name in columns]
    return trials[wanted].rename(columns=names)


def by_curve(table: pd.DataFrame) -> Iterator[tuple[CurveKey, pd.DataFrame]]:
    """The rows of each curve, in the order of the table."""
    for key, rows in table.groupby(list(KEY), sort=False, observed=True):
        yield CurveKey(*map(str, key)), rows


def curves(trials: pd.DataFrame) -> pd.DataFrame:
    """Summarise trials per task, mode, answer form, lens and length.

    Args:
        trials: the trial table, one row per trial (docs/run-directory.md).

    Returns:
        One row per task, mode, answer, lens and length, with the columns

        - ``tokens``: median prompt tokens of the sequence, where recorded;
        - ``n``: trials asked; then one count per outcome, which add up to ``n``;
        - ``answered``: ``n`` without the infrastructure failures, the denominator of accuracy;
        - ``accuracy``, ``accuracy_low``, ``accuracy_high``: correct of answered, with the 95 %
          Wilson interval (Wilson 1927). ``accuracy`` and its interval are NaN where nothing
          was answered;
        - ``accuracy_truncated_wrong``, ``accuracy_truncated_excluded``: the two readings of a
          truncated answer; the first equals ``accuracy``;
        - ``error_n``, ``error_{mean,median,p90}{,_low,_high}``: absolute error of the answers
          that could be read, with 95 % intervals (`stats.error_sizes.error_summary`): blank for
          the mean, for which none is known to hold, infinite for an end that so few answers
          leave open;
        - ``log_odds_median``: of answers that were scored and not written, the median log
          probability of the truth less that of the likeliest other alternative, in nats; above 0
          the truth is likelier.
    """
    trials = keyed(trials, "tokens", "outcome", "abs_error", "log_odds")
    counts = (
        trials.groupby([*POINT_KEY, "outcome"], observed=True)
        .size()
        .unstack(fill_value=0)
        .reindex(columns=list(OUTCOMES), fill_value=0)
    )
    counts.columns.name = None
    table = counts.reset_index()
    table.insert(len(POINT_KEY), "n", counts.sum(axis=1).to_numpy())
    table.insert(
        len(POINT_KEY), "tokens", _median(trials, "tokens").reindex(counts.index).to_numpy()
    )
    table["answered"] = table["n"] - table["failed"]
    add_accuracy(table)
    for column, values in _errors(trials, counts.index).items():
        table[column] = values
    table["log_odds_median"] = _median(trials, "log_odds").reindex(counts.index).to_numpy()
    return in_order(table, [*POINT_KEY])


def _median(trials: pd.DataFrame, column: str) -> pd.Series[float]:
    values = pd.to_numeric(trials[column]).astype("Float64")
    by_key = values.groupby([trials[key] for key in POINT_KEY], observed=True)
    return by_key.median().astype("float64")


def add_accuracy(table: pd.DataFrame) -> None:
    """Add accuracy, its Wilson interval and both readings of truncation, from the counts."""
    answered = table["answered"].to_numpy(dtype=float)
    correct = table["correct"].to_numpy(dtype=float)
    complete = answered - table["truncated"].to_numpy(dtype=float)
    low, high = wilson_band(correct, answered)
    nothing = answered == 0
    accuracy = np.divide(correct, answered, out=np.full(len(table), np.nan), where=~nothing)
    table["accuracy"] = accuracy
    table["accuracy_low"] = np.where(nothing, np.nan, low)
    table["accuracy_high"] = np.where(nothing, np.nan, high)
    table["accuracy_truncated_wrong"] = accuracy
    table["accuracy_truncated_excluded"] = np.divide(
        correct, complete, out=np.full(len(table), np.nan), where=complete > 0
    )


def _errors(trials: pd.DataFrame, index: pd.Index[Any]) -> dict[str, np.ndarray]:
    """Summaries of absolute error: column name -> one value per point of ``index``."""
    read = trials[trials["outcome"].isin(READ) & trials["abs_error"].notna()]
    errors = read["abs_error"].to_numpy(dtype=float)
    rows = np.full((len(index), len(ERROR_COLUMNS)), np.nan)
    rows[:, 0] = 0
    place = {key: i for i, key in enumerate(index)}
    for key, members in read.groupby(list(POINT_KEY), observed=True).indices.items():
        rows[place[key]] = _flat(error_summary(errors[members]))
    columns = dict(zip(ERROR_COLUMNS, rows.T, strict=True))
    return {**columns, "error_n": rows[:, 0].astype(np.int64)}


def _flat(summary: ErrorSummary) -> list[float]:
    quantiles = (summary.median, summary.p90)
    mean = [summary.mean, np.nan, np.nan]
    return [summary.n, *mean, *(x for q in quantiles for x in (q.value, *q.interval))]


def pooled(table: pd.DataFrame, by: Sequence[str] = KEY) -> pd.DataFrame:
    """Add up the counts of a table from `curves` over lengths.

    Returns:
        One row per group with ``n``, ``answered``, a count per outcome, and ``accuracy`` with
        its Wilson interval; in the order of `curves`.
    """
    counts = ["n", "answered", *OUTCOMES]
    total = table.groupby(list(by), sort=False, observed=True)[counts].sum().reset_index()
    add_accuracy(total)
    return total
