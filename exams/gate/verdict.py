"""From a judgement to its result: one rule, fixed beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...runners.dispatch.breaker import OF_THE_PROMPT
from .judging import Judgement
from .kinds import Kind, kinds
from .observing import level_row, observations, token_rows
from .pairs import Judge, Side
from .result import GateResult, Verdict
from .tally import LevelCounts

_FEW = 4
"""Trials from which a side can be said to answer nothing."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A task at a level that is not asked.

    Attributes:
        at: the level.
        task: the task.
        why: in words.
        short: the side whose context alone is too short for it, if it is one alone.
    """

    at: int
    task: str
    why: str
    short: Side | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a gate beside its trials.

    Attributes:
        unit: of the levels.
        left_out: what could not be asked.
        silent: why a side was not asked any more, where one fell silent.
        names: of the two sides, as they are told to a reader.
    """

    unit: str
    left_out: Sequence[LeftOut] = ()
    silent: Mapping[Side, str] = field(default_factory=dict)
    names: Mapping[Side, str] = field(default_factory=lambda: {"a": "A", "b": "B"})

    def short(self, judged: Judgement) -> list[tuple[int, Side]]:
        """Levels that a judged side's context alone is too short for, rising."""
        found = {(one.at, one.short) for one in self.left_out if one.short in judged.peaks}
        return sorted((at, side) for at, side in found if side is not None)


def conclude(
    judged: Judgement,
    seen: Seen,
    *,
    requests: Mapping[str, int],
    notes: Sequence[str],
    about: Mapping[str, Any],
    path: Path,
) -> GateResult:
    """What a judgement comes to.

    FAIL: a judged side is shown to be worse, or answers nothing, or its context is shorter than
    the other's. PASS: a drop of the margin is excluded, for every judged side, at every level that
    the measure sees, each with its noise floor. INCONCLUSIVE: anything else.

    Args:
        judged: the judgement, at its end.
        seen: what is known beside it.
        requests: how many, by side.
        notes: what is known beside the trials.
        about: who was asked, what, how sure.
        path: the folder of the gate.
    """
    alpha = judged.limits.alpha
    design = [i for i, level in enumerate(judged.levels) if not level.refines]
    counts = {i: judged.tally.at(i, alpha) for i in range(len(judged.levels))}
    short = seen.short(judged)
    verdict, why, bad = _verdict(judged, counts, design, seen)
    place = interval = None
    found: list[dict[str, Any]] = []
    if verdict is Verdict.FAIL and judged.worse:
        worst = judged.worse[0]
        place, interval, ended = _place(judged, worst)
        found = [{"kind": k.name, "count": k.count, "said": k.said} for k in ended]
        told = [*found, *token_rows(judged)]
        why = why or _worse_words(judged, seen, place, interval, told)
    elif verdict is Verdict.FAIL and short:
        fits = [judged.levels[i].at for i in design if counts[i].pairs]
        place = short[0][0]
        interval = (max((at for at in fits if at < place), default=0), place)
    if verdict is Verdict.FAIL:
        if short:
            reasons = [one.why for one in seen.left_out if one.short in judged.peaks]
            found.append({"kind": "context limit", "count": 0, "said": reasons[0]})
        found += token_rows(judged)
    return GateResult(
        verdict=verdict,
        why=why + _left_out_words(seen, judged),
        onset=place,
        onset_interval=interval,
        kinds=found,
        excluded=[
            {"at": judged.levels[i].at, "drop": judged.limits.margin, "alpha": alpha}
            for i in design
            if i in judged.settled and not _blind(judged, counts, i)
        ],
        trials=len(judged.tally.pairs),
        requests=requests,
        unit=seen.unit,
        levels=[level_row(judged, i, counts[i]) for i in counts if judged.tally.of_level(i)],
        left_out=[{"at": o.at, "task": o.task, "why": o.why} for o in seen.left_out],
        notes=[*notes, *observations(judged, verdict)],
        about={**about, "judged": judged.judge, "worse": bad},
        path=path,
    )


def _place(judged: Judgement, side: Side) -> tuple[int, tuple[int, int], list[Kind]]:
    """Onset of a side that is worse, its interval, and how the trials ended that it lost."""
    posterior, asked = judged.tally.onset(side)
    first, low, high = (asked[i] for i in (posterior.first, posterior.low, posterior.high))
    below = judged.levels[asked[posterior.low - 1]].at if posterior.low else 0
    bad = [pair for i in asked if i >= low for pair in judged.tally.of_level(i)]
    return judged.levels[first].at, (below, judged.levels[high].at), kinds(bad, side)


def _worse_words(
    judged: Judgement, seen: Seen, place: int, interval: tuple[int, int],
    found: Sequence[Mapping[str, Any]],
) -> str:  # fmt: skip
    worst = judged.worse[0]
    better: Side = "a" if worst == "b" else "b"
    ended = ", ".join(f"{kind['count']} {kind['kind']}" for kind in found if kind["count"])
    ended += "".join(f"; {kind['kind']}: {kind['said']}" for kind in found if not kind["count"])
    both = ""
    if len(judged.worse) > 1:
        there, _, _ = _place(judged, better)
        both = f"; and {better.upper()} is worse than {worst.upper()} from {there:,} on"
    return (
        f"{seen.names[worst]} is worse than {seen.names[better]} from {place:,} {seen.unit} on "
        f"(between {interval[0]:,} and {interval[1]:,}): {ended}{both}"
    )


