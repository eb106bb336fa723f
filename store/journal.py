"""The journal: every answer as it arrives, in SQLite; the only source of truth of a run.

Write-ahead log with full synchronisation: when :meth:`Journal.append` returns, the rows survive
``kill -9`` and a power cut. One commit may hold many rows, so a fast provider does not wait for
one disk flush per answer.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..errors import StoreError
from .answers import Entry, Failure, Reply
from .kept_answers import REPLY_COLUMNS, check_sound, entries_in, kept_entries, readable
from .migrations import migrate


def canonical(value: object) -> str:
    """JSON with sorted keys and no white space: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON of a value, in hex."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def answer_key(
    *,
    model: str,
    base_url: str | None,
    numerics: Mapping[str, Any],
    messages: Sequence[Mapping[str, str]],
    sampling: Mapping[str, Any],
    trial: Mapping[str, Any],
) -> str:
    """The identity of an answer: whatever differs here makes it a different answer.

    Args:
        model: the model's name as given.
        base_url: the server asked, or ``None`` in-process.
        numerics: engine, version, dtype, flags.
        messages: the full conversation sent.
        sampling: temperature, seed, token limit and the rest, as set.
        trial: the identity of the trial, so that replicates of one prompt stay apart.
    """
    return digest(
        {
            "model": model,
            "base_url": base_url,
            "numerics": dict(numerics),
            "messages": [dict(message) for message in messages],
            "sampling": dict(sampling),
            "trial": dict(trial),
        }
    )


class Journal:
    """An append-only table of answers, and beside it the requests that failed for good.

    Safe to use from several threads. Two processes may not write one journal at the same time:
    the run directory's lock sees to that (``store.rundir``).
    """

    def __init__(self, path: Path) -> None:
        """Open a journal, creating or migrating it as needed.

        Raises:
            InputError: the file is not a journal, is corrupt, or is newer than this version.
        """
        self.path = path
        self._lock = threading.RLock()
        with readable(self.path):
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
                check_sound(self._db)
                migrate(self._db)
            except sqlite3.DatabaseError:
                self._db.close()
                raise

    def append(self, entries: Sequence[Entry]) -> None:
        """Keep entries for good, in one transaction; a known key keeps its first answer.

        Raises:
            StoreError: they could not be written (a full disk, for one); nothing of this call
                was kept, all that was kept before is safe.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                for entry in entries:
                    self._insert(entry, now)
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                raise StoreError(
                    f"cannot write to {self.path}: {error}; every answer before this one is "
                    "kept: free some space and repeat the command"
                ) from error
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    def _insert(self, entry: Entry, now: str) -> None:
        head = (entry.key, canonical(dict(entry.trial)), entry.prompt_sha256)
        sampling = canonical(dict(entry.sampling))
        if isinstance(entry.result, Failure):
            self._db.execute(
                "INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*head, sampling, entry.result.reason, entry.result.status, now),
            )
            return
        reply = entry.result
        self._db.execute(
            "INSERT OR IGNORE INTO answers "
            f"(key, trial, prompt_sha256, sampling, {REPLY_COLUMNS}, answered_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *head,
                sampling,
                reply.text,
                reply.finish_reason,
                reply.prompt_tokens,
                reply.completion_tokens,
                reply.reasoning_tokens,
                reply.latency_s,
                reply.fingerprint,
                reply.reasoning,
                reply.notice,
                now,
            ),
        )
        self._db.execute("DELETE FROM failures WHERE key = ?", (entry.key,))

    def get(self, key: str) -> Reply | None:
        """The answer under a key, or ``None``; a failure is not an answer."""
        with self._lock, readable(self.path):
            row = self._db.execute(
                f"SELECT {REPLY_COLUMNS} FROM answers WHERE key = ?", (key,)
            ).fetchone()
        return Reply(*row) if row else None

    def result(self, key: str) -> Reply | Failure | None:
        """The answer under a key, else the failure that stands there, else ``None``."""
        if (reply := self.get(key)) is not None:
            return reply
        with self._lock, readable(self.path):
            row = self._db.execute(
                "SELECT reason, status FROM failures WHERE key = ?", (key,)
            ).fetchone()
        return Failure(*row) if row else None

    def known(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that have an answer."""
        with self._lock:
            return {
                key
                for key in keys
                if self._db.execute("SELECT 1 FROM answers WHERE key = ?", (key,)).fetchone()
            }

    def entries(self) -> Iterator[Entry]:
        """Every answer, in the order of arrival, then every open failure.

        Raises:
            InputError: a row cannot be read.
        """
        with self._lock, readable(self.path):
            found = list(entries_in(self._db))
        yield from found

    def merge(self, other: Path) -> int:
        """Take over the answers and open failures of another journal.

        Returns:
            How many answers were new.

        Raises:
            InputError: there is no such file, or it is not a journal.
            StoreError: they could not be written.
        """
        entries = kept_entries(other)
        answered = {entry.key for entry in entries if isinstance(entry.result, Reply)}
        new = answered - self.known(answered)
        mine = self.known(entry.key for entry in entries)
        self.append([entry for entry in entries if entry.key not in mine])
        return len(new)

    def close(self) -> None:
        """Close the file; the write-ahead log is folded into it."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
