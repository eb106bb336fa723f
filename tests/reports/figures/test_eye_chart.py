"""The eye chart: what was really asked, what was really read, and the acuity it is quoted with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pandas as pd
import pytest
from snellen.errors import InputError
from snellen.reports.acuities import acuities
from snellen.reports.curves import curves
from snellen.reports.figures.eye_chart import eye_chart
from snellen.reports.figures.eye_chart_rows import ChartRow, chart_curve, chart_rows
from snellen.reports.trial_texts import Texts, TrialTexts, no_texts
from snellen.support.figures import Picture
from snellen.support.palette import BLUE, VERMILLION

from ...present import present

ROOM = 450.0


@pytest.fixture
def rows_of(texts: Texts) -> Callable[[pd.DataFrame], list[ChartRow]]:
    def rows(trials: pd.DataFrame) -> list[ChartRow]:
        table = curves(trials)
        return chart_rows(trials, table, chart_curve(table, acuities(table)), ROOM, texts)

    return rows


@pytest.fixture
def draw(texts: Texts) -> Callable[[pd.DataFrame], Picture | None]:
    def drawn(trials: pd.DataFrame) -> Picture | None:
        table = curves(trials)
        return eye_chart(trials, table, acuities(table), texts)

    return drawn


def test_rows_show_the_first_trial_of_each_length(
    simulated: Callable[..., pd.DataFrame], rows_of: Callable[[pd.DataFrame], list[ChartRow]]
) -> None:
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


def test_letters_only_shrink_and_lines_fit(
    simulated: Callable[..., pd.DataFrame], rows_of: Callable[[pd.DataFrame], list[ChartRow]]
) -> None:
    rows = rows_of(simulated("sum_digits", lengths=[1, 3, 9, 27, 81, 243, 729, 2187]))
    sizes = [row.size for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    for row in rows:
        assert max(map(len, row.lines)) * row.size * 0.602 <= ROOM + 1e-6
    assert rows[-1].lines[-1] == "… 2,187 items in all"


def test_at_most_eleven_rows_with_both_ends(
    simulated: Callable[..., pd.DataFrame], rows_of: Callable[[pd.DataFrame], list[ChartRow]]
) -> None:
    lengths = list(range(1, 41))
    rows = rows_of(simulated(lengths=lengths, trials=2))
    assert len(rows) == 11
    assert (rows[0].length, rows[-1].length) == (1, 40)


def test_an_answer_that_was_not_read_says_why(
    simulated: Callable[..., pd.DataFrame], rows_of: Callable[[pd.DataFrame], list[ChartRow]]
) -> None:
    trials = simulated(lengths=[2, 4], trials=3)
    long = trials["length"] == 4
    trials.loc[long, "outcome"] = "truncated"
    trials.loc[long, "answer"] = pd.NA
    assert rows_of(trials)[1].read == "read nothing (truncated)"


def test_infrastructure_failures_are_passed_over(
    simulated: Callable[..., pd.DataFrame], rows_of: Callable[[pd.DataFrame], list[ChartRow]]
) -> None:
    trials = simulated(lengths=[2, 4], trials=3, threshold=1e9)
    trials.loc[(trials["length"] == 4) & (trials["index"] == 0), "outcome"] = "failed"
    row = rows_of(trials)[1]
    assert (row.read, row.score) == ("read  4", "2/2")


def test_a_curve_that_falls_inside_the_chart_is_shown_with_its_acuity(
    simulated: Callable[..., pd.DataFrame], texts: Texts
) -> None:
    sighted = {"sum_digits": 1e-9, "count_ones": 1e9, "copy_last": 9}
    both = [simulated(task, lengths=[1, 9, 81], threshold=t) for task, t in sighted.items()]
    trials = pd.concat(both, ignore_index=True)
    table = curves(trials)
    found = acuities(table)
    key = chart_curve(table, found)
    assert key == ("copy_last", "direct", "free", "none")
    alt = eye_chart(trials, table, found, texts).alt
    assert "Eye chart of simulated/observer, copy_last" in alt
    assert str(found[key].l50) in alt


def test_where_nothing_falls_inside_something_right_is_shown(
    simulated: Callable[..., pd.DataFrame],
) -> None:
    blind, sharp = simulated("count_word", threshold=1e-9), simulated("count_ones", threshold=1e9)
    table = curves(pd.concat([blind, sharp]))
    assert chart_curve(table, acuities(table)).task == "count_ones"
    table = curves(blind)
    assert chart_curve(table, acuities(table)).task == "count_word"


def test_the_same_trials_give_the_same_picture(
    simulated: Callable[..., pd.DataFrame], draw: Callable[[pd.DataFrame], Picture | None]
) -> None:
    trials = simulated(trials=4, lengths=[1, 6, 36])
    first, second = present(draw(trials)), present(draw(trials))
    assert (first.svg, first.png) == (second.svg, second.png)


@pytest.mark.parametrize(("threshold", "quoted"), [(1e-9, "not quoted"), (1e9, "> ")])
def test_acuities_without_a_value_are_drawn(
    simulated: Callable[..., pd.DataFrame],
    threshold: float,
    quoted: str,
    draw: Callable[[pd.DataFrame], Picture | None],
) -> None:
    alt = present(draw(simulated(lengths=[1, 16, 128], threshold=threshold))).alt
    assert f"Acuity (L50): {quoted}" in alt


def test_a_prompt_of_another_version_is_refused(
    simulated: Callable[..., pd.DataFrame], draw: Callable[[pd.DataFrame], Picture | None]
) -> None:
    trials = simulated(lengths=[2, 4])
    trials["prompt_sha256"] = "f" * 64
    with pytest.raises(InputError, match="redraw with the version that asked"):
        draw(trials)


def test_without_texts_there_is_no_chart(simulated: Callable[..., pd.DataFrame]) -> None:
    trials = simulated(lengths=[2, 4])
    table = curves(trials)
    with pytest.raises(InputError, match="not at hand"):
        eye_chart(trials, table, acuities(table), no_texts)


def test_a_sequence_of_a_million_items_is_drawn_at_once(
    simulated: Callable[..., pd.DataFrame],
) -> None:
    trials = simulated("count_ones", lengths=[2, 1_000_000], trials=1, threshold=1e9)
    trials["prompt_sha256"] = hashlib.sha256(b"1").hexdigest()
    table = curves(trials)
    key = chart_curve(table, acuities(table))
    long = TrialTexts("1", " ".join("1" * 1_000_000), "")
    rows = chart_rows(trials, table, key, ROOM, lambda _: long)
    assert rows[-1].lines[-1] == "… 1e6 items in all"


def test_no_answers_no_chart(
    simulated: Callable[..., pd.DataFrame], draw: Callable[[pd.DataFrame], Picture | None]
) -> None:
    with pytest.raises(InputError, match="no trial was answered"):
        draw(simulated(failing=1.0))
