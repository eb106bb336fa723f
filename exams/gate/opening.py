"""Opening a gate: who is asked, in which run directory, and at what price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from ...runners.prices import Prices
from ...runners.protocol import Runner
from ...store.plan import Plan
from ...tasks.trial import rebuild_trial
from ..session import request_of, session_with
from ..settings import Settings
from .levels import Level, trial_of
from .limits import Limits, RequestPrice
from .pairs import Judge, Side, sides_of
from .sides import Asked, KeptSide, LiveSide


@dataclass(frozen=True, slots=True)
class Sides:
    """Who is asked.

    Attributes:
        a, b: the two sides.
        again: the side of the noise floor, asked a second time.
        again_b: B, asked a second time where A is judged.
    """

    a: Asked
    b: LiveSide
    again: LiveSide
    again_b: LiveSide | None = None

    @property
    def live(self) -> list[LiveSide]:
        """All that are servers: first those that are asked everything."""
        every = (self.a, self.b, self.again, self.again_b)
        return [side for side in every if isinstance(side, LiveSide)]

    @property
    def silent(self) -> dict[Side, str]:
        """Why a judged side is not asked any more, where it fell silent."""
        every: tuple[tuple[Side, Asked], ...] = (("a", self.a), ("b", self.b))
        return {name: side.silent for name, side in every
                if isinstance(side, LiveSide) and side.silent}  # fmt: skip


def price_of(
    limits: Limits, levels: Sequence[Level], plan: Plan, runner_a: Runner | None,
    judged: Plan, runner_b: Runner, settings: Settings,
) -> RequestPrice:  # fmt: skip
    """Tokens and dollars of a request, about, on average over what is asked."""
    if limits.budget.usd is None and limits.budget.tokens is None:
        return RequestPrice()
    prices, found = Prices.load(settings.prices), []
    for which, runner in ((plan, runner_a), (judged, runner_b)):
        if runner is None:
            continue
        requests = [
            request_of(runner, which, rebuild_trial(trial_of(which, curve, length, 0)))
            for level in levels if not level.refines
            for curve, length in level.lengths.items()
        ]  # fmt: skip
        found.append(prices.estimate(runner, requests))
    low = [one.low for one in found if one.low is not None]
    likely = [one.expected for one in found if one.expected is not None]
    asked = sum(one.requests for one in found)
    known = len(low) == len(likely) == len(found)
    return RequestPrice(
        sum(one.prompt_tokens for one in found) / asked,
        sum(one.expected_tokens for one in found) / asked,
        sum(low) / asked if known else None,
        sum(likely) / asked if known else None,
    )


@contextmanager
def open_sides(
    plan: Plan, runner_a: Runner | None, judged: Plan, runner_b: Runner,
    levels: Sequence[Level], limits: Limits, kept: KeptSide | None, judge: Judge,
    settings: Settings,
) -> Iterator[Sides]:  # fmt: skip
    """A, B, and who is asked a second time, each with its run directory."""
    lengths = sorted({n for level in levels for n in level.lengths.values()})
    # In order of first use: a set's order differs from process to process, and so would the plan.
    curves = list(dict.fromkeys(curve for level in levels for curve in level.lengths))
    design = sum(not level.refines for level in levels)
    most = 20 * limits.pairs_at_most(len(curves), design, 2) + 100
    if kept is not None:
        most = 1 + max(kept.indices(c, n)[-1] for level in levels for c, n in level.lengths.items())
    tasks = tuple(dict.fromkeys(curve.task for curve in curves))
    fields = {"lengths": tuple(lengths), "trials": most, "precision": None, "max_length": None,
              "max_trials": None, "tasks": tasks}  # fmt: skip
    first = [trial_of(plan, c, n, 0) for level in levels for c, n in level.lengths.items()]
    with ExitStack() as stack:

        def side(name: str, of: Side, replicate: int = 0) -> LiveSide:
            which, runner = (plan, runner_a) if of == "a" else (judged, runner_b)
            assert runner is not None
            asked = which.model_copy(update={**fields, "replicate": replicate})
            session = session_with(asked, runner, replace(settings, run_id=name), first)
            return LiveSide(stack.enter_context(session), judged=of in sides_of(judge))

        if kept is not None:
            yield Sides(kept, side("b", "b"), side("again", "b", 1))
        else:
            again_b = side("again_b", "b", 1) if "a" in sides_of(judge) else None
            yield Sides(side("a", "a"), side("b", "b"), side("again", "a", 1), again_b)
