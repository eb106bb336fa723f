"""How sure a gate must be, and what it may spend; refused beforehand where it cannot be enough."""

from __future__ import annotations

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


def requests_to_pass(limits: Limits, levels: int, *, live: bool) -> int:
    """The fewest requests with which a gate can end in PASS: no pair disagrees."""
    pairs = limits.pairs_to_pass()
    return levels * (pairs * (2 if live else 1) + -(-pairs // FLOOR_EVERY))


def check_budget(
    limits: Limits, levels: int, *, live: bool, tokens_each: float, usd_each: Sequence[float | None]
) -> None:
    """Make sure that a budget can cover a verdict.

    Args:
        limits: the gate.
        levels: how many levels there are.
        live: A is asked, too.
        tokens_each: tokens of a request, about, on average over the levels.
        usd_each: US dollars of a request to each side, at least; none where unknown.

    Raises:
        InputError: it cannot; says what would do.
    """
    fewest, budget = requests_to_pass(limits, levels, live=live), limits.budget
    pairs = limits.pairs_to_pass()
    if limits.most is not None and limits.most < pairs:
        raise InputError(
            f"--trials {limits.most} is too few for a verdict: to exclude a drop of "
            f"{limits.margin:.0%} takes at least {pairs} at every length; raise --trials "
            "or --margin"
        )
    if budget.requests is not None and budget.requests < fewest:
        raise InputError(
            f"--budget {budget.requests}requests is too small for a verdict: {levels} lengths take "
            f"at least {fewest}requests; raise it, ask fewer lengths, or raise --margin"
        )
    tokens = int(fewest * tokens_each)
    if budget.tokens is not None and budget.tokens < tokens:
        raise InputError(
            f"--budget {budget.tokens}tokens is too small for a verdict: {levels} lengths take "
            f"about {tokens}tokens; raise it, ask shorter or fewer lengths, or raise --margin"
        )
    if budget.usd is not None:
        known = [usd for usd in usd_each if usd is not None]
        if len(known) < len(usd_each):
            raise InputError(
                "the price of a model is unknown, so --budget in US dollars cannot hold; add it to "
                "a file for --prices, or give --budget in requests or tokens"
            )
        cost = fewest * sum(known) / len(known)
        if budget.usd < cost:
            raise InputError(
                f"--budget {budget.usd:g} is too small for a verdict: {levels} lengths cost at "
                f"least ${cost:.4f}; raise it, ask shorter or fewer lengths, or raise --margin"
            )
