"""Stand-in until the harness branch lands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..store.answers import Failure, Reply
from ..store.plan import Plan
from ..tasks.trial import Trial, TrialId


def write_results(
    folder: Path, plan: Plan, trials: Sequence[Trial], answers: Mapping[TrialId, Reply | Failure]
) -> None:
    """Nothing yet."""
