"""A race, or a confirmation, asked: batch by batch through the one path, until it is decided.

What is asked next is a function of the answers so far, and every answer is in the journal: what
was stopped is resumed by replaying it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...stats.curve.chance import Chance
from ...stats.race import BASE, Ask, Race
from ...store.curve_key import CurveKey
from ...store.plan import Plan
from ...tasks.registry import find_task
from ...tasks.trial import TrialId, rebuild_trial
from ..gate.levels import trial_of
from ..session import Session
from .spending import Spending

Races = Mapping[CurveKey, Race]
"""Those under way, by the curve of the prompt as it is."""


def ask(
    session: Session,
    races: Races,
    spending: Spending,
    note: Callable[[str], None],
    kept_back: float = 0.0,
) -> str:
    """Ask until every race is over, or the budget is used up.

    Args:
        session: where it is asked.
        races: who races.
        spending: what it costs.
        note: hears how it goes.
        kept_back: share of the budget that is left alone; the first batch is asked whatever.

    Returns:
        Why it was stopped, empty if it was not.
    """
    while batch := next_batch(session.plan, races):
        # All that is answered now but is not in the batch was paid for before: a resumed race
        # comes to the same end.
        stopped = spending.would_pass(len(batch), kept_back)
        if stopped and session.planned:
            return stopped
        session.ask(session.plan_trials(map(rebuild_trial, batch)))
        said: dict[CurveKey, dict[Ask, bool]] = {curve: {} for curve in races}
        for trial, (curve, asked) in batch.items():
            row = session.row(trial)
            if row is not None and row["outcome"] != "failed":
                said[curve][asked] = row["outcome"] == "correct"
        for curve, race in races.items():
            if not race.over:
                race.update(said[curve])
        note("; ".join(_told(curve, race) for curve, race in races.items()))
    return ""


def next_batch(plan: Plan, races: Races) -> dict[TrialId, tuple[CurveKey, Ask]]:
    """The next trials of all races that are not over."""
    return {
        trial_of(plan, curve._replace(lens=asked.lens), asked.length, asked.index): (curve, asked)
        for curve, race in races.items()
        for asked in race.next()
    }


def chances(plan: Plan, curve: CurveKey, lenses: list[str]) -> dict[str, Chance]:
    """What guessing gives the prompt as it is and each lens, by name."""
    task = find_task(curve.task)
    lengths = plan.lengths_of(task)
    return {
        name: Chance.of(
            [task.chance(length, curve.mode, name, curve.answer) for length in lengths], lengths
        )
        for name in (BASE, *lenses)
    }


def _told(curve: CurveKey, race: Race) -> str:
    if len(race.lenses) == 1:
        return f"{curve.task}: {race.lenses[0]} is confirmed" if race.over else curve.task
    return f"{curve.task}: {len(race.running)} of {len(race.lenses)} lenses left"
