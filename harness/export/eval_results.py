"""Results as a model's repository on the Hub holds them: ``.eval_results/*.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml

from ...errors import InputError
from ...reports.over_tasks import TaskMean
from ...stats.acuity import Acuity
from ...store.curve_key import CurveKey
from ...support.files import write_atomically
from .identity import public_model, task_id
from .kept_run import KeptRun

Metric = Literal["sees", "L50", "L80", "L90"]
METRICS: tuple[Metric, ...] = ("sees", "L50", "L80", "L90")
"""What a leaderboard can rank by; ``sees`` (restricted mean acuity) exists for every model."""


def write_eval_results(
    folder: Path,
    runs: Sequence[KeptRun],
    benchmark: str,
    *,
    metric: Metric = "sees",
    model_id: str | None = None,
    source_url: str | None = None,
) -> list[str]:
    """Write ``ORG/NAME/.eval_results/BENCHMARK.yaml`` of every model.

    Args:
        folder: an empty folder.
        runs: the runs.
        benchmark: the dataset on the Hub whose leaderboard takes the results, ``ORG/NAME``.
        metric: the number that is given.
        model_id: the name of the model on the Hub, where it does not follow from ours.
        source_url: where the runs can be looked at.

    Returns:
        A line for every curve without such a number.

    Raises:
        InputError: two runs of one model hold the same curve, or no curve has such a number.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {}
    whose: dict[tuple[str, str], str] = {}
    missing: list[str] = []
    for run in runs:
        model = public_model(run.manifest, model_id).id
        for key, _ in run.points():
            task = task_id(key)
            if (value := _value(run, key, metric)) is None:
                missing.append(f"{model}: {key.name} has no {metric}: {_why(run, key, metric)}")
                continue
            if first := whose.get((model, task)):
                raise InputError(
                    f"{first} and {run.label} both hold {task} of {model}, and a leaderboard takes "
                    "one: give one of them"
                )
            whose[model, task] = run.label
            entry = {
                "dataset": {"id": benchmark, "task_id": task},
                "value": float(f"{value:.6g}"),
                "date": run.manifest.finished or run.manifest.created,
                **({"source": {"url": source_url, "name": "Snellen"}} if source_url else {}),
                "notes": "; ".join(_notes(run, key, metric)),
            }
            found.setdefault(model, {})[task] = entry
    if not found:
        raise InputError(f"no curve has a number to give: {'; '.join(missing)}")
    name = re.sub(r"[^\w.-]", "_", benchmark.partition("/")[2])
    for model, entries in found.items():
        write_atomically(
            folder / model / ".eval_results" / f"{name}.yaml",
            yaml.safe_dump(list(entries.values()), sort_keys=False, allow_unicode=True),
        )
    return missing


def _acuity(run: KeptRun, key: CurveKey, metric: Metric) -> Acuity:
    report = run.acuities[key]
    return {"L50": report.l50, "L80": report.l80, "L90": report.l90}[metric]


def _value(run: KeptRun, key: CurveKey, metric: Metric) -> float | None:
    if metric == "sees":
        mean = run.sees(key)
        return None if mean is None else mean.value
    return _acuity(run, key, metric).value


def _why(run: KeptRun, key: CurveKey, metric: Metric) -> str:
    if metric == "sees":
        return "it was asked at fewer than two lengths"
    found = _acuity(run, key, metric)
    return found.reason or f"it is {found}"


def _notes(run: KeptRun, key: CurveKey, metric: Metric) -> Iterator[str]:
    mean = run.sees(key)
    yield f"{metric}, in items" if metric != "sees" else "restricted mean acuity, in items"
    if mean is not None:
        yield quoted_mean(mean)
    yield f"L50 {run.acuities[key].l50}"
    points = dict(run.points())[key]
    lengths = points["length"]
    yield f"{int(points['answered'].sum()):,} answers at lengths {lengths.min()} to {lengths.max()}"
    yield f"{key.mode}, {key.answer} answers, lens {key.lens}"
    engine = [run.engine, run.engine_version, run.dtype]
    if any(engine):
        yield " ".join(part for part in engine if part)
    yield f"snellen {run.snellen_version or 'of an unknown version'}"
    if not run.complete:
        yield "not everything that was planned was asked"


def quoted_mean(mean: TaskMean) -> str:
    """A restricted mean acuity in words: ``sees 12.3 items (9.8 to 15)``."""
    return f"sees {mean.value:.3g} items ({mean.these.low:.3g} to {mean.these.high:.3g})"
