"""The stock lm-eval command, with Snellen's models registered beside all built-in ones.

Example:
  snellen lm-eval run --model snellen-bundled --tasks snellen_counting
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def forward(words: Sequence[str]) -> int:
    """Hand the words over to lm-eval.

    Snellen's own tasks are found without ``--include_path``.
    """
    import lm_eval.models  # noqa: F401  # first: registering before it would hide all built-ins
    from lm_eval.__main__ import cli_evaluate

    from ..harness import (
        lent,  # noqa: F401  # registers the filter and aggregations
        models,  # noqa: F401  # registers snellen-*
    )
    from ..tasks.yaml_files import yaml_folder

    words = list(words)
    takes_tasks = "--tasks" in words or "ls" in words[:1]
    if takes_tasks and not any(word.startswith("--include_path") for word in words):
        words += ["--include_path", str(yaml_folder())]
    sys.argv = ["lm-eval", *words]
    cli_evaluate()
    return 0
