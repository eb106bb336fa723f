"""One scored trial of anyone's benchmark, and the table of trials that many of them make."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import pandas as pd

from ...errors import InputError
from ...store.trials import trial_table


class Scored(NamedTuple):
    """A trial that somebody else asked and scored.

    Attributes:
        model: who was asked.
        task: the benchmark, or the part of it.
        length: of the input, in whatever unit the benchmark counts.
        score: 1 right, 0 wrong, or between.
        item: what trials of several lengths or models may share: a document, a question.
    """

    model: str
    task: str
    length: int
    score: float
    item: str


def as_trials(scored: Iterable[Scored], threshold: float | None, where: str) -> pd.DataFrame:
    """The table of trials, with ``item`` as a column more.

    The index of a trial is the place of its item among all items, so that two models are compared
    on the same ones; an item that was asked more than once at one length counts on.

    Args:
        scored: the trials.
        threshold: the score from which on a trial is right; None: scores must be 0 or 1.
        where: what to call the source in an error.

    Raises:
        InputError: there are none, or a score is neither 0 nor 1 and there is no threshold.
    """
    found = list(scored)
    if not found:
        raise InputError(f"{where} holds no scored trial")
    for one in found:
        if threshold is None and one.score not in (0.0, 1.0):
            raise InputError(
                f"{where}: a score of {one.score:g} (length {one.length}, item {one.item}) is "
                "neither right nor wrong; say from which score on it is right with --threshold"
            )
    items = {item: place for place, item in enumerate(dict.fromkeys(one.item for one in found))}
    rows: list[dict[str, Any]] = []
    times: dict[tuple[str, str, int, str], int] = {}
    for one in found:
        right = one.score >= (1.0 if threshold is None else threshold)
        key = (one.model, one.task, one.length, one.item)
        times[key] = times.get(key, -1) + 1
        rows.append(
            {
                "run_id": where,
                "model": one.model,
                "task": one.task,
                "mode": "direct",
                "lens": "none",
                "length": one.length,
                "index": items[one.item] + times[key] * len(items),
                "seed": 0,
                "outcome": "correct" if right else "wrong",
                "prompt_sha256": "",
                "answer_form": "free",
            }
        )
    return trial_table(rows).assign(item=[one.item for one in found])


def whole(value: Any, what: str) -> int:
    """A length out of a cell: a whole number from 1 up.

    Raises:
        InputError: it is not one.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not number >= 1 or number != int(number):
        raise InputError(f"{what}: a length is a whole number from 1 up, not {value!r}")
    return int(number)


def score_of(value: Any, what: str) -> float:
    """A score out of a cell: a number, a truth value, or inspect's C, P, I, N.

    Raises:
        InputError: it is none of these.
    """
    words = {"true": 1.0, "false": 0.0, "c": 1.0, "p": 0.5, "i": 0.0, "n": 0.0,
             "correct": 1.0, "wrong": 0.0, "incorrect": 0.0}  # fmt: skip
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number):
        raise InputError(f"{what}: a score is a number or true or false, not {value!r}")
    return number
