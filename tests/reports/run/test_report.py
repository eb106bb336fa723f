"""The page and the files around it: complete, self-contained, and safe to open."""

from __future__ import annotations

import base64
import csv
import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from snellen.errors import InputError
from snellen.reports.run.examples import pick_examples, visible
from snellen.reports.run.explorer import MOST_TEXTS
from snellen.reports.run.report import write_report
from snellen.reports.trial_texts import Texts, TrialRow, TrialTexts

from ...present import present

FIGURES = ("error.svg", "error.png", "answers.svg", "answers.png")
CHART = {"eye_chart.svg", "eye_chart.png"}


class Page(HTMLParser):
    """Collects what a reader or a browser would meet."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.ids: list[str | None] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def run_dir(
    chart: pd.DataFrame,
    manifest: dict[str, Any],
    texts: Texts,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("run")
    write_report(folder, chart, manifest, texts)
    return folder


@pytest.fixture(scope="module")
def html(run_dir: Path) -> str:
    return (run_dir / "report.html").read_text(encoding="utf-8")


def test_all_files_are_written_and_nothing_else(run_dir: Path, chart: pd.DataFrame) -> None:
    tasks = chart["task"].unique()
    figures = {f"{task}_{end}" for task in tasks for end in FIGURES} | CHART
    assert {path.name for path in run_dir.iterdir()} == {
        "curves.csv",
        "acuity.csv",
        "over_tasks.csv",
        "histogram.csv",
        "figures",
        "report.html",
    }
    assert {path.name for path in (run_dir / "figures").iterdir()} == figures


def test_the_page_fetches_nothing_and_runs_its_own_script_only(html: str) -> None:
    page = Page(html)
    assert page.tags.count("script") == 2
    (ours,) = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(ours.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in html
    assert html.count("</script") == 2  # nothing that a model said can end one
    for name, value in page.attributes:
        assert not name.startswith("on")
        if name in ("src", "href", "xlink:href", "data"):
            assert present(value).startswith("#")
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


def test_ids_are_unique_and_references_resolve(html: str) -> None:
    page = Page(html)
    assert len(page.ids) == len(set(page.ids))
    wanted = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', html))
    assert wanted <= set(page.ids)


def test_what_a_model_said_is_shown_and_never_markup(html: str) -> None:
    assert (
        "&lt;script&gt;alert(1)&lt;/script&gt;⟨U+0000⟩⟨U+202E⟩&#39;&#34;&amp;&lt;/pre&gt;?" in html
    )


def test_every_figure_has_words_for_those_who_cannot_see_it(html: str) -> None:
    labels = re.findall(r'<svg role="img" aria-label="([^"]+)"', html)
    assert len(labels) == html.count("<figure") == 9
    assert all(len(label) > 40 for label in labels)


def test_tables_have_headers(html: str) -> None:
    assert html.count("<table") == html.count("<thead>") > 0
    assert 'scope="row"' in html


def test_five_examples_per_task_evenly_over_lengths(chart: pd.DataFrame) -> None:
    chosen = pick_examples(chart)
    for task in chart["task"].unique():
        lengths = list(chosen.loc[chosen["task"] == task, "length"])
        assert len(lengths) == 5
        assert lengths == sorted(lengths)
        assert (lengths[0], lengths[-1]) == (1, 128)


def test_the_manifest_and_the_warnings_are_on_the_page(html: str) -> None:
    text = " ".join(Page(html).text)
    assert "simulated/observer" in text
    assert "float32" in text
    assert "raise --max-tokens" in text
    assert "trials failed and are left out" in text


def test_long_prompts_are_folded_and_complete(
    simulated: Callable[..., pd.DataFrame],
    manifest: dict[str, Any],
    tmp_path: Path,
) -> None:
    long = TrialTexts("x" * 5000, "x", "said")
    trials = simulated(lengths=[2], trials=1)
    trials["prompt_sha256"] = hashlib.sha256(long.prompt.encode()).hexdigest()
    html = write_report(tmp_path, trials, manifest, lambda _: long).page.read_text("utf-8")
    assert f"<details><summary>{'x' * 160} …" in html
    assert f"<pre>{long.prompt}</pre>" in html


def test_only_the_trials_that_are_shown_are_asked_for(
    chart: pd.DataFrame,
    manifest: dict[str, Any],
    texts: Texts,
    tmp_path: Path,
) -> None:
    asked = []

    def counted(row: TrialRow) -> TrialTexts | None:
        asked.append((row["task"], row["length"], row["index"]))
        return texts(row)

    write_report(tmp_path, chart, manifest, counted)
    # Five examples of four tasks, the eye chart, and the answers in the table of trials.
    assert len(asked) <= 4 * 5 + 11 + MOST_TEXTS


def test_a_report_without_texts_has_all_but_the_words(
    chart: pd.DataFrame,
    manifest: dict[str, Any],
    tmp_path: Path,
) -> None:
    html = write_report(tmp_path, chart, manifest).page.read_text("utf-8")
    assert "Word for word" not in html
    assert "no eye chart: the texts of the trials are not at hand" in html
    assert not (tmp_path / "figures" / "eye_chart.svg").exists()


def test_texts_of_another_version_are_not_shown(
    chart: pd.DataFrame,
    manifest: dict[str, Any],
    texts: Texts,
    tmp_path: Path,
) -> None:
    changed = chart.assign(prompt_sha256="f" * 64)
    html = write_report(tmp_path, changed, manifest, texts).page.read_text("utf-8")
    assert "Word for word" not in html
    assert "not all examples are shown" in html


def test_csv_files_hold_the_documented_columns(run_dir: Path) -> None:
    with (run_dir / "histogram.csv").open(encoding="utf-8") as source:
        assert next(csv.reader(source)) == [
            "task", "mode", "answer", "lens", "quantity", "value", "frequency", "true_frequency",
        ]  # fmt: skip
    with (run_dir / "curves.csv").open(encoding="utf-8") as source:
        header = next(csv.reader(source))
    assert header[:7] == ["task", "mode", "answer", "lens", "length", "tokens", "n"]
    assert {"accuracy_low", "accuracy_truncated_excluded", "error_p90_high"} <= set(header)


def test_a_second_report_replaces_the_first(
    simulated: Callable[..., pd.DataFrame],
    manifest: dict[str, Any],
    texts: Texts,
    tmp_path: Path,
) -> None:
    write_report(tmp_path, simulated("count_ones", trials=3), manifest, texts)
    (tmp_path / "figures" / "notes.txt").write_text("mine")
    write_report(tmp_path, simulated("count_word", trials=3), manifest, texts)
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert names == {"notes.txt"} | CHART | {f"count_word_{end}" for end in FIGURES}


def test_a_report_is_the_same_bytes_each_time(
    simulated: Callable[..., pd.DataFrame],
    manifest: dict[str, Any],
    texts: Texts,
    tmp_path: Path,
) -> None:
    trials = simulated(trials=4)
    pages = [
        write_report(tmp_path / name, trials, manifest, texts).page.read_bytes()
        for name in ("a", "b")
    ]
    assert pages[0] == pages[1]


def test_no_trials_is_an_error_in_one_line(
    chart: pd.DataFrame,
    manifest: dict[str, Any],
    tmp_path: Path,
) -> None:
    with pytest.raises(InputError, match="no trials to report on"):
        write_report(tmp_path, chart.iloc[:0], manifest)


def test_two_models_are_not_mixed_into_one_curve(
    simulated: Callable[..., pd.DataFrame],
    manifest: dict[str, Any],
    tmp_path: Path,
) -> None:
    mixed = pd.concat([simulated(trials=2), simulated(trials=2).assign(model="other")])
    with pytest.raises(InputError, match="2 models \\(other, simulated/observer\\)"):
        write_report(tmp_path, mixed, manifest)


def test_a_trial_is_not_counted_twice(
    simulated: Callable[..., pd.DataFrame],
    manifest: dict[str, Any],
    tmp_path: Path,
) -> None:
    twice = pd.concat([simulated(trials=2), simulated(trials=1)])
    with pytest.raises(InputError, match="length 1, index 0, seed 0 appears twice"):
        write_report(tmp_path, twice, manifest)


def test_ordinary_text_is_left_alone() -> None:
    text = "Größe\t1 + 1 = 2\n✓ 数"
    assert visible(text) == text


def test_a_row_of_every_mode_finds_its_texts(
    simulated: Callable[..., pd.DataFrame], texts: Texts
) -> None:
    modes = [simulated(mode=mode, lengths=[3], trials=1) for mode in ("direct", "cot")]
    for row in pd.concat(modes).to_dict("records"):
        assert (
            hashlib.sha256(present(texts(row)).prompt.encode()).hexdigest() == row["prompt_sha256"]
        )


def test_where_answers_are_not_kept_the_eye_chart_is_drawn_without_them(
    simulated: Callable[..., pd.DataFrame],
    manifest: dict[str, Any],
    texts: Texts,
    tmp_path: Path,
) -> None:
    def asked_only(row: TrialRow) -> TrialTexts:
        return present(texts(row))._replace(answer_text=None)

    html = write_report(tmp_path, simulated(trials=3), manifest, asked_only).page.read_text("utf-8")
    assert (tmp_path / "figures" / "eye_chart.svg").exists()
    assert "Word for word" not in html
    assert "the answers are not kept word for word" in html
