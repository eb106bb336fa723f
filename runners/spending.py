"""A limit on what a run may cost."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from ..errors import InputError, SnellenError
from .prices import Estimate, Prices
from .protocol import Failure, Reply, Request, Runner

log = logging.getLogger(__name__)


class BudgetReached(SnellenError):
    """The money is spent; every answer paid for is kept."""


class Budget:
    """Counts what answers cost, and lets no more be asked once the limit is reached.

    Attributes:
        limit: US dollars, or ``None`` to count only.
        spent: US dollars so far; ``None`` where the model's price is unknown.
    """

    def __init__(self, runner: Runner, prices: Prices, limit: float | None = None) -> None:
        self.limit = limit
        self.spent: float | None = 0.0
        self._runner = runner
        self._prices = prices

    def check(self, estimate: Estimate) -> None:
        """Refuse to start what the budget cannot cover; say what a batch will cost.

        Raises:
            InputError: the price is unknown, or even the shortest answers cost more.
        """
        if self._runner.all_at_once:
            log.info("a batch, at half the price: %s", estimate.words)
        if self.limit is None:
            return
        if estimate.low is None:
            raise InputError(
                f"the price of {self._runner.model} is unknown, so --budget cannot hold; add it "
                "to a file for --prices, or leave --budget out"
            )
        if estimate.low > self.limit:
            raise InputError(
                f"{estimate.requests:,} requests to {self._runner.model} cost at least "
                f"${estimate.low:.4f}, more than --budget {self.limit:g}; ask less, or raise it"
            )
        if self._runner.all_at_once and (estimate.high or 0.0) > self.limit:
            raise InputError(
                f"a batch cannot be stopped at --budget {self.limit:g}, and this one may cost up "
                f"to ${estimate.high:.4f}; ask less, lower --max-tokens, or leave out --batch"
            )

    def admit(self, requests: Iterable[Request]) -> Iterator[Request]:
        """The requests, for as long as there is money.

        What is in flight when the limit is reached has been paid for and is waited for, so the
        limit can be passed by that much.
        """
        for request in requests:
            if self.reached:
                return
            yield request

    def charge(self, results: Sequence[tuple[Request, Reply | Failure]]) -> None:
        """Count the cost of answers; what failed is free.

        Where an answer has no known price, what was spent is unknown from then on.
        """
        for request, result in results:
            if isinstance(result, Reply) and self.spent is not None:
                cost = self._prices.of(self._runner, request, result)
                self.spent = None if cost is None else self.spent + cost

    @property
    def reached(self) -> bool:
        """Whether the money is spent."""
        return self.limit is not None and self.spent is not None and self.spent >= self.limit

    def settle(self, unanswered: int) -> None:
        """Say so, if requests are left for want of money.

        Raises:
            BudgetReached: they are.
        """
        if unanswered and self.reached:
            raise BudgetReached(
                f"the budget of ${self.limit:g} is spent (${self.spent:.4f}): {unanswered:,} "
                "requests were not asked; every answer is kept, repeat the command with a "
                "higher --budget for the rest"
            )
