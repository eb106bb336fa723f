"""The leaderboard: order, refusals, and three files that say the same and are safe to open."""

from __future__ import annotations

import base64
import csv
import dataclasses
import hashlib
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from snellen.errors import InputError
from snellen.reports.leaderboard.page import place, sort_value, write_leaderboard
from snellen.reports.leaderboard.standings import Chart, Entry, entry_of, standings
from snellen.stats.acuity import measure
from snellen.stats.board import LengthCounts

CHART = Chart("1", "a" * 64)
LENGTHS = 2 ** np.arange(8)


def task(threshold, chance=0.0, trials=40):
    p = chance + (1 - chance) / (1 + (LENGTHS / threshold) ** 3)
    right = np.round(trials * p).astype(int)
    asked = np.full(8, trials)
    l50 = measure(LENGTHS, right, asked, chance=chance).l50
    return l50, LengthCounts.of(LENGTHS, right, asked, chance)


def entry(model, *thresholds, **changes):
    tasks = {f"task_{i}": task(t) for i, t in enumerate(thresholds)}
    acuities = {name: l50 for name, (l50, _) in tasks.items()}
    counts = {name: both for name, (_, both) in tasks.items()}
    made = Entry(model, f"run-{model}", CHART.sha256, acuities, counts, 320, 0.01, 0.0)
    return dataclasses.replace(made, **changes)


@pytest.fixture(scope="module")
def entries():
    return [
        entry("middling", 10, 12, numerics={"dtype": "bfloat16"}, tokens=(12_000, 3_000)),
        entry("sharp", 40, 50, cost_usd=1.5, report="sharp/report.html"),
        entry("blind", 2, 3),
        entry("eagle", 1e6, 1e6),
        entry("also_middling", 10.5, 12),
    ]


def test_better_models_come_first_with_ranks_that_overlap_where_they_must(entries):
    placed, refused = standings(entries, CHART)
    names = [s.entry.model for s in placed]
    ranks = {s.entry.model: tuple(s.rank) for s in placed}
    assert refused == []
    assert names[:2] == ["eagle", "sharp"]
    assert set(names[2:4]) == {"middling", "also_middling"}
    assert names[4] == "blind"
    assert ranks["eagle"] == (1, 1)
    assert ranks["middling"] == ranks["also_middling"] == (3, 4)


def test_the_mean_is_that_of_log_lengths_over_tasks(entries):
    """Symmetric curves inside the chart: the area under each ends at its L50, half a step late."""
    placed, _ = standings(entries, CHART)
    middling = next(s for s in placed if s.entry.model == "middling")
    values = [a.value for a in middling.entry.acuities.values()]
    assert middling.mean.value == pytest.approx(np.prod(values) ** (1 / len(values)), rel=0.05)


def test_a_run_of_another_chart_is_refused_with_the_reason(entries, tmp_path):
    old = entry("old", 90, 90, documents_sha256="b" * 64)
    page, refused = write_leaderboard(tmp_path, [*entries, old], CHART)
    (only,) = refused
    assert only.entry is old
    assert only.reason.startswith("it was asked bbbbbbbbbbbb, and chart 1 is aaaaaaaaaaaa")
    assert only.reason in page.read_text()
    assert only.reason in (tmp_path / "leaderboard.md").read_text()
    assert "old" not in [row["model"] for row in rows_of(tmp_path)]


def test_a_model_without_a_task_that_others_have_is_refused(entries):
    _, refused = standings([*entries, entry("lazy", 10)], CHART)
    assert [(r.entry.model, r.reason) for r in refused] == [("lazy", "it was not asked task_1")]


def test_a_model_with_many_failures_is_refused_and_with_few_is_not(entries):
    broken = [entry("broken", 10, 12, failed=0.1), entry("scratched", 10, 12, failed=0.01)]
    placed, (refused,) = standings([*entries, *broken], CHART)
    assert refused.entry.model == "broken"
    assert refused.reason.startswith("32 of 320 requests failed (10.0%)")
    assert "scratched" in [s.entry.model for s in placed]


def test_a_task_without_acuity_counts_by_its_answers(entries):
    """Blind on a task that others see: no L50 there, and behind them on the board."""
    half = entry("half_blind", 1e6, 1e-6)
    assert half.acuities["task_1"].reason is not None
    placed, refused = standings([*entries, half], CHART)
    assert refused == []
    ranks = {s.entry.model: s.rank for s in placed}
    assert ranks["half_blind"].best > ranks["eagle"].worst


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"numerics": {"dtype": "float32"}}, r"dtype \(bfloat16, float32\)"),
        ({"documents_sha256": "b" * 64}, "prompts"),
    ],
)
def test_a_model_that_is_there_twice_is_named(entries, changes, what):
    again = dataclasses.replace(entries[0], run_id="again", **changes)
    with pytest.raises(InputError, match=f"middling is there twice.*different {what}"):
        standings([*entries, again], CHART)


