"""Order and kinds come from the catalogue; what it does not know is taken as it comes."""

from __future__ import annotations

import pandas as pd
import pytest
from snellen.reports.catalogue import has_distance, in_order, value_kind
from snellen.tasks.registry import TASKS


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        ("count_ones", "number"),
        ("sum_digits", "number"),
        ("copy_last", "symbol"),
        ("snellen_copy_last", "symbol"),
        ("copy_sequence", "sequence"),
        ("paper_copy_last_hint", "symbol"),
        ("paper_count_word", "number"),
        ("copy_of_another_house", "number"),
    ],
)
def test_the_kind_is_the_tasks_own(task: str, kind: str) -> None:
    assert value_kind(task) == kind
    assert has_distance(task) == (kind in ("number", "sequence"))


def test_every_task_has_a_kind() -> None:
    assert {value_kind(task) for task in TASKS} <= {"number", "symbol", "sequence", "code"}


def test_the_plain_form_and_prompt_come_first() -> None:
    table = pd.DataFrame(
        [
            ("zebra", "direct", "free", "none"),
            ("count_ones", "cot", "free", "none"),
            ("count_ones", "direct", "free", "comma"),
            ("count_ones", "direct", "forced", "none"),
            ("count_ones", "direct", "free", "none"),
        ],
        columns=["task", "mode", "answer", "lens"],
    )
    ordered = in_order(table, list(table.columns))
    assert list(ordered.itertuples(index=False, name=None)) == [
        ("count_ones", "direct", "free", "none"),
        ("count_ones", "direct", "free", "comma"),
        ("count_ones", "direct", "forced", "none"),
        ("count_ones", "cot", "free", "none"),
        ("zebra", "direct", "free", "none"),
    ]
