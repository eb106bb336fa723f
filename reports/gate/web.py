"""``gate.html``: the page of a gate with its paired trials, one file that fetches nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ...store.curve_key import CURVE, CurveKey
from ...support.figures import Picture
from ..explorer import Column, Explorer, Point, choices
from ..formats import both_ends, percent, plain, share
from ..run.examples import visible
from ..run.page import environment
from ..scripts import script

SHOWN = 120
"""Characters of an answer in the table of trials."""
_TRIAL = [*CURVE, "length", "index", "seed"]
_WHO = ("both right", "A alone right", "B alone right", "neither right")


def gate_page(
    found: Mapping[str, Any],
    pictures: Sequence[Picture],
    a: pd.DataFrame,
    b: pd.DataFrame,
) -> str:
    """The page.

    Args:
        found: what gate.json holds.
        pictures: the gate's figure, and that of earlier nights if there are any.
        a: table of the trials of A.
        b: table of those of B.
    """
    return (
        environment()
        .get_template("gate.html.j2")
        .render(
            found=found,
            pictures=pictures,
            explorer=gate_explorer(found, a, b),
            script=script("explorer.js"),
        )
    )


def gate_explorer(found: Mapping[str, Any], a: pd.DataFrame, b: pd.DataFrame) -> Explorer:
    """The trials that both sides were asked, in pairs, and the levels in words.

    Args:
        found: what gate.json holds.
        a: table of the trials of A.
        b: table of those of B.
    """
    both = a.merge(b, on=_TRIAL, suffixes=("_a", "_b")).sort_values(_TRIAL, kind="stable")
    level = {
        (curve, length): one["at"]
        for one in found["levels"]
        for curve, length in one["lengths"].items()
    }
    right = [(both[f"outcome_{side}"] == "correct").tolist() for side in "ab"]
    who = [_WHO[2 * (not x) + (not y)] if x == y else _WHO[1 if x else 2]
           for x, y in zip(*right, strict=True)]  # fmt: skip
    keys = both[list(CURVE)].itertuples(index=False, name=None)
    names = [CurveKey(*key).name for key in keys]
    known = [
        level.get((name, int(length)), int(length))
        for name, length in zip(names, both["length"], strict=True)
    ]
    at = choices(found["unit"], pd.Series(known, dtype=int))
    columns = (
        at,
        choices("curve", pd.Series(names, dtype=str), "text"),
        Column("items", both["length"].astype(int).tolist()),
        Column("trial", both["index"].astype(int).tolist()),
        choices("who was right", pd.Series(who, dtype=str), "text"),
        choices("outcome of A", both["outcome_a"].astype(str), "text"),
        choices("outcome of B", both["outcome_b"].astype(str), "text"),
        *(
            Column(name, _texts(both[column]), kind="text value", searched=True)
            for name, column in zip(
                ("truth", "A read", "B read"), ("truth_a", "answer_a", "answer_b"), strict=True
            )
        ),
    )
    place = {value: i for i, value in enumerate(at.options or ())}
    points = {
        f"{side}/{one['at']}": Point(
            f"{name}, {plain(one['at'])} {found['unit']}: "
            f"{percent(share(one[f'right_{side}'], one['pairs']))} of {plain(one['pairs'])} right; "
            f"A alone {one['only_a']}, B alone {one['only_b']}",
            [(0, place[one["at"]])] if one["at"] in place else [],
        )
        for one in found["levels"]
        if one["pairs"]
        for side, name in (("a", "A"), ("b", "B"))
    }
    return Explorer(columns, {"gate": points})


def _texts(column: pd.Series[str]) -> list[str]:
    return [visible(both_ends(text, SHOWN)) for text in column.fillna("").astype(str)]