def _verdict(
    judged: Judgement, counts: Mapping[int, LevelCounts], design: Sequence[int], seen: Seen
) -> tuple[Verdict, str, list[Side]]:
    """The verdict, its words (none: those of the onset), and the sides that it is about."""
    margin, alpha, unit = judged.limits.margin, judged.limits.alpha, seen.unit
    nothing = {side: words for side in judged.peaks if (words := _nothing(judged, side, seen))}
    if nothing:
        return Verdict.FAIL, "; ".join(nothing.values()), list(nothing)
    if judged.worse:
        return Verdict.FAIL, "", judged.worse
    if judged.watch and judged.watch.other(judged.tally) >= np.log(1 / alpha):
        return Verdict.FAIL, (
            f"{seen.names['b']} answers as another model, precision or engine would: not shown to "
            "be worse, and not the one of the baseline"
        ), ["b"]  # fmt: skip
    if seen.silent:
        side, reason = next(iter(seen.silent.items()))
        return Verdict.FAIL, f"{seen.names[side]} stopped answering: {reason}", [side]
    if short := seen.short(judged):
        at, side = short[0]
        return Verdict.FAIL, (
            f"the context of {seen.names[side]} is too short for {at:,} {unit}, the other's is not"
        ), [side]  # fmt: skip
    blind = [i for i in design if _blind(judged, counts, i)]
    sighted = [i for i in design if i not in blind and judged.levels[i].lengths]
    measure = _MEASURES[judged.judge]
    if not sighted:
        where = _places(judged, blind, unit) or "any length"
        return Verdict.INCONCLUSIVE, f"{measure} is no better than guessing at {where}", []
    if no_floor := [i for i in sighted if not counts[i].floor]:
        where = _places(judged, no_floor, unit)
        return Verdict.INCONCLUSIVE, f"there is no noise floor at {where}", []
    if judged.watch:
        nights = len(judged.watch.before) + 1
        return Verdict.PASS, (
            f"no change is shown in {nights} {'night' if nights == 1 else 'nights'}, at an error "
            f"rate of {2 * alpha:.0%} over all of them (evidence {np.exp(judged.peak):.1f}; "
            f"{1 / alpha:.0f} would show one)"
        ), []  # fmt: skip
    unsettled = [i for i in sighted if i not in judged.settled]
    both = ", in either direction," if judged.judge == "either" else ""
    if not unsettled:
        where = _places(judged, sighted, unit)
        return Verdict.PASS, (
            f"a drop of {margin:.0%} or more is excluded at {alpha:.0%}{both or ','} at {where}"
            f"{_beyond(judged, counts, blind, sighted, unit)}"
        ), []  # fmt: skip
    upper = {i: max(_uppers(judged, counts[i])) for i in unsettled}
    worst = max(unsettled, key=lambda i: upper[i])
    stopped = judged.stopped or "all trials are used up"
    return Verdict.INCONCLUSIVE, (
        f"{stopped}: at {_places(judged, unsettled, unit)} a drop of {margin:.0%}{both} is neither "
        f"shown nor excluded (at {judged.levels[worst].at:,}, up to {upper[worst]:.0%} may be)"
    ), []  # fmt: skip


_MEASURES: Mapping[Judge, str] = {
    "either": "neither side", "against": "A itself", "model": "B itself",
}  # fmt: skip


def _uppers(judged: Judgement, counts: LevelCounts) -> list[float]:
    """The drops that may still be, by judged side."""
    return [counts.upper if side == "b" else counts.upper_rise for side in judged.peaks]


def _beyond(
    judged: Judgement, counts: Mapping[int, LevelCounts], blind: Sequence[int],
    sighted: Sequence[int], unit: str,
) -> str:  # fmt: skip
    """What a PASS says nothing of: where the measure itself does not see."""
    measure = _MEASURES[judged.judge]
    partly = [f"{', '.join(counts[i].blind)} at {judged.levels[i].at:,}" for i in sighted
              if counts[i].blind]  # fmt: skip
    whose = "both sides" if judged.judge == "either" else measure
    found = f"; beyond the sight of {whose}: {_places(judged, blind, unit)}" if blind else ""
    if partly:
        does = "sees" if judged.judge == "either" else "does not see"
        found += f"; without {'; '.join(partly)}, which {measure} {does}"
    return found


def _nothing(judged: Judgement, side: Side, seen: Seen) -> str:
    """That a side answers nothing at all, if it is so."""
    said = [pair.seen_by(side).b for pair in judged.tally.pairs.values()]
    if not said or any(one.text.strip() for one in said):
        return ""
    failed = [one.reason for one in said if one.outcome == "failed"]
    how = seen.silent.get(side) or (failed[0] if failed else "every answer is empty")
    if len(said) < _FEW or (failed and OF_THE_PROMPT.search(how)):
        return ""
    return f"{seen.names[side]} answers nothing in {len(said)} trials: {how}"


def _blind(judged: Judgement, counts: Mapping[int, LevelCounts], level: int) -> bool:
    """Whether the measure sees none of the tasks there."""
    return bool(counts[level].blind) and len(counts[level].blind) == len(
        judged.levels[level].lengths
    )


def _places(judged: Judgement, which: Sequence[int], unit: str) -> str:
    at = [f"{judged.levels[i].at:,}" for i in which]
    return f"{', '.join(at)} {unit}" if at else ""


def _left_out_words(seen: Seen, judged: Judgement) -> str:
    """What was left out for a context that no judged side alone is to blame for."""
    out = [one for one in seen.left_out if one.short not in judged.peaks]
    if not out:
        return ""
    places = ", ".join(f"{at:,}" for at in sorted({one.at for one in out}))
    return f"; left out: {places} {seen.unit} ({out[0].why})"
