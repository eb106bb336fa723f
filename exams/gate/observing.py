"""What a gate has seen beside its verdict: each level in numbers, and what a reader must know."""

from __future__ import annotations

from statistics import median
from typing import Any

import numpy as np

from .judging import Judgement
from .kinds import cut, token_kinds
from .pairs import BOTH, sides_of
from .result import Verdict
from .tally import LevelCounts


def level_row(judged: Judgement, level: int, counts: LevelCounts) -> dict[str, Any]:
    """A level as gate.json shows it (docs/gate.md)."""
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
        "upheld_only_b": counts.upheld_wins,
        "same_answer": counts.same,
        "floor": counts.floor,
        "floor_flips": counts.flips,
        "floor_same_answer": counts.floor_same,
        "drop_low": counts.interval[0],
        "drop_high": counts.interval[1],
        "drop_excluded": counts.upper,
        "rise_excluded": counts.upper_rise,
        "settled": level in judged.settled,
        "blind": list(counts.blind),
        "refines": here.refines,
    }


def observations(judged: Judgement, verdict: Verdict) -> list[str]:
    """What the answers show beside the verdict."""
    bar = float(np.log(1 / judged.limits.alpha))
    who = judged.twice.upper()
    every = [judged.tally.at(i, judged.limits.alpha) for i in range(len(judged.levels))]
    everything = [counts for counts in every if counts.pairs]
    same, pairs = sum(c.same for c in everything), sum(c.pairs for c in everything)
    twice, floor = sum(c.floor_same for c in everything), sum(c.floor for c in everything)
    found = [
        f"{same} of {pairs} answers of A and B are the same, word for word; of {who}, asked "
        f"twice, {twice} of {floor}"
    ]
    if judged.tally.log_e_drift() >= bar:
        found.append(
            f"{who} does not answer alike when asked again in another order: its accuracy moved"
        )
    if judged.judge != "either" and judged.tally.log_e_unjudged() >= bar:
        bad, good = ("A", "B") if judged.judge == "against" else ("B", "A")
        found.append(
            f"{bad} is worse than {good} somewhere, and only {good} is judged here: for a FAIL of "
            "either, --judge either between two servers"
        )
    if verdict is not Verdict.FAIL and judged.tally.log_e_other() >= bar:
        found.append(
            "B answers differently from A, more than the noise floor explains: another model, "
            "precision or engine, though not shown to be worse"
        )
    if verdict is not Verdict.FAIL:
        found += [f"{kind['kind']}: {kind['said']}" for kind in token_rows(judged)]
    return found


def token_rows(judged: Judgement) -> list[dict[str, Any]]:
    """What the counts of tokens say of the sides, as gate.json shows it."""
    pairs = list(judged.tally.pairs.values())
    every = [token_kinds(pairs, side) for side in sides_of(judged.judge)]
    alone = [kind for side in BOTH if (kind := cut(pairs, side))]
    # Seen from the other side, a prompt that is cut looks like another tokenizer.
    compared = [kinds for kinds in every if any(k.name == "prompt cut" for k in kinds)]
    best = compared[0] if compared else alone or every[0]
    return [{"kind": kind.name, "count": 0, "said": kind.said} for kind in best]
