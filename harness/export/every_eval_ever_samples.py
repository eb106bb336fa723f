"""The samples of a record of Every Eval Ever: every answer, tied to the accuracy it counts for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from ...store.curve_key import CurveKey
from .identity import result_id, task_id
from .kept_run import KeptRun, KeptTrial, sound


def samples_of(
    run: KeptRun, evaluation: str, model_id: str, schema: str
) -> Iterator[dict[str, Any]]:
    """Every answer of a run; requests that failed are no answers, and are counted in the results.

    Args:
        run: the run.
        evaluation: the record's id.
        model_id: the model's.
        schema: version of the schema.
    """
    for key, _ in run.points():
        for trial in run.of_curve(key):
            if trial.row["outcome"] != "failed":
                yield {
                    "schema_version": schema,
                    "evaluation_id": evaluation,
                    "model_id": model_id,
                    "evaluation_name": f"snellen_{task_id(key)}",
                    "evaluation_result_id": result_id(key, "accuracy", trial.row["length"]),
                    **_sample(trial, key),
                }


def _sample(trial: KeptTrial, key: CurveKey) -> dict[str, Any]:
    row, reply, prompt = trial.row, trial.reply, trial.prompt
    truth, answer = str(row["truth"] or ""), row["answer"]
    right = row["outcome"] == "correct"
    told = hashlib.sha256(f"{prompt}{truth}".encode()).hexdigest() if prompt is not None else None
    asked = "(its words are not at hand; SHA-256 " + row["prompt_sha256"] + ")"
    facts = {"length": row["length"], "index": row["index"], "seed": row["seed"],
             "outcome": row["outcome"], "abs_error": row["abs_error"], "tokens": row["tokens"],
             "depth": row["depth"], "finish_reason": row["finish_reason"],
             "task_version": trial.version, "prompt_sha256": row["prompt_sha256"]}  # fmt: skip
    thoughts = reply.reasoning if reply else None
    return {
        "sample_id": f"{'/'.join(key)}/{row['length']}/{row['index']}/{row['seed']}",
        "sample_hash": told,
        "interaction_type": "single_turn",
        "input": {"raw": asked if prompt is None else prompt, "reference": [truth]},
        "output": {
            "raw": [sound(reply.text)] if reply else [],
            **({"reasoning_trace": [sound(thoughts)]} if thoughts else {}),
        },
        "answer_attribution": [
            {
                "turn_idx": 0,
                "source": "output.raw",
                "extracted_value": sound(str(answer)),
                "extraction_method": row["reading"] or "unknown",
                "is_terminal": True,
            }
        ]
        if answer is not None
        else [],
        "evaluation": {"score": 1.0 if right else 0.0, "is_correct": right},
        **_usage(trial),
        **_latency(row["latency_s"]),
        "metadata": {k: sound(str(v)) for k, v in facts.items() if v is not None},
    }


def _usage(trial: KeptTrial) -> dict[str, Any]:
    asked, said = trial.row["prompt_tokens"], trial.row["completion_tokens"]
    if asked is None or said is None:
        return {}
    thoughts = trial.reply.reasoning_tokens if trial.reply else None
    return {
        "token_usage": {
            "input_tokens": int(asked),
            "output_tokens": int(said),
            "total_tokens": int(asked) + int(said),
            **({"reasoning_tokens": thoughts} if thoughts is not None else {}),
        }
    }


def _latency(seconds: float | None) -> dict[str, Any]:
    return {} if seconds is None else {"performance": {"latency_ms": 1000 * float(seconds)}}
