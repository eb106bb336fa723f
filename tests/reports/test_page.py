"""The page and the files around it: complete, self-contained, and safe to open."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from snellen.errors import InputError
from snellen.reports.run.examples import choose, visible
from snellen.reports.run.writing import replace, write_report

FIGURES = ("error.svg", "error.png", "answers.svg", "answers.png")
CHART = {"eye_chart.svg", "eye_chart.png"}
NASTY = "<script>alert(1)</script>\x00\u202e'\"&</pre>\ud800"


class Page(HTMLParser):
    """Collects what a reader or a browser would meet."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.ids, self.text = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_data(self, data):
        self.text.append(data)


def examples_of(trials):
    for trial in trials.to_dict("records"):
        said = trial["answer"] if isinstance(trial["answer"], str) else ""
        yield {
            **{
                k: trial[k] for k in ("task", "mode", "lens", "length", "index", "truth", "outcome")
            },
            "answer": said,
            "prompt": f"Prompt of {trial['task']} at {trial['length']}: " + "1 " * trial["length"],
            "answer_text": f"I say {said} {NASTY}",
        }


@pytest.fixture(scope="module")
def run_dir(chart, manifest, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    write_report(folder, chart, manifest, examples_of(chart))
    return folder


@pytest.fixture(scope="module")
def html(run_dir):
    return (run_dir / "report.html").read_text(encoding="utf-8")


def test_all_files_are_written_and_nothing_else(run_dir, chart):
    tasks = chart["task"].unique()
    figures = {f"{task}_{end}" for task in tasks for end in FIGURES} | CHART
    assert {path.name for path in run_dir.iterdir()} == {
        "curves.csv",
        "histogram.csv",
        "figures",
        "report.html",
    }
    assert {path.name for path in (run_dir / "figures").iterdir()} == figures


def test_the_page_fetches_nothing_and_runs_nothing(html):
    page = Page(html)
    assert "script" not in page.tags
    for name, value in page.attributes:
        assert not name.startswith("on")
        if name in ("src", "href", "xlink:href", "data"):
            assert value.startswith("#")
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


def test_ids_are_unique_and_references_resolve(html):
    page = Page(html)
    assert len(page.ids) == len(set(page.ids))
    wanted = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', html))
    assert wanted <= set(page.ids)


def test_what_a_model_said_is_shown_and_never_markup(html):
    assert (
        "&lt;script&gt;alert(1)&lt;/script&gt;⟨U+0000⟩⟨U+202E⟩&#39;&#34;&amp;&lt;/pre&gt;?" in html
    )


def test_every_figure_has_words_for_those_who_cannot_see_it(html):
    labels = re.findall(r'<svg role="img" aria-label="([^"]+)"', html)
    assert len(labels) == html.count("<figure") == 9
    assert all(len(label) > 40 for label in labels)


def test_tables_have_headers(html):
    assert html.count("<table") == html.count("<thead>") > 0
    assert 'scope="row"' in html


def test_five_examples_per_task_evenly_over_lengths(chart):
    chosen = choose(examples_of(chart))
    for task in chart["task"].unique():
        lengths = [e.length for e in chosen if e.task == task]
        assert len(lengths) == 5
        assert lengths == sorted(lengths)
        assert (lengths[0], lengths[-1]) == (1, 128)


def test_the_manifest_and_the_warnings_are_on_the_page(html):
    text = " ".join(Page(html).text)
    assert "simulated/observer" in text
    assert "float32" in text
    assert "raise --max-tokens" in text
    assert "trials failed and are left out" in text


def test_long_prompts_are_folded_and_complete(html, chart):
    prompt = "Prompt of count_ones at 128: " + "1 " * 128
    assert prompt in html
    long = "x" * 5000
    trial = {"task": "t", "mode": "direct", "lens": "none", "length": 1, "index": 0}
    (example,) = choose(
        [
            trial
            | {"truth": "1", "answer": "", "outcome": "wrong", "prompt": long, "answer_text": ""}
        ]
    )
    assert example.prompt == long


def test_csv_files_hold_the_documented_columns(run_dir):
    with (run_dir / "histogram.csv").open(encoding="utf-8") as source:
        assert next(csv.reader(source)) == [
            "task", "mode", "lens", "quantity", "value", "frequency", "true_frequency",
        ]  # fmt: skip
    with (run_dir / "curves.csv").open(encoding="utf-8") as source:
        header = next(csv.reader(source))
    assert header[:6] == ["task", "mode", "lens", "length", "tokens", "n"]
    assert {"accuracy_low", "accuracy_truncated_excluded", "error_p90_high"} <= set(header)


def test_a_second_report_replaces_the_first(simulated, manifest, tmp_path):
    write_report(tmp_path, simulated("count_ones", trials=3), manifest)
    (tmp_path / "figures" / "notes.txt").write_text("mine")
    write_report(tmp_path, simulated("count_word", trials=3), manifest)
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert names == {"notes.txt"} | CHART | {f"count_word_{end}" for end in FIGURES}


def test_a_report_is_the_same_bytes_each_time(simulated, manifest, tmp_path):
    trials = simulated(trials=4)
    pages = [
        write_report(tmp_path / name, trials, manifest, examples_of(trials)).page.read_bytes()
        for name in ("a", "b")
    ]
    assert pages[0] == pages[1]


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = replace(tmp_path / "report.html", "old")
    with pytest.raises(UnicodeEncodeError):
        replace(path, "new \ud800")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_no_trials_is_an_error_in_one_line(chart, manifest, tmp_path):
    with pytest.raises(InputError, match="no trials to report on"):
        write_report(tmp_path, chart.iloc[:0], manifest)


def test_two_models_are_not_mixed_into_one_curve(simulated, manifest, tmp_path):
    mixed = pd.concat([simulated(trials=2), simulated(trials=2).assign(model="other")])
    with pytest.raises(InputError, match="2 models \\(other, simulated/observer\\)"):
        write_report(tmp_path, mixed, manifest)


def test_a_trial_is_not_counted_twice(simulated, manifest, tmp_path):
    twice = pd.concat([simulated(trials=2), simulated(trials=1)])
    with pytest.raises(InputError, match="length 1, index 0, seed 0 is there twice"):
        write_report(tmp_path, twice, manifest)


def test_ordinary_text_is_left_alone():
    text = "Größe\t1 + 1 = 2\n✓ 数"
    assert visible(text) == text
