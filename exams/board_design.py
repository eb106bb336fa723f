"""The standard chart: the fixed design behind leaderboards.

All models of one leaderboard answer exactly these questions. A change of anything here, or of a
generator or wording behind it, needs a new version: the hash over all prompts and truths tells.
"""

from __future__ import annotations

VERSION = "1"
SHA256 = "54fba357428c8e6b44eba9446b2f2e1e145caa2533b7a6c732431a372dddce14"
"""Hash over every prompt and truth, as ``documents_sha256`` in a manifest."""

TASKS = (
    "sum_ones",
    "sum_digits",
    "count_ones",
    "count_ones_bernoulli",
    "count_word",
    "copy_last",
    "copy_first",
    "copy_sequence",
)
"""Every task whose chance level leaves room for an L50."""
LENGTHS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
TRIALS = 10
SEED = 0
RUN_ID = f"chart-{VERSION}"
