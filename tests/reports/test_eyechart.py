"""The eye chart: what was really asked, what was really read, and the acuity it is quoted with."""

from __future__ import annotations

import pandas as pd
import pytest
from snellen.errors import InputError
from snellen.reports.acuities import acuities
from snellen.reports.curves import curves
from snellen.reports.run.eye_chart import eye_chart
from snellen.reports.run.eye_chart_rows import chart_rows, chart_task
from snellen.reports.style import BLUE, VERMILLION

ROOM = 450.0


def rows_of(trials):
    table = curves(trials)
    return chart_rows(trials, table, chart_task(table), ROOM)


def draw(trials):
    table = curves(trials)
    return eye_chart(trials, table, acuities(table))


def test_rows_show_the_first_trial_of_each_length(simulated):
    trials = simulated(attractor="100", threshold=8, seed=1)
    first = trials[trials["index"] == 0].set_index("length")
    rows = rows_of(trials)
    assert [row.length for row in rows] == sorted(set(trials["length"]))
    for row in rows:
        trial = first.loc[row.length]
        assert row.read == f"read  {trial['answer']}"
        assert row.colour == (BLUE if trial["outcome"] == "correct" else VERMILLION)
        at = trials[trials["length"] == row.length]
        assert row.score == f"{(at['outcome'] == 'correct').sum()}/{len(at)}"
        items = " ".join(row.lines).split()
        assert len(items) == row.length
        assert len(set(items)) == 1


def test_letters_only_shrink_and_lines_fit(simulated):
    rows = rows_of(simulated("sum_digits", lengths=[1, 3, 9, 27, 81, 243, 729, 2187]))
    sizes = [row.size for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    for row in rows:
        assert max(map(len, row.lines)) * row.size * 0.602 <= ROOM + 1e-6
    assert rows[-1].lines[-1] == "… 2,187 items in all"


def test_at_most_eleven_rows_with_both_ends(simulated):
    lengths = list(range(1, 41))
    rows = rows_of(simulated(lengths=lengths, trials=2))
    assert len(rows) == 11
    assert (rows[0].length, rows[-1].length) == (1, 40)


def test_an_answer_that_was_not_read_says_why(simulated):
    trials = simulated(lengths=[2, 4], trials=3)
    trials.loc[trials["length"] == 4, ["outcome", "answer"]] = ["truncated", pd.NA]
    assert rows_of(trials)[1].read == "read nothing (truncated)"


def test_infrastructure_failures_are_passed_over(simulated):
    trials = simulated(lengths=[2, 4], trials=3, threshold=1e9)
    trials.loc[(trials["length"] == 4) & (trials["index"] == 0), "outcome"] = "failed"
    row = rows_of(trials)[1]
    assert (row.read, row.score) == ("read  4", "2/2")


def test_counting_ones_comes_first_and_its_acuity_is_quoted(simulated):
    both = [simulated(task, lengths=[1, 9, 81]) for task in ("sum_digits", "count_ones")]
    trials = pd.concat(both, ignore_index=True)
    table = curves(trials)
    found = acuities(table)
    assert chart_task(table) == ("count_ones", "direct", "none")
    alt = eye_chart(trials, table, found).alt
    assert "Eye chart of simulated/observer, count_ones" in alt
    assert str(found["count_ones", "direct", "none"].l50) in alt


def test_the_same_trials_give_the_same_picture(simulated):
    trials = simulated(trials=4, lengths=[1, 6, 36])
    first, second = draw(trials), draw(trials)
    assert (first.svg, first.png) == (second.svg, second.png)


@pytest.mark.parametrize("threshold", [1e-9, 1e9])
def test_censored_acuities_are_drawn(simulated, threshold):
    alt = draw(simulated(lengths=[1, 16, 128], threshold=threshold)).alt
    assert ("< 1" if threshold < 1 else "> 128") in alt


def test_a_prompt_of_another_version_is_refused(simulated):
    trials = simulated(lengths=[2, 4])
    trials["prompt_sha256"] = "f" * 64
    with pytest.raises(InputError, match="redraw with the version that asked"):
        draw(trials)


def test_no_answers_no_chart(simulated):
    with pytest.raises(InputError, match="no trial was answered"):
        draw(simulated(failing=1.0))
