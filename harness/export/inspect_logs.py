"""A run as logs of inspect_ai, written through its own Python API: one log per curve."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputError
from ...stats.acuity import AcuityReport
from ...store.answers import Reply
from ...store.curve_key import CurveKey
from ...store.journal import digest
from ...tasks.registry import PREFIX
from .kept_run import KeptRun, KeptTrial, sound

PACKAGE = "snellen[inspect]"
SCORER = "snellen"
_STOPS = {"stop": "stop", "length": "max_tokens", "content_filter": "content_filter"}
_NOT_KEPT = "(its words are not at hand)"


def write_logs(folder: Path, runs: Sequence[KeptRun]) -> None:
    """Write an ``.eval`` log for every curve of every run.

    ``inspect view --log-dir FOLDER`` shows them, ``samples_df`` and ``evals_df`` of
    ``inspect_ai.analysis`` read them, and so does ``snellen acuity --from``.

    Args:
        folder: an empty folder.
        runs: the runs.

    Raises:
        InputError: inspect_ai is not installed.
    """
    try:
        from inspect_ai.log import write_eval_log
    except ImportError as error:
        raise InputError(
            f"--to inspect writes through inspect_ai, which is not installed: "
            f"pip install '{PACKAGE}'"
        ) from error
    for run in runs:
        for key, points in run.points():
            log = _log(run, key, points)
            created = re.sub(r"[^\w+-]", "-", log.eval.created)
            path = folder / f"{created}_{_file_word(log.eval.task)}_{log.eval.task_id}.eval"
            write_eval_log(log, str(path), format="eval")


def _file_word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", text)


def _log(run: KeptRun, key: CurveKey, points: pd.DataFrame) -> Any:
    from inspect_ai.log import EvalLog, EvalPlan, EvalPlanStep, EvalResults, EvalStats
    from inspect_ai.model import ModelUsage

    samples = [_sample(run, trial) for trial in run.of_curve(key)]
    scored = [sample for sample in samples if sample.scores]
    usage = sum((sample.output.usage for sample in scored if sample.output.usage), ModelUsage())
    manifest = run.manifest
    return EvalLog(
        status="success" if run.complete else "cancelled",
        eval=_spec(run, key, points, [str(sample.id) for sample in samples]),
        plan=EvalPlan(steps=[EvalPlanStep(solver="generate")], config=_config(run)),
        results=EvalResults(
            total_samples=len(samples),
            completed_samples=len(scored),
            scores=[_score(run.acuities[key], points, len(scored), len(samples) - len(scored))],
        ),
        stats=EvalStats(
            started_at=manifest.created,
            completed_at=manifest.finished or "",
            model_usage={sound(manifest.plan.model): usage} if usage.total_tokens else {},
        ),
        samples=samples,
    )


def _spec(run: KeptRun, key: CurveKey, points: pd.DataFrame, ids: list[str]) -> Any:
    from inspect_ai.log import EvalConfig, EvalDataset, EvalSpec

    manifest, report = run.manifest, run.acuities[key]
    identity = digest([run.label, manifest.run_id, manifest.created, *key])
    arguments = {"mode": key.mode, "answer": key.answer, "lens": key.lens,
                 "seed": manifest.plan.seed}  # fmt: skip
    return EvalSpec(
        eval_id=identity[:22],
        run_id=digest([run.label, manifest.run_id, manifest.created])[:22],
        task_id=identity[22:44],
        created=manifest.created,
        task=PREFIX + key.task,
        task_version=run.versions[key] or 0,
        task_args=arguments,
        task_args_passed=arguments,
        solver="generate",
        dataset=EvalDataset(name=key.task, samples=len(ids), sample_ids=ids, shuffled=False),
        model=sound(manifest.plan.model),
        model_generate_config=_config(run),
        model_base_url=manifest.endpoint or manifest.plan.base_url,
        config=EvalConfig(epochs=1),
        packages={"snellen": run.snellen_version} if run.snellen_version else {},
        tags=["snellen"],
        metadata={
            "run": run.label,
            "numerics": dict(manifest.numerics),
            "L50": str(report.l50),
            **({"L50_reason": report.l50.reason} if report.l50.reason else {}),
            "warnings": list(report.warnings),
            "complete": run.complete,
            "curve": [
                {"length": row["length"], "answered": row["answered"], "correct": row["correct"],
                 "accuracy_low": row["accuracy_low"], "accuracy_high": row["accuracy_high"]}
                for row in points.to_dict("records") if row["answered"]
            ],
        },
    )  # fmt: skip


def _config(run: KeptRun) -> Any:
    from inspect_ai.model import GenerateConfig

    plan = run.manifest.plan
    return GenerateConfig(
        temperature=plan.temperature,
        top_p=plan.top_p,
        max_tokens=plan.max_tokens,
        seed=plan.sampling_seed,
    )


def _score(report: AcuityReport, points: pd.DataFrame, scored: int, unscored: int) -> Any:
    from inspect_ai.log import EvalMetric, EvalScore

    return EvalScore(
        name=SCORER,
        scorer=SCORER,
        scored_samples=scored,
        unscored_samples=unscored,
        metrics={
            name: EvalMetric(name=name, value=value) for name, value in _metrics(report, points)
        },
    )


def _metrics(report: AcuityReport, points: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """Accuracy over all lengths, and each acuity that has a value; an open end is no number."""
    answered = int(points["answered"].sum())
    if answered:
        yield "accuracy", float(points["correct"].sum()) / answered
    for name, acuity in (("L50", report.l50), ("L80", report.l80), ("L90", report.l90)):
        if acuity.value is not None:
            yield name, float(acuity.value)
            for end, value in zip(("low", "high"), acuity.interval, strict=True):
                if 0 < value < np.inf:
                    yield f"{name}_{end}", float(value)


def _sample(run: KeptRun, trial: KeptTrial) -> Any:
    from inspect_ai.log import EvalError, EvalSample
    from inspect_ai.model import ChatMessageUser, ModelOutput

    row, prompt = trial.row, trial.prompt
    asked = _NOT_KEPT if prompt is None else prompt
    model = sound(run.manifest.plan.model)
    failed = row["outcome"] == "failed"
    output = ModelOutput(model=model) if failed else _output(trial.reply, row, model)
    facts = ("length", "tokens", "index", "seed", "depth", "prompt_sha256")
    error = None
    if (failure := trial.failure) is not None:
        told = sound(failure) or "the request failed"
        error = EvalError(message=told, traceback=told, traceback_ansi=told)
    return EvalSample(
        id=trial.name,
        epoch=1,
        input=asked,
        target=sound(str(row["truth"] or "")),
        messages=[ChatMessageUser(content=asked), *(c.message for c in output.choices)],
        output=output,
        scores=None if error else {SCORER: _judged(row)},
        metadata={name: row[name] for name in facts if row[name] is not None},
        model_usage={model: output.usage} if output.usage else {},
        total_time=row["latency_s"],
        working_time=row["latency_s"],
        uuid=digest([run.label, *(str(row[name]) for name in ("task", "mode", "lens", *facts))])[
            :22
        ],
        error=error,
    )


def _judged(row: Any) -> Any:
    from inspect_ai.scorer import CORRECT, INCORRECT, Score

    facts = ("outcome", "abs_error", "reading", "rivals", "log_odds")
    return Score(
        value=CORRECT if row["outcome"] == "correct" else INCORRECT,
        answer=None if row["answer"] is None else sound(str(row["answer"])),
        explanation=str(row["outcome"]),
        metadata={name: row[name] for name in facts if row[name] is not None},
    )


def _output(reply: Reply | None, row: Any, model: str) -> Any:
    from inspect_ai.model import (
        ChatCompletionChoice,
        ChatMessageAssistant,
        ContentReasoning,
        ContentText,
        ModelOutput,
        ModelUsage,
    )

    text = sound(reply.text) if reply else _NOT_KEPT
    content: Any = text
    if reply and reply.reasoning:
        content = [ContentReasoning(reasoning=sound(reply.reasoning)), ContentText(text=text)]
    asked, said = row["prompt_tokens"], row["completion_tokens"]
    usage = None
    if asked is not None and said is not None:
        usage = ModelUsage(
            input_tokens=asked,
            output_tokens=said,
            total_tokens=asked + said,
            reasoning_tokens=reply.reasoning_tokens if reply else None,
        )
    return ModelOutput(
        model=model,
        choices=[
            ChatCompletionChoice(
                message=ChatMessageAssistant(content=content, model=model, source="generate"),
                stop_reason=_STOPS.get(row["finish_reason"], "unknown"),
            )
        ],
        usage=usage,
        time=row["latency_s"],
    )
