"""A few trials word for word, because a number alone hides an echo or a ramble."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import InputError
from ...store.curve_key import CurveKey
from ..trial_texts import Texts, TrialRow, texts_of

PER_TASK = 5
LONG = 700
"""Characters from which a text is folded."""

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Example:
    """One trial as it happened; texts with what does not show written out.

    Attributes:
        key: the curve that it belongs to.
        length: items.
        index: number of the trial at this length.
        outcome: what became of it.
        reading: the rule that found the answer, empty if none did or it is not known.
        truth: the expected answer.
        answer: the answer that was read, empty if there is none.
        rivals: the readings that remained when there was more than one, empty else.
        prompt: the prompt, word for word.
        answer_text: what the model said, word for word.
    """

    key: CurveKey
    length: int
    index: int
    outcome: str
    reading: str
    truth: str
    answer: str
    rivals: str
    prompt: str
    answer_text: str


def pick_examples(trials: pd.DataFrame, per_task: int = PER_TASK) -> pd.DataFrame:
    """Examples of each task, evenly over the lengths: no trial is picked for its outcome.

    Args:
        trials: the trial table; requests that failed have no text and are passed over.
        per_task: how many of each task.

    Returns:
        Their rows, by task and length.
    """
    answered = trials[trials["outcome"] != "failed"]
    order = ["length", "mode", "answer_form", "lens", "index", "seed"]
    picked = [
        evenly(rows.sort_values(order, kind="stable"), per_task)
        for _, rows in answered.groupby("task", sort=True, observed=True)
    ]
    return pd.concat(picked) if picked else answered


def evenly(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """At most so many of the rows, from the first to the last, evenly between."""
    places = np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(int)
    return rows.iloc[np.unique(places)]


def word_for_word(rows: pd.DataFrame, texts: Texts) -> tuple[list[Example], str]:
    """Trials with their texts.

    Returns:
        Those whose texts are known, in order; and why others are missing, empty if none is.
    """
    found, missing = [], ""
    for row in as_rows(rows):
        try:
            found.append(_example(row, texts))
        except InputError as error:
            missing = missing or str(error)
    return found, missing


def as_rows(rows: pd.DataFrame) -> Iterable[TrialRow]:
    """Rows as mappings, with None for what is not known."""
    return rows.astype(object).where(rows.notna(), None).to_dict("records")


def _example(row: TrialRow, texts: Texts) -> Example:
    known = texts_of(row, texts)
    if known.answer_text is None:
        raise InputError("the answers are not kept word for word")
    return Example(
        key=CurveKey(row["task"], row["mode"], row["answer_form"], row["lens"]),
        length=int(row["length"]),
        index=int(row["index"]),
        outcome=row["outcome"],
        reading=row["reading"] or "",
        truth=visible(row["truth"] or ""),
        answer=visible(row["answer"] or ""),
        rivals=visible(row["rivals"] or ""),
        prompt=visible(known.prompt),
        answer_text=visible(known.answer_text),
    )


def visible(text: str) -> str:
    """The text with characters that show nothing, or turn its direction, written out."""
    shown = _UNSEEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)
    return shown.encode("utf-8", "replace").decode("utf-8")
