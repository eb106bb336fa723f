"""A plan being asked: the one path that every trial takes.

plan → trials → runner → journal → table. A trial is built when it is planned; its prompt is kept
if it is short and built a second time when it is asked if it is long. It is judged once, when its
row of the table is made.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from ..errors import ModelRefused
from ..runners.cached import CachedRunner, Identity, Results, make_request
from ..runners.prices import Estimate, Prices
from ..runners.protocol import Message, Request, Runner
from ..runners.registry import find_kind, open_runner
from ..runners.sampling import sampling_of
from ..runners.spending import Budget, BudgetReached
from ..store.answers import Failure, Reply
from ..store.plan import Plan
from ..store.run_directory import RunDirectory, open_run
from ..support.phases import phase
from ..tasks.forms import forced_form
from ..tasks.lenses import find_lens
from ..tasks.registry import find_task
from ..tasks.trial import FORCED, Trial, TrialId, rebuild_trial
from .answer_forms import check_forms
from .context import check_context
from .inside import check_effort, check_inside
from .settings import Settings

_LONG = 1 << 15
"""Characters of a prompt from which it is built again rather than kept."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A trial that is planned.

    Attributes:
        trial: what is asked, without its texts if they are long.
        tokens: tokens of its sequence, if they can be counted.
    """

    trial: Trial
    tokens: int | None


@dataclass(frozen=True, slots=True)
class Answered:
    """A trial with its answer or its failure.

    Attributes:
        trial: what was asked, without its texts if they are long.
        result: the answer, or the failure.
        row: its row of the table, in which it is judged.
    """

    trial: Trial
    result: Reply | Failure
    row: Mapping[str, Any]


class Session:
    """A plan, who answers it, and what has been answered.

    Attributes:
        plan: what is asked; it names the endpoint that is really asked.
        runner: who answers.
        where: the run directory.
        planned: the trials so far, by identity, in order.
        answers: the answers and failures so far, by identity.
        price_source: where the price of an answer comes from.
        stopped: why not everything was asked, empty if it was.
    """

    def __init__(
        self, plan: Plan, cached: CachedRunner, where: RunDirectory, price_source: str
    ) -> None:
        self.plan = plan
        self.where = where
        self.price_source = price_source
        self.planned: dict[TrialId, Planned] = {}
        self.answers: dict[TrialId, Reply | Failure] = {}
        self.stopped = ""
        self._cached = cached
        self._rows: dict[TrialId, Mapping[str, Any]] = {}

    @property
    def runner(self) -> Runner:
        """Who answers."""
        return self._cached.runner

    @property
    def budget(self) -> Budget:
        """What the answers cost."""
        return self._cached.budget

    def ask(self, planned: Sequence[Planned]) -> None:
        """Answer planned trials: from the journal, or by asking.

        Where the money runs out, what was answered is kept and ``stopped`` says so.

        Raises:
            ModelRefused: no request to this model can succeed.
            StoreError: the journal cannot be written.
        """
        self.planned.update((one.trial.id, one) for one in planned)
        by_key: dict[str, TrialId] = {}

        def requests() -> Iterator[Request]:
            for one in planned:
                request = request_of(self.runner, self.plan, one.trial, one.tokens)
                by_key[request.key] = one.trial.id
                yield request

        try:
            found = self._cached.ask(made := requests())
        except BudgetReached as reached:
            self.stopped = str(reached)
            found = self._kept(by_key)
        except ModelRefused:
            for _ in made:  # the rest may have been answered by an earlier session
                pass
            self.answers.update((by_key[key], kept) for key, kept in self._kept(by_key).items())
            raise
        self.answers.update((by_key[key], result) for key, result in found.items())

    def _kept(self, keys: Iterable[str]) -> dict[str, Reply | Failure]:
        journal = self._cached.journal
        assert journal is not None
        return {key: result for key in keys if (result := journal.result(key))}

    def row(self, trial: TrialId) -> Mapping[str, Any] | None:
        """The trial's row of the table, judged once; none without an answer or a failure."""
        if trial not in self._rows and trial in self.answers:
            from ..store.trials import trial_row

            one = self.planned[trial]
            self._rows[trial] = trial_row(
                self.where.manifest.run_id,
                self.plan.model,
                one.trial,
                self.answers[trial],
                one.tokens,
            )
        return self._rows.get(trial)

    def answered(self) -> Iterator[Answered]:
        """All trials with an answer or a failure, in the order of the table."""
        for trial in self.plan.in_order(self.planned):
            if (row := self.row(trial)) is not None:
                yield Answered(self.planned[trial].trial, self.answers[trial], row)

    def plan_trials(self, trials: Iterable[Trial]) -> list[Planned]:
        """Plan further trials (of an adaptive measurement)."""
        return [_planned(self.runner, trial) for trial in trials]


