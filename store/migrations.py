"""The journal's schema as a list of steps, each run once, in order, in its own transaction.

Append only: a step that has shipped is never edited, so that a journal from any older version
opens in a newer one. ``PRAGMA user_version`` says how many steps a file has seen.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable


def _m001_answers_and_failures(db: sqlite3.Connection) -> None:
    db.execute(
        """
        CREATE TABLE answers (
            key TEXT PRIMARY KEY,
            trial TEXT NOT NULL,
            prompt_sha256 TEXT NOT NULL,
            sampling TEXT NOT NULL,
            text TEXT NOT NULL,
            finish_reason TEXT NOT NULL,
            prompt_tokens INTEGER,
            completion_tokens INTEGER,
            reasoning_tokens INTEGER,
            latency_s REAL,
            fingerprint TEXT,
            reasoning TEXT,
            answered_at TEXT NOT NULL
        ) STRICT
        """
    )
    # A failure is never an answer: it lives apart, so that no lookup can mistake it for one.
    db.execute(
        """
        CREATE TABLE failures (
            key TEXT PRIMARY KEY,
            trial TEXT NOT NULL,
            prompt_sha256 TEXT NOT NULL,
            sampling TEXT NOT NULL,
            reason TEXT NOT NULL,
            status INTEGER,
            failed_at TEXT NOT NULL
        ) STRICT
        """
    )


def _m002_notices(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE answers ADD COLUMN notice TEXT")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _m001_answers_and_failures,
    _m002_notices,
)


def schema_of(db: sqlite3.Connection) -> int:
    """How many steps a journal has seen; 0 for an empty file.

    Raises:
        sqlite3.DatabaseError: the file was made by a newer Snellen, or is not a journal.
    """
    seen = int(db.execute("PRAGMA user_version").fetchone()[0])
    if seen == 0 and db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise sqlite3.DatabaseError("it is a database of something else")
    if seen > len(MIGRATIONS):
        raise sqlite3.DatabaseError(
            f"it has schema {seen}, this Snellen knows {len(MIGRATIONS)}: upgrade snellen"
        )
    return seen


def migrate(db: sqlite3.Connection) -> None:
    """Bring a journal to the newest schema.

    Raises:
        sqlite3.DatabaseError: the file was made by a newer Snellen, or is not a journal.
    """
    seen = schema_of(db)
    for number, step in enumerate(MIGRATIONS[seen:], start=seen + 1):
        db.execute("BEGIN IMMEDIATE")
        step(db)
        db.execute(f"PRAGMA user_version = {number}")
        db.execute("COMMIT")
