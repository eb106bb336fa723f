"""How sure a gate must be, and what it may spend; refused beforehand where it cannot be enough."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import binom

from ...errors import InputError
from ...stats.sequential import fewest_losses, fewest_pairs
from .pairs import FLOOR_EVERY

ALPHA = 0.05
POWER = 0.95
MARGIN = 0.1
AT_ONCE = 4
"""Pairs asked of each open level at a look, about."""
REFINE = 60
"""Pairs that may be spent on the place of an onset."""
_AMOUNT = re.compile(r"([\d.,]+)\s*([kKM]?)\s*(usd|\$|requests?|tokens?)?", re.I)
_SCALE = {"": 1.0, "k": 1e3, "m": 1e6}


@dataclass(frozen=True, slots=True)
class Amount:
    """A budget.

    Attributes:
        usd: US dollars, both sides together.
        requests: requests.
        tokens: tokens of prompts and answers, as the servers state them.
    """

    usd: float | None = None
    requests: int | None = None
    tokens: int | None = None


def parse_budget(text: str | float | None) -> Amount:
    """Read ``5`` (US dollars), ``600requests``, ``2Mtokens``; several with ``+`` between.

    Raises:
        InputError: it is none of these, or not above 0.
    """
    found: dict[str, float] = {}
    for part in str(text).split("+") if text is not None else []:
        match = _AMOUNT.fullmatch(part.strip())
        try:
            number = float(match[1].replace(",", "")) if match else 0.0
        except ValueError:
            number = 0.0
        if match is None or number <= 0:
            raise InputError(
                f"--budget {text}: above 0, in US dollars (5), requests (600requests) or tokens "
                "(2Mtokens)"
            )
        unit = (match[3] or "usd").lower().rstrip("s").replace("$", "usd")
        found[unit if unit == "usd" else f"{unit}s"] = number * _SCALE[match[2].lower()]
    return Amount(
        found.get("usd"),
        None if "requests" not in found else int(found["requests"]),
        None if "tokens" not in found else int(found["tokens"]),
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """How sure a gate must be, and what it may spend.

    Attributes:
        alpha: probability of FAIL where neither judged side is worse anywhere, and of PASS where
            one is, by the margin.
        power: probability of FAIL where a judged side is worse by the margin at one level.
        margin: the drop in accuracy that matters, as a share.
        budget: what may be spent.
        most: pairs of a level at most; none: what ``power`` needs.
    """

    alpha: float = ALPHA
    power: float = POWER
    margin: float = MARGIN
    budget: Amount = Amount()
    most: int | None = None

    def __post_init__(self) -> None:
        for name in ("alpha", "power", "margin"):
            value = getattr(self, name)
            if not 0 < value < 1:
                raise InputError(f"--{name} {value:g}: a share between 0 and 1")
        if self.most is not None and self.most < 1:
            raise InputError(f"--trials {self.most}: 1 or more")

    def pairs_to_pass(self) -> int:
        """Pairs of a level that exclude the margin where no pair disagrees: the fewest."""
        return fewest_pairs(self.margin, self.alpha)

    def pairs_at_most(self, tasks: int, levels: int, judged: int = 1) -> int:
        """Pairs of a level after which it is given up, where so many sides are judged."""
        if self.most is not None:
            return self.most
        needed = fewest_losses(tasks, levels, self.alpha / judged)
        pairs = self.pairs_to_pass()
        while binom.sf(needed - 1, pairs, self.margin) < self.power:
            pairs += max(1, pairs // 20)
        return max(pairs, 2 * self.pairs_to_pass())


@dataclass(frozen=True, slots=True)
class RequestPrice:
    """What a request takes, about, on average over the levels and both sides.

    Attributes:
        tokens: of the prompt alone.
        tokens_likely: of prompt and answer.
        usd: US dollars, at least; none where a price is unknown.
        usd_likely: US dollars, as answers are wont to be.
    """

    tokens: float = 0.0
    tokens_likely: float = 0.0
    usd: float | None = None
    usd_likely: float | None = None


def pairs_at_once(tasks: int) -> int:
    """Pairs asked of an open level at a look: equally many of every task, four or more."""
    return tasks * -(-AT_ONCE // tasks) if tasks else 0


def requests_to_pass(limits: Limits, tasks: Sequence[int], *, live: bool) -> int:
    """The fewest requests that are a budget for a PASS: where no pair disagrees.

    Args:
        limits: the gate.
        tasks: how many tasks each level has.
        live: both sides are asked.
    """
    asked, sent, needed, first = [0] * len(tasks), 0, 0, 2 if live else 1
    pairs = limits.pairs_to_pass()
    while True:
        at_once = [
            pairs_at_once(count) if count * done < pairs else 0
            for count, done in zip(tasks, asked, strict=True)
        ]
        if not sum(at_once):
            return needed
        needed = max(needed, sent + more_requests(sum(at_once), first))
        for i, many in enumerate(at_once):
            each = many // tasks[i]  # of every task
            floor = -(-(asked[i] + each) // FLOOR_EVERY) + asked[i] // -FLOOR_EVERY
            sent, asked[i] = sent + many * first + tasks[i] * floor, asked[i] + each


def more_requests(pairs: int, first: int) -> int:
    """Requests that a look of so many pairs takes, losses aside."""
    return pairs * first + -(-pairs // FLOOR_EVERY)


def check_budget(limits: Limits, tasks: Sequence[int], *, live: bool, price: RequestPrice) -> None:
    """Make sure that a budget can cover a verdict.

    Args:
        limits: the gate.
        tasks: how many tasks each level has.
        live: both sides are asked.
        price: what a request takes.

    Raises:
        InputError: it cannot; says what would do.
    """
    fewest, budget = requests_to_pass(limits, tasks, live=live), limits.budget
    pairs = limits.pairs_to_pass()
    where = f"{len(tasks)} {'lengths take' if len(tasks) > 1 else 'length takes'}"
    mend = "raise it, ask shorter or fewer lengths, or raise --margin"
    if limits.most is not None and limits.most < pairs:
        raise InputError(
            f"--trials {limits.most} is too few for a verdict: to exclude a drop of "
            f"{limits.margin:.0%} takes at least {pairs} at every length; raise --trials "
            "or --margin"
        )
    if budget.requests is not None and budget.requests < fewest:
        raise InputError(
            f"--budget {budget.requests}requests is too small for a verdict: {where} at least "
            f"{fewest}requests; {mend}"
        )
    if budget.tokens is not None and budget.tokens < fewest * price.tokens:
        raise InputError(
            f"--budget {budget.tokens}tokens is too small for a verdict: {where} about "
            f"{int(fewest * price.tokens_likely) + 1}tokens; {mend}"
        )
    if budget.usd is not None:
        if price.usd is None or price.usd_likely is None:
            raise InputError(
                "the price of a model is unknown, so --budget in US dollars cannot hold; add it to "
                "a file for --prices, or give --budget in requests or tokens"
            )
        if budget.usd < fewest * price.usd:
            raise InputError(
                f"--budget {budget.usd:g} is too small for a verdict: {where} about "
                f"${_up(fewest * price.usd_likely)}; {mend}"
            )


def _up(usd: float) -> str:
    """An amount in US dollars, rounded up to two digits that count."""
    digits = max(2, 1 - math.floor(math.log10(usd))) if usd > 0 else 2
    return f"{math.ceil(usd * 10**digits) / 10**digits:.{digits}f}"
