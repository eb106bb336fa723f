"""Two runs side by side: which curves, and which trials of them, asked the same questions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..errors import InputError
from ..stats.compare import Answers
from .curve_key import CURVE, CurveKey
from .manifest import Manifest, read_manifest
from .trials import read_trials

UNREAD = ("unparseable", "truncated")
"""Outcomes of answers that could not be read."""


@dataclass(frozen=True)
class LoadedRun:
    """A run as it lies on disk.

    Attributes:
        path: its folder.
        manifest: what it was.
        trials: its table of trials.
    """

    path: Path
    manifest: Manifest
    trials: pd.DataFrame

    def curve_keys(self) -> list[CurveKey]:
        """Its curves, in order."""
        rows = self.trials[list(CURVE)].drop_duplicates()
        return [CurveKey(*map(str, row)) for row in rows.itertuples(index=False)]

    def unread(self, curve: CurveKey) -> int:
        """How many answers of a curve could not be read."""
        rows = self.trials[self.trials["outcome"].isin(UNREAD)]
        for column, value in zip(CURVE, curve, strict=True):
            rows = rows[rows[column] == value]
        return len(rows)

    def answers(self, curve: CurveKey) -> dict[tuple[int, int], bool]:
        """Whether each trial of a curve was answered correctly, by length and index.

        Requests that failed are left out.
        """
        rows = self.trials[self.trials["outcome"] != "failed"]
        for column, value in zip(CURVE, curve, strict=True):
            rows = rows[rows[column] == value]
        return {
            (int(length), int(index)): outcome == "correct"
            for length, index, outcome in zip(
                rows["length"], rows["index"], rows["outcome"], strict=True
            )
        }


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two curves that asked the same questions.

    Attributes:
        a: the curve of run A.
        b: the curve of run B.
        answers_a: its answers.
        answers_b: its answers.
        unread_a: how many of A's answers could not be read.
        unread_b: how many of B's answers could not be read.
    """

    a: CurveKey
    b: CurveKey
    answers_a: Answers
    answers_b: Answers
    unread_a: int = 0
    unread_b: int = 0

    @property
    def name(self) -> str:
        """The task, and what differs between the two curves."""
        task = self.a[0]
        changes = [
            f"{x} → {y}" if x != y else x for x, y in zip(self.a[1:], self.b[1:], strict=True)
        ]
        plain = [word for word in changes if word not in ("direct", "free", "none")]
        return f"{task} ({', '.join(plain)})" if plain else task


def load_run(path: Path) -> LoadedRun:
    """Read a run directory.

    Raises:
        InputError: it is not one.
    """
    if not (path / "manifest.json").is_file() or not (path / "trials.csv").is_file():
        raise InputError(f"{path} is not a run directory: it lacks manifest.json or trials.csv")
    return LoadedRun(path, read_manifest(path / "manifest.json"), read_trials(path / "trials.csv"))


def pairings(a: LoadedRun, b: LoadedRun) -> list[Pairing]:
    """The curves of two runs that can be compared.

    Raises:
        InputError: there are none; says which fields of the design differ.
    """
    differing = [
        f"{name} ({x!r} and {y!r})"
        for name in ("seed", "tasks", "lengths")
        if (x := getattr(a.manifest.plan, name)) != (y := getattr(b.manifest.plan, name))
    ]
    if a.manifest.plan.seed != b.manifest.plan.seed:
        raise InputError(
            f"{a.path} and {b.path} asked different questions: they differ in "
            f"{', '.join(differing)}; run one again with the seed of the other"
        )
    found = [
        Pairing(x, y, answers_a, answers_b, a.unread(x), b.unread(y))
        for x, y in matches(a.curve_keys(), b.curve_keys())
        if (answers_a := a.answers(x)).keys() & (answers_b := b.answers(y)).keys()
    ]
    if not found:
        raise InputError(
            f"{a.path} and {b.path} have no trial in common: they differ in "
            f"{', '.join(differing) or 'their modes and lenses, of which there are several'}"
        )
    return found


def within_run(run: LoadedRun, against: str) -> list[Pairing]:
    """Every lens of a run beside one of them, task by task and mode by mode.

    Args:
        run: the run.
        against: the lens to compare with.
    """
    curves = run.curve_keys()
    return [
        Pairing(
            base,
            curve,
            run.answers(base),
            run.answers(curve),
            run.unread(base),
            run.unread(curve),
        )
        for curve in curves
        if (base := curve._replace(lens=against)) in curves and curve != base
    ]


def matches(a: list[CurveKey], b: list[CurveKey]) -> Iterator[tuple[CurveKey, CurveKey]]:
    """Which curves to compare: those of one key; or of a task that has one curve on each side."""
    for task in dict.fromkeys(curve[0] for curve in a):
        mine = [curve for curve in a if curve[0] == task]
        theirs = [curve for curve in b if curve[0] == task]
        same = [curve for curve in mine if curve in theirs]
        if same:
            yield from ((curve, curve) for curve in same)
        elif len(mine) == 1 and len(theirs) == 1:
            yield mine[0], theirs[0]
