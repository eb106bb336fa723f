"""What is refused, in one line; and that nothing is overwritten or left behind."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import snellen
from snellen.cli import main
from snellen.harness.export import formats

Refused = Callable[..., str]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    """Runs a command that must end with exit code 2 and one line; gives the line."""

    def run(*words: str | Path) -> str:
        capsys.readouterr()
        assert main(["export", *map(str, words)]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        (line,) = said.err.splitlines()
        return line

    return run


def test_a_format_that_is_not_there_is_named_with_the_nearest(
    refused: Refused, runs: list[Path]
) -> None:
    assert "did you mean 'parquet'?" in refused(runs[0], "--to", "parket", "--out", "x")
    line = refused(runs[0], "--to", "huggingface", "--out", "x")
    assert "there are: parquet, csv, hf-dataset, inspect, every-eval-ever, eval-results" in line


def test_what_is_no_run_is_refused(refused: Refused, runs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    line = refused("empty", "--to", "csv", "--out", "x")
    assert "empty is not a run directory: it lacks manifest.json or trials.csv" in line
    assert "there are runs in it" in refused(runs[0].parents[1], "--to", "csv", "--out", "x")
    assert "is not a run directory" in refused("nowhere", "--to", "csv", "--out", "x")
    assert "is given twice" in refused(runs[0], runs[0], "--to", "csv", "--out", "x")
    broken = shutil.copytree(runs[0], tmp_path / "broken")
    (broken / "manifest.json").write_text("{")
    assert "is not a manifest" in refused(broken, "--to", "csv", "--out", "x")
    broken = shutil.copytree(runs[0], tmp_path / "corrupt")
    (broken / "journal.sqlite").write_bytes(b"no database at all, but long enough to look at" * 9)
    assert "cannot read the journal" in refused(broken, "--to", "csv", "--out", "x")
    assert not Path("x").exists()


def test_a_run_that_is_not_finished_is_refused_with_what_to_do(
    refused: Refused, runs: list[Path], tmp_path: Path
) -> None:
    begun = shutil.copytree(runs[0], tmp_path / "begun")
    (begun / "trials.csv").unlink()
    assert "repeat the command that made it" in refused(begun, "--to", "csv", "--out", "x")
    short = shutil.copytree(runs[0], tmp_path / "short")
    lines = (short / "trials.csv").read_text().splitlines(keepends=True)
    (short / "trials.csv").write_text("".join(lines[:20]))
    line = refused(short, "--to", "parquet", "--out", "x")
    assert "19 of 56 trials were asked" in line
    assert "--partial" in line
    assert main(["export", str(short), "--to", "parquet", "--out", "x", "--partial"]) == 0
    import pandas as pd

    found = pd.read_parquet("x/trials.parquet")
    assert len(found) == 19
    assert not found["complete"].any()


@pytest.mark.parametrize("form", [*formats.FORMATS])
def test_nothing_is_overwritten(refused: Refused, runs: list[Path], form: str) -> None:
    Path("full").mkdir()
    Path("full/mine").write_text("mine")
    Path("file").write_text("mine")
    Path("dangling").symlink_to("nowhere")
    more = ["--benchmark", "me/eye"] if form == "eval-results" else []
    for out in ("full", "file", "dangling"):
        line = refused(runs[0], "--to", form, "--out", out, *more)
        assert f"{out} exists, and nothing is overwritten" in line
    assert Path("full/mine").read_text() == Path("file").read_text() == "mine"


def test_not_even_what_lies_beside_a_table(refused: Refused, runs: list[Path]) -> None:
    Path("all-acuity.csv").write_text("mine")
    line = refused(runs[0], "--to", "csv", "--out", "all.csv")
    assert "all-acuity.csv exists" in line
    assert [path.name for path in Path().iterdir() if path.suffix == ".csv"] == ["all-acuity.csv"]


def test_an_empty_folder_is_filled(runs: list[Path]) -> None:
    Path("empty").mkdir()
    assert main(["export", str(runs[0]), "--to", "csv", "--out", "empty"]) == 0
    assert sorted(path.name for path in Path("empty").iterdir()) == [
        "acuity.csv", "curves.csv", "trials.csv",
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "hf-dataset"])
def test_an_export_that_fails_leaves_nothing(
    runs: list[Path], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(formats if form == "csv" else sys.modules[
        "snellen.harness.export.dataset"], "write_table", full)  # fmt: skip
    assert main(["export", str(runs[0]), "--to", form, "--out", "deep/out"]) == 1
    assert [*Path("deep").iterdir()] == []


def test_options_go_with_their_formats(refused: Refused, runs: list[Path]) -> None:
    out = ("--out", "x")
    line = refused(runs[0], "--to", "csv", "--benchmark", "a/b", *out)
    assert "--benchmark goes with --to eval-results, not csv" in line
    line = refused(runs[0], "--to", "inspect", "--prompts", *out)
    assert "--prompts goes with --to parquet or csv" in line
    assert "needs --benchmark" in refused(runs[0], "--to", "eval-results", *out)
    hub = ("--to", "eval-results", *out)
    assert "look like ORG/NAME" in refused(runs[0], *hub, "--benchmark", "../../etc")
    line = refused(runs[0], *hub, "--benchmark", "a/b", "--metric", "L5O")
    assert "did you mean 'L50'?" in line
    records = ("--to", "every-eval-ever", *out)
    assert "'third_party'" in refused(runs[0], *records, "--relationship", "thirdparty")
    assert "is written as a folder" in refused(runs[0], "--to", "inspect", "--out", "x.eval")
    assert "is written as a folder" in refused(runs[0], "--to", "csv", "--out", "x.parquet")
    with pytest.raises(TypeError):
        snellen.export(runs, "csv", "x", colour="red")


def test_one_curve_of_one_model_is_given_once(
    refused: Refused, runs: list[Path], tmp_path: Path
) -> None:
    twin = shutil.copytree(runs[0], tmp_path / "twin")
    line = refused(runs[0], twin, "--to", "eval-results", "--benchmark", "a/b", "--out", "x")
    assert "both hold count_ones" in line


def test_a_package_that_is_missing_is_named_with_its_extra(runs: list[Path]) -> None:
    blocked = "import sys; sys.modules['inspect_ai'] = None; from snellen.cli import main; "
    words = ["export", str(runs[0]), "--to", "inspect", "--out", "logs"]
    done = subprocess.run(
        [sys.executable, "-c", f"{blocked}sys.exit(main({words!r}))"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "snellen: --to inspect writes through inspect_ai, which is not installed: "
        "pip install 'snellen[inspect]'\n"
    )
    assert not Path("logs").exists()


def test_runs_of_one_name_are_told_apart(runs: list[Path], tmp_path: Path) -> None:
    import pandas as pd

    for place in ("a", "b"):
        shutil.copytree(runs[0], tmp_path / place / "m" / "r")
    snellen.export(["a/m/r", "b/m/r"], "parquet", "x")
    assert set(pd.read_parquet("x/trials.parquet")["run"]) == {"a/m/r", "b/m/r"}


def test_the_documented_columns_are_those_that_are_written(root: Path) -> None:
    command = [sys.executable, "-m", "cogapp", "--check", "docs/export.md"]
    done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    assert done.returncode == 0, "run: cog -r docs/export.md"
