"""A dataset folder as the Hub takes it: a card, and the tables as Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from ...reports.acuities import acuity_table
from ...reports.formats import plain_markdown
from ...store.curve_key import CurveKey
from ...support.files import write_atomically
from .columns import PROMPT, TABLES, described
from .kept_run import KeptRun
from .tables import write_table

PRIVATE = ("endpoint",)
"""Columns that a dataset for others does not have: the address of a server of one's own."""
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M"),
          (10**7, "1M<n<10M"), (10**8, "10M<n<100M"))  # fmt: skip


def write_dataset(folder: Path, runs: Sequence[KeptRun]) -> None:
    """Write ``README.md`` and ``data/{trials,curves,acuity}.parquet``.

    ``datasets.load_dataset(folder)`` reads the trials; ``"curves"`` and ``"acuity"`` are
    configurations beside them.

    Args:
        folder: an empty folder.
        runs: the runs.
    """
    (folder / "data").mkdir()
    schemas = {
        name: write_table(
            folder / "data" / f"{name}.parquet", name, runs, "parquet", prompts=True,
            without=PRIVATE,
        )
        for name in TABLES
    }  # fmt: skip
    write_atomically(folder / "README.md", _card(folder, runs, schemas))


def _card(folder: Path, runs: Sequence[KeptRun], schemas: Mapping[str, pa.Schema]) -> str:
    front = yaml.safe_dump(_front(folder, runs, schemas), sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n\n" + "\n".join(_body(runs)) + "\n"


def _front(
    folder: Path, runs: Sequence[KeptRun], schemas: Mapping[str, pa.Schema]
) -> dict[str, Any]:
    trials = sum(len(run.trials) for run in runs)
    size = next((name for most, name in _SIZES if trials < most), "100M<n<1B")
    files = {name: folder / "data" / f"{name}.parquet" for name in schemas}
    return {
        "pretty_name": "Trials of an eye chart for language models",
        "language": ["en"],
        "tags": ["snellen", "evaluation", "long-context", "counting"],
        "task_categories": ["text-generation"],
        "size_categories": [size],
        "configs": [
            {
                "config_name": name,
                "data_files": [{"split": "train", "path": f"data/{name}.parquet"}],
                **({"default": True} if name == "trials" else {}),
            }
            for name in schemas
        ],
        "dataset_info": [
            {
                "config_name": name,
                "features": [{"name": f.name, "dtype": _DTYPES[str(f.type)]} for f in schema],
                "splits": [
                    {
                        "name": "train",
                        "num_bytes": int(schema.metadata[b"bytes"]),
                        "num_examples": int(schema.metadata[b"rows"]),
                    }
                ],
                "download_size": files[name].stat().st_size,
                "dataset_size": int(schema.metadata[b"bytes"]),
            }
            for name, schema in schemas.items()
        ],
    }


_DTYPES = {"string": "string", "int64": "int64", "double": "float64", "bool": "bool"}


def _body(runs: Sequence[KeptRun]) -> list[str]:
    models = list(dict.fromkeys(run.manifest.plan.model for run in runs))
    return [
        "# Trials of an eye chart for language models",
        "",
        f"Every answer that {_listed(models)} gave to the questions of Snellen, an eye chart for"
        " language models ([Transformers need glasses](https://arxiv.org/abs/2406.04267)), at"
        " growing lengths, judged; and what they come to: the error curves, and the length at"
        " which each model goes blind (L50).",
        "",
        "```python",
        "from datasets import load_dataset",
        "",
        'trials = load_dataset("PATH_OR_NAME")["train"]',
        'acuity = load_dataset("PATH_OR_NAME", "acuity")["train"]',
        "```",
        "",
        "## How far they see",
        "",
        "| run | model | task | mode | answer | lens | trials | L50 |",
        "|---|---|---|---|---|---|---|---|",
        *(_line(run, row) for run in runs for row in _rows(run)),
        "",
        "L50 is the length in items at which half of the answers are correct, with its 95 %"
        " interval. Requests that failed are kept, and count for nothing.",
        "",
        "## Columns",
        "",
        "A missing value means: not known, or does not apply. The prompt of each trial follows from"
        " task, version, mode, answer form, lens, length, index and seed.",
        *(
            line
            for name, columns in TABLES.items()
            for line in (
                "", f"### {name}", "",
                *described({
                    column: about
                    for column, about in {**columns, **(PROMPT if name == "trials" else {})}.items()
                    if column not in PRIVATE
                }),
            )
        ),
        "",
        "## Licence",
        "",
        "None is stated here: the questions are made by a program, the answers fall under the terms"
        " of the models that gave them. State one before you publish.",
    ]  # fmt: skip


def _rows(run: KeptRun) -> list[dict[str, Any]]:
    table = acuity_table(run.curves, run.acuities)
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _line(run: KeptRun, row: Mapping[str, Any]) -> str:
    key = CurveKey(*(str(row[name]) for name in CurveKey._fields))
    told = [run.label, run.manifest.plan.model, *key, f"{row['trials']:,}",
            str(run.acuities[key].l50)]  # fmt: skip
    return f"| {' | '.join(plain_markdown(one) for one in told)} |"


def _listed(names: Sequence[str]) -> str:
    shown = [plain_markdown(name) for name in names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
