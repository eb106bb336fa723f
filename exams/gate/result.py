"""What a gate comes to: the verdict, its grounds, and gate.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Verdict(StrEnum):
    """Do the two sides see equally far?"""

    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"

    @property
    def exit_code(self) -> int:
        """0, 1 or 3: 2 is for bad input."""
        return {"PASS": 0, "FAIL": 1}.get(self.value, 3)


@dataclass(frozen=True)
class GateResult:
    """A finished gate.

    Attributes:
        verdict: PASS, FAIL or INCONCLUSIVE.
        why: its grounds, in a sentence.
        onset: on FAIL, the first level at which the worse side is worse; in ``unit``.
        onset_interval: between which levels it lies (the last good one, or 0, and the first that
            is surely bad), with a probability of 95 %.
        kinds: on FAIL, how the worse side's lost trials ended (``kind``, ``count``, ``said``).
        excluded: drops that are excluded: ``at``, ``drop``, ``alpha``.
        trials: how many trials were put to both sides.
        requests: how many requests that took, by side.
        unit: ``tokens`` or ``items``.
        levels: everything about each level (docs/gate.md).
        left_out: what could not be asked (``at``, ``task``, ``why``).
        notes: what a reader must know.
        about: who was asked, what, how sure; ``judged`` (``either``, ``model``, ``against``) and
            ``worse`` (the sides, ``a`` or ``b``, that a FAIL is about, the clearest first).
        path: the folder with gate.json, gate.md, gate.svg.
    """

    verdict: Verdict
    why: str
    onset: int | None
    onset_interval: tuple[int, int] | None
    kinds: Sequence[Mapping[str, Any]]
    excluded: Sequence[Mapping[str, Any]]
    trials: int
    requests: Mapping[str, int]
    unit: str
    levels: Sequence[Mapping[str, Any]]
    left_out: Sequence[Mapping[str, Any]]
    notes: Sequence[str]
    about: Mapping[str, Any]
    path: Path

    @property
    def exit_code(self) -> int:
        """The exit code of the command: 0 PASS, 1 FAIL, 3 INCONCLUSIVE."""
        return self.verdict.exit_code

    @property
    def worse(self) -> tuple[str, ...]:
        """The sides that a FAIL is about, ``a`` or ``b``, the clearest first."""
        return tuple(self.about.get("worse", ()))

    @property
    def line(self) -> str:
        """The verdict in one line, which says who A and B are."""
        missing = [
            name for name in self.about.get("names", {}).values() if name not in self.why
        ]  # fmt: skip
        tail = f" [{'; '.join(missing)}]" if missing else ""
        return f"{self.verdict}: {self.why}{tail}"

    def as_dict(self) -> dict[str, Any]:
        """What gate.json holds."""
        return {
            "schema_version": 1,
            "verdict": self.verdict.value,
            "why": self.why,
            "onset": self.onset,
            "onset_interval": None if self.onset_interval is None else list(self.onset_interval),
            "unit": self.unit,
            "kinds": list(self.kinds),
            "excluded": list(self.excluded),
            "trials": self.trials,
            "requests": dict(self.requests),
            "levels": list(self.levels),
            "left_out": list(self.left_out),
            "notes": list(self.notes),
            **self.about,
        }

    def to_json(self) -> str:
        """The text of gate.json."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n"
