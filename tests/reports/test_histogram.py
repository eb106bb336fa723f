"""The histogram against a count by hand; attractors against a planted one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pandas as pd
import pytest
from snellen.reports.curves import curves
from snellen.reports.figures.answers import Answers, answers_of, attractors
from snellen.reports.histogram import as_values, histogram, numeric


def of(trials: pd.DataFrame) -> list[Answers]:
    return answers_of(as_values(trials), histogram(trials), curves(trials))


def test_frequencies_agree_with_a_count_by_hand(chart: pd.DataFrame) -> None:
    table = histogram(chart)
    said: Counter[tuple[str, ...]] = Counter()
    true: Counter[tuple[str, ...]] = Counter()
    for trial in chart.to_dict("records"):
        if trial["outcome"] == "failed":
            continue
        key = trial["task"], trial["mode"], trial["lens"]
        whole = trial["task"] == "copy_sequence"
        truth = str(len(trial["truth"].split())) if whole else trial["truth"]
        true[*key, truth] += 1
        if trial["outcome"] in ("correct", "wrong"):
            answer = str(len(trial["answer"].split())) if whole else trial["answer"]
            said[*key, answer] += 1
    rows = table.to_dict("records")
    for row in rows:
        answered = row["task"], row["mode"], row["lens"], row["value"]
        assert (row["frequency"], row["true_frequency"]) == (said[answered], true[answered])
    assert len(rows) == len(said.keys() | true.keys())


def test_values_are_in_numeric_order(chart: pd.DataFrame) -> None:
    for _, rows in histogram(chart).groupby(["task", "mode", "lens"]):
        values = [int(value) for value in rows["value"]]
        assert values == sorted(values)


def test_values_that_are_no_numbers_come_last(simulated: Callable[..., pd.DataFrame]) -> None:
    trials = simulated("copy_last", lengths=[4], trials=6)
    trials["answer"] = ["10", "9", "b", "a", "-3", "9"]
    values = list(histogram(trials).query("frequency > 0")["value"])
    assert values == ["-3", "9", "10", "a", "b"]


def test_numbers_beyond_a_float_sort_at_the_ends() -> None:
    assert list(numeric(["9" * 400, "-" + "9" * 400, "7"])) == [float("inf"), float("-inf"), 7.0]


def test_sequences_are_counted_by_their_length(chart: pd.DataFrame) -> None:
    rows = histogram(chart).query("task == 'copy_sequence'")
    assert set(rows["quantity"]) == {"answer_length"}
    assert rows["value"].astype(int).max() <= 128


def test_a_planted_attractor_is_found_and_counted(simulated: Callable[..., pd.DataFrame]) -> None:
    trials = simulated(attractor="100", seed=1)
    (found,) = of(trials)
    assert found.attractors == ["100"]
    assert found.said("100") == (trials["answer"] == "100").sum()


def test_a_model_that_sees_has_no_attractor(simulated: Callable[..., pd.DataFrame]) -> None:
    (found,) = of(simulated(threshold=1e9))
    assert found.attractors == []


def test_losing_the_long_answers_makes_no_attractor_of_the_short_ones(
    simulated: Callable[..., pd.DataFrame],
) -> None:
    trials = simulated(threshold=1e9)
    trials.loc[trials["length"] > 8, "outcome"] = "truncated"
    (found,) = of(trials)
    assert found.attractors == []
    assert found.tally == "160 trials: 80 answers read, 80 truncated"


@pytest.mark.parametrize("task", ["count_ones", "copy_last", "copy_sequence"])
def test_nothing_answered_gives_no_answers(
    simulated: Callable[..., pd.DataFrame], task: str
) -> None:
    trials = simulated(task, failing=1.0)
    assert histogram(trials).empty
    (found,) = of(trials)
    assert (found.attractors, found.tally) == ([], "160 trials: 0 answers read, 160 failed")


def test_attractors_are_at_most_five_and_most_frequent_first(
    simulated: Callable[..., pd.DataFrame],
) -> None:
    trials = simulated(threshold=1e-6, lengths=[1000], trials=700)
    trials["answer"] = [str(i % 7) if i % 2 else "0" for i in range(700)]
    (found,) = of(trials)
    assert len(attractors(found.pairs)) == 5
    assert attractors(found.pairs)[0] == "0"
