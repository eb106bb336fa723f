"""Prescribe: race the lenses, confirm the winner on fresh trials, and leave a prescription."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ... import __version__
from ...errors import InputError
from ...runners.prices import Prices
from ...runners.protocol import Runner
from ...stats.race import BASE, Confirmation, Race, Rules
from ...stats.sequential.betting import log_e_value_one_sided
from ...store.curve_key import CurveKey
from ...store.manifest import now
from ...store.pairing import LoadedRun
from ...store.plan import Plan
from ...store.run_directory import folder_name
from ...store.trials import trial_table
from ...support.files import make_folder
from ..gate.limits import Amount
from ..gate.watcher import OneLine
from ..keeping import keep
from ..session import Session, open_model, session_with
from ..settings import Settings
from .asking import ask, chances, next_batch
from .candidates import candidates
from .grounds import Cost, Ended, entry, totals
from .result import SCHEMA, Prescription
from .showing import write_page
from .spending import KEPT_BACK, Spending, check_budget

MAX_LENGTH = 512
_FRESH = 1 << 32
"""What is added to the seed of the race for the questions of the confirmation."""


def prescribe(
    plan: Plan,
    settings: Settings | None = None,
    *,
    rules: Rules | None = None,
    budget: Amount | None = None,
    **more: Any,
) -> Prescription:
    """Race the lenses of a plan against no lens, and confirm the winner on fresh trials.

    Every task of the plan (in each of its modes and answer forms) is raced for itself.

    Args:
        plan: what is asked; its ``lenses`` are those to try (``none`` alone: the usual ones),
            its ``lengths`` those that may be asked (default: all sizes up to its ``max_length``,
            and that is 512).
        settings: how it is carried out; ``run_id`` names the prescription.
        rules: how sure it must be.
        budget: what may be spent, in requests, tokens or US dollars; instead of the settings'.
        **more: fields of :class:`~snellen.exams.settings.Settings` instead.

    Returns:
        The prescription; ``prescription.json`` and ``prescription.html`` lie in its folder, the
        answers as two run directories beside them. The same call resumes what was interrupted.

    Raises:
        InputError: a task cannot take a lens, no lens is left, the budget is too small for any
            verdict, or something else given is wrong.
        ModelRefused: no request to this model can succeed.
        StoreError: answers cannot be kept.
    """
    settings, rules = settings or Settings(**more), rules or Rules()
    _check(plan, rules)
    budget = budget or Amount(usd=settings.budget)
    racing = candidates(plan)
    lenses = dict.fromkeys(name for names in racing.values() for name in names)
    plan = plan.model_copy(
        update={
            "lenses": (BASE, *lenses),
            "trials": None,
            "precision": rules.precision,
            "max_length": max(plan.lengths) if plan.lengths else plan.max_length or MAX_LENGTH,
            "max_trials": rules.most,
        }
    )
    with ExitStack() as stack:
        asked, runner = stack.enter_context(open_model(plan, settings))
        name = settings.run_id or f"{asked.model}-{asked.run_id(runner.numerics)}"
        folder = make_folder(settings.out / "prescribe" / folder_name(name))
        watcher = stack.enter_context(OneLine(settings.watcher, folder))
        inner = replace(settings, out=folder, run_id=None, budget=None, watcher=watcher)
        prices = Prices.load(settings.prices)
        spending = Spending(budget)
        races = _races(racing, asked, rules)
        shortest = 2 * rules.first * len(races)
        first = list(next_batch(asked, _races(racing, asked, rules)))
        check_budget(budget, asked, runner, prices, first, shortest)
        kept_back = max(KEPT_BACK, shortest / budget.requests if budget.requests else 0.0)
        with session_with(asked, runner, replace(inner, run_id="race")) as session:
            spending.sessions.append(session)
            stopped = ask(session, races, spending, watcher.note, kept_back)
            raced = _kept(session)
        confirming = {
            curve: Confirmation(lens, _lengths(asked), rules, chances(asked, curve, [lens]))
            for curve, race in races.items()
            if (lens := race.candidate)
        }
        confirmed = None
        if confirming:
            fresh = asked.model_copy(update={"seed": fresh_seed(asked.seed)})
            with session_with(fresh, runner, replace(inner, run_id="confirmation")) as session:
                spending.sessions.append(session)
                stopped = ask(session, confirming, spending, watcher.note) or stopped
                confirmed = _kept(session)
        ended = {
            curve: Ended(
                curve, race, confirming.get(curve), raced, confirmed,
                _unfinished(race, confirming.get(curve), stopped),
            )
            for curve, race in races.items()
        }  # fmt: skip
        cost = _cost(prices, runner)
        entries = [entry(one, cost) for one in ended.values()]
        result = Prescription(
            {
                "schema_version": SCHEMA,
                "snellen": __version__,
                "made": now(),
                "model": asked.model,
                "base_url": runner.base_url,
                "numerics": dict(runner.numerics),
                "prescriptions": entries,
                "alpha": rules.alpha,
                "gain": rules.gain,
                "near": rules.near,
                "precision": rules.precision,
                "max_length": asked.max_length,
                "max_trials": rules.most,
                "seed": asked.seed,
                "confirmation_seed": fresh_seed(asked.seed),
                "budget": {
                    "requests": budget.requests, "tokens": budget.tokens, "usd": budget.usd,
                },
                "answers": totals(entries),
                "tokens": spending.tokens,
                "usd": spending.usd,
                "failed": sum(one.manifest.failed for one in (raced, confirmed) if one),
                "stopped": stopped,
                "runs": {
                    "race": _beside(raced.path, folder),
                    "confirmation": _beside(confirmed.path, folder) if confirmed else None,
                },
            },
            folder,
        )  # fmt: skip
    result.write()
    write_page(result, ended)
    return result


def _check(plan: Plan, rules: Rules) -> None:
    """Make sure that there is room for a verdict."""
    if plan.lengths is not None and len(plan.lengths) < 2:
        raise InputError(f"--lengths {plan.lengths[0]}: a curve takes two lengths or more")
    fewest = next(n for n in range(1, 10**6) if log_e_value_one_sided(n, 0) >= -np.log(rules.alpha))
    if rules.most < fewest:
        raise InputError(
            f"{rules.most} questions a lens are too few for any verdict: at --alpha "
            f"{rules.alpha:g} a confirmation takes at least {fewest}; raise --max-trials"
        )


def fresh_seed(seed: int) -> int:
    """The seed of the questions of the confirmation: none of them is one of the race."""
    return seed + _FRESH if seed < 2**52 else seed - _FRESH


def _lengths(plan: Plan) -> int | tuple[int, ...]:
    """The lengths that may be asked; one number: all sizes up to it."""
    assert plan.max_length is not None
    return plan.lengths or plan.max_length


def _races(racing: Mapping[CurveKey, list[str]], plan: Plan, rules: Rules) -> dict[CurveKey, Race]:
    return {
        curve: Race(names, _lengths(plan), rules, chances(plan, curve, names))
        for curve, names in racing.items()
    }


def _kept(session: Session) -> LoadedRun:
    path = keep(session)
    table = trial_table(one.row for one in session.answered())
    return LoadedRun(path, session.where.manifest, table)


def _unfinished(race: Race, confirmation: Confirmation | None, stopped: str) -> str:
    over = race.over and (confirmation is None or confirmation.over)
    shown = confirmation is not None and confirmation.shown
    return "" if over or shown else stopped


def _cost(prices: Prices, runner: Runner) -> Cost:
    def cost(prompt: float, answer: float) -> float | None:
        # Prices are per token: those of a thousand such answers keep the fractions.
        found = prices.cost(runner.model, round(prompt * 1000), round(answer * 1000),
                            runner.base_url)  # fmt: skip
        return None if found is None else found / 1000

    return cost


def _beside(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()
