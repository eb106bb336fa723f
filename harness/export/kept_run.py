"""A finished run as it is handed out: its table, what its journal holds, what it came to."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import InputError
from ...reports.curves import by_curve
from ...reports.measured_run import MeasuredRun
from ...reports.over_tasks import TaskMean, task_means
from ...store.answers import Entry, Failure, Reply
from ...store.curve_key import CURVE, CurveKey
from ...store.journal import canonical
from ...store.pairing import load_run
from ...store.texts import entries_of
from ...tasks.trial import TrialId, rebuild_trial

_TRIAL = (*CURVE, "length", "index", "seed")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def sound(text: str) -> str:
    """A text that UTF-8 can hold: half a character becomes the sign for one that is not known."""
    return _LONE_SURROGATE.sub("\ufffd", text)


@dataclass(frozen=True, slots=True)
class KeptTrial:
    """One trial of a run, and what is known of it beside its row.

    Attributes:
        row: its row of the table of trials; None for what is not known.
        entry: its row of the journal; None where there is no journal, or none that fits.
        version: version of the task that asked it; None where nobody knows.
    """

    row: Mapping[str, Any]
    entry: Entry | None
    version: int | None

    @property
    def reply(self) -> Reply | None:
        """What was answered; None for a failure, and where the texts are not kept."""
        found = self.entry.result if self.entry else None
        return found if isinstance(found, Reply) else None

    @property
    def failure(self) -> str | None:
        """Why the request failed, if it did; empty where the reason is not kept."""
        if self.row["outcome"] != "failed":
            return None
        found = self.entry.result if self.entry else None
        return found.reason if isinstance(found, Failure) else ""

    @property
    def prompt(self) -> str | None:
        """What was asked, word for word; None where this version of Snellen asks otherwise."""
        try:
            trial = rebuild_trial(TrialId.from_dict(self.row))
        except InputError:  # a plug-in's task that is not installed here
            return None
        return trial.prompt if trial.prompt_sha256 == self.row["prompt_sha256"] else None

    @property
    def name(self) -> str:
        """What tells it from the others of its curve."""
        return f"{self.row['length']}-{self.row['index']}"


@dataclass(frozen=True)
class KeptRun(MeasuredRun):
    """One run.

    Attributes:
        path: its folder.
        manifest: what it was.
        trials: the table of trials.
        label: its name among the runs that are handed out together.
        entries: what its journal holds, by trial.
    """

    label: str
    entries: Mapping[tuple[Hashable, ...], Entry] = field(default_factory=dict)

    def points(self) -> Iterator[tuple[CurveKey, pd.DataFrame]]:
        """Each curve, and its rows of `curves`."""
        return by_curve(self.curves)

    def sees(self, curve: CurveKey) -> TaskMean | None:
        """How far the model sees on one curve, as one number; None with too few lengths."""
        points = next(points for key, points in self.points() if key == curve)
        return next(iter(task_means(points)), None)

    @cached_property
    def versions(self) -> Mapping[CurveKey, int | None]:
        """Version of the task behind each curve, where it is known."""
        kept = {
            CurveKey(*map(str, key[:4])): int(entry.trial["version"])
            for key, entry in self.entries.items()
            if "version" in entry.trial
        }
        return {key: kept.get(key) or self._version_now(key) for key, _ in self.points()}

    def _version_now(self, curve: CurveKey) -> int | None:
        """Today's version of a task, if it asks the shortest prompt of a curve word for word."""
        rows = self._rows(curve)
        shortest = rows.sort_values("length").iloc[0].to_dict()
        try:
            identity = TrialId.from_dict(shortest)
            same = rebuild_trial(identity).prompt_sha256 == shortest["prompt_sha256"]
        except InputError:
            return None
        return identity.version if same else None

    def of_curve(self, curve: CurveKey) -> Iterator[KeptTrial]:
        """The trials of one curve, in the order of the table."""
        return self._kept(self._rows(curve))

    def each(self) -> Iterator[KeptTrial]:
        """Every trial, in the order of the table."""
        return self._kept(self.trials)

    def _rows(self, curve: CurveKey) -> pd.DataFrame:
        rows = self.trials
        for column, value in zip(CURVE, curve, strict=True):
            rows = rows[rows[column] == value]
        return rows

    def _kept(self, rows: pd.DataFrame) -> Iterator[KeptTrial]:
        names = list(rows.columns)
        for values in rows.astype(object).where(rows.notna(), None).itertuples(index=False):
            row = dict(zip(names, values, strict=True))
            curve = CurveKey(*(str(row[name]) for name in CURVE))
            yield KeptTrial(row, self._entry(row), self.versions.get(curve))

    def _entry(self, row: Mapping[str, Any]) -> Entry | None:
        """The journal's word on a trial, if it is the one that the table was made from."""
        entry = self.entries.get(tuple(row[name] for name in _TRIAL))
        if entry is None or entry.prompt_sha256 != row["prompt_sha256"]:
            return None
        # A run that is going on may know more by now than its table.
        answered = isinstance(entry.result, Reply)
        return entry if answered == (row["outcome"] != "failed") else None

    @property
    def complete(self) -> bool:
        """Whether every trial of the plan was asked; failures count as asked."""
        found, adaptive = self.manifest, self.manifest.plan.precision is not None
        return found.finished is not None and (adaptive or len(self.trials) >= found.asked)

    @property
    def engine(self) -> str | None:
        """What computed the answers, where it is known."""
        return _text(self.manifest.numerics.get("engine"))

    @property
    def engine_version(self) -> str | None:
        """Its version, where it is known."""
        said = self.manifest.numerics
        return _text(said.get(self.engine or "") or said.get("version"))

    @property
    def dtype(self) -> str | None:
        """The precision of weights and arithmetic, where it is known."""
        return _text(self.manifest.numerics.get("dtype"))

    @property
    def numerics(self) -> str:
        """Everything known of the engine, as JSON."""
        return sound(canonical(self.manifest.numerics))

    @property
    def snellen_version(self) -> str | None:
        """The version of Snellen that asked."""
        return self.manifest.versions.get("snellen")


def _text(value: Any) -> str | None:
    return None if value is None else sound(str(value))


def read_run(path: Path, label: str) -> KeptRun:
    """Read a run directory to hand it out.

    Raises:
        InputError: it is no run directory, or a file of it cannot be read.
    """
    found = load_run(path)
    entries: dict[tuple[Hashable, ...], Entry] = {
        (one.task, one.mode, one.answer, one.lens, one.length, one.index, one.seed): entry
        for one, entry in entries_of(path).items()
    }
    return KeptRun(path, found.manifest, found.trials, label, entries)
