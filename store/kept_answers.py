"""What a journal holds, read without touching the folder that it lies in.

A folder may be on a disk that nobody can write to, or somebody's archive. SQLite would make files
beside a journal that it opens, even read-only; what it is told here keeps it from that, and what a
killed run left in its write-ahead log is read all the same.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import InputError
from .answers import Entry, Failure, Reply
from .migrations import MIGRATIONS, migrate, schema_of

REPLY_COLUMNS = (
    "text, finish_reason, prompt_tokens, completion_tokens, reasoning_tokens, latency_s, "
    "fingerprint, reasoning, notice"
)


def kept_entries(path: Path) -> list[Entry]:
    """Every answer of a journal, in the order of arrival, then every open failure.

    Args:
        path: the journal; it and the folder around it stay as they are, byte for byte.

    Raises:
        InputError: there is no such file, or it is not a journal, is corrupt, or is newer than
            this version.
    """
    if not path.is_file():
        raise InputError(f"there is no journal {path}")
    with readable(path), _opened(path) as db:
        return list(entries_in(db))


def entries_in(db: sqlite3.Connection) -> Iterator[Entry]:
    """The entries of an open journal of the newest schema.

    Raises:
        sqlite3.DatabaseError, ValueError: a row cannot be read.
    """
    answers = db.execute(
        f"SELECT key, trial, prompt_sha256, sampling, {REPLY_COLUMNS} FROM answers ORDER BY rowid"
    )
    for key, trial, prompt, sampling, *reply in answers:
        yield Entry(key, json.loads(trial), prompt, Reply(*reply), json.loads(sampling))
    failures = db.execute(
        "SELECT key, trial, prompt_sha256, sampling, reason, status FROM failures ORDER BY rowid"
    )
    for key, trial, prompt, sampling, *failure in failures:
        yield Entry(key, json.loads(trial), prompt, Failure(*failure), json.loads(sampling))


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Say in one line what is wrong with a journal."""
    try:
        yield
    except (sqlite3.DatabaseError, ValueError, OSError) as error:
        raise InputError(
            f"cannot read the journal {path}: {error}; move it away to start afresh, or restore "
            "it from a copy"
        ) from error


def check_sound(db: sqlite3.Connection) -> None:
    """Make sure that the pages of a database are whole.

    Raises:
        sqlite3.DatabaseError: they are not, or it is no database.
    """
    (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    log, index = (path.with_name(path.name + end) for end in ("-wal", "-shm"))
    unsettled = log.is_file()
    if unsettled and not index.is_file() and log.stat().st_size:
        # A log that was copied without its index, which SQLite would have to make anew: elsewhere.
        with tempfile.TemporaryDirectory(prefix="snellen-") as folder:
            for one in (path, log):
                shutil.copyfile(one, Path(folder) / one.name)
            with _connected(Path(folder) / path.name, "") as db:
                yield db
        return
    # With a log and its index a run may be going on, or was killed: its log is read as well, under
    # its locks. Without, nobody has it open, and the file is all there is.
    live = unsettled and index.is_file()
    with _connected(path, "&readonly_shm=1" if live else "&immutable=1") as db:
        yield db


@contextmanager
def _connected(path: Path, how: str) -> Iterator[sqlite3.Connection]:
    address = f"{path.absolute().as_uri()}?mode=ro{how}"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as db:
        check_sound(db)
        if schema_of(db) == len(MIGRATIONS):
            yield db
            return
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as newer:
            db.backup(newer)
            migrate(newer)
            yield newer
