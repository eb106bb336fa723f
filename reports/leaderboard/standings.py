"""One model's line on a leaderboard, and the order in which the lines stand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ...errors import InputError
from ...stats.acuity import Acuity
from ...stats.board import (
    LengthCounts,
    RankInterval,
    RestrictedMean,
    admit,
    rank_intervals,
    restricted_mean,
)
from ..acuities import acuities, chance
from ..curves import curves
from ..words import SERIES, series_name

_SETTINGS = ("temperature", "top_p", "max_tokens", "reasoning_effort", "chat")


@dataclass(frozen=True, slots=True)
class Chart:
    """The design that all models of one leaderboard were asked.

    Attributes:
        version: its name.
        sha256: hash over every prompt and truth, as in a manifest's ``documents_sha256``.
    """

    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What one model's run of the chart came to.

    Attributes:
        model: the model's name.
        run_id: the run.
        documents_sha256: the chart that was really asked.
        acuities: L50 of each task; the mode and lens stand beside a task's name where they are
            not the plain ones.
        counts: correct answers of the trials asked, by task and length.
        trials: trials asked.
        truncated: share of the answered trials.
        failed: share of the asked trials.
        tokens: prompt and completion tokens, where they are known.
        cost_usd: what the answers cost, where it is known.
        numerics: engine, dtype, sampling: everything beside the prompts that can change a number.
        report: link to the run's own page, relative to the leaderboard.
    """

    model: str
    run_id: str
    documents_sha256: str
    acuities: Mapping[str, Acuity]
    counts: Mapping[str, LengthCounts]
    trials: int
    truncated: float
    failed: float
    tokens: tuple[int | None, int | None] = (None, None)
    cost_usd: float | None = None
    numerics: Mapping[str, Any] = field(default_factory=dict)
    report: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """An entry with its place.

    Attributes:
        entry: the model.
        mean: restricted mean acuity over its tasks.
        rank: the ranks that the answers cannot rule out.
    """

    entry: Entry
    mean: RestrictedMean
    rank: RankInterval


@dataclass(frozen=True, slots=True)
class Refused:
    """A run that is not on the board, and why."""

    entry: Entry
    reason: str


def entry_of(trials: pd.DataFrame, manifest: Mapping[str, Any], report: str | None = None) -> Entry:
    """Sum up one run of the chart.

    Args:
        trials: the run's trial table.
        manifest: the run's manifest.
        report: link to its page, relative to the leaderboard.
    """
    table = curves(trials)
    found = {
        task if series_name(mode, lens) == "direct" else f"{task} ({series_name(mode, lens)})": r
        for (task, mode, lens), r in acuities(table).items()
    }
    plan = manifest.get("plan", {})
    settings = {name: plan[name] for name in _SETTINGS if plan.get(name) is not None}
    answered = int(table["answered"].sum())
    return Entry(
        model=str(plan.get("model") or trials["model"].iloc[0]),
        run_id=str(manifest.get("run_id", trials["run_id"].iloc[0])),
        documents_sha256=str(manifest.get("documents_sha256", "")),
        acuities={name: report.l50 for name, report in found.items()},
        counts=_counts(table),
        trials=len(trials),
        truncated=int(table["truncated"].sum()) / answered if answered else math.nan,
        failed=int(table["failed"].sum()) / len(trials),
        tokens=(_sum(trials["prompt_tokens"]), _sum(trials["completion_tokens"])),
        cost_usd=manifest.get("cost_usd"),
        numerics={**manifest.get("numerics", {}), **settings},
        report=report,
    )


def standings(entries: Sequence[Entry], chart: Chart) -> tuple[list[Standing], list[Refused]]:
    """Order the models that ran this chart; refuse the others, each with its reason.

    Models are ranked by their restricted mean acuity over all tasks of the chart, which every run
    has; that of each task is quoted beside it.

    Raises:
        InputError: a model is there twice, from different runs.
    """
    _check_distinct(entries)
    tasks = {task for e in entries if e.documents_sha256 == chart.sha256 for task in e.counts}
    accepted, refused = [], []
    for entry in entries:
        reason = _refusal(entry, chart, tasks)
        if reason is None:
            accepted.append(entry)
        else:
            refused.append(Refused(entry, reason))
    means = [restricted_mean([e.counts[task] for task in sorted(tasks)]) for e in accepted]
    ranks = rank_intervals(means)
    placed = [Standing(*three) for three in zip(accepted, means, ranks, strict=True)]
    return sorted(placed, key=_order), refused


def _counts(table: pd.DataFrame) -> dict[str, LengthCounts]:
    """Correct answers of the trials asked, by task; tasks of one length are left out."""
    found = {}
    for (task, mode, lens), points in table.groupby(list(SERIES), sort=False, observed=True):
        series = series_name(str(mode), str(lens))
        name = str(task) if series == "direct" else f"{task} ({series})"
        if len(points) > 1:
            found[name] = LengthCounts.of(
                points["length"], points["correct"], points["n"], chance(str(task))
            )
    return found


def _refusal(entry: Entry, chart: Chart, tasks: set[str]) -> str | None:
    if entry.documents_sha256 != chart.sha256:
        asked = entry.documents_sha256[:12] or "nothing known"
        return (
            f"it was asked {asked}, and chart {chart.version} is {chart.sha256[:12]}; "
            "run it again with this version of snellen"
        )
    for task in sorted(tasks - set(entry.counts)):
        return f"it was not asked {task}"
    return admit(entry.trials, round(entry.failed * entry.trials))


def _check_distinct(entries: Sequence[Entry]) -> None:
    seen: dict[str, Entry] = {}
    for entry in entries:
        other = seen.setdefault(entry.model, entry)
        if other is not entry:
            raise InputError(
                f"{entry.model} is there twice, as runs {other.run_id} and {entry.run_id} with "
                f"different {_difference(other, entry)}; leave one of them out"
            )


def _difference(a: Entry, b: Entry) -> str:
    if a.documents_sha256 != b.documents_sha256:
        return "prompts"
    for name in sorted({*a.numerics, *b.numerics}):
        if a.numerics.get(name) != b.numerics.get(name):
            return f"{name} ({a.numerics.get(name)}, {b.numerics.get(name)})"
    return "answers"


def _order(standing: Standing) -> tuple[float, float, str]:
    mean, rank = standing.mean, standing.rank
    return (rank.best + rank.worst) / 2, -mean.octaves, standing.entry.model


def _sum(column: pd.Series[int]) -> int | None:
    return int(column.sum()) if column.notna().any() else None
