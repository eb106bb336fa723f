"""The levels of a gate: what is asked of every task at one place of the length axis."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...store.curve_key import CurveKey
from ...store.plan import Plan
from ...tasks.lengths import LONGEST, parse_lengths
from ...tasks.registry import find_task
from ...tasks.trial import TrialId, build_trial

TOKENS = "512..8k"
"""The levels when none are given."""
_KILO = 1024
_TEXT = re.compile(r"(\d+)\s*(k?)", re.I)
_TWO = (32, 256)
"""Lengths at which the tokens of a prompt are counted; between and beyond, a line through them."""


@dataclass(frozen=True, slots=True)
class Level:
    """One place of the length axis.

    Attributes:
        at: where it lies, in the unit of the gate (tokens or items).
        lengths: the length in items of each curve that is asked there.
        refines: asked only to place an onset, between two levels of the design.
    """

    at: int
    lengths: Mapping[CurveKey, int] = field(default_factory=dict)
    refines: bool = False


def trial_of(plan: Plan, curve: CurveKey, length: int, index: int) -> TrialId:
    """The identity of a trial."""
    version = find_task(curve.task).version_of(curve.mode, curve.lens)
    return TrialId(
        curve.task, curve.mode, curve.lens, version, length, index, plan.seed, curve.answer
    )


def parse_tokens(spec: str) -> tuple[int, ...]:
    """Read ``1k..128k`` (by doubling) or ``1k,4k,16k``; k is 1,024.

    Raises:
        InputError: it is neither.
    """
    ends = spec.split("..")
    if len(ends) == 2:
        low, high = (_tokens(spec, end) for end in ends)
        if low > high:
            raise InputError(f"--tokens {spec!r} is reversed: {low:,} comes after {high:,}")
        found = [low * 2**step for step in range((high // low).bit_length())]
        return tuple(found if found[-1] == high else [*found, high])
    return tuple(sorted({_tokens(spec, part) for part in spec.split(",")}))


def _tokens(spec: str, text: str) -> int:
    match = _TEXT.fullmatch(text.strip())
    if match is None or int(match[1]) < 1:
        raise InputError(f"--tokens {spec!r}: write 1k..128k, or 1k,4k,16k")
    return int(match[1]) * (_KILO if match[2] else 1)


def levels_by_length(curves: Sequence[CurveKey], spec: str | int | Sequence[int]) -> list[Level]:
    """Levels at lengths in items, the same for every task, and between each two one to refine."""
    return [
        Level(at, dict.fromkeys(curves, at), at not in wanted)
        for wanted in [parse_lengths(spec)]
        for at in _with_middles(wanted)
    ]


def levels_by_tokens(
    curves: Sequence[CurveKey], spec: str, count: Callable[[str], int], seed: int
) -> list[Level]:
    """Levels at numbers of tokens of the whole prompt; each task has its own lengths there.

    Args:
        curves: what is asked.
        spec: see :func:`parse_tokens`.
        count: tokens of a text.
        seed: of the questions.

    Raises:
        InputError: it is no set of tokens, or no prompt is as short as that.
    """
    wanted = parse_tokens(spec)
    lines = {curve: _line(curve, count, seed) for curve in curves}
    found = []
    for at in _with_middles(wanted):
        lengths = {
            curve: min(LONGEST, int((at - base) / each))
            for curve, (base, each) in lines.items()
            if at - base >= each
        }
        if lengths:
            found.append(Level(at, lengths, at not in wanted))
    if not any(not level.refines for level in found):
        raise InputError(f"--tokens {spec!r}: no prompt is as short as that; try {TOKENS}")
    return found


def _line(curve: CurveKey, count: Callable[[str], int], seed: int) -> tuple[float, float]:
    """Tokens of a prompt without items, and of each item."""
    few, many = _TWO
    a, b = (
        count(
            build_trial(
                find_task(curve.task), curve.mode, curve.lens, n, 0, seed, curve.answer
            ).prompt
        )
        for n in _TWO
    )
    each = max((b - a) / (many - few), 1e-3)
    return max(a - few * each, 0.0), each


def _with_middles(wanted: Sequence[int]) -> list[int]:
    """The levels, and between each two that are not neighbours their geometric middle."""
    middles = {round((a * b) ** 0.5) for a, b in pairwise(wanted) if b - a > 1}
    return sorted({*wanted, *middles})


def levels_of_lengths(asked: Mapping[CurveKey, Mapping[int, int]], most: int = 16) -> list[Level]:
    """Levels of a run that is kept: its lengths, or their octaves where there are too many.

    Args:
        asked: trials by curve and length.
        most: levels at most.
    """
    lengths = sorted({length for counts in asked.values() for length in counts})
    if len(lengths) <= most:
        return [
            Level(n, {curve: n for curve, counts in asked.items() if n in counts}) for n in lengths
        ]
    ends = [2**k for k in range(lengths[-1].bit_length() + 1)]
    found: dict[int, dict[CurveKey, int]] = {}
    for curve, counts in asked.items():
        for length in counts:
            level = found.setdefault(ends[bisect_left(ends, length)], {})
            # Of the lengths of an octave, the one that was asked most often.
            if counts[length] > counts.get(level.get(curve, 0), 0):
                level[curve] = length
    return [Level(at, found[at]) for at in sorted(found)]


def gate_of(run: Path) -> dict[str, Any] | None:
    """What the gate came to that a run directory is a side of; none if it is of no gate."""
    try:
        found = json.loads((run.parent.parent / "gate.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "levels" in found else None


def levels_of_gate(run: Path, curves: Sequence[CurveKey]) -> list[Level]:
    """The levels of the gate that a kept run is a side of; none if it is of no gate."""
    by_name = {curve.name: curve for curve in curves}
    found = [
        Level(level["at"], {by_name[name]: n for name, n in level["lengths"].items()
                            if name in by_name})
        for level in (gate_of(run) or {}).get("levels", [])
        if not level["refines"]
    ]  # fmt: skip
    return [level for level in found if level.lengths]
