"""All runs of a folder through DuckDB: the same as pandas finds in the same files, one by one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import snellen
from pandas.testing import assert_frame_equal
from snellen.reports.curves import curves
from snellen.store.plan import Plan
from snellen.store.results.tables import parquet_of, quick_table
from snellen.store.trials import ADDED_LATER, COLUMNS, read_trials

KEY = ["run", "task", "mode", "answer", "lens", "length"]


def one_by_one(folder: Path) -> dict[str, pd.DataFrame]:
    """The trials of every run, read by itself from its CSV."""
    return {
        path.parent.relative_to(folder).as_posix(): read_trials(path)
        for path in sorted(folder.rglob("trials.csv"))
    }


def test_curves_are_those_of_each_run_by_itself(folder: Path) -> None:
    found = snellen.load_results(folder).curves
    assert found["n"].sum() == 24 * 5
    runs = one_by_one(folder)
    expected = pd.concat([curves(trials).assign(run=run) for run, trials in runs.items()])
    assert {"refused", "accuracy_high", "accuracy_truncated_excluded"} <= set(found.columns)
    columns = [name for name in found.columns if name != "model"]
    assert_frame_equal(
        found[columns].sort_values(KEY, ignore_index=True),
        expected[columns].sort_values(KEY, ignore_index=True),
        check_dtype=False,
    )
    models = {run: trials["model"].iloc[0] for run, trials in runs.items()}
    assert found.set_index("run")["model"].to_dict() == models


def test_trials_are_those_of_the_tables(folder: Path) -> None:
    found = snellen.load_results(folder)
    table = found.sql("SELECT * FROM trials ORDER BY run, mode, task, length, index").df()
    by = ["run", "mode", "task", "length", "index"]
    expected = pd.concat([trials.assign(run=run) for run, trials in one_by_one(folder).items()])
    expected = expected.sort_values(by, ignore_index=True)[["run", *COLUMNS]]
    assert_frame_equal(table.astype(COLUMNS), expected.astype({"run": "str"}))
    assert found.trials.filter("outcome = 'failed'").shape[0] == (
        (expected["outcome"] == "failed").sum()
    )


def test_runs_say_what_they_are(folder: Path) -> None:
    found = snellen.load_results(folder)
    assert found.runs["run"].tolist() == ["a/one", "a/two", "b/deeper/two", "b/one"]
    assert found.runs["model"].tolist() == ["org/a", "org/a", "org/b", "org/b"]
    assert found.load("b/deeper/two").manifest.plan.seed == 1
    right = found.sql(
        "SELECT avg((outcome = 'correct')::int) FROM trials JOIN runs USING (run) "
        "WHERE runs.model = ? AND length <= 4",
        "org/a",
    ).fetchall()[0][0]
    assert 0.8 < right < 0.9  # all that did not fail
    assert "4 runs" in repr(found)


def test_a_run_is_a_folder_of_one(folder: Path) -> None:
    found = snellen.load_results(folder / "a" / "one")
    assert found.runs["run"].tolist() == ["."]
    assert found.curves["n"].sum() == 24


@pytest.mark.parametrize("name", ["plain", "a[1] *?", "quo'te"])
def test_tables_without_parquet_are_read_once(folder: Path, cache: Path, name: str) -> None:
    before = snellen.load_results(folder).curves
    moved = folder.rename(folder.with_name(name))
    for parquet in moved.rglob("*.parquet"):
        parquet.unlink()
    assert_frame_equal(snellen.load_results(moved).curves, before)
    made = sorted((cache / "tables").iterdir())
    times = [path.stat().st_mtime_ns for path in made]
    assert len(made) == 4
    assert_frame_equal(snellen.load_results(moved).curves, before)
    assert [path.stat().st_mtime_ns for path in sorted((cache / "tables").iterdir())] == times


def test_parquet_in_a_folder_with_odd_letters(folder: Path, cache: Path) -> None:
    before = snellen.load_results(folder).curves
    assert_frame_equal(
        snellen.load_results(folder.rename(folder.with_name("a[1]*"))).curves, before
    )
    assert not cache.exists()


def test_copies_of_a_run_are_runs(folder: Path) -> None:
    (folder / "a" / "one" / "trials.parquet").unlink()
    for name in ("copy", "copy2"):
        shutil.copytree(folder / "a" / "one", folder / name)
    found = snellen.load_results(folder).curves
    assert found.groupby("run")["n"].sum()[["a/one", "copy", "copy2"]].tolist() == [24, 24, 24]


def test_what_links_reach_twice_counts_once(folder: Path) -> None:
    (folder / "a" / "back").symlink_to(folder, target_is_directory=True)
    (folder / "also").symlink_to(folder / "a", target_is_directory=True)
    assert len(snellen.load_results(folder).runs) == 4


@pytest.mark.parametrize("dated", [False, True])
def test_parquet_out_of_date_is_not_read(folder: Path, dated: bool) -> None:
    csv = folder / "b" / "one" / "trials.csv"
    before = csv.stat()
    csv.write_bytes(csv.read_bytes().replace(b",correct,", b",refused,"))
    assert csv.stat().st_size == before.st_size
    os.utime(csv, ns=(before.st_atime_ns, before.st_mtime_ns + (10**9 if dated else 1)))
    counts = snellen.load_results(folder).curves.groupby("run")[["correct", "refused"]].sum()
    assert counts["correct"]["b/one"] == 0
    assert counts["refused"]["b/one"] > 0
    assert counts["correct"]["a/one"] > 0
    # The one made meanwhile gives way to the next.
    csv.write_bytes(csv.read_bytes().replace(b",refused,", b",correct,"))
    assert parquet_of(csv.parent) == csv.with_suffix(".parquet")


def test_parquet_is_read_after_copying_without_times(folder: Path, cache: Path) -> None:
    for path in folder.rglob("trials.*"):
        os.utime(path)
    assert parquet_of(folder / "a" / "one").parent == folder / "a" / "one"
    assert not cache.exists()


def test_parquet_of_an_older_version_is_not_taken_on_trust(folder: Path) -> None:
    run = folder / "a" / "one"
    table = read_trials(run / "trials.csv")
    table.assign(outcome="correct").to_parquet(run / "trials.parquet")
    found = snellen.load_results(folder).curves
    assert (
        found.loc[found["run"] == "a/one", "failed"].sum() == (table["outcome"] == "failed").sum()
    )


def test_a_run_that_is_broken_is_left_out_by_name(folder: Path) -> None:
    csv = folder / "b" / "one" / "trials.csv"
    csv.write_text(csv.read_text().replace("correct", "corect", 1))
    (folder / "a" / "two" / "manifest.json").write_text("{}")
    found = snellen.load_results(folder)
    assert set(found.left_out) == {"b/one", "a/two"}
    assert "column 'outcome' holds 'corect'" in found.left_out["b/one"]
    assert "is not a manifest" in found.left_out["a/two"]
    assert len(found.runs) == 2
    assert "2 left out" in repr(found)


def test_what_holds_no_run_is_refused(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(snellen.InputError, match="holds no run that can be read"):
        snellen.load_results(tmp_path / "empty")
    with pytest.raises(snellen.InputError, match="is not a folder"):
        snellen.load_results(tmp_path / "none")
    with pytest.raises(snellen.InputError, match="no run 'c'"):
        snellen.load_results(folder).load("c")
    with pytest.raises(snellen.InputError, match=r"DuckDB cannot answer: .*nothing"):
        snellen.load_results(folder).sql("SELECT nothing FROM trials")


CHANGES: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "an integer as a number": lambda text: text.replace(",16,25,", ",16.0,25,"),
    "no end of line": lambda text: text.rstrip("\n"),
    "another order of columns": lambda text: "\n".join(
        ",".join(reversed(line.split(","))) for line in text.splitlines()
    ),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "an answer with quotes": lambda text: text.replace("\n", '"x, ""y"""\n', 0),
    "a length of nothing": lambda text: text.replace(",16,", ",0,"),
    "a hexadecimal length": lambda text: text.replace(",16,", ",0x10,"),
    "an infinite latency": lambda text: text.replace(",stop,", ",stop,").replace(".0,", ".inf,"),
    "an empty line": lambda text: text.replace("\n", "\n\n", 1),
    "cut off": lambda text: text[:-30],
    "another outcome": lambda text: text.replace("failed", "lost", 1),
    "a column more": lambda text: text.replace("\n", ",1\n").replace("answer_form,1", "form,more"),
    "nothing": lambda text: "",
    "only a head": lambda text: text.split("\n")[0] + "\n",
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("old", [False, True])
def test_the_quick_reader_agrees_or_leaves_it_to_the_other(
    folder: Path, change: str, old: bool
) -> None:
    csv = folder / "a" / "one" / "trials.csv"
    if old:
        csv.write_text(
            pd.read_csv(csv, dtype=str).drop(columns=list(ADDED_LATER)).to_csv(index=False)
        )
    csv.write_text(CHANGES[change](csv.read_text()), newline="")
    quick = quick_table(csv.read_bytes())
    if change in ("as it is", "no end of line", "another order of columns"):
        assert quick is not None
    if quick is not None:
        assert_frame_equal(quick.to_pandas().astype(COLUMNS), read_trials(csv))


def test_ten_runs_of_one_plan(
    tmp_path: Path, keep: Callable[..., Path], plan_of: Callable[..., Plan]
) -> None:
    for at in range(10):
        keep(tmp_path / "m" / str(at), plan_of("m", replicate=at), at)
    found = snellen.load_results(tmp_path / "m")
    assert (found.curves.groupby("length")["n"].sum() == 80).all()
