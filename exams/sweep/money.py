"""What a sweep will cost, and what each of its cells may spend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from ...errors import InputError
from ...runners.prices import Estimate, Prices
from ...runners.protocol import Runner
from ...store.answers import Reply
from ...store.kept_answers import kept_entries
from ...store.plan import Plan
from ..session import request_of
from .cells import Cell


@dataclass(frozen=True)
class _Unopened:
    """A model that was not started: its prompts are measured without its tokenizer."""

    model: str
    base_url: str | None
    numerics: Mapping[str, Any] = field(default_factory=dict)
    price_share: float = 1.0
    all_at_once: bool = False

    def count_tokens(self, text: str) -> int | None:
        """Not known."""
        return None


def estimate_cell(plan: Plan, prices: Prices) -> Estimate:
    """What the whole of a cell takes; neither the model nor a server is touched."""
    who = cast(Runner, _Unopened(plan.model, plan.base_url))
    return prices.estimate(who, (request_of(who, plan, trial) for trial in plan.build_trials()))


def total(estimates: Iterable[Estimate]) -> Estimate:
    """The sum of estimates; unknown where one is."""
    every = list(estimates)

    def add(name: str) -> float | None:
        costs = [getattr(one, name) for one in every]
        return None if None in costs else float(sum(costs))

    return Estimate(
        requests=sum(one.requests for one in every),
        prompt_tokens=sum(one.prompt_tokens for one in every),
        exact=all(one.exact for one in every),
        low=add("low"),
        high=add("high"),
        expected=add("expected"),
    )


def spent_in(journal: Path, plan: Plan, prices: Prices) -> float:
    """US dollars that the answers of a cell's journal cost; 0 where there is none."""
    if not journal.is_file():
        return 0.0
    spent = 0.0
    for entry in kept_entries(journal):
        if isinstance(reply := entry.result, Reply):
            tokens = (reply.prompt_tokens or 0, reply.completion_tokens or 0)
            spent += prices.cost(plan.model, *tokens, plan.base_url) or 0.0
    return spent


class Purse:
    """The money of a sweep, shared out among cells that run at the same time.

    A cell is first given twice what it is expected to cost, so that several can start; one that
    comes to the end of that is given all that it may cost. What a cell holds and does not spend
    goes back.
    """

    def __init__(self, limit: float | None, estimates: Mapping[str, Estimate]) -> None:
        """Prepare.

        Args:
            limit: US dollars for the whole sweep, or ``None`` for no limit.
            estimates: what each cell will cost, by its folder.
        """
        self.limit = limit
        self._estimates = estimates
        self._spent: dict[str, float] = {}
        self._held: dict[str, float] = {}
        self._asked: dict[str, int] = {}

    def check(self, cells: Sequence[Cell]) -> None:
        """Refuse to start what the money cannot cover.

        Raises:
            InputError: a price is unknown, or even the shortest answers cost more.
        """
        if self.limit is None:
            return
        low = sum(self._spent.values())
        for cell in cells:
            estimate = self._estimates[cell.folder]
            if estimate.low is None:
                raise InputError(
                    f"the price of {cell.plan.model} is unknown, so --budget cannot hold; add it "
                    "to a file for --prices, or leave --budget out"
                )
            low += max(0.0, estimate.low - self._spent.get(cell.folder, 0.0))
        if low > self.limit:
            raise InputError(
                f"the sweep costs at least ${low:.4f}, more than --budget {self.limit:g}; ask "
                "less, or raise it"
            )

    def paid(self, cell: Cell, cost: float | None) -> None:
        """A cell has cost so much by now, earlier sessions included, and holds nothing more."""
        self._held.pop(cell.folder, None)
        self._spent[cell.folder] = max(cost or 0.0, self._spent.get(cell.folder, 0.0))

    def hold(self, cell: Cell, *, alone: bool = False) -> float | None:
        """What a cell may cost in all, its earlier answers included; held until it has paid.

        Args:
            cell: which.
            alone: nothing else runs, so that it may have all that is left.

        Returns:
            US dollars: infinity for no limit, ``None`` if there is too little left for now.
        """
        estimate = self._estimates[cell.folder]
        if self.limit is None or estimate.high == 0:
            return float("inf")
        others = sum(cost for name, cost in self._spent.items() if name != cell.folder)
        left = self.limit - others - sum(self._held.values())
        most = estimate.high or 0.0
        if not alone and not self._asked.get(cell.folder):
            most = min(most, 2 * (estimate.expected or 0.0))
        given = min(left, most)
        if given <= 0 or given < (estimate.low or 0.0):
            return None
        self._asked[cell.folder] = self._asked.get(cell.folder, 0) + 1
        self._held[cell.folder] = given
        return given

    def may_go_on(self, cell: Cell) -> bool:
        """Whether a cell that came to the end of its money can be given more."""
        return self._asked.get(cell.folder, 0) < 2 and self.limit is not None
