"""Records of Every Eval Ever, the schema that public collections of results share (0.3.0).

One aggregate record and one file of samples per run, in the layout of its datastore:
``data/snellen/ORG/NAME/UUID.json`` and ``UUID_samples.jsonl``. Its package checks them:
``python -m every_eval_ever validate 'OUT/data/*/*/*/*.json*'``.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from ...errors import InputError
from ...stats.acuity import Acuity
from ...store.curve_key import CurveKey
from ...store.journal import canonical
from ...store.trials import OUTCOMES
from ...support.files import whole_file, write_atomically
from .every_eval_ever_samples import samples_of
from .identity import PublicModel, public_model, result_id, task_id
from .kept_run import KeptRun, sound

SCHEMA = "0.3.0"
COLLECTION = "snellen"
Relationship = Literal["first_party", "third_party", "collaborative", "other"]
RELATIONSHIPS: tuple[Relationship, ...] = ("first_party", "third_party", "collaborative", "other")
"""Who evaluated, to who made the model."""


def write_records(
    folder: Path,
    runs: Sequence[KeptRun],
    *,
    organization: str = "unknown",
    relationship: Relationship = "third_party",
    model_id: str | None = None,
) -> None:
    """Write the records of runs.

    Args:
        folder: an empty folder.
        runs: the runs.
        organization: who evaluated.
        relationship: of who evaluated to who made the model.
        model_id: the name of the model on the Hub, where it does not follow from ours.

    Raises:
        InputError: nothing was answered in a run.
    """
    for run in runs:
        model = public_model(run.manifest, model_id)
        name = uuid.UUID(bytes=_digest(run)[:16], version=4)
        place = Path("data", COLLECTION, *model.id.split("/"))
        now = f"{time.time():.3f}"
        evaluation = f"{COLLECTION}-{sound(run.manifest.run_id)}/{model.id}/{now}"
        record = {
            "schema_version": SCHEMA,
            "evaluation_id": evaluation,
            "evaluation_timestamp": run.manifest.finished or run.manifest.created,
            "retrieved_timestamp": now,
            "source_metadata": {
                "source_name": "Snellen",
                "source_type": "evaluation_run",
                "source_organization_name": sound(organization),
                "evaluator_relationship": relationship,
            },
            "eval_library": {"name": "snellen", "version": run.snellen_version or "unknown"},
            "model_info": _model_info(run, model),
            "evaluation_results": [
                result for key, points in run.points() for result in _results(run, key, points)
            ],
        }
        if not record["evaluation_results"]:
            raise InputError(f"{run.path}: nothing was answered, so there is no result to give")
        samples = place / f"{name}_samples.jsonl"
        rows, checksum = 0, hashlib.sha256()
        with whole_file(folder / samples) as scratch, scratch.open("wb") as file:
            for sample in samples_of(run, evaluation, model.id, SCHEMA):
                line = f"{_json(sample)}\n".encode()
                file.write(line)
                checksum.update(line)
                rows += 1
        record["detailed_evaluation_results"] = {
            "format": "jsonl",
            "file_path": samples.as_posix(),
            "hash_algorithm": "sha256",
            "checksum": checksum.hexdigest(),
            "total_rows": rows,
        }
        write_atomically(folder / place / f"{name}.json", _json(record, indent=2) + "\n")


def _json(value: Any, indent: int | None = None) -> str:
    # ASCII: whoever splits the file into lines may take U+2028 and its like for an end.
    return json.dumps(value, indent=indent, ensure_ascii=True, allow_nan=False)


def _digest(run: KeptRun) -> bytes:
    """The same run has the same name, however often it is handed out."""
    found = run.manifest
    told = [found.run_id, found.plan.model_dump(mode="json"), found.numerics, found.created]
    return hashlib.sha256(sound(canonical(told)).encode()).digest()


def _model_info(run: KeptRun, model: PublicModel) -> dict[str, Any]:
    availability = {"open": "open_weights", "closed": "closed_weights"}
    engine = {"name": run.engine, "version": run.engine_version}
    return {
        "name": sound(run.manifest.plan.model),
        "id": model.id,
        "developer": model.id.partition("/")[0],
        **({"inference_platform": model.platform} if model.platform else {}),
        **({"inference_engine": {k: v for k, v in engine.items() if v}} if run.engine else {}),
        "additional_details": {
            "deployment_type": model.deployment,
            "model_availability": availability.get(model.weights, "unknown"),
            "numerics": run.numerics,
        },
    }


def _results(run: KeptRun, key: CurveKey, points: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """What a curve came to: how far the model sees, L50 and its kin, accuracy at each length."""
    counted = _counts(points)
    said = {
        "L50": str(run.acuities[key].l50),
        **({"L50_reason": reason} if (reason := run.acuities[key].l50.reason) else {}),
        **{f"warning_{i}": line for i, line in enumerate(run.acuities[key].warnings, 1)},
        **counted,
    }
    mean = run.sees(key)
    if mean is not None and points["answered"].sum():
        yield _result(
            run, key, "sees", "How far the model sees on the lengths asked: the area under "
            "accuracy over log2 length, corrected for guessing, as a length",
            mean.value, {"details": said, "uncertainty": _interval(*mean.these)},
        )  # fmt: skip
    report = run.acuities[key]
    for name, acuity in (("L50", report.l50), ("L80", report.l80), ("L90", report.l90)):
        if acuity.value is not None:
            yield _result(
                run, key, name, f"Length at which accuracy falls through {acuity.accuracy:g}",
                acuity.value, _uncertain(acuity, counted),
            )  # fmt: skip
    for row in points.to_dict("records"):
        if row["answered"]:
            uncertainty = _interval(row["accuracy_low"], row["accuracy_high"], "Wilson")
            yield _result(
                run, key, "accuracy", f"Share of correct answers at {row['length']} items",
                row["accuracy"],
                {
                    "details": {name: str(row[name]) for name in OUTCOMES},
                    "uncertainty": {**uncertainty, "num_samples": int(row["answered"])},
                },
                length=int(row["length"]),
            )  # fmt: skip


def _counts(points: pd.DataFrame) -> dict[str, str]:
    return {name: str(int(points[name].sum())) for name in OUTCOMES}


def _uncertain(acuity: Acuity, counted: Mapping[str, str]) -> dict[str, Any]:
    details = {"quoted": str(acuity), **counted}
    low, high = acuity.interval
    if low == 0 or not np.isfinite(high):  # an open end is no number
        return {"details": details}
    return {"details": details, "uncertainty": _interval(low, high, "posterior")}


def _interval(low: float, high: float, method: str = "variance recovery") -> dict[str, Any]:
    return {
        "confidence_interval": {
            "lower": float(low), "upper": float(high), "confidence_level": 0.95, "method": method,
        }
    }  # fmt: skip


def _result(
    run: KeptRun,
    key: CurveKey,
    metric: str,
    what: str,
    score: float,
    details: Mapping[str, Any],
    length: int | None = None,
) -> dict[str, Any]:
    found, plan = run.manifest, run.manifest.plan
    share = metric == "accuracy"
    sampling = {"temperature": plan.temperature, "top_p": plan.top_p, "max_tokens": plan.max_tokens}
    version = run.versions[key]
    return {
        "evaluation_result_id": result_id(key, metric, length),
        "evaluation_name": f"snellen_{task_id(key)}",
        "source_data": {
            "dataset_name": f"snellen {key.task}",
            "source_type": "other",
            "additional_details": {
                "task_version": "unknown" if version is None else str(version),
                "seed": str(plan.seed),
                "documents_sha256": found.documents_sha256,
            },
        },
        "evaluation_timestamp": found.finished or found.created,
        "metric_config": {
            "evaluation_description": what,
            "metric_id": metric if share else f"snellen.{metric}",
            "metric_name": metric,
            "metric_kind": metric if share else "length",
            "metric_unit": "proportion" if share else "items",
            **({"metric_parameters": {"length": length}} if length is not None else {}),
            "lower_is_better": False,
            "score_type": "continuous",
            "min_score": 0,
            "max_score": 1 if share else "Infinity",
        },
        "score_details": {"score": float(score), **details},
        "generation_config": {
            "generation_args": {
                **{name: value for name, value in sampling.items() if value is not None},
                "reasoning": key.mode.startswith("cot"),
            },
            "additional_details": {
                "mode": key.mode, "answer": key.answer, "lens": key.lens,
                "complete": str(run.complete).lower(),
            },
        },
    }  # fmt: skip
