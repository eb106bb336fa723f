"""The gate: does this deployment see as far as that one?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import InputError
from ...reports.gate.figure import gate_figure, nights_figure
from ...reports.gate.page import markdown
from ...reports.gate.web import gate_page
from ...runners.protocol import Runner
from ...runners.tokens import approximate_tokens
from ...store.curve_key import CurveKey
from ...store.pairing import LoadedRun, load_run
from ...store.plan import Plan
from ...support.files import make_folder, write_atomically
from ..session import open_model
from ..settings import Settings
from .about import about_of, differences, names_of
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
)
from .limits import Limits, check_budget
from .opening import open_sides, price_of
from .pairs import Judge
from .result import GateResult
from .sides import KeptSide
from .spending import Spending
from .verdict import Seen, conclude
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
    judge: Judge | None = None,
    forced: bool | None = None,
    limits: Limits | None = None,
    history: Path | None = None,
    settings: Settings | None = None,
    **more: Any,
) -> GateResult:
    """Does deployment A (``a``) see as far as deployment B (``against``)? If not, from where on?

    Both are asked the same trials, in small batches, until one is shown to be worse or a drop of
    the margin is excluded at every level. One side (A; B where A is a kept run) is asked a part
    of them twice, and a trial that one side alone got wrong counts only if a second asking
    upholds it.

    Args:
        a: the plan that says what is asked, and of whom: A; or a run that is kept, or its folder.
        against: the model B.
        against_base_url: its server.
        against_model_args: settings of its engine, if it is started.
        tasks: of a kept run, those to ask; none: all.
        tokens: levels by tokens of the prompt (``1k..128k``), where the plan has no lengths.
        judge: whose being worse is a FAIL: ``either`` (between two servers, the default),
            ``model`` (A) or ``against`` (B; the only choice with a kept run, and the default).
        forced: hold answers to their form; none: where both can be.
        limits: how sure, and what may be spent.
        history: watch a kept run night after night: the file that keeps the nights. Every trial
            is asked on one night only, and the error rate holds over all nights together.
        settings: how it is carried out; ``run_id`` names the gate (an interrupted one continues).
        **more: fields of :class:`~snellen.exams.settings.Settings` instead.

    Returns:
        The verdict and its grounds; ``gate.json``, ``gate.md``, ``gate.html`` and ``gate.svg`` lie
        in its folder, and the answers of each side as run directories beside them.

    Raises:
        InputError: something given is wrong, the budget is too small for any verdict, a side
            that is not judged cannot be asked, or the baseline asks something else.
        StoreError: answers cannot be kept.
    """
    limits, settings = limits or Limits(), settings or Settings(**more)
    if history is not None:
        limits = nightly(limits)
    judge = _judge(judge, live=isinstance(a, Plan))
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
        price = price_of(limits, levels, plan, runner_a, judged, runner_b, settings)
        if history is None:
            sizes = [len(level.lengths) for level in levels if not level.refines]
            check_budget(limits, sizes, live=kept is None, price=price)
        if history is not None and kept is None:
            raise InputError("a watch is kept against a baseline: give --baseline RUN_DIR")
        watch = open_watch(history, name, kept, judged) if history and kept else None
        sides = stack.enter_context(
            open_sides(plan, runner_a, judged, runner_b, levels, limits, kept, judge, settings)
        )
        spending = Spending(limits.budget, sides.live, first=1 if kept else 2)
        judgement = Judgement(
            judged,
            curves,
            levels,
            sides.a,
            sides.b,
            sides.again,
            twice="b" if kept else "a",
            limits=limits,
            again_b=sides.again_b,
            judge=judge,
            spent_out=spending.would_pass,
            note=watcher.note,
            indices=watch.indices if watch else kept.indices if kept else None,
            watch=watch,
            at_once=max(1, (runner_a or runner_b).parallel // 2),
            stop_if=lambda: bool(sides.silent),
        )
        judgement.judge_all()
        kept_in = {side.session.where.manifest.run_id: side.keep() for side in spending.sides}
        trials_a = kept.run.trials if kept else load_run(kept_in["a"]).trials
        trials_b = load_run(kept_in["b"]).trials
        names = names_of(kept, plan, judged)
        result = conclude(
            judgement,
            Seen(_unit(kept, plan), left_out, sides.silent, names),
            requests={side.session.where.manifest.run_id: side.sent for side in spending.sides},
            notes=differences(kept, runner_a, plan, runner_b, judged),
            about=about_of(kept, plan, judged, curves, limits, spending) | {"names": names},
            path=folder,
        )
        if watch:
            nights = watch.add(judgement.tally, result.verdict)
            result = replace(result, about={**result.about, "nights": nights})
    write(result, trials_a, trials_b)
    return result


def write(result: GateResult, a: pd.DataFrame, b: pd.DataFrame) -> None:
    """Write gate.json, gate.md, gate.html and gate.svg into the folder of a gate."""
    found = result.as_dict()
    write_atomically(result.path / "gate.json", result.to_json())
    pictures = [gate_figure(found)]
    write_atomically(result.path / "gate.svg", pictures[0].svg)
    history = ""
    if nights := found.get("nights"):
        history = "nights.svg"
        pictures.append(nights_figure(nights, found["alpha"]))
        write_atomically(result.path / history, pictures[1].svg)
    write_atomically(result.path / "gate.md", markdown(found, history=history))
    write_atomically(result.path / "gate.html", gate_page(found, pictures, a, b))


def _judge(judge: Judge | None, *, live: bool) -> Judge:
    if not live and judge not in (None, "against"):
        raise InputError(
            f"--judge {judge}: a baseline is given and cannot be judged; leave --judge out"
        )
    if judge not in (None, "either", "model", "against"):
        raise InputError(f"--judge {judge}: one of either, model, against")
    return judge or ("either" if live else "against")


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


def _unused(folder: Path) -> str:
    """The time as a name; with a number where another gate started in the same second."""
    now = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    names = chain([now], (f"{now}-{number}" for number in count(2)))
    return next(name for name in names if not (folder / name).exists())
