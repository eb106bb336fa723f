"""What a gate has spent, and whether a further look would pass its budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .limits import Amount, more_requests
from .sides import LiveSide


@dataclass(frozen=True, slots=True)
class Spending:
    """What has been spent.

    Attributes:
        budget: what may be.
        sides: who is asked.
        first: how many of them are asked everything; the others are asked a part a second time.
    """

    budget: Amount
    sides: Sequence[LiveSide]
    first: int

    @property
    def requests(self) -> int:
        """Requests so far."""
        return sum(side.sent for side in self.sides)

    @property
    def tokens(self) -> int:
        """Tokens so far, as far as the servers state them."""
        return sum(side.tokens for side in self.sides)

    @property
    def usd(self) -> float | None:
        """US dollars so far; none where a price is unknown."""
        spent = [side.session.budget.spent for side in self.sides]
        known = [usd for usd in spent if usd is not None]
        return sum(known) if len(known) == len(spent) else None

    def would_pass(self, pairs: int) -> str:
        """Why a further look of so many pairs is not to be had; empty if it is."""
        more = more_requests(pairs, self.first)
        share = more / self.requests if self.requests else 0.0
        budget = self.budget
        if budget.requests is not None and self.requests + more > budget.requests:
            return f"the budget of {budget.requests:,} requests is used up"
        if budget.tokens is not None and self.tokens * (1 + share) > budget.tokens:
            return f"the budget of {budget.tokens:,} tokens is used up"
        if budget.usd is not None and (self.usd or 0.0) * (1 + share) > budget.usd:
            return f"the budget of ${budget.usd:g} is used up"
        return ""
