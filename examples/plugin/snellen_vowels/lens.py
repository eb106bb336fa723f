"""A lens of one's own: every item in brackets of its own."""

from __future__ import annotations

from collections.abc import Sequence

from snellen import Lens


def in_brackets(items: Sequence[str], separator: str) -> str:
    """``[A] [B] [C]``."""
    return separator.join(f"[{item}]" for item in items)


FRAMED = Lens("framed", "every item in brackets", write=in_brackets)
