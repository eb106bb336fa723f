"""The commands that read a results folder: as they read its runs one by one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import snellen
from snellen.cli.main import main
from snellen.exams import board_design
from snellen.exams.board_entries import board_entries
from snellen.exams.compare import differences
from snellen.exams.leaderboard import board_plan, design, write_board
from snellen.reports.acuities import acuities
from snellen.reports.curves import curves
from snellen.reports.leaderboard import page
from snellen.reports.leaderboard.entries import BoardEntry, entry_of, refuse
from snellen.reports.leaderboard.fitted import FittedLater
from snellen.stats.compare.compare import paired
from snellen.store.pairing import load_run
from snellen.store.plan import Plan
from snellen.store.results.folder import ResultsFolder
from snellen.store.results.pairing import folder_pairings
from snellen.store.trials import read_trials

pytestmark = pytest.mark.usefixtures("undrawn")

Keep = Callable[..., Path]
PlanOf = Callable[..., Plan]


@pytest.fixture
def board(tmp_path: Path, keep: Keep) -> Path:
    """Two models that were asked the board's design; one request in a hundred failed."""
    for model, sees in (("near", 8), ("far", 64)):
        run = tmp_path / "board" / model / board_design.RUN_ID
        sha256 = board_design.SHA256
        keep(run, board_plan(model), sees, failing=100, documents_sha256=sha256)
    return tmp_path / "board"


def row_by_row(run: Path) -> BoardEntry:
    """An entry from the table of a run as `load_run` reads it."""
    found = load_run(run)
    return entry_of(found.trials, found.manifest.model_dump(mode="json"), design(), None)


def told(entry: BoardEntry) -> dict[str, Any]:
    """Everything that an entry says."""
    fields = {name: getattr(entry, name) for name in entry.__slots__ if name != "counts"}
    counts = [
        [column.tolist() for column in (one.tally.correct, one.tally.trials, one.chance)]
        for one in entry.counts
    ]
    quoted = {name: str(said.l50) for name, said in entry.reports.items()}
    return fields | {"reports": quoted, "counts": counts}


def test_a_board_is_the_same_as_run_by_run(board: Path, cache: Path) -> None:
    runs = sorted(board.glob("*/chart-*"))
    counted = sorted(board_entries(board, design()), key=lambda entry: entry.model)
    for found, run in zip(counted, runs, strict=True):
        assert told(found) == told(row_by_row(run))
    written = write_board(board)
    assert not written.refused
    table = pd.read_csv(written.page.with_suffix(".csv"))
    assert table["model"].tolist() == ["far", "near"]
    assert len(list((cache / "acuities").iterdir())) == 2
    first = written.page.read_bytes()
    assert write_board(board).page.read_bytes() == first


def test_each_broken_run_falls_alone(board: Path) -> None:
    def copied(name: str) -> Path:
        run = board / name / board_design.RUN_ID
        shutil.copytree(board / "near" / board_design.RUN_ID, run)
        facts = json.loads((run / "manifest.json").read_text())
        facts["plan"]["model"] = name
        (run / "manifest.json").write_text(json.dumps(facts))
        return run / "trials.csv"

    fewer, relabelled, broken, better = map(copied, ("fewer", "relabelled", "broken", "better"))
    fewer.write_text("".join(fewer.read_text().splitlines(keepends=True)[:-5]))
    relabelled.write_text(relabelled.read_text().replace(",direct,none,256,", ",direct,none,4,"))
    broken.write_text(broken.read_text().replace("unparseable", "unknown", 1))
    better.write_text(better.read_text().replace(",unparseable,", ",correct,"))
    unfinished = copied("unfinished")
    unfinished.unlink()
    _, refused = refuse(board_entries(board, design()), design())
    reasons = {one.entry.model: one.reason for one in refused}
    for path in (fewer, relabelled, better):
        assert reasons[path.parent.parent.name] == row_by_row(path.parent).fault
    assert "column 'outcome' holds 'unknown'" in reasons[f"broken/{board_design.RUN_ID}"]
    assert "repeat its command" in reasons[f"unfinished/{board_design.RUN_ID}"]
    assert len(reasons) == 5


def test_a_long_board_fits_its_head(board: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "FITTED", 1)
    table = pd.read_csv(write_board(board).page.with_suffix(".csv"))
    assert table["L50_count_word"].notna().tolist() == [True, False]
    assert table["L50_count_word_reason"].iloc[1].startswith("fitted for the first")
    assert table["restricted_mean"].notna().all()
    assert "no L50" not in str(table["warnings"].iloc[1])


def test_a_kept_fit_is_the_fit(folder: Path, cache: Path) -> None:
    table = curves(read_trials(folder / "a" / "one" / "trials.csv"))
    fitted = {key.name: report for key, report in acuities(table).items()}
    for _ in range(2):  # made, then kept
        found = FittedLater(table)
        assert list(found) == list(fitted)
        for name, report in fitted.items():
            assert found[name].l50.interval == report.l50.interval
            assert (found[name].l50.value, str(found[name].l50)) == (
                report.l50.value, str(report.l50)
            )  # fmt: skip
            assert found[name].warnings == report.warnings
    (kept,) = (cache / "acuities").iterdir()
    kept.write_text("{")
    assert str(FittedLater(table)["count_ones"].l50) == str(fitted["count_ones"].l50)
    other = FittedLater(table.assign(correct=0))
    assert other["count_ones"].l50.reason is not None


