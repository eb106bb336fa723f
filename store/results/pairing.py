"""Two results folders side by side: the curves, and the trials, that asked the same questions."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ...errors import InputError
from ...stats.compare import AnswerTable
from ...tasks.registry import TASKS
from ..curve_key import CurveKey
from ..pairing import UNREAD, Pairing, matches
from .folder import ResultsFolder

_FIRST = f"""
    SELECT curves.at::SMALLINT AS curve, models.at::INTEGER AS model, length, index, seed,
           min_by(CASE WHEN outcome = 'correct' THEN 2
                       WHEN outcome IN {UNREAD} THEN 0 ELSE 1 END, place)::TINYINT AS state
    FROM (SELECT filename, task, mode, lens, answer_form AS answer, model, length, index, seed,
                 outcome
          FROM scanned WHERE outcome != 'failed')
    JOIN files USING (filename) JOIN curves USING (task, mode, answer, lens)
    JOIN models USING (model)
    GROUP BY ALL
"""
"""One answer to each question of each model: that of the run which was created first."""


def folder_pairings(a: ResultsFolder, b: ResultsFolder) -> list[Pairing]:
    """The curves of two results folders that can be compared.

    Pairs are made by model where a folder holds several, and by task, mode, answer form, lens,
    length, index and seed. Where a folder holds several answers of a model to one question, that
    of the run which was created first stands, so that no question counts twice.

    Raises:
        InputError: there are none.
    """
    curves = [_curves(folder) for folder in (a, b)]
    models = _models(a, b)
    paired = matches(*curves)
    both = [
        _answers(folder, keys, model)
        for folder, keys, model in zip((a, b), curves, models, strict=True)
    ]
    found = []
    for x, y in paired:
        one, other = both[0][curves[0].index(x)], both[1][curves[1].index(y)]
        joined = one.merge(other, on=_QUESTION, how="outer", suffixes=("_a", "_b"))
        if not (joined["state_a"].notna() & joined["state_b"].notna()).any():
            continue
        # Questions are numbered within a length, in the order in which they are asked.
        joined = joined.sort_values(["length", "index", "seed", "model"], kind="stable")
        joined["number"] = joined.groupby("length").cumcount()
        (of_a, unread_a), (of_b, unread_b) = (_side(joined, f"state_{name}") for name in "ab")
        found.append(Pairing(x, y, of_a, of_b, unread_a, unread_b))
    if not found:
        raise InputError(
            f"{a.path} and {b.path} have no trial in common: no model, task, mode, lens, length "
            "and seed is in both"
        )
    return found


_QUESTION = ["model", "length", "index", "seed"]


def _curves(folder: ResultsFolder) -> list[CurveKey]:
    rows = folder.table("SELECT DISTINCT task, mode, answer, lens FROM counts")
    found = [CurveKey(*map(str, row)) for row in rows.itertuples(index=False)]
    place = {name: at for at, name in enumerate(TASKS)}
    return sorted(found, key=lambda key: (place.get(key.task, len(place)), key))


def _models(a: ResultsFolder, b: ResultsFolder) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A number for each model of either folder, the same where they are to be paired."""
    of_a, of_b = (list(dict.fromkeys(folder.runs["model"])) for folder in (a, b))
    if len(of_a) == len(of_b) == 1:
        number: Mapping[str, int] = dict.fromkeys([*of_a, *of_b], 0)
    else:
        number = {name: at for at, name in enumerate(dict.fromkeys([*of_a, *of_b]))}
        if not set(of_a) & set(of_b):
            raise InputError(
                f"{a.path} and {b.path} have no model in common; give folders of one model each, "
                "or of the same models"
            )
    one, other = (
        pd.DataFrame({"model": names, "at": [number[name] for name in names]})
        for names in (of_a, of_b)
    )
    return one, other


def _answers(
    folder: ResultsFolder, keys: list[CurveKey], models: pd.DataFrame
) -> Mapping[int, pd.DataFrame]:
    curves = pd.DataFrame(keys, columns=list(CurveKey._fields)).assign(at=range(len(keys)))
    table = folder.table(_FIRST, curves=curves, models=models)
    return dict(list(table.drop(columns="curve").groupby(table["curve"])))


def _side(joined: pd.DataFrame, state: str) -> tuple[AnswerTable, int]:
    """The answers of one side by length and number, and how many could not be read."""
    rows = joined[joined[state].notna()]
    answers = AnswerTable(rows["length"], rows["number"], rows[state] == 2)
    return answers, int((rows[state] == 0).sum())
