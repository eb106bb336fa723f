"""Property tests: by the number of examples, never by the clock."""

from __future__ import annotations

from hypothesis import settings

# The machine's load must not decide whether a test passes.
settings.register_profile("snellen", max_examples=60, deadline=None)
settings.load_profile("snellen")
