"""What a session of another exam leaves: its table and its manifest; the rest can be redrawn."""

from __future__ import annotations

from pathlib import Path

from ..store.answers import Failure
from ..store.manifest import now
from ..store.trials import trial_table, write_trials
from .session import Session


def keep(session: Session) -> Path:
    """Write the table of trials and the manifest; ``snellen report`` draws the rest.

    Returns:
        The run directory.
    """
    where, answered = session.where, list(session.answered())
    write_trials(where.trials_path, trial_table(one.row for one in answered))
    failed = sum(isinstance(one.result, Failure) for one in answered)
    where.update(
        asked=len(answered),
        answered=len(answered) - failed,
        failed=failed,
        finished=now(),
        cost_usd=session.budget.spent,
        prices={"source": session.price_source},
        dropped=dict(session.runner.dropped),
        generation=dict(session.runner.generation),
        notices=list(session.runner.notices),
    )
    return where.path
