"""The paper's own behavioural points, to be drawn beside a run of its prompts.

``published.csv`` holds Figs. 2, 3, 6 and 11 of Barbero et al. (2024), arXiv 2406.04267v2, as
digitised: each point is one generation, absolute errors are good to about one unit, and 200 is
where the paper's axis clips.
"""

from __future__ import annotations

from importlib.resources import files

import pandas as pd

from ...tasks.modes import MODES
from ...tasks.registry import PREFIX

LABEL = "published, single trials"
_SUFFIX = {
    "": "",
    "hint": "_hint",
    "question_first_type1": "_type1",
    "question_first_type2": "_type2",
}


def published(task: str) -> pd.DataFrame:
    """Published points of one of the paper's tasks; empty for every other task.

    Returns:
        Rows with figure, model, task, mode, length, quantity (``absolute_error`` or ``correct``)
        and value.
    """
    points = _points()
    return points[points["task"] == task.removeprefix(PREFIX)].reset_index(drop=True)


def _points() -> pd.DataFrame:
    with (files(__package__) / "published.csv").open(encoding="utf-8") as source:
        points = pd.read_csv(source, dtype={"figure": "str"})
    # A change of the prompt stands in the paper's mode column; in the chart it is a task.
    change = points["mode"].where(~points["mode"].isin(MODES), "")
    points["mode"] = points["mode"].where(change == "", "direct")
    points["task"] = "paper_" + points["task"] + change.map(_SUFFIX)
    both = points["task"] == "paper_copy_last_interleaved"
    variants = [points[both].assign(task=points["task"] + end) for end in ("_01", "_10")]
    return pd.concat([points[~both], *variants], ignore_index=True)
