"""Trials out of a stock lm-eval run: its ``samples_*.jsonl`` hold all that is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import InputError
from ..store.answers import Reply
from ..store.trials import trial_row, trial_table
from ..tasks.trial import Trial, TrialId, rebuild_trial


def read_samples(paths: Sequence[Path]) -> tuple[pd.DataFrame, dict[TrialId, str]]:
    """Read the sample files of lm-eval runs of Snellen's tasks.

    Outcomes are judged anew from the raw responses. lm-eval keeps neither finish reasons nor
    token counts, so those columns are empty and a truncated answer cannot be told from a wrong
    one.

    Returns:
        The table of trials, and what was said to each.

    Raises:
        InputError: a line is not a sample of one of Snellen's tasks (named by file and line).
    """
    rows: list[dict[str, Any]] = []
    said: dict[TrialId, str] = {}
    for path in paths:
        for asked, text in _samples(path):
            run_id, model = path.stem.removeprefix("samples_"), path.parent.name
            rows.append(
                trial_row(run_id, model, asked, Reply(text)) | {"finish_reason": None}  # not known
            )
            said[asked.id] = text
    return trial_table(rows), said


def _samples(path: Path) -> Iterator[tuple[Trial, str]]:
    try:
        # Not splitlines: an answer may hold one of the rarer line separators.
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            yield sample_of(json.loads(line))
        except (InputError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise InputError(
                f"{path} line {number} is not a sample of a Snellen task "
                f"({type(error).__name__}: {error}); give samples_snellen_*.jsonl"
            ) from error


def sample_of(sample: Mapping[str, Any]) -> tuple[Trial, str]:
    """The trial that a sample of lm-eval asked, and what was answered.

    Raises:
        InputError, ValueError, LookupError, TypeError, AttributeError: it is no sample of a task
            of ours.
    """
    doc = sample["doc"]
    asked = rebuild_trial(TrialId.from_dict(doc))
    if (asked.id.version, asked.truth) != (doc["version"], doc["truth"]):
        raise ValueError("another version of the task asked this")
    return asked, str(sample["resps"][0][0])
