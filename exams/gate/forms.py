"""Forced answers where both servers can be held to them."""

from __future__ import annotations

from ...errors import InputError, ModelRefused
from ...runners.dispatch.breaker import NothingAnswered
from ...runners.protocol import Failure, Reply, Request, Runner
from ...runners.registry import find_kind
from ...store.plan import Plan
from ...tasks.trial import FORCED, rebuild_trial
from ..answer_forms import check_forms
from ..session import request_of
from .levels import trial_of

_PROBES = 8
"""Several at once: of a server that answers nothing, one request alone learns it only slowly."""


def with_forced_answers(
    plan: Plan, runner_a: Runner, judged: Plan, runner_b: Runner, *, must: bool
) -> tuple[Plan, Plan]:
    """The plans with forced answers, if both sides can be held to them; else as they are.

    A server says what it takes only when it is asked: each is asked a few short trials, which are
    not kept.

    Raises:
        InputError: they cannot, and must.
    """
    forced = [each.model_copy(update={"answers": (FORCED,)}) for each in (plan, judged)]
    if not any(True for _ in forced[0].curves()):  # every mode leaves room for reasoning
        return plan, judged
    if must:
        for each in forced:
            check_forms(each)
        return forced[0], forced[1]
    able = all(
        find_kind(each.model).forces_answers and _takes(each, runner)
        for each, runner in zip(forced, (runner_a, runner_b), strict=True)
    )
    return (forced[0], forced[1]) if able else (plan, judged)


def _takes(plan: Plan, runner: Runner) -> bool:
    curve = next(plan.curves())
    trials = [rebuild_trial(trial_of(plan, curve, 4, index)) for index in range(_PROBES)]
    said: list[tuple[Request, Reply | Failure]] = []
    try:
        runner.answer([request_of(runner, plan, one) for one in trials], said.extend)
    except NothingAnswered:
        return True  # of no answer at all the form is not to blame
    except ModelRefused:
        raise
    except InputError:
        return False
    return any(not isinstance(result, Failure) for _, result in said)
