"""What a prescription may cost, and whether the next batch is still to be had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...errors import InputError
from ...runners.prices import Prices
from ...runners.protocol import Runner
from ...store.answers import Reply
from ...store.plan import Plan
from ...tasks.trial import TrialId, rebuild_trial
from ..gate.limits import Amount
from ..session import Session, request_of

KEPT_BACK = 0.25
"""Share of the budget that the race leaves for the confirmation."""


@dataclass(slots=True)
class Spending:
    """What has been spent, over the race and the confirmation.

    Attributes:
        budget: what may be.
        sessions: where it was spent.
    """

    budget: Amount
    sessions: list[Session] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """Trials that were asked, those of earlier sessions included."""
        return sum(len(session.answers) for session in self.sessions)

    @property
    def tokens(self) -> int:
        """Tokens of all prompts and answers so far, as far as the server states them."""
        return sum(
            (reply.prompt_tokens or 0) + (reply.completion_tokens or 0)
            for session in self.sessions
            for reply in session.answers.values()
            if isinstance(reply, Reply)
        )

    @property
    def usd(self) -> float | None:
        """US dollars so far; none where the price is unknown."""
        spent = [session.budget.spent for session in self.sessions]
        known = [usd for usd in spent if usd is not None]
        return sum(known) if len(known) == len(spent) else None

    def would_pass(self, more: int, kept_back: float = 0.0) -> str:
        """Why so many further requests are not to be had; empty if they are.

        Args:
            more: how many.
            kept_back: share of the budget that is not for them.
        """
        share, usable = more / self.requests if self.requests else 0.0, 1 - kept_back
        budget = self.budget
        if budget.requests is not None and self.requests + more > budget.requests * usable:
            return f"the budget of {budget.requests:,} requests is used up"
        if budget.tokens is not None and self.tokens * (1 + share) > budget.tokens * usable:
            return f"the budget of {budget.tokens:,} tokens is used up"
        if budget.usd is not None and (self.usd or 0.0) * (1 + share) > budget.usd * usable:
            return f"the budget of ${budget.usd:g} is used up"
        return ""


def check_budget(
    budget: Amount, plan: Plan, runner: Runner, prices: Prices, first: Sequence[TrialId], more: int
) -> None:
    """Make sure that a budget covers the least that can show anything.

    Args:
        budget: what may be spent.
        plan: what is asked.
        runner: who is asked.
        prices: what it costs.
        first: the first batch of the race.
        more: requests of the shortest confirmation.

    Raises:
        InputError: it does not; says the smallest that would do.
    """
    fewest = len(first) + more
    if budget.requests is not None and budget.requests < fewest:
        raise _too_small(f"{budget.requests}requests", f"{fewest}requests")
    if budget.tokens is None and budget.usd is None:
        return
    asked = (request_of(runner, plan, rebuild_trial(trial)) for trial in first)
    found = prices.estimate(runner, asked)
    tokens = -(-found.prompt_tokens * fewest // len(first)) + fewest  # an answer is a token or more
    if budget.tokens is not None and budget.tokens < tokens:
        raise _too_small(f"{budget.tokens}tokens", f"about {tokens}tokens")
    if budget.usd is None:
        return
    if found.low is None:
        raise InputError(
            f"the price of {plan.model} is unknown, so --budget in US dollars cannot hold; add it "
            "to a file for --prices, or give --budget in requests or tokens"
        )
    usd = found.low * fewest / len(first)
    if budget.usd < usd:
        raise _too_small(f"{budget.usd:g}", f"about {usd:.2g} (US dollars)")


def _too_small(given: str, least: str) -> InputError:
    return InputError(
        f"--budget {given} is too small for any verdict: the first round of the race and the "
        f"shortest confirmation take {least}; raise it, or try fewer lenses or tasks"
    )
