"""Entries of a leaderboard: what a run came to, and whether it may stand on the board."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ...stats.board import LengthCounts, admit
from ...store.curve_key import CURVE, CurveKey
from ..catalogue import chance
from ..curves import READ, by_curve, curves
from ..formats import percent, share
from .fitted import NOT_FITTED, FittedLater, Said, unfitted

TRIAL = [*CURVE, "length", "index", "seed", "truth", "prompt_sha256"]
"""The columns that say which trial a row is, and what it asked."""

WORTH_A_WARNING = 0.02
_SETTINGS = ("temperature", "top_p", "max_tokens", "reasoning_effort", "chat")


@dataclass(frozen=True, slots=True)
class BoardDesign:
    """What all models of one leaderboard were asked.

    Attributes:
        version: its name.
        sha256: hash over every prompt and truth, as in a manifest's ``documents_sha256``.
        trials: every trial of it, in order, with the columns `TRIAL`.
    """

    version: str
    sha256: str
    trials: pd.DataFrame


@dataclass(frozen=True, slots=True)
class BoardEntry:
    """What one run of the design came to. Requests that failed count as wrong answers here.

    Attributes:
        model: the model's name.
        run_id: the run.
        created: when the run was created (UTC), empty if not known.
        documents_sha256: what its manifest says that it was asked.
        reports: what is said of each task's curve, by the name of the curve; fitted when first
            asked for.
        counts: right answers of the trials asked, by length, of each task; none where there is a
            fault.
        fault: what is wrong with its table, empty if nothing is.
        trials: trials asked.
        unread: share of all trials whose answer could not be read.
        truncated: share of all trials.
        refused: share of all trials.
        failed: share of all trials.
        tokens: prompt and completion tokens, where they are known.
        cost_usd: what the answers cost, where it is known.
        numerics: engine, dtype, sampling: everything beside the prompts that can change a number.
        report: link to the run's own page, relative to the leaderboard.
    """

    model: str
    run_id: str
    documents_sha256: str
    reports: Mapping[str, Said]
    counts: Sequence[LengthCounts]
    trials: int
    created: str = ""
    fault: str = ""
    unread: float = 0.0
    truncated: float = 0.0
    refused: float = 0.0
    failed: float = 0.0
    tokens: tuple[int | None, int | None] = (None, None)
    cost_usd: float | None = None
    numerics: Mapping[str, Any] = field(default_factory=dict)
    report: str | None = None

    @property
    def failures(self) -> int:
        """Requests that failed."""
        return round(self.failed * self.trials)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know of this entry, one line each."""
        shares = {
            "of the requests failed and count as wrong": self.failed,
            "of the answers were cut at the token limit": self.truncated,
            "of the answers were refused or filtered": self.refused,
            "of the answers could not be read": self.unread,
        }
        lines = [f"{percent(x)} {what}" for what, x in shares.items() if x > WORTH_A_WARNING]
        for task, report in self.reports.items():
            lines += [f"{task}: {line}" for line in report.warnings]
            if report.l50.reason not in (None, NOT_FITTED):
                lines.append(f"{task}: no L50: {report.l50.reason}")
        return tuple(lines)


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """A run that is not on the board, and why."""

    entry: BoardEntry
    reason: str


def entry_of(
    trials: pd.DataFrame,
    manifest: Mapping[str, Any],
    design: BoardDesign,
    report: str | None = None,
) -> BoardEntry:
    """Sum up one run.

    Args:
        trials: the run's trial table.
        manifest: the run's manifest.
        design: what the board asks.
        report: link to its page, relative to the leaderboard.
    """
    named = {"model": trials["model"].iloc[0], "run_id": trials["run_id"].iloc[0]}
    return entry_from(
        curves(trials),
        {**named, **manifest},
        next(_faults(trials, design), ""),
        (_sum(trials["prompt_tokens"]), _sum(trials["completion_tokens"])),
        report,
    )


