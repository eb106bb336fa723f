"""The exam of precision: pairs against float32, what cannot be had, what is refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from snellen.cli.main import main
from snellen.errors import InputError
from snellen.exams.precision.names import model_args, read_precisions
from snellen.exams.precision.precision import Precisions, precision, worse
from snellen.store.plan import Plan

from ..browsing import Opened, chromium

LENGTHS = "1,3,6"


def plan(folder: Path) -> Plan:
    return Plan(model=f"hf/{folder}", tasks="copy_last", lengths=LENGTHS, trials=4)


@pytest.fixture(scope="module")
def found(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Precisions:
    out = tmp_path_factory.mktemp("out")
    return precision(plan(tiny), "bfloat16,int4,kv:int4", out=out)


def test_every_precision_is_a_run_of_the_same_questions_that_says_what_it_was(
    found: Precisions,
) -> None:
    assert list(found.runs) == ["float32", "bfloat16", "kv:int4"]
    numerics = {name: run.manifest.numerics for name, run in found.runs.items()}
    assert [one["dtype"] for one in numerics.values()] == ["float32", "bfloat16", "float32"]
    assert numerics["kv:int4"]["kv_cache"] == "int4"
    assert "kv_cache" not in numerics["float32"]
    prompts = {tuple(run.trials["prompt_sha256"]) for run in found.runs.values()}
    assert len(prompts) == 1


def test_the_table_counts_what_the_tables_of_trials_hold(found: Precisions) -> None:
    trials = {
        name: pd.read_csv(run.path / "trials.csv", dtype={"answer": str})
        for name, run in found.runs.items()
    }
    right = {name: one["outcome"] == "correct" for name, one in trials.items()}
    rows = found.table.set_index("precision")
    for name in found.runs:
        row = rows.loc[name]
        assert (row["trials"], row["correct"]) == (12, right[name].sum())
        if name != "float32":
            assert row["only_reference"] == (right["float32"] & ~right[name]).sum()
            assert row["only_here"] == (~right["float32"] & right[name]).sum()
            assert row["difference"] == pytest.approx(right[name].mean() - right["float32"].mean())
            assert row["texts"] == 12
    assert pd.read_csv(found.path / "precision.csv")["precision"].tolist() == list(found.runs)
    assert worse(found) == []


def test_what_cannot_be_had_is_left_out_with_the_reason(found: Precisions) -> None:
    """The tiny model's layers are 16 wide: no group of 32 weights fits."""
    assert list(found.left_out) == ["int4"]
    assert "divisible" in found.left_out["int4"]
    text = found.page.read_text()
    assert "left out" in text
    assert "<script" not in text
    for name in found.runs:
        assert f"<code>{name}</code>" in text
    assert (found.path / "precision.svg").read_text().startswith("<?xml")


@pytest.mark.browser
def test_the_page_fits_every_screen_and_reader(found: Precisions) -> None:
    with chromium() as browser:
        opened = Opened(browser, found.page)
        opened.fits_everywhere()
        assert (opened.said, opened.asked) == ([], [found.page.resolve().as_uri()])


@pytest.mark.parametrize(
    ("names", "line"),
    [
        ("float32", "names none to hold against float32; there are float32, bfloat16"),
        ("int3", "no precision 'int3'; there are float32"),
        ("kv:int2", "no precision 'kv:int2'"),
        ("bfloat16+float16", "bfloat16 and float16 exclude each other"),
    ],
)
def test_names_that_are_none_are_refused_in_a_line(names: str, line: str) -> None:
    with pytest.raises(InputError, match=line):
        read_precisions(names)


def test_a_name_is_what_the_model_is_told() -> None:
    assert model_args("int8+kv:fp8") == {
        "dtype": "float32", "quantization": "int8", "kv_cache": "fp8",
    }  # fmt: skip
    assert read_precisions("kv:fp8, float32,kv:fp8") == ("kv:fp8",)


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"model": "openai/some"}, "the precision of openai/some is set where it is served"),
        ({"model_args": {"dtype": "float16"}}, "dtype is what is varied here"),
    ],
)
def test_what_has_no_precision_to_vary_is_refused(more: dict[str, object], line: str) -> None:
    fields: dict[str, object] = {"model": "bundled", "tasks": "copy_last", "lengths": "1", **more}
    with pytest.raises(InputError, match=line):
        precision(Plan(**fields), "bfloat16")  # type: ignore[arg-type]


def test_the_command_says_what_is_left_out(
    found: Precisions, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["precision", "--model", f"hf/{tiny}", "--tasks", "copy_last", "--lengths", LENGTHS]
    more = ["--trials", "4", "--out", str(found.path.parent.parent)]
    journals = [run.path / "journal.sqlite" for run in found.runs.values()]
    before = [journal.stat().st_mtime_ns for journal in journals]
    assert main([*words, *more, "--precisions", "bfloat16,int4"]) == 1
    said = capsys.readouterr()
    assert "no precision is shown to see less far than float32" in said.out
    assert "int4 is left out: --model-args quantization=int4" in said.err
    assert [journal.stat().st_mtime_ns for journal in journals] == before  # nothing is asked again
    assert main(["precision", "--model", "gemini/some", "--tasks", "copy_last"]) == 2


@pytest.mark.parametrize("model", ["openai/some", "gemini/some", "vllm/some/model", "azure/some"])
@pytest.mark.parametrize("verb", ["run", "prescribe"])
def test_a_lens_inside_a_served_model_is_one_line_and_exit_code_2(
    verb: str, model: str, capsys: pytest.CaptureFixture[str], alone: None
) -> None:
    lens = "--lens" if verb == "run" else "--lenses"
    assert main([verb, "--model", model, "--tasks", "copy_last", lens, "comma+logn:64"]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("snellen: lens 'comma+logn:64': logn:64 changes the forward pass")
    assert "bundled, hf/ORG/NAME" in line
