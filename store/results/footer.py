"""What a ``trials.parquet`` says of the ``trials.csv`` that it is the same table as."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa

KEY = b"snellen.csv"
"""The key of the footer; its value is JSON with the fields of `Footer`."""


@dataclass(frozen=True, slots=True)
class Footer:
    """Which file a Parquet file was made from.

    Attributes:
        sha256: of its bytes.
        size: in bytes.
        mtime_ns: when it was last changed, in nanoseconds; copying may lose it.
    """

    sha256: str
    size: int
    mtime_ns: int

    def unchanged(self, csv: os.stat_result) -> bool:
        """Whether the file is still the one that was read, as far as its size and time tell."""
        return (csv.st_size, csv.st_mtime_ns) == (self.size, self.mtime_ns)


def write_parquet(path: Path, table: pa.Table, csv: Path, sha256: str | None = None) -> None:
    """Write a table of trials as Parquet, with a footer that names the CSV file beside it.

    Args:
        path: where to; written in place.
        table: the trials.
        csv: the same table as CSV, already written.
        sha256: of that file, if it is known.
    """
    from pyarrow import parquet

    if sha256 is None:
        with csv.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    stat = csv.stat()
    footer = Footer(sha256, stat.st_size, stat.st_mtime_ns)
    about = {**(table.schema.metadata or {}), KEY: json.dumps(asdict(footer)).encode()}
    parquet.write_table(table.replace_schema_metadata(about), path, compression="zstd")


def read_footer(path: Path, schema: pa.Schema) -> Footer | None:
    """The footer of a table of trials.

    Args:
        path: the Parquet file.
        schema: the columns that it must have, with their types and in this order.

    Returns:
        The footer; ``None`` where there is no such file, it is broken, was written without a
        footer, or has other columns: it is not to be read then.
    """
    from pyarrow import parquet

    try:
        found = parquet.read_schema(path, memory_map=False)
        if not found.equals(schema):
            return None
        return Footer(**json.loads((found.metadata or {})[KEY]))
    except (OSError, pa.ArrowException, KeyError, ValueError, TypeError):
        return None
