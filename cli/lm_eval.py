"""The stock lm-eval command, with Snellen's models and tasks in it, and failures told from answers.

Example:
  snellen lm-eval run --model snellen-bundled --tasks snellen_counting
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

_SHOWN = 5
"""Reasons shown per task; the results hold them all."""


def forward(words: Sequence[str]) -> int:
    """Hand the words over to lm-eval.

    Snellen's own tasks are found without ``--include_path``. Documents whose requests to one of
    Snellen's models failed for good are left out of the scores. Where lm-eval logs samples to a
    tracker (``--wandb_args`` or ``--trackio_args`` with ``--log_samples``), the curves and the page
    of Snellen's tasks go there too.

    Returns:
        The exit code: 1 where there were such documents.
    """
    import lm_eval.models  # noqa: F401  # first: registering before it would hide all built-ins
    from lm_eval.__main__ import cli_evaluate

    from ..harness import (
        filters_and_metrics,  # noqa: F401  # registers them
        models,  # noqa: F401  # registers snellen-*
    )
    from ..harness.failures import leaving_out_failures
    from ..harness.trackers import curves_in_trackers
    from ..tasks.yaml_files import yaml_folder

    words = list(words)
    takes_tasks = "--tasks" in words or "ls" in words[:1]
    if takes_tasks and not any(word.startswith("--include_path") for word in words):
        words += ["--include_path", str(yaml_folder())]
    sys.argv = ["lm-eval", *words]
    with leaving_out_failures() as failed, curves_in_trackers():
        cli_evaluate()
    if not failed.reasons:
        return 0
    print(failure_notice(failed.by_task()), file=sys.stderr)
    return 1


def failure_notice(failed: Mapping[str, Mapping[str, Any]]) -> str:
    """What is said of the documents that have no answer, one line per task and reason."""
    total = sum(found["count"] for found in failed.values())
    lines = [
        f"snellen: {total} documents have no answer: their requests failed for good. They are in "
        "no score, and in the results under 'failed'"
    ]
    for task, found in failed.items():
        reasons = list(found["reasons"].items())
        lines += [f"  {task}: {count}x {reason}" for reason, count in reasons[:_SHOWN]]
        if len(reasons) > _SHOWN:
            lines.append(f"  {task}: and {len(reasons) - _SHOWN} more reasons")
    return "\n".join(lines)