def test_a_report_over_all_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "b" / "one" / "report.html").write_text("its page")
    assert main(["report", str(folder)]) == 0
    assert "4 runs, 10 curves, 120 trials" in capsys.readouterr().out
    table = pd.read_csv(folder / "results.csv")
    row = table[(table["run"] == "a/two") & (table["mode"] == "cot")].iloc[0]
    trials = read_trials(folder / "a" / "two" / "trials.csv")
    mine = trials[(trials["mode"] == "cot") & (trials["task"] == row["task"])]
    there = mine[mine["outcome"] != "failed"]
    assert (row["n"], row["answered"]) == (len(mine), len(there))
    assert row["accuracy"] == (there["outcome"] == "correct").mean()
    at4 = there[there["length"] == 4]
    assert row["accuracy 4–7"] == (at4["outcome"] == "correct").mean()
    assert (row["shortest"], row["longest"]) == (1, 16)
    html = (folder / "results.html").read_text()
    assert 'href="./b/one/report.html"' in html
    assert 'href="./a/one/report.html"' not in html


def test_a_report_names_what_is_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "b" / "one" / "trials.csv").write_text("<b>no table</b>\n")
    assert main(["report", str(folder)]) == 0
    assert "left out b/one: " in capsys.readouterr().err
    assert "<b>no table" not in (folder / "results.html").read_text()
    assert main(["report", str(folder), "--rejudge"]) == 2
    assert "is a folder of runs" in capsys.readouterr().err


def test_two_folders_of_one_run_are_two_runs(folder: Path) -> None:
    by_run = snellen.compare(folder / "a" / "one", folder / "b" / "one")
    shutil.copytree(folder / "a" / "one", folder / "x" / "one")
    shutil.copytree(folder / "b" / "one", folder / "y" / "one")
    by_folder = snellen.compare(folder / "x", folder / "y")
    assert [one.name for one in by_folder] == [one.name for one in by_run]
    for one, other in zip(by_folder, by_run, strict=True):
        assert one.result.why == other.result.why
        assert one.result.p_pooled == other.result.p_pooled
        assert one.result.ratio_interval == other.result.ratio_interval
        assert one.pairing.unread_b == other.pairing.unread_b


def pairs_of(a: Path, b: Path) -> dict[str, tuple[int, int]]:
    """How many pairs each curve has, and in how many A alone was right."""
    found = folder_pairings(ResultsFolder(a), ResultsFolder(b))
    counted = {one.name: paired(one.answers_a, one.answers_b) for one in found}
    return {name: (pairs.total, int(pairs.only_a.sum())) for name, pairs in counted.items()}


def test_folders_are_compared_over_all_their_runs(
    folder: Path, keep: Keep, plan_of: PlanOf
) -> None:
    both = pairs_of(folder / "a", folder / "b")
    alone = pairs_of(folder / "a" / "one", folder / "b" / "one")
    again = pairs_of(folder / "a" / "two", folder / "b" / "deeper")
    assert both == {
        name: (alone[name][0] + again[name][0], alone[name][1] + again[name][1]) for name in alone
    }
    assert min(only_a for _, only_a in both.values()) > 0
    # Asked again later, with other answers: the first stands.
    later = plan_of("org/b", replicate=1)
    keep(folder / "b" / "later", later, 16, created="2026-03-01T00:00:00+00:00")
    assert pairs_of(folder / "a", folder / "b") == both
    line_a, line_b = differences(folder / "a", folder / "b")
    assert (line_a, line_b) == ("A: 2 runs of org/a", "B: 3 runs of org/b")


def test_folders_of_several_models_pair_each_with_itself(
    tmp_path: Path, keep: Keep, plan_of: PlanOf
) -> None:
    for side, sees in (("before", 16), ("after", 1)):
        for model in ("m", "n"):
            keep(tmp_path / side / model, plan_of(model), sees)
    found = pairs_of(tmp_path / "before", tmp_path / "after")
    one = pairs_of(tmp_path / "before" / "m", tmp_path / "after" / "m")
    assert found == {name: (2 * total, 2 * only_a) for name, (total, only_a) in one.items()}
    keep(tmp_path / "others" / "o", plan_of("o"), 1)
    keep(tmp_path / "others" / "p", plan_of("p"), 1)
    with pytest.raises(snellen.InputError, match="no model in common"):
        snellen.compare(tmp_path / "before", tmp_path / "others")


def test_folders_that_asked_other_questions(tmp_path: Path, keep: Keep, plan_of: PlanOf) -> None:
    keep(tmp_path / "a" / "one", plan_of("m"), 4)
    keep(tmp_path / "b" / "one", plan_of("m", seed=5), 4)
    (tmp_path / "empty").mkdir()
    with pytest.raises(snellen.InputError, match="no trial in common"):
        snellen.compare(tmp_path / "a", tmp_path / "b")
    with pytest.raises(snellen.InputError, match="is not a run directory"):
        snellen.compare(tmp_path / "a", tmp_path / "empty")
