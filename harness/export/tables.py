"""The tables of several runs as Parquet or CSV: trials, and beside them curves and acuities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from math import isnan
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ...reports.acuities import acuity_table
from ...reports.formats import no_formula
from ...store.curve_key import CurveKey
from .columns import PROMPT, TABLES, TEXT, Column
from .kept_run import KeptRun, KeptTrial, sound

Kind = Literal["parquet", "csv"]
Row = Mapping[str, Any]
_ROWS, _TEXT = 10_000, 32 * 2**20
"""A part of a table is written when it has so many rows, or characters of text."""


def write_table(
    path: Path,
    name: str,
    runs: Sequence[KeptRun],
    kind: Kind,
    *,
    prompts: bool = False,
    without: Sequence[str] = (),
) -> pa.Schema:
    """Write one table of several runs; the texts of one part at a time are in memory.

    Args:
        path: the file.
        name: ``trials``, ``curves`` or ``acuity``.
        runs: the runs, whose rows follow each other.
        kind: the format.
        prompts: with the prompts, in a table of trials.
        without: columns to leave out.

    Returns:
        The schema of the table, with its row count and size in bytes among its metadata.
    """
    every = {**TABLES[name], **(PROMPT if prompts and name == "trials" else {})}
    columns = {column: about for column, about in every.items() if column not in without}
    schema = pa.schema([(column, _TYPES[about.kind]) for column, about in columns.items()])
    rows = (row for run in runs for row in _ROWS_OF[name](run, prompts))
    count = size = 0
    with closing(_writer(path, schema, kind)) as writer:
        for part in _parts(rows):
            table = _arrow(part, columns, schema, kind)
            writer.write_table(table)
            count, size = count + table.num_rows, size + table.nbytes
    return schema.with_metadata({"rows": str(count), "bytes": str(size)})


_TYPES = {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_()}


def _writer(path: Path, schema: pa.Schema, kind: Kind) -> Any:
    if kind == "parquet":
        return pa.parquet.ParquetWriter(path, schema, compression="zstd")
    # All text is quoted and nothing else: an empty text differs from one that is missing.
    return pa.csv.CSVWriter(path, schema, write_options=pa.csv.WriteOptions(quoting_style="needed"))


def _parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    part: list[Row] = []
    text = 0
    for row in rows:
        part.append(row)
        text += sum(len(value) for value in row.values() if isinstance(value, str))
        if len(part) >= _ROWS or text >= _TEXT:
            yield part
            part, text = [], 0
    if part:
        yield part


def _arrow(
    rows: Sequence[Row], columns: Mapping[str, Column], schema: pa.Schema, kind: Kind
) -> pa.Table:
    arrays = []
    for (name, about), field in zip(columns.items(), schema, strict=True):
        values = [_value(row.get(name)) for row in rows]
        if about.kind == TEXT:
            values = [value if value is None else sound(str(value)) for value in values]
            if kind == "csv":
                values = [no_formula(value) for value in values]
        arrays.append(pa.array(values, field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _value(value: Any) -> Any:
    missing = value is None or value is pd.NA or (isinstance(value, float) and isnan(value))
    return None if missing else value


def run_facts(run: KeptRun) -> dict[str, Any]:
    """What every row of a run has in common."""
    found, plan = run.manifest, run.manifest.plan
    return {
        "run": run.label,
        "model": plan.model,
        "run_id": found.run_id,
        "engine": run.engine,
        "engine_version": run.engine_version,
        "dtype": run.dtype,
        "numerics": run.numerics,
        "endpoint": found.endpoint or plan.base_url,
        "temperature": plan.temperature,
        "sampling_seed": plan.sampling_seed,
        "replicate": plan.replicate,
        "snellen_version": run.snellen_version,
        "created": found.created,
        "finished": found.finished,
        "complete": run.complete,
    }


def _trials(run: KeptRun, prompts: bool) -> Iterator[Row]:
    facts = run_facts(run)
    for trial in run.each():
        yield {**trial.row, **facts, **_texts(trial), "prompt": trial.prompt if prompts else None}


def _texts(trial: KeptTrial) -> Row:
    reply = trial.reply
    return {
        "task_version": trial.version,
        "response": reply.text if reply else None,
        "reasoning": reply.reasoning if reply else None,
        "failure": trial.failure,
    }


def _curves(run: KeptRun, _: bool) -> Iterator[Row]:
    return _keyed(run, run.curves)


def _acuity(run: KeptRun, _: bool) -> Iterator[Row]:
    for row in _keyed(run, acuity_table(run.curves, run.acuities)):
        key = CurveKey(*(str(row[name]) for name in CurveKey._fields))
        mean = run.sees(key)
        seen = (mean.value, *mean.these) if mean else (None, None, None)
        yield {
            **row,
            **dict(zip(("sees", "sees_low", "sees_high"), seen, strict=True)),
            "L50_quoted": str(run.acuities[key].l50),
        }


def _keyed(run: KeptRun, table: pd.DataFrame) -> Iterator[Row]:
    facts = run_facts(run)
    for row in table.to_dict("records"):
        key = CurveKey(*(str(row[name]) for name in CurveKey._fields))
        yield {**facts, **{str(k): v for k, v in row.items()}, "task_version": run.versions[key]}


_ROWS_OF = {"trials": _trials, "curves": _curves, "acuity": _acuity}
