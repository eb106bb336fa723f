"""The table of every run as Parquet, made where there is none; never one that is out of date."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from platformdirs import user_cache_path

from ...errors import InputError
from ...support.files import whole_file
from ...tasks.trial import FORMS
from ..trials import (
    ADDED_LATER,
    COLUMNS,
    INTEGER,
    LARGEST,
    NUMBER,
    OUTCOMES,
    REQUIRED,
    SCHEMA,
    arrow_table,
    read_trials,
)
from .footer import read_footer, write_parquet


def parquet_of(run: Path) -> Path:
    """A Parquet file that holds exactly what a run's ``trials.csv`` holds now.

    The one beside it is taken where its footer names this very file, by size and time of change
    or else by hash. Otherwise one is made from the CSV in the user's cache folder, and found
    there the next time.

    Args:
        run: a run directory.

    Raises:
        InputError: the table cannot be read, is broken, or the cache cannot be written.
    """
    csv = run / "trials.csv"
    beside = csv.with_suffix(".parquet")
    footer = read_footer(beside, SCHEMA)
    try:
        if footer is not None and footer.unchanged(csv.stat()):
            return beside
        data = csv.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {csv}: {error.strerror}") from error
    sha256 = hashlib.sha256(data).hexdigest()
    if footer is not None and footer.sha256 == sha256:
        return beside
    return _converted(csv, data, sha256)


def _converted(csv: Path, data: bytes, sha256: str) -> Path:
    # One file for each folder: copies of a run are runs of their own.
    folder = user_cache_path("snellen") / "tables"
    place = hashlib.sha256(str(csv.resolve()).encode()).hexdigest()[:20]
    kept = folder / f"{place}-{sha256[:40]}.parquet"
    found = read_footer(kept, SCHEMA)
    if found is not None and found.sha256 == sha256:
        return kept
    table = quick_table(data)
    if table is None:
        table = arrow_table(read_trials(csv))
    try:
        with whole_file(kept) as scratch:
            write_parquet(scratch, table, csv, sha256)
        for old in folder.glob(f"{place}-*.parquet"):
            if old != kept:
                old.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"the table of {csv.parent} cannot be kept as Parquet: {error}; name another cache "
            "folder in XDG_CACHE_HOME"
        ) from error
    return kept


def quick_table(data: bytes) -> pa.Table | None:
    """A ``trials.csv`` as a table, or ``None`` where anything about it is out of the ordinary.

    It is several times faster than `read_trials`, which has the last word: what is refused here
    may only be written otherwise (an integer as ``5.0``), and what is broken is named there.

    Args:
        data: the bytes of the file.
    """
    from pyarrow import csv

    header = data[: data.find(b"\n") + 1].decode("utf-8", "replace").removesuffix("\n")
    names = header.split(",")
    unknown = set(names) - COLUMNS.keys()
    missing = COLUMNS.keys() - set(names) - ADDED_LATER.keys()
    # Arrow reads hexadecimal integers and passes over empty lines; the other reader refuses both.
    odd = any(mark in data for mark in (b"0x", b"0X", b"\n\n", b"\r"))
    if odd or unknown or missing or len(set(names)) < len(names):
        return None
    try:
        table = csv.read_csv(
            io.BytesIO(data),
            csv.ReadOptions(use_threads=False, block_size=max(len(data), 1)),
            csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            csv.ConvertOptions(
                column_types={field.name: field.type for field in SCHEMA},
                null_values=[""],
                strings_can_be_null=True,
                true_values=[],
                false_values=[],
            ),
        )
    except pa.ArrowInvalid:
        return None
    for name, value in ADDED_LATER.items():
        if name not in names:
            filled = pa.nulls(len(table)) if value is None else pa.repeat(value, len(table))
            table = table.append_column(name, filled.cast(SCHEMA.field(name).type))
    table = table.select(list(COLUMNS)).cast(SCHEMA)
    return table if _sound(table) else None


def _sound(table: pa.Table) -> bool:
    """Whether every value is what its column holds, as `check_trials` asks."""
    if any(table[name].null_count for name in REQUIRED):
        return False
    for name, kind in COLUMNS.items():
        if kind == NUMBER:
            if not _all(pc.is_finite(table[name])):
                return False
        elif kind == INTEGER:
            ends = pc.min_max(table[name]).as_py()
            if max(abs(ends["min"] or 0), abs(ends["max"] or 0)) > LARGEST:
                return False
    return (
        _all(pc.greater_equal(table["length"], 1))
        and _all(pc.equal(pc.utf8_length(table["prompt_sha256"]), 64))
        and _all(pc.is_in(table["outcome"], pa.array(OUTCOMES, pa.large_string())))
        and _all(pc.is_in(table["answer_form"], pa.array(FORMS, pa.large_string())))
    )


def _all(which: pa.ChunkedArray) -> bool:
    return bool(np.all(which.drop_null().to_numpy()))
