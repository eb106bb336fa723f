"""``snellen report``: everything is redrawn from the table of trials alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Snellen = Callable[..., Any]


def test_a_report_is_redrawn_from_trials_alone(
    finished: tuple[Path, str], snellen: Snellen
) -> None:
    Path("alone").mkdir()
    shutil.copy(finished[0] / "trials.csv", "alone")
    said = snellen("report", "alone")
    assert said.code == 0, said.err
    assert "report: alone/report.html" in said.out
    for name in ("curves.csv", "histogram.csv"):
        assert Path("alone", name).read_bytes() == (finished[0] / name).read_bytes()
    drawn = {path.name for path in Path("alone/figures").iterdir()}
    assert drawn == {path.name for path in (finished[0] / "figures").iterdir()}


def test_a_report_shows_answers_where_the_journal_is(
    finished: tuple[Path, str], snellen: Snellen
) -> None:
    shutil.copytree(finished[0], "run")
    page = Path("run/report.html").read_text(encoding="utf-8")
    Path("run/report.html").unlink()
    table = Path("run/trials.csv").read_bytes()
    assert snellen("report", "run").code == 0
    assert Path("run/report.html").read_text(encoding="utf-8") == page
    assert Path("run/trials.csv").read_bytes() == table


def everything(folder: Path) -> dict[Path, object]:
    """All that can be told of a folder; its own time changes with any file made or taken away."""
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in (folder, *folder.rglob("*"))
    }


def test_what_only_reads_leaves_a_run_as_it_is(
    finished: tuple[Path, str], snellen: Snellen
) -> None:
    shutil.copytree(finished[0], "archive/one")
    shutil.copytree(finished[0], "archive/two")
    before = everything(Path("archive"))
    for code, *words in (
        (0, "export", "archive/one", "--to", "parquet", "--out", "tables"),
        (3, "compare", "archive/one", "archive/two"),
        (3, "compare", "archive", "archive"),
        (0, "report", "archive/one", "--out", "pages"),
        (0, "report", "archive", "--out", "pages/all"),
    ):
        said = snellen(*words)
        assert said.code == code, said.err
        assert everything(Path("archive")) == before, words
    page = Path("pages/report.html").read_text(encoding="utf-8")
    assert page == Path("archive/one/report.html").read_text(encoding="utf-8")
    assert 'href="./../../archive/two/report.html"' in Path("pages/all/results.html").read_text()


def test_samples_of_our_own_run_give_the_same_trials(
    finished: tuple[Path, str], snellen: Snellen
) -> None:
    samples = sorted((finished[0] / "lm_eval").rglob("samples_*.jsonl"))
    said = snellen("report", *samples, "--out", "again")
    assert said.code == 0, said.err
    assert Path("again/report.html").is_file()
    mine, theirs = (
        {tuple(line.split(",")[i] for i in (2, 5, 7, 9)) for line in path.read_text().splitlines()}
        for path in (finished[0] / "trials.csv", Path("again/trials.csv"))
    )
    assert mine == theirs


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["none"], "none holds no trials.csv"),
        (["none.jsonl"], "none.jsonl"),
        (["ours", "samples.jsonl"], "not both"),
        (["ours", "ours", "--out", "there"], "one at a time"),
        (["ours", "--rejudge", "--out", "there"], "leave --out out"),
        (["ours", "--out", "file"], "cannot write to file"),
        (["foreign.jsonl"], "foreign.jsonl line 1 is not a sample"),
        (["samples.jsonl", "--out", "file"], "cannot write to file"),
        (["column"], "column 'outcome' is missing"),
        (["row"], "trials.csv line 3, column 'length' holds 'x'"),
        (["empty"], "no trials"),
        (["journal"], "cannot read the journal"),
        (["manifest"], "manifest"),
        ([], "required"),
    ],
    ids=lambda value: "-".join(value)[:20] if isinstance(value, list) else None,
)
def test_what_cannot_be_reported_is_one_line(
    words: list[str], says: str, finished: tuple[Path, str], snellen: Snellen
) -> None:
    shutil.copytree(finished[0], "ours")
    samples = next((finished[0] / "lm_eval").rglob("samples_*.jsonl"))
    shutil.copy(samples, "samples.jsonl")
    Path("foreign.jsonl").write_text('{"doc": {"question": "?"}, "resps": [["4"]]}\n')
    Path("file").write_text("mine")
    table = Path("ours/trials.csv").read_text().splitlines(keepends=True)
    for name, lines in {
        "column": [table[0].replace("outcome", "result"), *table[1:]],
        "row": [*table[:2], table[2].replace(",2,", ",x,", 1), *table[3:]],
        "empty": table[:1],
        "journal": table,
        "manifest": table,
    }.items():
        Path(name).mkdir()
        Path(name, "trials.csv").write_text("".join(lines))
    Path("journal/journal.sqlite").write_bytes(b"no database" * 100)
    Path("manifest/manifest.json").write_text("{")
    before = {path for path in Path().rglob("*") if path.is_file()}
    said = snellen("report", *words)
    assert (said.code, said.out) == (2, "")
    assert said.err.count("\n") == 1, said.err
    assert says in said.err
    assert {path for path in Path().rglob("*") if path.is_file()} == before
    assert Path("file").read_text() == "mine"
