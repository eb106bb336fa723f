"""The gate: does this deployment see as far as that one?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...reports.gate.figure import gate_figure, nights_figure
from ...reports.gate.page import markdown
from ...runners.prices import Prices
from ...runners.protocol import Runner
from ...runners.tokens import approximate_tokens
from ...store.curve_key import CurveKey
from ...store.pairing import LoadedRun, load_run
from ...store.plan import Plan
from ...support.files import make_folder, write_atomically
from ...tasks.trial import rebuild_trial
from ..session import open_model, request_of, session_with
from ..settings import Settings
from .about import about_of, differences
from .fitting import fitting
from .forms import with_forced_answers
from .judging import Judgement
from .levels import (
    TOKENS,
    Level,
    gate_of,
    levels_by_length,
    levels_by_tokens,
    levels_of_gate,
    levels_of_lengths,
    trial_of,
)
from .limits import Limits, check_budget
from .result import GateResult
from .sides import KeptSide, LiveSide, Side
from .spending import Spending
from .verdict import conclude
from .watch import nightly, open_watch
from .watcher import OneLine

TASKS = "lookup,copy_sequence,count_ones_bernoulli"


def gate(
    a: Plan | LoadedRun | Path | str,
    against: str,
    *,
    against_base_url: str | None = None,
    against_model_args: Mapping[str, Any] | None = None,
    tasks: Sequence[str] = (),
    tokens: str | None = None,
    forced: bool | None = None,
    limits: Limits | None = None,
    history: Path | None = None,
    settings: Settings | None = None,
    **more: Any,
) -> GateResult:
    """Judge a deployment B against a deployment A: is it worse, and from which length on?

    Both are asked the same trials, in small batches, until B is shown to be worse or a drop of
    the margin is excluded at every level. One side (A; B where A is a kept run) is asked a part
    of them twice, and a trial that B alone got wrong counts only if the second asking upholds it.

    Args:
        a: the plan that says what is asked, and of whom; or a run that is kept, or its folder.
        against: the model that is judged.
        against_base_url: the server that is judged.
        against_model_args: settings of its engine, if it is started.
        tasks: of a kept run, those to ask; none: all.
        tokens: levels by tokens of the prompt (``1k..128k``), where the plan has no lengths.
        forced: hold answers to their form; none: where both can be.
        limits: how sure, and what may be spent.
        history: watch a kept run night after night: the file that keeps the nights. Every trial
            is asked on one night only, and the error rate holds over all nights together.
        settings: how it is carried out; ``run_id`` names the gate (an interrupted one continues).
        **more: fields of :class:`~snellen.exams.settings.Settings` instead.

    Returns:
        The verdict and its grounds; ``gate.json``, ``gate.md`` and ``gate.svg`` lie in its
        folder, and the answers of each side as run directories beside them.

    Raises:
        InputError: something given is wrong, the budget is too small for any verdict, A cannot
            be asked, or the baseline asks something else.
        StoreError: answers cannot be kept.
    """
    limits, settings = limits or Limits(), settings or Settings(**more)
    if history is not None:
        limits = nightly(limits)
    kept = None if isinstance(a, Plan) else KeptSide(_run(a), tasks)
    plan = a if isinstance(a, Plan) else _run(a).manifest.plan
    name = settings.run_id or _unused(settings.out / "gate")
    folder = make_folder(settings.out / "gate" / name)
    judged = plan.model_copy(
        update={"model": against, "base_url": against_base_url,
                "model_args": dict(against_model_args or {})}
    )  # fmt: skip
    with ExitStack() as stack:
        watcher = stack.enter_context(OneLine(settings.watcher, folder))
        settings = replace(settings, out=folder, budget=None, watcher=watcher)
        runner_a = None
        if kept is None:
            logs = replace(settings, out=folder / "a")
            plan, runner_a = stack.enter_context(open_model(plan, logs))
        logs = replace(settings, out=folder / "b")
        judged, runner_b = stack.enter_context(open_model(judged, logs))
        if kept is None and forced is not False and plan.answers == ("free",):
            assert runner_a is not None
            plan, judged = with_forced_answers(plan, runner_a, judged, runner_b, must=bool(forced))
        curves = list(kept.asked) if kept else list(plan.curves())
        levels = _levels(kept, curves, plan, tokens, runner_a or runner_b)
        levels, left_out = fitting(levels, plan, runner_a, judged, runner_b)
        if not any(level.lengths for level in levels if not level.refines):
            raise InputError(f"no prompt fits: {left_out[0].why}; ask shorter ones")
        price = _price(limits, levels, plan, runner_a, judged, runner_b, settings)
        if history is None:
            check_budget(limits, _count(levels), live=kept is None, **price)
        if history is not None and kept is None:
            raise InputError("a watch is kept against a baseline: give --baseline RUN_DIR")
        watch = open_watch(history, name, kept, judged) if history and kept else None
        sides = stack.enter_context(_sides(plan, runner_a, judged, runner_b, levels, limits,
                                           kept, settings))  # fmt: skip
        spending = Spending(limits.budget, [s for s in sides if isinstance(s, LiveSide)])
        judgement = Judgement(
            judged,
            curves,
            levels,
            *sides,
            twice="b" if kept else "a",
            limits=limits,
            spent_out=spending.would_pass,
            note=watcher.note,
            indices=watch.indices if watch else kept.indices if kept else None,
            watch=watch,
            at_once=max(1, (runner_a or runner_b).parallel // 2),
        )
        side_b = sides[1]
        assert isinstance(side_b, LiveSide)
        judgement.stop_if = lambda: bool(side_b.silent)
        judgement.judge()
        for side in spending.sides:
            side.keep()
        result = conclude(
            judgement,
            unit=_unit(kept, plan),
            left_out=left_out,
            silent=side_b.silent,
            requests={side.session.where.manifest.run_id: side.sent for side in spending.sides},
            notes=differences(kept, runner_a, plan, runner_b, judged),
            about=about_of(kept, plan, judged, curves, limits, spending),
            path=folder,
        )
        if watch:
            nights = watch.add(judgement.tally, result.verdict)
            result = replace(result, about={**result.about, "nights": nights})
    write(result)
    return result


def write(result: GateResult) -> None:
    """Write gate.json, gate.md and gate.svg into the folder of a gate."""
    found = result.as_dict()
    write_atomically(result.path / "gate.json", result.to_json())
    write_atomically(result.path / "gate.svg", gate_figure(found).svg)
    history = ""
    if nights := found.get("nights"):
        history = "nights.svg"
        picture = nights_figure(nights, found["alpha"])
        write_atomically(result.path / history, picture.svg)
    write_atomically(result.path / "gate.md", markdown(found, history=history))


def _run(run: Plan | LoadedRun | Path | str) -> LoadedRun:
    assert not isinstance(run, Plan)
    return run if isinstance(run, LoadedRun) else load_run(Path(run))


def _levels(
    kept: KeptSide | None, curves: Sequence[CurveKey], plan: Plan, tokens: str | None, who: Runner
) -> list[Level]:
    if kept is not None:
        return levels_of_gate(kept.run.path, curves) or levels_of_lengths(kept.asked)
    if plan.lengths is not None:
        return levels_by_length(curves, plan.lengths)
    return levels_by_tokens(curves, tokens or TOKENS, _counter(who), plan.seed)


def _unit(kept: KeptSide | None, plan: Plan) -> str:
    if kept is not None:
        return str((gate_of(kept.run.path) or {}).get("unit", "items"))
    return "items" if plan.lengths else "tokens"


def _counter(who: Runner) -> Callable[[str], int]:
    """Tokens of a text: counted by the model's own tokenizer, or approximately."""

    def count(text: str) -> int:
        found = who.count_tokens(text)
        return approximate_tokens(text) if found is None else found

    return count