def test_no_run_of_the_chart_is_an_error_in_one_line(tmp_path):
    old = entry("old", 90, documents_sha256="b" * 64)
    with pytest.raises(InputError, match="no run can be on the leaderboard of chart 1: old: it"):
        write_leaderboard(tmp_path, [old], CHART)
    assert list(tmp_path.iterdir()) == []


def rows_of(folder):
    with (folder / "leaderboard.csv").open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


@pytest.fixture(scope="module")
def folder(entries, tmp_path_factory):
    where = tmp_path_factory.mktemp("board")
    nasty = entry('<script>"|`x`\n', 11, 13, report="a b/report.html")
    write_leaderboard(where, [*entries, nasty], CHART)
    return where


def test_the_csv_holds_the_numbers(folder, entries):
    rows = {row["model"]: row for row in rows_of(folder)}
    sharp, eagle = rows["sharp"], rows["eagle"]
    value = next(e for e in entries if e.model == "sharp").acuities["task_0"]
    assert float(sharp["l50_task_0"]) == pytest.approx(value.value)
    assert float(sharp["l50_task_0_low"]) == pytest.approx(value.interval.low)
    assert (sharp["cost_usd"], sharp["chart_version"]) == ("1.5", "1")
    assert float(eagle["mean_acuity"]) == float(eagle["mean_acuity_high"]) == 128
    assert eagle["l50_task_0"] == eagle["l50_task_0_high"] == ""
    assert eagle["l50_task_0_censored"] == "above"
    assert rows["middling"]["prompt_tokens"] == "12000"


def test_markdown_keeps_one_line_per_model(folder, entries):
    lines = [x for x in (folder / "leaderboard.md").read_text().splitlines() if x[:1] == "|"]
    assert len(lines) == 2 + len(entries) + 1
    columns = {len(re.findall(r"(?<!\\)\|", line)) for line in lines}
    assert len(columns) == 1
    assert any("(a%20b/report.html)" in line for line in lines)


class Board(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def test_the_page_fetches_nothing_and_allows_its_own_script_only(folder):
    html = (folder / "leaderboard.html").read_text(encoding="utf-8")
    board = Board(html)
    assert board.tags.count("script") == 1
    script = re.search(r"<script>(.*)</script>", html, flags=re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html
    assert {v for k, v in board.attributes if k == "href"} == {
        "sharp/report.html",
        "a b/report.html",
    }
    assert not [k for k, _ in board.attributes if k == "src" or k.startswith("on")]


def test_every_cell_that_sorts_has_something_to_sort_by(folder):
    html = (folder / "leaderboard.html").read_text(encoding="utf-8")
    body = html[html.index("<tbody>") : html.index("</tbody>")]
    heads = html.count("<button")
    for row in body.split("<tr ")[1:]:
        assert row.count("data-sort=") == heads


def test_bounds_sort_beside_values():
    assert sort_value(task(1e6)[0]) == 128
    assert sort_value(task(20)[0]) == pytest.approx(20, rel=0.1)
    assert sort_value(task(1e-3)[0]) <= 1


def test_places_stay_on_the_axis():
    axis = (1.0, 256.0)
    assert [place(x, axis) for x in (0, 1, 16, 256, 1e9, float("inf"))] == [0, 0, 50, 100, 100, 100]


def test_an_entry_sums_up_a_run(simulated):
    trials = pd.concat(
        [simulated("count_ones", rambling=0.5), simulated("count_ones", mode="cot")],
        ignore_index=True,
    )
    facts = {
        "run_id": "r",
        "documents_sha256": "d" * 64,
        "plan": {"model": "bundled", "temperature": 0.0, "max_tokens": None},
        "numerics": {"dtype": "float32"},
        "cost_usd": 0.0,
    }
    made = entry_of(trials, facts, "x/report.html")
    assert list(made.acuities) == ["count_ones", "count_ones (cot)"]
    assert (made.model, made.trials, made.report) == ("bundled", 320, "x/report.html")
    assert made.truncated == pytest.approx((trials["outcome"] == "truncated").mean())
    assert made.tokens == (trials["prompt_tokens"].sum(), trials["completion_tokens"].sum())
    assert made.numerics == {"dtype": "float32", "temperature": 0.0}
