"""What the page's script needs: every point in words, and the trials behind it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from ...store.curve_key import CURVE, CurveKey
from ..catalogue import has_distance
from ..curves import by_curve
from ..explorer import Column, Explorer, Point, choices
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

CURVE_COLUMN, LENGTH_COLUMN = 0, 1


def explorer(trials: pd.DataFrame, table: pd.DataFrame, texts: Texts) -> Explorer:
    """The trials of a run and the points of its curves.

    Args:
        trials: the trial table.
        table: `curves` of it.
        texts: gives what the model said.
    """
    order = [*CURVE, "length", "index", "seed"]
    held = evenly(trials.sort_values(order, kind="stable"), MOST_TRIALS).reset_index(drop=True)
    places = {key: place for place, (key, _) in enumerate(by_curve(table))}
    keys = held[list(CURVE)].itertuples(index=False, name=None)
    lengths = choices("length", held["length"].astype(int))
    said = _said(held, texts)
    columns = (
        Column(
            "curve",
            [places[CurveKey(*key)] for key in keys],
            [f"{key.task}, {key.condition}" for key in places],
            "text",
        ),
        lengths,
        Column("trial", held["index"].astype(int).tolist()),
        choices("outcome", held["outcome"].astype(str), "text"),
        Column("truth", _short(held["truth"]), kind="text value", searched=True),
        Column("read", _short(held["answer"]), kind="text value", searched=True),
        choices("reading", held["reading"].fillna("").astype(str).str.replace("_", " "), "text"),
        Column(
            f"what the model said (of {len(said):,} trials)"
            if len(said) < len(held)
            else "what the model said",
            [said.get(place) for place in range(len(held))],
            kind="text said",
            searched=True,
        ),
    )
    at = {length: place for place, length in enumerate(lengths.options or ())}
    points: dict[str, dict[str, Point]] = {}
    for key, rows in by_curve(table):
        named = points.setdefault(key.task, {})
        for point in rows.to_dict("records"):
            length = int(point["length"])
            items = f"{plain(length)} item{'s' if length > 1 else ''}"
            words = f"{key.task}, {key.condition}, {items}: {in_words(point)}"
            behind = [(CURVE_COLUMN, places[key])]
            if length in at:
                behind.append((LENGTH_COLUMN, at[length]))
            named[point_name(key, length)] = Point(words, behind)
    return Explorer(columns, points, len(trials) - len(held))


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
