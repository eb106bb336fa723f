"""Lenses inside an open model: what the terms of ``Lens.inside`` say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

ADAPTIVE: Final = "adaptive"
LOGN = 128
"""Tokens up to which ``logn`` changes nothing, where it names no number."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What a lens does inside a model.

    Attributes:
        temperature: what the scores of attention are divided by, or ``adaptive``: as their entropy
            asks for (arXiv 2410.01104).
        logn: tokens up to which nothing changes; a query that sees n more of them has its scores
            multiplied by log n / log of this.
        ssmax: scores are multiplied by this and log n (arXiv 2501.19399).
        bos: whether the prompt begins with the beginning-of-sequence token; ``None``: as it does.
    """

    temperature: float | str | None = None
    logn: float | None = None
    ssmax: float | None = None
    bos: bool | None = None

    @property
    def attention(self) -> str:
        """What it does to attention, as a name; empty where it does nothing."""
        fields = (("logn", self.logn), ("ssmax", self.ssmax), ("temperature", self.temperature))
        return "+".join(
            f"{name}:{value}" if isinstance(value, str) else f"{name}:{value:g}"
            for name, value in fields
            if value is not None
        )


def read_inside(terms: Sequence[str]) -> Inside:
    """What terms of ``Lens.inside`` say, as its terms write them."""
    found: dict[str, float | str | bool] = {}
    for term in terms:
        name, _, value = term.partition(":")
        if name in ("bos", "no_bos"):
            found["bos"] = name == "bos"
        elif name == "logn":
            found["logn"] = float(value or LOGN)
        elif name == "temperature" and value == ADAPTIVE:
            found["temperature"] = ADAPTIVE
        elif name in ("ssmax", "temperature"):
            found[name] = float(value)
        else:
            raise ValueError(f"no term of a lens inside a model: {term!r}")
    return Inside(**found)  # type: ignore[arg-type]
