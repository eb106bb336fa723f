"""Tables of runs, read back with pandas, pyarrow, csv and datasets."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import datasets
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
import snellen
import yaml
from huggingface_hub import DatasetCard
from snellen.harness.export.columns import PROMPT, TABLES, TRIALS
from snellen.reports.formats import no_formula
from snellen.store.answers import Reply
from snellen.store.texts import entries_of
from snellen.store.trials import COLUMNS, read_trials

from .conftest import HOSTILE

TYPES = {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_()}


def texts_kept(run: Path) -> list[str]:
    return sorted(
        entry.result.text for entry in entries_of(run).values() if isinstance(entry.result, Reply)
    )


@pytest.fixture
def parquet(runs: list[Path]) -> pa.Table:
    snellen.export(runs, "parquet", "all.parquet")
    return pa.parquet.read_table("all.parquet")


def test_columns_have_the_names_and_types_that_are_documented(parquet: pa.Table) -> None:
    for name, file in (("trials", "all"), ("curves", "all-curves"), ("acuity", "all-acuity")):
        found = pa.parquet.read_schema(f"{file}.parquet")
        documented = [(column, TYPES[about.kind]) for column, about in TABLES[name].items()]
        assert list(zip(found.names, found.types, strict=True)) == documented
    assert set(COLUMNS) < set(TRIALS)


def test_the_table_of_trials_is_that_of_the_runs(parquet: pa.Table, runs: list[Path]) -> None:
    found = parquet.to_pandas()
    for run in runs:
        kept = read_trials(run / "trials.csv")
        mine = found[found["run"] == f"{run.parent.name}/{run.name}"][list(kept.columns)]
        again = mine.reset_index(drop=True).astype(COLUMNS)
        pd.testing.assert_frame_equal(again, kept, check_exact=True)
    assert parquet.num_rows == sum(len(read_trials(run / "trials.csv")) for run in runs)


def test_every_run_has_its_identity(parquet: pa.Table, runs: list[Path]) -> None:
    found = parquet.to_pandas().groupby("run", sort=False).first()
    manifests = [json.loads((run / "manifest.json").read_text()) for run in runs]
    assert list(found["run_id"]) == ["hostile", "plain"]
    assert set(found["model"]) == {"openai/wire-1"}
    assert list(found["lens"]) == ["none", "comma"]
    assert [json.loads(text) for text in found["numerics"]] == [m["numerics"] for m in manifests]
    assert list(found["endpoint"]) == [m["endpoint"] for m in manifests]
    assert list(found["snellen_version"]) == [snellen.__version__] * 2
    assert all(found["complete"])
    assert (found["task_version"] >= 1).all()


def test_what_was_said_survives_word_for_word(parquet: pa.Table, runs: list[Path]) -> None:
    rows = parquet.to_pandas()
    said = rows[rows["run_id"] == "hostile"]
    assert sorted(said["response"].dropna()) == texts_kept(runs[0])
    wanted = {text.replace("\ud83d", "\ufffd").replace("\udc00", "\ufffd") for text in HOSTILE}
    assert wanted <= set(said["response"].dropna())
    failed = said[said["outcome"] == "failed"]
    assert failed["response"].isna().all()
    assert failed["failure"].str.contains("context length").all()
    assert said.loc[said["outcome"] != "failed", "failure"].isna().all()
    assert set(said["reasoning"].dropna()) == {"let \x00 me = see"}


def test_curves_and_acuities_are_those_of_the_runs(parquet: pa.Table, runs: list[Path]) -> None:
    for name in ("curves", "acuity"):
        found = pd.read_parquet(f"all-{name}.parquet")
        for run in runs:
            kept = pd.read_csv(run / f"{name}.csv")
            mine = found[found["run_id"] == run.name].reset_index(drop=True)[list(kept.columns)]
            pd.testing.assert_frame_equal(
                mine.fillna(float("nan")), kept, check_dtype=False, check_exact=True
            )
    acuity = pd.read_parquet("all-acuity.parquet")
    assert acuity["sees"].notna().all()
    assert (acuity["sees_low"] <= acuity["sees"]).all()
    assert (acuity["sees"] <= acuity["sees_high"]).all()


def unquote(text: str | None) -> str | None:
    return text[1:] if text is not None and text.startswith("'") else text


def test_csv_is_the_same_table_and_holds_no_formula(parquet: pa.Table, runs: list[Path]) -> None:
    snellen.export(runs, "csv", "csv")
    found = pa.csv.read_csv(
        "csv/trials.csv",
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types=parquet.schema, strings_can_be_null=True, quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )  # fmt: skip
    for name in parquet.column_names:
        values = found[name].to_pylist()
        if parquet.schema.field(name).type == pa.string():
            risky = [v for v in values if v and v[0] in "=+-@\t\r\n" and not is_number(v)]
            assert risky == []
            values = [unquote(value) for value in values]
        assert values == parquet[name].to_pylist(), name
    csv.field_size_limit(10**9)
    with Path("csv/trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [unquote(row["response"]) for row in rows] == [
        text or "" for text in parquet["response"].to_pylist()
    ]
    plain = pd.read_csv("csv/trials.csv", dtype=str, keep_default_na=False)
    assert [unquote(text) for text in plain["response"]] == [
        text or "" for text in parquet["response"].to_pylist()
    ]


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("text", [*HOSTILE, "''", "+1", "1e5", "-", "5-3"])
def test_a_text_that_is_no_formula_comes_back(text: str) -> None:
    shown = no_formula(text)
    assert unquote(shown) == text
    assert shown[:1] not in tuple("=+-@\t\r") or is_number(shown)


def test_prompts_are_those_that_were_asked(runs: list[Path]) -> None:
    snellen.export(runs[0], "parquet", "with", prompts=True)
    found = pd.read_parquet("with/trials.parquet")
    plan = snellen.load_run(runs[0]).manifest.plan
    assert list(found["prompt"]) == [trial.prompt for trial in plan.build_trials()]
    assert list(found.columns) == [*TRIALS, *PROMPT]


def test_a_dataset_is_loaded_by_datasets(runs: list[Path], parquet: pa.Table) -> None:
    done = snellen.export(runs, "hf-dataset", "my-dataset")
    assert {str(path) for path in done.files} == {
        "my-dataset/README.md", *(f"my-dataset/data/{name}.parquet" for name in TABLES)
    }  # fmt: skip
    cache = str(Path("cache").resolve())
    for name in TABLES:
        loaded = datasets.load_dataset("./my-dataset", name, cache_dir=cache)["train"]
        own = pa.parquet.read_table(f"my-dataset/data/{name}.parquet")
        assert loaded.data.table.cast(own.schema).equals(own)
        assert "endpoint" not in loaded.column_names
    trials = datasets.load_dataset("./my-dataset", cache_dir=cache)["train"]
    assert trials["response"][:] == parquet["response"].to_pylist()
    assert trials.num_rows == parquet.num_rows


def test_the_card_says_what_is_there(runs: list[Path]) -> None:
    snellen.export(runs, "hf-dataset", "my-dataset")
    card = DatasetCard.load("my-dataset/README.md")
    front: dict[str, Any] = yaml.safe_load(card.content.split("---\n")[1])
    assert [config["config_name"] for config in front["configs"]] == list(TABLES)
    for about in front["dataset_info"]:
        schema = pa.parquet.read_schema(f"my-dataset/data/{about['config_name']}.parquet")
        assert [feature["name"] for feature in about["features"]] == schema.names
    for run in runs:
        for key, report in snellen.load_run(run).acuities.items():
            line = next(
                line for line in card.text.splitlines()
                if line.startswith(f"| {run.parent.name.replace('_', chr(92) + '_')}/{run.name} ")
                and key.task.replace("_", "\\_") in line
            )  # fmt: skip
            assert line.endswith(f"| {str(report.l50).replace('>', chr(92) + '>')} |".replace(
                "<", "\\<"))  # fmt: skip
    assert "licen" not in "".join(front)


def test_a_run_without_a_journal_has_no_texts_and_says_so(root: Path) -> None:
    done = snellen.export(root / "results/reference/float32", "parquet", "reference")
    found = pd.read_parquet("reference/trials.parquet")
    assert found["response"].isna().all()
    assert (found["task_version"] >= 1).all()  # its prompts are those of today
    assert any("holds no journal" in note for note in done.notes)
