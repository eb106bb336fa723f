"""Read scored trials, whatever kind of file they are in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import pandas as pd

from ...errors import InputError
from .inspect_log import read_log
from .scored import Scored, score_of, whole

LENGTH = ("length", "max_length", "context_length", "context_len", "ctx_len", "seq_len",
          "max_seq_length", "num_tokens", "n_tokens", "tokens", "total_tokens", "n")  # fmt: skip
CORRECT = ("correct", "is_correct", "score", "exact_match", "acc", "accuracy", "string_match",
           "grade", "judge", "is_match")  # fmt: skip
ITEM = ("item", "cluster", "document", "doc_id", "document_id", "question_id", "sample_id", "id")
MODEL, TASK = ("model", "model_name"), ("task", "dataset", "subset", "task_name")
"""Names of columns, the likeliest first."""

_GIVE = (
    "give CSV, Parquet, JSON lines, samples_*.jsonl of lm-eval, or an .eval or .json log of inspect"
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of columns, where they are not the usual ones; None: found by name.

    Attributes:
        length: length of the input.
        correct: the score.
        item: what trials share.
    """

    length: str | None = None
    correct: str | None = None
    item: str | None = None


def read_scored(path: Path, columns: Columns) -> Iterator[Scored]:
    """The scored trials of a file: CSV, Parquet, JSON lines, lm-eval samples, or an inspect log.

    Raises:
        InputError: it is none of these, lacks a column (those it has are named), or a cell holds
            no length or score.
    """
    if not path.is_file():
        raise InputError(f"{path} is not a file")
    if path.suffix in (".eval", ".json"):
        if not (is_zipfile(path) or (path.suffix == ".json" and '"eval"' in _head(path))):
            raise InputError(
                f"{path} is not a log of inspect_ai, and no other file ends so; {_GIVE}"
            )
        yield from read_log(path, columns.length, columns.item)
        return
    try:
        rows = _rows(path)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path} cannot be read as a table ({reason}); {_GIVE}") from error
    if not rows:
        raise InputError(f"{path} holds no row; {_GIVE}")
    if isinstance(rows[0].get("doc"), Mapping) and "resps" in rows[0]:
        yield from _samples(path, rows, columns)
        return
    have = list(rows[0])
    length = _column(path, have, columns.length, LENGTH, "length")
    correct = _column(path, have, columns.correct, CORRECT, "correct")
    item = _column(path, have, columns.item, ITEM, "") if columns.item or _any(have, ITEM) else None
    model, task = _any(have, MODEL), _any(have, TASK)
    for number, row in enumerate(rows, start=1):
        what = f"{path} row {number}"
        yield Scored(
            str(row.get(model)) if model else path.stem,
            str(row.get(task)) if task else path.stem,
            whole(row.get(length), what),
            score_of(row.get(correct), what),
            str(row.get(item)) if item else f"row {number}",
        )


def _samples(path: Path, rows: Sequence[Mapping[str, Any]], columns: Columns) -> Iterator[Scored]:
    task = path.stem.removeprefix("samples_").rpartition("_")[0] or path.stem
    filters = {row.get("filter") for row in rows}
    first = rows[0].get("filter") if len(filters) > 1 else None
    length = _column(path, list(rows[0]["doc"]), columns.length, LENGTH[1:2] + LENGTH, "length")
    for number, row in enumerate(rows, start=1):
        if first is not None and row.get("filter") != first:
            continue  # every filter scores the same answers once more
        what, doc = f"{path} line {number}", row.get("doc")
        if not isinstance(doc, Mapping):
            raise InputError(f"{what} is no sample of lm-eval: it has no doc")
        n = whole(doc.get(length), what)
        metrics = [name for name in row.get("metrics", ()) if name in row]
        # RULER keeps a metric for each length, and -1 in all but the sample's own.
        name = columns.correct or (str(n) if str(n) in row else _any(metrics, CORRECT))
        name = name or (metrics[0] if len(metrics) == 1 else None)
        if name is None or name not in row:
            there = ", ".join(metrics) or "none"
            raise InputError(f"{what}: which metric says right? name it with --correct: {there}")
        item = doc.get(columns.item) if columns.item else row.get("doc_id", number)
        yield Scored(path.parent.name or "model", task, n, score_of(row[name], what), str(item))


def _rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix in (".jsonl", ".ndjson"):
        lines = path.read_text(encoding="utf-8").split("\n")
        found = [json.loads(line) for line in lines if line.strip()]
        if odd := next((n for n, row in enumerate(found, 1) if not isinstance(row, dict)), 0):
            raise ValueError(f"row {odd} is no JSON object")
        return found
    table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _head(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as source:
        return source.read(4096)


def _any(have: Sequence[str], names: Sequence[str]) -> str | None:
    return next((name for name in names if name in have), None)


def _column(
    path: Path, have: Sequence[str], wanted: str | None, names: Sequence[str], option: str
) -> str:
    found = wanted if wanted in have else None if wanted else _any(have, names)
    if found is None:
        lacks = f"no column {wanted!r}" if wanted else f"no column of {option}"
        hint = f"; name it with --{option}" if option and not wanted else ""
        raise InputError(f"{path} has {lacks}; there are: {', '.join(map(str, have))}{hint}")
    return found