def _planned(runner: Runner, trial: Trial) -> Planned:
    kept = trial if len(trial.prompt) < _LONG else trial.without_text()
    return Planned(kept, runner.count_tokens(trial.sequence))


def request_of(who: Identity, plan: Plan, trial: Trial, tokens: int | None = None) -> Request:
    """The request of a trial, with the tokens of its sequence noted beside it."""
    again = {"replicate": plan.replicate} if plan.replicate else {}
    prompt = trial.prompt or rebuild_trial(trial.id).prompt
    return make_request(
        who,
        (Message("user", prompt),),
        sampling_of(plan, trial.id),
        trial.id.as_dict() | again,
        chat=plan.chat and trial.chat,
        notes={"tokens": tokens},
        form=forced_form(find_task(trial.id.task), trial) if trial.id.answer == FORCED else None,
        choices=tuple(trial.choices),
        inside=find_lens(trial.id.lens).inside,
    )


@contextmanager
def open_model(plan: Plan, settings: Settings) -> Iterator[tuple[Plan, Runner]]:
    """The model of a plan, started if need be, and the plan with the endpoint really asked."""
    check_forms(plan)
    check_inside(plan)
    check_effort(plan)
    logs = settings.out / f".starting-{os.getpid()}"  # until the run directory is known
    with closing(open_runner(plan.model, settings.options(plan, logs))) as runner:
        yield with_endpoint(plan, runner), runner


def with_endpoint(plan: Plan, runner: Runner) -> Plan:
    """The plan, naming the server that is asked where the environment chose it."""
    chosen = plan.base_url is None and find_kind(plan.model).endpoint() is not None
    return plan.model_copy(update={"base_url": runner.base_url}) if chosen else plan


def survey(
    plan: Plan,
    runner: Runner,
    planned: list[Planned],
    trials: Iterable[TrialId] | None = None,
) -> Iterator[Trial]:
    """The trials of a plan (or some of them), built; each is added to ``planned``.

    Raises:
        InputError: prompt and answer do not fit the model's context.
    """
    for trial in plan.build_trials() if trials is None else map(rebuild_trial, trials):
        if trial.id.index == 0:
            check_context(runner, trial, request_of(runner, plan, trial))
        planned.append(_planned(runner, trial))
        yield trial


def estimate(plan: Plan, settings: Settings) -> tuple[Estimate, str]:
    """What a plan would take, and where its prices come from; nothing is asked.

    Raises:
        InputError: the model cannot be reached, or a prompt does not fit its context.
    """
    prices = Prices.load(settings.prices)
    with open_model(plan, settings) as (asked, runner):
        requests = (request_of(runner, asked, trial) for trial in survey(asked, runner, []))
        found = prices.estimate(runner, requests)
        return found, prices.source(plan.model)


@contextmanager
def open_session(plan: Plan, settings: Settings) -> Iterator[Session]:
    """Open the model and the run directory of a plan.

    Raises:
        InputError: the model cannot be reached, a prompt does not fit, the budget cannot cover
            the plan, or the run directory holds something else.
    """
    with (
        open_model(plan, settings) as (asked, runner),
        session_with(asked, runner, settings) as session,
    ):
        yield session


@contextmanager
def session_with(
    asked: Plan, runner: Runner, settings: Settings, trials: Sequence[TrialId] | None = None
) -> Iterator[Session]:
    """The run directory of a plan, for a model that is open already.

    Args:
        asked: the plan, with the endpoint really asked.
        runner: who answers.
        settings: how it is carried out.
        trials: those of the plan that are built beforehand, where not all of them will be asked;
            the session then begins with none planned.

    Raises:
        InputError: a prompt does not fit, the budget cannot cover the plan, or the run directory
            holds something else.
    """
    prices, watcher = Prices.load(settings.prices), settings.watcher
    budget = Budget(runner, prices, settings.budget)

    def listen(results: Results, known: bool) -> None:
        watcher.answered(results, known, budget.spent)

    cached = CachedRunner(runner, budget=budget, listener=listen)
    planned: list[Planned] = []
    built = survey(asked, runner, planned, trials)
    with phase("building the prompts"):
        if settings.budget is not None or settings.batch:
            requests = (request_of(runner, asked, trial) for trial in built)
            budget.check(prices.estimate(runner, requests))
        for _ in built:
            pass
    where = open_run(
        settings.out,
        asked,
        runner.numerics,
        [(one.trial.prompt_sha256, one.trial.truth) for one in planned],
        run_id=settings.run_id,
        endpoint=runner.base_url,
    )
    runner.log_into(where.path)
    with where.journal() as journal:
        cached.journal = journal
        session = Session(asked, cached, where, prices.source(asked.model))
        fixed = asked.precision is None and trials is None
        if fixed:
            session.planned = {one.trial.id: one for one in planned}
        watcher.opened(where.path, len(planned) if fixed else None)
        try:
            yield session
        finally:
            watcher.closed()
