"""What the model of a paper page is: its weights, its arithmetic, and how long its answers were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ...tasks.answer_length import answer_tokens
from ...tasks.registry import find_task
from .mechanism import DTYPES

if TYPE_CHECKING:
    from ...store.manifest import Manifest


def describe(
    identity: dict[str, Any], context: int, trials: pd.DataFrame, manifest: Manifest | None
) -> list[str]:
    """A line on the answers and one on the states.

    Args:
        identity: Of the subject.
        context: Its longest input, in tokens.
        trials: The run of the paper's prompts.
        manifest: That run's, where there is one.
    """
    numerics = manifest.numerics if manifest else {}
    asked = [f"{len(trials)} answers", *_named(numerics, "weights", "dtype", "device")]
    if len(trials):
        asked += [_limits(trials, manifest.plan.max_tokens if manifest else None)]
    machine = identity["machine"]
    weights = str(identity["weights"] or "not identified")
    states = ["states", f"weights {weights[:19]}", ", ".join(DTYPES), str(machine["device"])]
    states.append(f"context {context:,} tokens")
    return [" · ".join(asked), " · ".join(states)]


def _named(numerics: dict[str, Any], *names: str) -> list[str]:
    return [str(numerics[name]) for name in names if numerics.get(name)]


def _limits(trials: pd.DataFrame, given: int | None) -> str:
    """Token limits of the answers, and how many were cut there."""
    known = trials[["task", "mode", "length"]].drop_duplicates()
    limits = [
        given or answer_tokens(find_task(task), mode, int(length))
        for task, mode, length in known.to_numpy().tolist()
    ]
    cut = int((trials.outcome == "truncated").sum())
    words = f"{min(limits):,} to {max(limits):,}" if min(limits) < max(limits) else f"{limits[0]:,}"
    return f"token limit {words}, {cut} of {len(trials)} answers cut there"
