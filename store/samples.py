"""Trials out of a stock lm-eval run: its ``samples_*.jsonl`` hold all that is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import InputError
from ..tasks.harness import question
from ..tasks.question import TrialId
from .trials import COLUMNS

_FIELDS = (*TrialId.__dataclass_fields__, "truth")


def read_samples(paths: Sequence[Path]) -> tuple[pd.DataFrame, list[Mapping[str, Any]]]:
    """Read the sample files of lm-eval runs of Snellen's tasks.

    Outcomes are judged anew from the raw responses. lm-eval keeps neither finish reasons nor
    token counts, so those columns are empty and a truncated answer cannot be told from a wrong
    one.

    Returns:
        The table of trials, and five examples per task as for the report.

    Raises:
        InputError: a line is not a sample of one of Snellen's tasks (named by file and line).
    """
    rows: list[dict[str, Any]] = []
    shown: dict[str, list[Mapping[str, Any]]] = {}
    for path in paths:
        for sample in _samples(path):
            doc = {name: sample["doc"][name] for name in _FIELDS}
            text = str(sample["resps"][0][0])
            asked = question(doc)
            judged = asked.judge(text)
            known = {k: doc[k] for k in ("task", "mode", "lens", "length", "index", "seed")}
            answer = {"truth": doc["truth"], "answer": judged.answer, "outcome": judged.outcome}
            rows.append(
                {
                    "run_id": path.stem.removeprefix("samples_"),
                    "model": path.parent.name,
                    **known,
                    **answer,
                    "answer": judged.answer or None,
                    "abs_error": judged.abs_error,
                    "prompt_sha256": asked.prompt_sha256,
                }
            )
            shown.setdefault(f"{doc['task']} {doc['mode']} {doc['lens']}", []).append(
                {**known, **answer, "prompt": asked.prompt, "answer_text": text}
            )
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    return table, [example for group in shown.values() for example in _spread(group)]


def _spread(group: list[Mapping[str, Any]], count: int = 5) -> list[Mapping[str, Any]]:
    ordered = sorted(group, key=lambda example: (example["length"], example["index"]))
    step = max(1, (len(ordered) - 1) // max(1, count - 1))
    return ordered[::step][:count]


def _samples(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    for number, line in enumerate(lines, start=1):
        try:
            sample = json.loads(line)
            missing = [name for name in _FIELDS if name not in sample["doc"]]
            if missing:
                raise KeyError(missing[0])
            str(sample["resps"][0][0])
        except (json.JSONDecodeError, KeyError, IndexError, TypeError) as error:
            raise InputError(
                f"{path} line {number} is not a sample of a Snellen task "
                f"({type(error).__name__}: {error}); give samples_snellen_*.jsonl"
            ) from error
        yield sample
