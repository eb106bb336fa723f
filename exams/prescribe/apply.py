"""A prescription worn: a user's own sequence, written as the lens writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .result import Prescription


def apply_lens(
    text_or_items: str | Sequence[str],
    prescription: Prescription | Mapping[str, Any] | Path | str,
    *,
    question: str = "",
    separator: str | None = None,
    task: str | None = None,
) -> str:
    """Write a sequence, and a question about it, as the prescribed lens writes them."""
    raise NotImplementedError
