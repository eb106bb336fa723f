"""How answers were read: shares against a count by hand, and the answers to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pandas as pd
import pytest
from snellen.reports.run.readings import WEAK, pick_weak, readings, thoughts_only
from snellen.store.curve_key import CurveKey


@pytest.fixture
def read_in_many_ways(simulated: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    trials = pd.concat(
        [simulated(rambling=0.6, failing=0.1), simulated("copy_last", rambling=0.6)],
        ignore_index=True,
    )
    rules = ["final_line", "number_alone", "phrase", "last_number"]
    read = trials["outcome"].isin(["correct", "wrong"])
    trials["reading"] = pd.Series([rules[i % 4] for i in range(len(trials))]).where(read)
    lost = trials.index[trials["outcome"] == "unparseable"]
    trials.loc[lost[::3], "rivals"] = "12 | 42"
    trials.loc[lost[1::3], "reading"] = "thoughts_only"
    return trials


def test_shares_agree_with_a_count_by_hand(read_in_many_ways: pd.DataFrame) -> None:
    counted: Counter[tuple[str, str, str]] = Counter()
    for row in read_in_many_ways.to_dict("records"):
        if row["outcome"] == "failed":
            continue
        seen = row["outcome"] in ("correct", "wrong")
        rule = row["reading"] if isinstance(row["reading"], str) else "nothing found"
        if not seen and isinstance(row["rivals"], str):
            rule = "two readings"
        counted[row["task"], rule, "read" if seen else row["outcome"]] += 1
    table = readings(read_in_many_ways)
    assert counted == {
        (row["task"], row["reading"], row["outcome"]): row["n"] for row in table.to_dict("records")
    }
    for _, rows in table.groupby("task"):
        assert rows["share"].sum() == pytest.approx(1)
        assert rows["n"].is_monotonic_decreasing


def test_a_table_from_before_readings_has_none(simulated: Callable[..., pd.DataFrame]) -> None:
    trials = simulated()
    trials[["reading", "rivals"]] = pd.NA
    assert readings(trials).empty


def test_the_weakest_readings_are_listed_evenly_and_counted(
    read_in_many_ways: pd.DataFrame,
) -> None:
    picked, in_all = pick_weak(read_in_many_ways, per_task=6)
    seen = read_in_many_ways["outcome"].isin(["correct", "wrong"])
    weak = read_in_many_ways["reading"].isin(WEAK) & seen
    several = read_in_many_ways["rivals"].notna()
    assert in_all == (weak | several).sum()
    for _, rows in picked.groupby("task"):
        assert len(rows) == 6
        assert rows["length"].is_monotonic_increasing
        assert (rows["length"].iloc[0], rows["length"].iloc[-1]) == (1, 128)
    assert set(picked.index) <= set(read_in_many_ways.index[weak | several])


def test_sure_readings_need_no_look(simulated: Callable[..., pd.DataFrame]) -> None:
    picked, in_all = pick_weak(simulated())
    assert (len(picked), in_all) == (0, 0)


def test_answers_that_stand_in_the_thoughts_alone_are_a_share(
    simulated: Callable[..., pd.DataFrame],
) -> None:
    trials = simulated(lengths=[4, 8], trials=10, threshold=1e9)
    trials.loc[:4, ["outcome", "reading"]] = ["unparseable", "thoughts_only"]
    trials.loc[5, "outcome"] = "failed"
    key = CurveKey("count_ones", "direct", "free", "none")
    assert thoughts_only(trials) == {key: pytest.approx(5 / 19)}