def entry_from(
    table: pd.DataFrame,
    manifest: Mapping[str, Any],
    fault: str,
    tokens: tuple[int | None, int | None],
    report: str | None = None,
) -> BoardEntry:
    """Sum up one run of which the outcomes are already counted.

    Args:
        table: ``n`` and a count per outcome, by curve and length, in order (`curves`).
        manifest: the run's manifest.
        fault: what is wrong with its table, empty if nothing is.
        tokens: prompt and completion tokens, where they are known.
        report: link to its page, relative to the leaderboard.
    """
    # Whoever could fail, or seem to, just where it does not know would otherwise gain by it.
    table = table.assign(answered=table["n"])
    trials = int(table["n"].sum())
    plan = manifest.get("plan", {})
    settings = {name: plan[name] for name in _SETTINGS if plan.get(name) is not None}
    shares = {name: share(table[name].sum(), trials) for name in ("truncated", "refused")}
    return BoardEntry(
        model=str(plan.get("model") or manifest["model"]),
        run_id=str(manifest["run_id"]),
        created=str(manifest.get("created") or ""),
        documents_sha256=str(manifest.get("documents_sha256", "")),
        reports=FittedLater(table),
        counts=[] if fault else [_counts(key, points) for key, points in by_curve(table)],
        fault=fault,
        trials=trials,
        unread=share(table["unparseable"].sum(), trials),
        failed=share(table["failed"].sum(), trials),
        tokens=tokens,
        cost_usd=manifest.get("cost_usd"),
        numerics={**manifest.get("numerics", {}), **settings},
        report=report,
        **shares,
    )


def _counts(key: CurveKey, points: pd.DataFrame) -> LengthCounts:
    guessing = [chance(key, int(length)) for length in points["length"]]
    return LengthCounts.of(points["length"], points["correct"], points["n"], guessing)


def without_acuities(entry: BoardEntry) -> BoardEntry:
    """An entry too far down a long board for its curves to be fitted."""
    return dataclasses.replace(entry, reports=unfitted(entry.reports))


def refuse(
    entries: Sequence[BoardEntry], design: BoardDesign
) -> tuple[list[BoardEntry], list[RefusedEntry]]:
    """Tell the entries that may stand on the board from those that may not, each with its reason.

    Nothing that one entry is or lacks has an effect on another, save that of several runs of one
    model under the same settings the first that was created stands: who could choose among them
    would choose the luckiest.
    """
    accepted: dict[str, BoardEntry] = {}
    refused = []
    for entry in sorted(entries, key=lambda e: (e.created, e.run_id)):
        identity = f"{entry.model} {sorted(map(str, entry.numerics.items()))}"
        reason = _refusal(entry, design)
        if reason is None and identity in accepted:
            reason = (
                f"the same model under the same settings stands as run "
                f"{accepted[identity].run_id}, which was created first"
            )
        if reason is None:
            accepted[identity] = entry
        else:
            refused.append(RefusedEntry(entry, reason))
    return list(accepted.values()), refused


def named_apart(entries: Sequence[BoardEntry]) -> list[BoardEntry]:
    """Entries of one model under several settings, with what differs beside its name."""
    found = []
    for entry in entries:
        others = [e for e in entries if e.model == entry.model and e is not entry]
        apart = sorted(
            name
            for name in {*entry.numerics, *(n for e in others for n in e.numerics)}
            if any(e.numerics.get(name) != entry.numerics.get(name) for e in others)
        )
        if apart:
            told = ", ".join(f"{name} {entry.numerics.get(name, 'not set')}" for name in apart)
            entry = dataclasses.replace(entry, model=f"{entry.model} ({told})")
        found.append(entry)
    return found


def _refusal(entry: BoardEntry, design: BoardDesign) -> str | None:
    if entry.documents_sha256 != design.sha256:
        asked = entry.documents_sha256[:12] or "nothing known"
        return (
            f"it answered other questions (hash {asked}; those of board {design.version} have "
            f"{design.sha256[:12]}); run it again with this version of snellen"
        )
    return entry.fault or admit(entry.trials, entry.failures)


def _faults(trials: pd.DataFrame, design: BoardDesign) -> Iterator[str]:
    """What is wrong with a table, the plainest first."""
    asked = trials[TRIAL].astype("str").reset_index(drop=True)
    wanted = design.trials[TRIAL].astype("str").reset_index(drop=True)
    there = wanted.merge(asked.drop_duplicates(), on=TRIAL, how="inner")
    if len(asked) > len(wanted) or asked.duplicated().any():
        yield f"its table has {len(asked):,} rows, and the board asks {len(wanted):,} trials"
    if len(there) < len(wanted):
        missing = len(wanted) - len(there)
        yield (
            f"{missing:,} of the {len(wanted):,} trials of the board are not in its table; "
            "repeat its command to finish it"
        )
    read = trials["outcome"].isin(READ)
    right = (trials["answer"] == trials["truth"]).fillna(False).astype(bool)
    odd = read & (right != (trials["outcome"] == "correct"))
    odd |= ~read & (trials["outcome"] == "correct")
    if odd.any():
        row = trials[odd].iloc[0]
        yield (
            f"{row['task']}, length {row['length']}, index {row['index']} is called "
            f"{row['outcome']}, but its answer is {row['answer']} and the truth {row['truth']}"
        )


def _sum(column: pd.Series[int]) -> int | None:
    return int(column.sum()) if column.notna().any() else None
