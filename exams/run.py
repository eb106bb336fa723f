"""Ask a model every trial of a plan, and leave the run directory."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ..store.plan import Plan
from .session import open_session
from .settings import Settings

if TYPE_CHECKING:
    from .loaded import Run

log = logging.getLogger(__name__)


def run(plan: Plan, settings: Settings | None = None, **more: Any) -> Run:
    """Ask a model every trial of a plan; what is known is not asked again.

    Args:
        plan: what is asked, and of whom.
        settings: how it is carried out.
        **more: fields of :class:`~snellen.exams.settings.Settings` instead.

    Returns:
        The run. Where requests failed or the budget ran out, it says so (``failed``,
        ``stopped``); the same call continues from there.

    Raises:
        InputError: something given is wrong, or the model refuses every request.
        StoreError: answers cannot be kept.
    """
    settings = settings or Settings(**more)
    with open_session(plan, settings) as session:
        session.ask(list(session.planned.values()))
        if settings.batch and session.budget.spent:
            log.info("the answers of this run cost $%.4f, at half the price", session.budget.spent)
        # Imported late: tables and figures must not keep the first question waiting.
        from .finishing import finish

        return finish(session)
