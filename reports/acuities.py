"""The acuity of every curve: the length at which accuracy falls through one half."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ..stats.acuity import Acuity, AcuityReport, measure_together
from ..stats.acuity.placement import precise
from ..store.curve_key import CurveKey
from ..store.trials import OUTCOMES
from .catalogue import chance
from .curves import by_curve

Acuities = dict[CurveKey, AcuityReport]
"""What is said of each curve."""

UNREADABLE = ("unparseable", "truncated", "refused")
"""Outcomes of answers that say nothing of sight; a curve of mostly such has no acuity."""


def acuities(table: pd.DataFrame, precision: float | None = None) -> Acuities:
    """Fit every curve of one model, from `curves`; truncated answers count as not correct.

    The curves learn from each other how much luck the trials of a length share
    (`stats.acuity.measure_together`); all else is each curve's own. The chance level is that of
    the task; a task which is not known is taken to have none. Where nothing was right at any
    length, or most answers could not be read, there is no acuity but the reason.

    Args:
        table: from `curves`.
        precision: the ratio of the ends of L50's interval that was asked for; a curve that did
            not reach it is warned of.
    """
    every = dict(by_curve(table))
    found = measure_together(
        [(points["length"], points["correct"], points["answered"]) for points in every.values()],
        chances=[partial(chance, key) for key in every],
        unreadables=[points[list(UNREADABLE)].sum(axis=1) for points in every.values()],
    )
    if precision is not None:
        found = [_held_to(precision, report) for report in found]
    return dict(zip(every, found, strict=True))


def _held_to(precision: float, report: AcuityReport) -> AcuityReport:
    l50 = report.l50
    if l50.reason is not None or l50.censored is not None or precise(l50.interval, precision):
        return report
    low, high = l50.interval
    reached = f"{high / low:.2f}" if low > 0 and np.isfinite(high) else "an open end"
    return report.warned(
        f"the precision asked for was not reached: the ends of L50's interval should be a factor "
        f"{precision:g} apart, and it is {reached}; ask more (--max-trials, --budget)"
    )


def acuity_table(table: pd.DataFrame, found: Acuities) -> pd.DataFrame:
    """The acuities as a table, for programs: ``acuity.csv``.

    Args:
        table: from `curves`.
        found: its `acuities`.

    Returns:
        One row per task, mode, answer and lens, with the columns

        - ``chance``: probability of a correct answer by guessing at the shortest tested length;
        - ``trials``, then a count per outcome, and ``answered``: ``trials`` less ``failed``;
        - ``shortest``, ``longest``: the tested lengths, in items;
        - ``L50``, ``L50_low``, ``L50_high`` and the same of L80 and L90: length in items and its
          95 % interval, whose open ends are 0 and ``inf``. The value is missing where it
          lies outside the tested lengths; all three are where there is a reason;
        - ``tokens_per_item``: tokens of the longest sequences over their items, where they were
          counted; ``L50_tokens``: the tokens of a sequence of L50 items, between the lengths asked
          on a straight line;
        - ``reason``: why no L50 is quoted; ``warnings``: what a reader must know, joined by
          ``"; "``.
    """
    rows = pd.DataFrame([_row(key, points, found[key]) for key, points in by_curve(table)])
    numbers = [name for name in rows.columns if name.startswith(("L", "tokens"))]
    return rows.astype(dict.fromkeys(numbers, float))


def _row(key: CurveKey, points: pd.DataFrame, report: AcuityReport) -> dict[str, Any]:
    return {
        **key._asdict(),
        "chance": chance(key, int(points["length"].min())),
        "trials": int(points["n"].sum()),
        **{outcome: int(points[outcome].sum()) for outcome in OUTCOMES},
        "answered": int(points["answered"].sum()),
        "shortest": int(points["length"].min()),
        "longest": int(points["length"].max()),
        **dict(quoted("L50", report.l50)),
        **dict(quoted("L80", report.l80)),
        **dict(quoted("L90", report.l90)),
        **dict(_in_tokens(points, report.l50)),
        "reason": report.l50.reason,
        "warnings": "; ".join(report.warnings) or None,
    }


def _in_tokens(points: pd.DataFrame, l50: Acuity) -> Iterator[tuple[str, float | None]]:
    """Tokens per item, and L50 in tokens: what a tokenizer fuses is seen as less."""
    counted = points.dropna(subset=["tokens"]).sort_values("length")
    lengths, tokens = counted["length"].to_numpy(float), counted["tokens"].to_numpy(float)
    known = len(lengths) > 0
    yield "tokens_per_item", float(tokens[-1] / lengths[-1]) if known else None
    at = l50.value if known and l50.reason is None else None
    yield "L50_tokens", None if at is None else float(np.interp(at, lengths, tokens))


def quoted(name: str, acuity: Acuity) -> Iterator[tuple[str, float | None]]:
    """An acuity as three columns; an open end is 0 or infinity, nothing where there is a reason."""
    ends = (None, None) if acuity.reason is not None else acuity.interval
    yield from zip((name, f"{name}_low", f"{name}_high"), (acuity.value, *ends), strict=True)
