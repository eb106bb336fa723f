"""The table of trials: one row each, built from the journal, kept as CSV and Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pyarrow as pa

from ..errors import InputError
from ..support.csvs import write_csv
from ..support.files import whole_file
from ..tasks.judging import Outcome
from ..tasks.trial import FORMS, Trial
from .answers import Failure, Reply
from .results.footer import write_parquet

TEXT, INTEGER, NUMBER = "string", "Int64", "Float64"
COLUMNS: dict[str, str] = {
    "run_id": TEXT,
    "model": TEXT,
    "task": TEXT,
    "mode": TEXT,
    "lens": TEXT,
    "length": INTEGER,
    "tokens": INTEGER,
    "index": INTEGER,
    "seed": INTEGER,
    "truth": TEXT,
    "answer": TEXT,
    "outcome": TEXT,
    "abs_error": NUMBER,
    "finish_reason": TEXT,
    "prompt_tokens": INTEGER,
    "completion_tokens": INTEGER,
    "latency_s": NUMBER,
    "prompt_sha256": TEXT,
    "reading": TEXT,
    "rivals": TEXT,
    "depth": NUMBER,
    "log_odds": NUMBER,
    "answer_form": TEXT,
}
"""Columns of ``trials.csv`` in order, with their types; docs/run-directory.md describes them.

Columns are only added, before the last one, which is never empty: a row that was cut off shows.
"""

ADDED_LATER: dict[str, str | None] = {
    "reading": None,
    "rivals": None,
    "depth": None,
    "log_odds": None,
    "answer_form": "free",
}
"""Columns that older tables lack, and what they held then."""

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
THOUGHTS_ONLY = "thoughts_only"
"""The ``reading`` of a reply that is all hidden reasoning: no answer is taken from there."""

RIVALS = " | "
"""What stands between the readings in ``rivals``."""
LARGEST = 2**53
"""The integers up to here are exact in every reader of the table."""
REQUIRED = (
    "run_id", "model", "task", "mode", "lens", "length", "index", "seed", "outcome",
    "prompt_sha256", "answer_form",
)  # fmt: skip
"""The columns that are never empty."""

_ARROW = {TEXT: pa.large_string(), INTEGER: pa.int64(), NUMBER: pa.float64()}
SCHEMA = pa.schema([(name, _ARROW[kind]) for name, kind in COLUMNS.items()])
"""The same columns in ``trials.parquet``."""


def trial_row(
    run_id: str, model: str, trial: Trial, result: Reply | Failure, tokens: int | None = None
) -> dict[str, Any]:
    """The row of a trial: the one place where its answer is judged.

    Args:
        run_id: the run.
        model: the model's name.
        trial: what was asked.
        result: the answer to it, or the failure.
        tokens: tokens of the sequence, if they were counted.
    """
    reply = None if isinstance(result, Failure) else result
    judged = trial.judge(reply.text, reply.finish_reason) if reply else trial.judge("", "failed")
    return {
        "run_id": run_id,
        "model": model,
        **{name: getattr(trial.id, name) for name in ("task", "mode", "lens", "length")},
        "tokens": tokens,
        "index": trial.id.index,
        "seed": trial.id.seed,
        "truth": trial.truth,
        "answer": judged.answer or None,
        "outcome": judged.outcome,
        "abs_error": judged.abs_error,
        "finish_reason": reply.finish_reason if reply else None,
        "prompt_tokens": reply.prompt_tokens if reply else None,
        "completion_tokens": reply.completion_tokens if reply else None,
        "latency_s": reply.latency_s if reply else None,
        "prompt_sha256": trial.prompt_sha256,
        "answer_form": trial.id.answer,
        "reading": judged.reading or (THOUGHTS_ONLY if reply and _thoughts_only(reply) else None),
        "rivals": RIVALS.join(judged.rivals) or None,
        "depth": trial.notes.get("depth"),
        "log_odds": judged.log_odds,
    }


def _thoughts_only(reply: Reply) -> bool:
    return not reply.text.strip() and bool((reply.reasoning or "").strip())


def trial_table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows of trials as a table with :data:`COLUMNS`, in the order given."""
    return pd.DataFrame(list(rows), columns=list(COLUMNS)).astype(COLUMNS)


def write_trials(path: Path, trials: pd.DataFrame) -> None:
    """Write ``trials.csv`` and, beside it, ``trials.parquet``; each appears whole or not at all.

    The Parquet file names the CSV that it was written with, so that neither is taken for the
    other's after one was changed (`results.tables.parquet_of`).
    """
    with whole_file(path) as csv, whole_file(path.with_suffix(".parquet")) as parquet:
        write_csv(trials, csv)
        write_parquet(parquet, arrow_table(trials), csv)


def arrow_table(trials: pd.DataFrame) -> pa.Table:
    """The same table for Parquet, with :data:`SCHEMA`."""
    return pa.Table.from_pandas(trials, SCHEMA, preserve_index=False)


def read_trials(path: Path) -> pd.DataFrame:
    """Read and check a ``trials.csv``.

    Returns:
        A table with :data:`COLUMNS`.

    Raises:
        InputError: a column is missing, or a row is broken (named by line and column).
    """
    try:
        raw = pd.read_csv(
            path, dtype=str, keep_default_na=False, na_values=[""], skip_blank_lines=False
        )
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a table of trials: {str(error).strip()}") from error
    for name, value in ADDED_LATER.items():
        if name not in raw.columns:
            raw[name] = pd.Series(value, index=raw.index, dtype="str")
    missing = [name for name in COLUMNS if name not in raw.columns]
    if missing:
        raise InputError(f"{path} line 1: column {missing[0]!r} is missing")
    return check_trials(raw[list(COLUMNS)], path)


def check_trials(raw: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Give a table of text its types.

    Raises:
        InputError: a value does not fit its column (named by line and column).
    """
    for name in REQUIRED:
        _refuse(path, raw[name], raw[name].isna())
    columns: dict[str, Any] = {name: raw[name] for name in COLUMNS}
    for name, kind in COLUMNS.items():
        if kind != TEXT:
            numbers = pd.to_numeric(raw[name], errors="coerce").astype("float64")
            broken = ~(numbers.abs() < np.inf) & raw[name].notna()
            if kind == INTEGER:
                broken |= (numbers % 1 > 0) | (numbers.abs() > LARGEST)
            _refuse(path, raw[name], broken)
            columns[name] = numbers
    table = pd.DataFrame(columns).astype(COLUMNS)
    _refuse(path, raw["outcome"], ~table["outcome"].isin(OUTCOMES))
    _refuse(path, raw["length"], table["length"] < 1)
    _refuse(path, raw["prompt_sha256"], table["prompt_sha256"].str.len() != 64)
    # The last column: a row that was cut off shows here.
    _refuse(path, raw["answer_form"], ~table["answer_form"].isin(FORMS))
    return table


def _refuse(path: Path, column: pd.Series[Any], broken: pd.Series[bool]) -> None:
    at = np.flatnonzero(broken.to_numpy(dtype=bool, na_value=True))
    if at.size:
        value = column.iloc[at[0]]
        what = "is empty" if pd.isna(value) else f"holds {value!r}"
        raise InputError(f"{path} line {at[0] + 2}, column {column.name!r} {what}; fix this row")
