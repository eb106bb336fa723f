"""What a race and its confirmation come to: the entry of one task in prescription.json."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...reports.acuities import acuities as acuities_of
from ...reports.curves import curves
from ...stats.acuity import Acuity
from ...stats.compare import Comparison
from ...stats.race import BASE, Confirmation, Race
from ...store.curve_key import CURVE, CurveKey
from ...store.pairing import LoadedRun, within_run
from ..compare import contrast
from .words import why_none, why_prescribed

Cost = Callable[[float, float], float | None]
"""US dollars for so many tokens of a prompt and of an answer; none where the price is unknown."""


@dataclass(frozen=True)
class Ended:
    """One task, raced, and confirmed if there was something to confirm.

    Attributes:
        curve: the curve of the prompt as it is.
        race: the race.
        confirmation: the confirmation, if a lens promised to help.
        raced: the answers of the race.
        confirmed: those of the confirmation, if there was one.
        stopped: why it was ended early, empty if it was not.
    """

    curve: CurveKey
    race: Race
    confirmation: Confirmation | None
    raced: LoadedRun
    confirmed: LoadedRun | None
    stopped: str


def entry(ended: Ended, cost: Cost) -> dict[str, Any]:
    """The entry of a task."""
    curve, race, confirmation = ended.curve, ended.race, ended.confirmation
    compared = _compared(ended)
    lens = None
    if confirmation is not None and confirmation.shown and _sees_farther(compared):
        lens = confirmation.lens
    lenses = [_lens(race, name, confirmation, lens) for name in race.lenses]
    lenses.sort(key=lambda one: -math.inf if one["gain"] is None else -one["gain"])
    found: dict[str, Any] = {
        "task": curve.task, "mode": curve.mode, "answer": curve.answer,
        "lens": lens,
        "why": "",
        "candidate": confirmation.lens if confirmation else race.leader,
        "before": None, "after": None, "octaves": None, "pairs": None, "p": None,
        "trials": {
            "race": int(sum(race.counts(name)[1].sum() for name in race.sight)),
            "confirmation": _answers(confirmation),
        },
        "worse": [one["lens"] for one in lenses if one["state"] == "worse"],
        "lenses": lenses,
        "stopped": ended.stopped,
    }  # fmt: skip
    if compared is not None and confirmation is not None and ended.confirmed is not None:
        sides = (curve, curve._replace(lens=confirmation.lens))
        acuities = (compared.l50_a, compared.l50_b)
        table = ended.confirmed.trials
        found["before"], found["after"] = (
            _side(table, key, acuity, cost) for key, acuity in zip(sides, acuities, strict=True)
        )
        found["octaves"] = octaves(compared)
        pairs = confirmation.pairs(confirmation.lens)
        found["pairs"] = {
            "only_before": pairs.losses, "only_after": pairs.wins, "alike": pairs.ties,
        }  # fmt: skip
        found["p"] = min(1.0, float(np.exp(-confirmation.peak)))
    else:
        found["before"] = _side(ended.raced.trials, curve, _in_the_race(ended), cost)
    found["why"] = why_prescribed(found) if lens else why_none(found, race)
    return found


def octaves(compared: Comparison) -> dict[str, Any]:
    """Octaves gained with their interval; an end that is not known is none."""
    low, high = compared.ratio_interval
    return {
        "value": None if compared.ratio is None else _finite(np.log2(compared.ratio)),
        "low": _finite(np.log2(low)) if low > 0 else None,
        "high": _finite(np.log2(high)) if np.isfinite(high) else None,
        "reason": compared.reason,
    }


def _compared(ended: Ended) -> Comparison | None:
    """Lens and no lens on the trials of the confirmation alone."""
    if ended.confirmed is None or ended.confirmation is None:
        return None
    lens, rules = ended.confirmation.lens, ended.race.rules
    for pairing in within_run(ended.confirmed, BASE):
        if pairing.a == ended.curve and pairing.b.lens == lens and _any_pair(pairing):
            return contrast(pairing, rules.gain, rules.alpha, looks=0).result
    return None


def _in_the_race(ended: Ended) -> Acuity | None:
    """The acuity without a lens, where there was nothing to confirm: nobody chose that curve."""
    table = curves(ended.raced.trials)
    found = acuities_of(table[table["lens"] == BASE])
    return found[ended.curve].l50 if ended.curve in found else None


def _any_pair(pairing: Any) -> bool:
    return bool(pairing.answers_a.keys() & pairing.answers_b.keys())


def _sees_farther(compared: Comparison | None) -> bool:
    return compared is not None and (compared.ratio is None or compared.ratio > 1)


def _answers(race: Race | None) -> int:
    return 0 if race is None else int(sum(race.counts(name)[1].sum() for name in race.sight))


def _lens(
    race: Race, name: str, confirmation: Confirmation | None, prescribed: str | None
) -> dict[str, Any]:
    """What the race saw of one lens."""
    gain, pairs = race.gain(name), race.pairs(name)
    excluded = race.excluded(name)
    state = race.dropped.get(name, "in the race")
    if confirmation is not None and name == confirmation.lens:
        state = "prescribed" if name == prescribed else "not confirmed"
    return {
        "lens": name,
        "state": state,
        "trials": int(race.counts(name)[1].sum()),
        "gain": _finite(gain.middle),
        "low": _finite(gain.low),
        "high": _finite(gain.high),
        "excluded_factor": _finite(2.0 ** min(excluded, 64.0)) if np.isfinite(excluded) else None,
        "only_base": pairs.losses,
        "only_lens": pairs.wins,
        "alike": pairs.ties,
    }


def _side(table: pd.DataFrame, key: CurveKey, acuity: Acuity | None, cost: Cost) -> dict[str, Any]:
    """No lens, or the lens: acuity, accuracy, and what an answer takes on average."""
    rows = table[table["outcome"] != "failed"]
    for column, value in zip(CURVE, key, strict=True):
        rows = rows[rows[column] == value]
    prompt, answer = (_mean(rows[name]) for name in ("prompt_tokens", "completion_tokens"))
    usd = None if prompt is None or answer is None else cost(prompt, answer)
    return {
        "lens": key.lens,
        "l50": None if acuity is None else _finite(acuity.value),
        "low": None if acuity is None else _finite(acuity.interval[0] or None),
        "high": None if acuity is None else _finite(acuity.interval[1]),
        "text": "not measured" if acuity is None else str(acuity),
        "reason": "" if acuity is None else acuity.reason or "",
        "answered": len(rows),
        "correct": int((rows["outcome"] == "correct").sum()),
        "prompt_tokens": prompt,
        "completion_tokens": answer,
        "usd": usd,
    }


def _mean(column: pd.Series[Any]) -> float | None:
    known = column.dropna()
    return None if known.empty else round(float(known.mean()), 2)


def _finite(value: float | None) -> float | None:
    """A number as JSON knows it: none for what is open."""
    return None if value is None or not math.isfinite(value) else round(float(value), 4)


def totals(entries: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Answers of all races and of all confirmations."""
    return {
        stage: sum(one["trials"][stage] for one in entries) for stage in ("race", "confirmation")
    }
