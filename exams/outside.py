"""Acuity out of anyone's scores: the same curves, figures and page, for trials we did not ask."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import pandas as pd

from ..errors import InputError
from ..harness.outside.read import Columns, read_scored
from ..harness.outside.scored import as_trials
from ..reports.acuities import Acuities
from ..reports.curves import by_curve, curves
from ..reports.run.report import Report, write_report
from ..stats.acuity import measure
from ..stats.clusters import design_effect
from ..stats.compare import Comparison
from ..stats.compare import compare as compare_answers
from ..store.curve_key import CurveKey
from ..store.trials import write_trials
from ..support.files import make_folder
from .compare import ALPHA, MARGIN


@dataclass(frozen=True, slots=True)
class OutsideContrast:
    """Two models on one benchmark, the second judged against the first.

    Attributes:
        task: the benchmark.
        a: the first model.
        b: the second model.
        result: the tests and the verdict.
    """

    task: str
    a: str
    b: str
    result: Comparison


@dataclass(frozen=True, slots=True)
class Outside:
    """What other people's scores come to.

    Attributes:
        reports: model -> its report, in the order of the files.
        contrasts: each model against the one before it, benchmark by benchmark, where they were
            asked the same items.
        effects: (model, curve) -> design effect of items that trials share, where it is above 1.
    """

    reports: dict[str, Report]
    contrasts: Sequence[OutsideContrast]
    effects: dict[tuple[str, CurveKey], float]


def acuity_from(
    paths: Sequence[Path | str],
    out: Path | str = "results/from",
    *,
    length: str | None = None,
    correct: str | None = None,
    item: str | None = None,
    threshold: float | None = None,
    chance: float = 0.0,
) -> Outside:
    """Measure acuity from scored trials of any benchmark over length.

    Args:
        paths: CSV, Parquet or JSON lines with a row per trial, ``samples_*.jsonl`` of lm-eval, or
            logs of inspect_ai.
        out: a folder for one report per model.
        length: the column (or, in lm-eval's documents and inspect's metadata, the field) of the
            input's length; None: found by its usual names.
        correct: the column of the score.
        item: the column of what trials share, such as a document used at many lengths. Intervals
            widen by what sharing costs (:func:`~snellen.stats.clusters.design_effect`).
        threshold: the score from which on a trial counts as right; None: scores are 0 or 1.
        chance: probability of a right answer by guessing.

    Raises:
        InputError: a file is none of these or lacks a column, or there is no trial.
    """
    if not 0 <= chance < 1:
        raise InputError(f"chance {chance:g}: a probability from 0 to below 1")
    files = [Path(path) for path in paths]
    columns = Columns(length, correct, item)
    where = files[0].stem if len(files) == 1 else f"{files[0].stem}-and-{len(files) - 1}"
    found = chain.from_iterable(read_scored(path, columns) for path in files)
    trials = as_trials(found, threshold, where)
    reports: dict[str, Report] = {}
    effects: dict[tuple[str, CurveKey], float] = {}
    for model, rows in trials.groupby("model", sort=False):
        name = re.sub(r"[^\w.-]+", "_", str(model)).strip("._") or "model"
        folder = make_folder(Path(out) / name)
        kept = rows.drop(columns="item").reset_index(drop=True)
        write_trials(folder / "trials.csv", kept)
        acuities, widened = _acuities(rows, chance)
        facts = {"source": "scores of another tool", "files": [path.name for path in files],
                 "threshold": threshold, "chance": chance}  # fmt: skip
        reports[str(model)] = write_report(folder, kept, facts, found=acuities)
        effects |= {(str(model), key): effect for key, effect in widened.items()}
    return Outside(reports, list(_contrasts(trials, chance)), effects)


def _acuities(rows: pd.DataFrame, chance: float) -> tuple[Acuities, dict[CurveKey, float]]:
    """Every curve of a model, its counts divided by the design effect of shared items."""
    found: Acuities = {}
    effects: dict[CurveKey, float] = {}
    for key, points in by_curve(curves(rows.drop(columns="item"))):
        own = rows[rows["task"] == key.task]
        effect = design_effect(own["length"], own["outcome"] == "correct", own["item"])
        asked = (points["answered"] / effect).round().clip(lower=1)
        right = (asked * points["correct"] / points["answered"]).round()
        found[key] = measure(points["length"], right, asked, chance=chance)
        if effect > 1:
            effects[key] = effect
    return found, effects


def _contrasts(trials: pd.DataFrame, chance: float) -> list[OutsideContrast]:
    found = []
    for task, rows in trials.groupby("task", sort=False):
        answers = {
            str(model): {
                (int(n), int(i)): outcome == "correct"
                for n, i, outcome in zip(own["length"], own["index"], own["outcome"], strict=True)
            }
            for model, own in rows.groupby("model", sort=False)
        }
        for a, b in pairwise(answers):
            if answers[a].keys() & answers[b].keys():
                result = compare_answers(
                    answers[a], answers[b], chance=chance, margin=MARGIN, alpha=ALPHA
                )
                found.append(OutsideContrast(str(task), a, b, result))
    return found
