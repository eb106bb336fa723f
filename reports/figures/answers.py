"""The answers of one task, ready to be drawn: pairs with their truths, counts, attractors."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ...store.trials import OUTCOMES
from ..curves import KEY, READ, by_curve

MOST_ATTRACTORS = 5
NO_PAIRS = pd.DataFrame(columns=["truth", "said", "n"]).astype({"n": int})


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered on one curve.

    Attributes:
        name: its mode, answer form and lens.
        pairs: columns truth, said (values as text) and n, the number of such trials.
        table: columns value, frequency and true_frequency, as in `histogram`.
        tally: the outcomes in words, so that answers which could not be read are not forgotten.
        attractors: values that are answered far more often than they are true, see `attractors`.
    """

    name: str
    pairs: pd.DataFrame
    table: pd.DataFrame
    tally: str
    attractors: list[str]

    def said(self, value: str) -> int:
        """How often a value was answered."""
        return int(self.table.loc[self.table["value"] == value, "frequency"].sum())


def answers_of(values: pd.DataFrame, table: pd.DataFrame, points: pd.DataFrame) -> list[Answers]:
    """Gather one task's answers, one entry per curve.

    Args:
        values: the task's rows of `histogram.as_values`.
        table: the task's rows of `histogram`.
        points: the task's rows of `curves`.
    """
    pairs = values.dropna(subset=["said"]).groupby([*KEY, "truth", "said"], observed=True)
    sizes = dict(by_curve(pairs.size().rename("n").reset_index()))
    counts = dict(by_curve(table))
    found = []
    for key, rows in by_curve(points):
        asked = sizes.get(key, NO_PAIRS)
        here = counts.get(key, table.iloc[:0])
        found.append(Answers(key.condition, asked, here, tally(rows), attractors(asked)))
    return found


def attractors(pairs: pd.DataFrame) -> list[str]:
    """Values answered far more often than they are true, the most frequent first.

    A rule for the eye, not a test: over the trials whose answers could be read, the value is
    answered more often than true by at least three times and by 5 % of all answers; at most five
    values are named.

    Args:
        pairs: columns truth, said and n.
    """
    said = pairs.groupby("said")["n"].sum()
    true = pairs.groupby("truth")["n"].sum().reindex(said.index, fill_value=0)
    strong = said[said - true >= max(3.0, 0.05 * said.sum())]
    return [str(value) for value in strong.nlargest(MOST_ATTRACTORS).index]


def tally(points: pd.DataFrame) -> str:
    """Outcomes in words: "160 trials: 143 answers read, 10 unparseable, 7 truncated"."""
    totals = points[list(OUTCOMES)].sum()
    read = int(totals[list(READ)].sum())
    others = [f"{int(n):,} {name}" for name, n in totals.drop(list(READ)).items() if n]
    return f"{int(totals.sum()):,} trials: " + ", ".join([f"{read:,} answers read", *others])
