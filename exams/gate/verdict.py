"""From a judgement to its result: one rule, fixed beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from ...runners.dispatch.breaker import OF_THE_PROMPT
from .judging import Judgement
from .kinds import kinds, token_kinds
from .result import GateResult, Verdict
from .tally import LevelCounts

_FEW = 4
"""Trials from which B can be said to answer nothing."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A task at a level that is not asked.

    Attributes:
        at: the level.
        task: the task.
        why: in words.
        only_b: it fits A, and not B.
    """

    at: int
    task: str
    why: str
    only_b: bool


def conclude(
    judged: Judgement,
    *,
    unit: str,
    left_out: Sequence[LeftOut],
    silent: str,
    requests: Mapping[str, int],
    notes: Sequence[str],
    about: Mapping[str, Any],
    path: Path,
) -> GateResult:
    """What a judgement comes to.

    FAIL: B is shown to be worse, or answers nothing, or its context is shorter than A's. PASS: a
    drop of the margin is excluded at every level that A sees, each with its noise floor.
    INCONCLUSIVE: anything else.

    Args:
        judged: the judgement, at its end.
        unit: of the levels.
        left_out: what could not be asked.
        silent: why B was not asked any more, if it fell silent.
        requests: how many, by side.
        notes: what is known beside the trials.
        about: who was asked, what, how sure.
        path: the folder of the gate.
    """
    alpha = judged.limits.alpha
    design = [i for i, level in enumerate(judged.levels) if not level.refines]
    counts = {i: judged.tally.at(i, alpha) for i in range(len(judged.levels))}
    short = sorted({one.at for one in left_out if one.only_b})
    verdict, why = _verdict(judged, counts, design, silent, short, unit, left_out)
    place = interval = None
    found: list[dict[str, Any]] = []
    if verdict is Verdict.FAIL and judged.worse:
        posterior, asked = judged.tally.onset()
        first, low, high = (asked[i] for i in (posterior.first, posterior.low, posterior.high))
        below = asked[posterior.low - 1] if posterior.low else None
        place = judged.levels[first].at
        interval = (0 if below is None else judged.levels[below].at, judged.levels[high].at)
        bad = [pair for i in asked if i >= low for pair in judged.tally.of_level(i)]
        found = [
            {"kind": kind.name, "count": kind.count, "said": kind.said}
            for kind in kinds([*bad]) if kind.count
        ]  # fmt: skip
        why = why or (
            f"B is worse from {place:,} {unit} on (between {interval[0]:,} and "
            f"{interval[1]:,}): {', '.join(f'''{k['count']} {k['kind']}''' for k in found)}"
        )
    elif verdict is Verdict.FAIL and short:
        fits = [judged.levels[i].at for i in design if counts[i].pairs]
        place, interval = short[0], (max(fits, default=0), short[0])
    everything = list(judged.tally.pairs.values())
    if verdict is Verdict.FAIL:
        if short:
            reasons = [one.why for one in left_out if one.only_b]
            found.append({"kind": "context limit", "count": 0, "said": reasons[0]})
        found += [{"kind": k.name, "count": 0, "said": k.said} for k in token_kinds(everything)]
    return GateResult(
        verdict=verdict,
        why=why + _left_out_words(left_out, unit, verdict),
        onset=place,
        onset_interval=interval,
        kinds=found,
        excluded=[
            {"at": judged.levels[i].at, "drop": judged.limits.margin, "alpha": alpha}
            for i in design
            if i in judged.settled and not _blind(judged, counts, i)
        ],
        trials=len(everything),
        requests=requests,
        unit=unit,
        levels=[_level(judged, i, counts[i]) for i in counts if judged.tally.of_level(i)],
        left_out=[{"at": o.at, "task": o.task, "why": o.why} for o in left_out],
        notes=[*notes, *_observations(judged, verdict)],
        about=about,
        path=path,
    )


def _verdict(
    judged: Judgement,
    counts: Mapping[int, LevelCounts],
    design: Sequence[int],
    silent: str,
    short: Sequence[int],
    unit: str,
    left_out: Sequence[LeftOut],
) -> tuple[Verdict, str]:
    margin, alpha = judged.limits.margin, judged.limits.alpha
    if nothing := _nothing(judged, silent):
        return Verdict.FAIL, nothing
    if judged.worse:
        return Verdict.FAIL, ""
    if judged.watch and judged.watch.other(judged.tally) >= np.log(1 / alpha):
        return Verdict.FAIL, (
            "B answers as another model, precision or engine would: not shown to be worse, and "
            "not the one of the baseline"
        )
    if silent:
        return Verdict.FAIL, f"B stopped answering: {silent}"
    if short:
        return Verdict.FAIL, f"B's context is too short for {short[0]:,} {unit}, A's is not"
    blind = [i for i in design if _blind(judged, counts, i)]
    seen = [i for i in design if i not in blind and judged.levels[i].lengths]
    said_blind = _places(judged, blind, unit)
    if not seen:
        return (
            Verdict.INCONCLUSIVE,
            f"A itself is no better than guessing at {said_blind or 'any length'}",
        )
    no_floor = [i for i in seen if not counts[i].floor]
    if no_floor:
        return Verdict.INCONCLUSIVE, f"there is no noise floor at {_places(judged, no_floor, unit)}"
    if judged.watch:
        nights = len(judged.watch.before) + 1
        return Verdict.PASS, (
            f"no change is shown in {nights} nights, at an error rate of {2 * alpha:.0%} over all "
            f"of them (evidence {np.exp(judged.peak):.1f}; {1 / alpha:.0f} would show one)"
        )
    open_ = [i for i in seen if i not in judged.settled]
    partly = [f"{', '.join(counts[i].blind)} at {judged.levels[i].at:,}" for i in seen
              if counts[i].blind]  # fmt: skip
    beyond = f"; beyond A's own sight: {said_blind}" if blind else ""
    beyond += f"; without {'; '.join(partly)}, which A does not see itself" if partly else ""
    if not open_:
        where = _places(judged, seen, unit)
        return Verdict.PASS, (
            f"a drop of {margin:.0%} or more is excluded at {alpha:.0%}, at {where}{beyond}"
        )
    worst = max(open_, key=lambda i: counts[i].upper)
    stopped = judged.stopped or "all trials are used up"
    return Verdict.INCONCLUSIVE, (
        f"{stopped}: at {_places(judged, open_, unit)} a drop of {margin:.0%} is neither shown nor "
        f"excluded (at {judged.levels[worst].at:,}, up to {counts[worst].upper:.0%} may be)"
    )


def _nothing(judged: Judgement, silent: str) -> str:
    """That B answers nothing at all, if it is so."""
    said = [pair.b for pair in judged.tally.pairs.values()]
    if not said or any(one.text.strip() for one in said):
        return ""
    failed = [one.reason for one in said if one.outcome == "failed"]
    how = silent or (failed[0] if failed else "every answer is empty")
    if len(said) < _FEW or (failed and OF_THE_PROMPT.search(how)):
        return ""
    return f"B answers nothing in {len(said)} trials: {how}"


def _blind(judged: Judgement, counts: Mapping[int, LevelCounts], level: int) -> bool:
    """Whether A sees none of the tasks there."""
    return bool(counts[level].blind) and len(counts[level].blind) == len(
        judged.levels[level].lengths
    )


def _places(judged: Judgement, which: Sequence[int], unit: str) -> str:
    at = [f"{judged.levels[i].at:,}" for i in which]
    return f"{', '.join(at)} {unit}" if at else ""


def _left_out_words(left_out: Sequence[LeftOut], unit: str, verdict: Verdict) -> str:
    places = sorted({one.at for one in left_out if not one.only_b})
    if not places:
        return ""
    reasons = next(one.why for one in left_out if not one.only_b)
    return f"; left out: {', '.join(f'{at:,}' for at in places)} {unit} ({reasons})"


def _level(judged: Judgement, level: int, counts: LevelCounts) -> dict[str, Any]:
    here = judged.levels[level]
    tokens = [p.a.prompt_tokens for p in judged.tally.of_level(level) if p.a.prompt_tokens]
    return {
        "at": here.at,
        "lengths": {curve.name: length for curve, length in here.lengths.items()},
        "prompt_tokens": round(median(tokens)) if tokens else None,
        "pairs": counts.pairs,
        "right_a": counts.right_a,
        "right_b": counts.right_b,
        "only_a": counts.losses,
        "only_b": counts.wins,
        "upheld": counts.upheld,
        "same_answer": counts.same,
        "floor": counts.floor,
        "floor_flips": counts.flips,
        "floor_same_answer": counts.floor_same,
        "drop_low": counts.interval[0],
        "drop_high": counts.interval[1],
        "drop_excluded": counts.upper,
        "settled": level in judged.settled,
        "blind": list(counts.blind),
        "refines": here.refines,
    }


def _observations(judged: Judgement, verdict: Verdict) -> list[str]:
    """What the answers show beside the verdict."""
    bar = float(np.log(1 / judged.limits.alpha))
    who = judged.twice.upper()
    every = [judged.tally.at(i, judged.limits.alpha) for i in range(len(judged.levels))]
    everything = [counts for counts in every if counts.pairs]
    same, pairs = sum(c.same for c in everything), sum(c.pairs for c in everything)
    twice, floor = sum(c.floor_same for c in everything), sum(c.floor for c in everything)
    found = [f"{same} of {pairs} answers are the same; of {who}, asked twice, {twice} of {floor}"]
    if judged.tally.log_e_drift() >= bar:
        found.append(
            f"{who} does not answer alike when asked again in another order: its accuracy moved"
        )
    if judged.tally.log_e_better() >= bar:
        found.append(
            "A is worse than B somewhere: if it is A that is to be judged, exchange the two"
        )
    if verdict is not Verdict.FAIL and judged.tally.log_e_other() >= bar:
        found.append(
            "B answers differently from A, more than the noise floor explains: another model, "
            "precision or engine, though not shown to be worse"
        )
    if verdict is not Verdict.FAIL:
        found += [f"{k.name}: {k.said}" for k in token_kinds(list(judged.tally.pairs.values()))]
    return found
