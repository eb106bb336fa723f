"""The nights of a watch: one small SQLite file with what every night asked and what came of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, StoreError
from ..tasks.trial import TrialId
from .curve_key import CurveKey

_SCHEMA = """
CREATE TABLE IF NOT EXISTS nights (
    night INTEGER PRIMARY KEY, watch TEXT NOT NULL, at TEXT NOT NULL, name TEXT NOT NULL,
    verdict TEXT NOT NULL, log_e_worse REAL NOT NULL, log_e_other REAL NOT NULL,
    right_a INTEGER NOT NULL, right_b INTEGER NOT NULL, other INTEGER NOT NULL,
    alike INTEGER NOT NULL, UNIQUE (watch, name)
);
CREATE TABLE IF NOT EXISTS pairs (
    night INTEGER NOT NULL REFERENCES nights, task TEXT NOT NULL, mode TEXT NOT NULL,
    answer TEXT NOT NULL, lens TEXT NOT NULL, length INTEGER NOT NULL, trial INTEGER NOT NULL,
    only_a INTEGER NOT NULL, only_b INTEGER NOT NULL, upheld INTEGER NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class KeptPair:
    """What one trial of a night came to: which side alone was right, and whether that held."""

    curve: CurveKey
    length: int
    index: int
    only_a: bool
    only_b: bool
    upheld: bool


@dataclass(frozen=True, slots=True)
class Night:
    """One night.

    Attributes:
        at: when (UTC).
        name: the folder of its gate.
        verdict: what it came to.
        log_e_worse: largest log e-value so far against "B is not worse".
        log_e_other: largest log e-value so far against "B is the same model".
        right_a, right_b: correct answers.
        other: trials asked twice in which B agreed with itself and not with the baseline.
        alike: the other way round.
        pairs: its trials.
    """

    at: str
    name: str
    verdict: str
    log_e_worse: float
    log_e_other: float
    right_a: int
    right_b: int
    other: int
    alike: int
    pairs: Sequence[KeptPair]


class Nights:
    """The nights of one watch (one baseline, one endpoint) in a file that may hold several."""

    def __init__(self, path: Path, watch: str) -> None:
        """Open or create the file.

        Raises:
            InputError: it is no such file, or cannot be written.
        """
        self.path, self._watch = path, watch
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(path)) as db, db:
                db.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise InputError(
                f"--history {path} cannot be used: {error}; name another file"
            ) from error

    def read(self, but: str = "") -> list[Night]:
        """The nights so far, in order; without the one of a name, which is being asked again."""
        with closing(sqlite3.connect(self.path)) as db:
            nights = db.execute(
                "SELECT night, at, name, verdict, log_e_worse, log_e_other, right_a, right_b, "
                "other, alike FROM nights WHERE watch = ? AND name != ? ORDER BY night",
                (self._watch, but),
            ).fetchall()
            return [
                Night(
                    at,
                    name,
                    verdict,
                    worse,
                    other_model,
                    a,
                    b,
                    other,
                    alike,
                    self._pairs(db, night),
                )
                for night, at, name, verdict, worse, other_model, a, b, other, alike in nights
            ]

    @staticmethod
    def _pairs(db: sqlite3.Connection, night: int) -> list[KeptPair]:
        return [
            KeptPair(CurveKey(*curve), length, trial, bool(a), bool(b), bool(upheld))
            for *curve, length, trial, a, b, upheld in db.execute(
                "SELECT task, mode, answer, lens, length, trial, only_a, only_b, upheld "
                "FROM pairs WHERE night = ?",
                (night,),
            )
        ]

    def add(self, night: Night) -> None:
        """Keep a night, in the place of one of the same name.

        Raises:
            StoreError: it could not be written.
        """
        try:
            with closing(sqlite3.connect(self.path)) as db, db:
                db.execute(
                    "DELETE FROM pairs WHERE night IN "
                    "(SELECT night FROM nights WHERE watch = ? AND name = ?)",
                    (self._watch, night.name),
                )
                db.execute(
                    "DELETE FROM nights WHERE watch = ? AND name = ?", (self._watch, night.name)
                )
                row = db.execute(
                    "INSERT INTO nights (watch, at, name, verdict, log_e_worse, log_e_other, "
                    "right_a, right_b, other, alike) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (self._watch, night.at, night.name, night.verdict, night.log_e_worse,
                     night.log_e_other, night.right_a, night.right_b, night.other, night.alike),
                )  # fmt: skip
                db.executemany(
                    "INSERT INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [(row.lastrowid, *pair.curve, pair.length, pair.index, pair.only_a,
                      pair.only_b, pair.upheld) for pair in night.pairs],
                )  # fmt: skip
        except sqlite3.Error as error:
            raise StoreError(f"cannot write to {self.path}: {error}; free some space") from error


def used(nights: Sequence[Night]) -> Mapping[tuple[CurveKey, int], set[int]]:
    """The trials that earlier nights have asked, by curve and length."""
    found: dict[tuple[CurveKey, int], set[int]] = {}
    for night in nights:
        for pair in night.pairs:
            found.setdefault((pair.curve, pair.length), set()).add(pair.index)
    return found


def curve_of(trial: TrialId) -> CurveKey:
    """The curve that a trial belongs to."""
    return CurveKey(trial.task, trial.mode, trial.answer, trial.lens)
