"""What the page's script needs: every point in words, and the trials behind it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from ...store.curve_key import CURVE, CurveKey
from ..catalogue import has_distance
from ..curves import by_curve
from ..figures.points import point_name
from ..formats import both_ends, percent, plain
from ..trial_texts import Texts
from .examples import as_rows, evenly, visible

MOST_TRIALS = 100_000
"""Trials that a page holds; of larger runs, evenly spread ones."""
MOST_TEXTS = 1_000
"""Answers that it holds word for word."""
MOST_ITEMS = 200_000
"""Items in the prompts of those answers, for each prompt is built again."""
SHOWN = 80
"""Characters of a truth or an answer in the table of trials."""
SAID = 400
"""Characters of an answer word for word."""

_COLUMNS = {"length": "n", "index": "i", "seed": "s"}


def explorer(trials: pd.DataFrame, table: pd.DataFrame, texts: Texts) -> dict[str, Any]:
    """The data of a page, columns of equal length rather than records, to be written as JSON.

    Args:
        trials: the trial table.
        table: `curves` of it.
        texts: gives what the model said.

    Returns:
        - ``curves``: task and condition of each curve;
        - ``outcomes``, ``readings``: the names that trials refer to by place;
        - ``points``: per task, the name of a point -> (curve, length, what it says in words);
        - ``trials``: columns ``c`` (curve), ``n`` (length), ``i`` (index), ``s`` (seed), ``o``
          (outcome), ``r`` (reading), ``truth``, ``read``;
        - ``said``: place of a trial -> its answer, word for word, of :data:`MOST_TEXTS` of them;
        - ``all``: how many trials the run has, where not all are here.
    """
    places = {key: place for place, (key, _) in enumerate(by_curve(table))}
    points: dict[str, dict[str, tuple[int, int, str]]] = {}
    for key, rows in by_curve(table):
        named = points.setdefault(key.task, {})
        for point in rows.to_dict("records"):
            length = int(point["length"])
            named[point_name(key, length)] = (places[key], length, in_words(point))
    held = evenly(trials.sort_values([*CURVE, *_COLUMNS], kind="stable"), MOST_TRIALS)
    held = held.reset_index(drop=True)
    outcomes, outcome_names = _coded(held["outcome"])
    readings, reading_names = _coded(held["reading"])
    keys = held[list(CURVE)].itertuples(index=False, name=None)
    return {
        "curves": [(key.task, key.condition) for key in places],
        "outcomes": outcome_names,
        "readings": [name.replace("_", " ") for name in reading_names],
        "points": points,
        "trials": {
            "c": [places[CurveKey(*key)] for key in keys],
            **{short: held[name].astype(int).tolist() for name, short in _COLUMNS.items()},
            "o": outcomes,
            "r": readings,
            "truth": _short(held["truth"]),
            "read": _short(held["answer"]),
        },
        "said": _said(held, texts),
        "all": len(trials) if len(trials) > len(held) else 0,
    }


def in_words(point: Mapping[Hashable, Any]) -> str:
    """A point of a curve, as a reader would say it."""
    if not point["answered"]:
        return f"none of {plain(point['n'])} trials answered"
    text = (
        f"{percent(point['accuracy'])} correct ({percent(point['accuracy_low'])} to "
        f"{percent(point['accuracy_high'])}), {plain(point['correct'])} of "
        f"{plain(point['answered'])} answered"
    )
    if has_distance(point["task"]) and point["error_n"]:
        text += f"; median error {plain(point['error_median'])}"
    others = [name for name in ("truncated", "unparseable", "refused", "failed") if point[name]]
    return "; ".join([text, *(f"{plain(point[name])} {name}" for name in others)])


def _coded(column: pd.Series[str]) -> tuple[list[int], list[str]]:
    codes, names = pd.factorize(column.fillna("").astype(str), sort=True)
    return codes.tolist(), [str(name) for name in names]


def _short(column: pd.Series[str]) -> list[str]:
    def cut(text: str) -> str:
        return visible(text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…")

    return [cut(text) for text in column.fillna("").astype(str)]


def _said(held: pd.DataFrame, texts: Texts) -> dict[int, str]:
    """Answers word for word, as many at each length and of each curve as there is room for."""
    answered = held[held["outcome"] != "failed"]
    rank = answered.groupby([*CURVE, "length"], observed=True).cumcount()
    first = answered.loc[rank.sort_values(kind="stable").index[:MOST_TEXTS]]
    chosen = first[first["length"].cumsum() <= MOST_ITEMS].sort_index()
    said = {}
    for place, row in zip(chosen.index, as_rows(chosen), strict=True):
        known = texts(row)
        if known is not None and known.answer_text is not None:
            said[int(place)] = visible(both_ends(known.answer_text, SAID))
    return said
