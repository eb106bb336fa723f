"""A trial that was put to both sides of a gate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from ...tasks.trial import TrialId
from .sides import Said

Side = Literal["a", "b"]
"""One of the two deployments: A (--model, or a baseline) or B (--against)."""
BOTH: tuple[Side, Side] = ("b", "a")
Judge = Literal["either", "model", "against"]
"""Whose being worse is a FAIL."""

FLOOR_EVERY = 4
"""One trial in so many is asked twice of one side."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One trial, answered by both sides.

    Attributes:
        trial: what was asked.
        curve: index of its curve.
        level: index of its level.
        a: what A said.
        b: what B said.
        again: what the side of the noise floor said the second time, if it was asked twice.
        again_b: what B said the second time to what A alone got wrong, where A is judged.
    """

    trial: TrialId
    curve: int
    level: int
    a: Said
    b: Said
    again: Said | None = None
    again_b: Said | None = None

    def seen_by(self, side: Side) -> Pair:
        """The pair with the given side as B: the one whose losses are looked at."""
        return self if side == "b" else replace(self, a=self.b, b=self.a)


def sides_of(judge: Judge) -> tuple[Side, ...]:
    """The sides that are judged."""
    found: dict[Judge, tuple[Side, ...]] = {
        "either": BOTH, "model": ("a",), "against": ("b",),
    }  # fmt: skip
    return found[judge]


def on_floor(trial: TrialId) -> bool:
    """Whether a trial belongs to the noise floor."""
    return trial.index % FLOOR_EVERY == 0


def floor_trials(trials: Iterable[TrialId]) -> list[TrialId]:
    """Those of the trials that one side is asked twice: fixed beforehand, whatever is answered."""
    return [trial for trial in trials if on_floor(trial)]


def lost(pair: Pair) -> bool:
    """Whether A alone was right."""
    return pair.a.right and not pair.b.right


def won(pair: Pair) -> bool:
    """Whether B alone was right."""
    return pair.b.right and not pair.a.right