def _count(levels: Sequence[Level]) -> int:
    return sum(bool(level.lengths) for level in levels if not level.refines)


def _price(
    limits: Limits, levels: Sequence[Level], plan: Plan, runner_a: Runner | None,
    judged: Plan, runner_b: Runner, settings: Settings,
) -> dict[str, Any]:  # fmt: skip
    """Tokens and dollars of a request, about, on average over what is asked."""
    if limits.budget.usd is None and limits.budget.tokens is None:
        return {"tokens_each": 0.0, "usd_each": []}
    prices, usd, tokens = Prices.load(settings.prices), [], 0.0
    for which, runner in ((plan, runner_a), (judged, runner_b)):
        if runner is None:
            continue
        requests = [
            request_of(runner, which, rebuild_trial(trial_of(which, curve, length, 0)))
            for level in levels if not level.refines
            for curve, length in level.lengths.items()
        ]  # fmt: skip
        found = prices.estimate(runner, requests)
        tokens = found.prompt_tokens / found.requests
        usd.append(None if found.low is None else found.low / found.requests)
    return {"tokens_each": tokens, "usd_each": usd}


def _unused(folder: Path) -> str:
    """The time as a name; with a number where another gate started in the same second."""
    now = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    names = chain([now], (f"{now}-{number}" for number in count(2)))
    return next(name for name in names if not (folder / name).exists())


@contextmanager
def _sides(
    plan: Plan, runner_a: Runner | None, judged: Plan, runner_b: Runner,
    levels: Sequence[Level], limits: Limits, kept: KeptSide | None, settings: Settings,
) -> Iterator[tuple[Side, Side, Side]]:  # fmt: skip
    """A, B, and who is asked a second time, each with its run directory."""
    lengths = sorted({n for level in levels for n in level.lengths.values()})
    # In order of first use: a set's order differs from process to process, and so would the plan.
    curves = list(dict.fromkeys(curve for level in levels for curve in level.lengths))
    most = 20 * limits.pairs_at_most(len(curves), _count(levels)) + 100
    if kept is not None:
        most = 1 + max(kept.indices(c, n)[-1] for level in levels for c, n in level.lengths.items())
    tasks = tuple(dict.fromkeys(curve.task for curve in curves))
    fields = {"lengths": tuple(lengths), "trials": most, "precision": None, "max_length": None,
              "max_trials": None, "tasks": tasks}  # fmt: skip
    first = [trial_of(plan, c, n, 0) for level in levels for c, n in level.lengths.items()]
    with ExitStack() as stack:

        def side(which: Plan, runner: Runner, name: str, replicate: int = 0) -> LiveSide:
            asked = which.model_copy(update={**fields, "replicate": replicate})
            session = session_with(asked, runner, replace(settings, run_id=name), first)
            return LiveSide(stack.enter_context(session), judged=name == "b")

        b = side(judged, runner_b, "b")
        if kept is not None:
            yield kept, b, side(judged, runner_b, "again", 1)
        else:
            assert runner_a is not None
            yield side(plan, runner_a, "a"), b, side(plan, runner_a, "again", 1)
