"""Does a model see as far at a lower precision? The same questions, in pairs against float32."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import InputError
from ...reports.precision.figure import precision_figure
from ...reports.precision.page import page
from ...runners.registry import find_kind, kinds
from ...stats.compare import ComparisonVerdict
from ...store.journal import digest
from ...store.plan import Plan
from ...store.run_directory import folder_name
from ...support.csvs import csv_of
from ...support.figures import Picture
from ...support.files import make_folder, write_atomically
from ..compare import ALPHA, MARGIN, Contrast, compare
from ..loaded import Run
from ..run import run
from ..settings import Settings
from .names import REFERENCE, model_args, read_precisions, usual


@dataclass(frozen=True, slots=True)
class Precisions:
    """What a model sees at several precisions.

    Attributes:
        path: the folder of table, figure and page.
        table: a row per curve and precision, the reference first (``precision.csv``).
        figure: acuity and accuracy at every precision.
        contrasts: every precision against the reference, by its name.
        runs: the run of every precision, by its name.
        left_out: why a precision could not be had, by its name.
    """

    path: Path
    table: pd.DataFrame
    figure: Picture
    contrasts: dict[str, list[Contrast]]
    runs: dict[str, Run] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def page(self) -> Path:
        """The page."""
        return self.path / "precision.html"


def precision(
    plan: Plan,
    precisions: str | Sequence[str] | None = None,
    settings: Settings | None = None,
    **more: Any,
) -> Precisions:
    """Ask the same questions at every precision, and compare each with float32 in pairs.

    The level of the tests is divided by the number of precisions (Bonferroni).

    Args:
        plan: what is asked, of a model in this process.
        precisions: names such as ``bfloat16``, ``int8``, ``kv:fp8``, ``bfloat16+kv:fp8``;
            default: all that this machine can be expected to have.
        settings: how it is carried out.
        **more: fields of :class:`~snellen.exams.settings.Settings` instead.

    Raises:
        InputError: something given is wrong, or nothing but the reference could be had.
        StoreError: answers cannot be kept.
    """
    settings = settings or Settings(**more)
    names = read_precisions(usual() if precisions is None else precisions)
    _check(plan)
    runs = {REFERENCE: run(_at(plan, REFERENCE), settings)}
    left_out: dict[str, str] = {}
    for name in names:
        try:
            runs[name] = run(_at(plan, name), settings)
        except InputError as error:  # this model, or this machine, has no such precision
            left_out[name] = str(error)
    if len(runs) == 1:
        name, reason = next(iter(left_out.items()))
        raise InputError(f"no precision but {REFERENCE} can be had: {name}: {reason}")
    level = ALPHA / (len(runs) - 1)
    contrasts = {
        name: compare(runs[REFERENCE], one, margin=MARGIN, alpha=level)
        for name, one in runs.items()
        if name != REFERENCE
    }
    table = _table(runs, contrasts)
    record = [plan.model_dump(mode="json", exclude_defaults=True), list(runs)]
    folder = make_folder(settings.out / folder_name(plan.model) / f"precision-{digest(record)[:8]}")
    picture = precision_figure(table, plan.model)
    found = Precisions(folder, table, picture, contrasts, runs, left_out)
    write_atomically(folder / "precision.csv", csv_of(table))
    write_atomically(folder / "precision.svg", picture.svg)
    write_atomically(folder / "precision.png", picture.png)
    places = {name: str(one.path) for name, one in runs.items()}
    written = page(plan.model, table, picture, places, left_out, level, MARGIN)
    write_atomically(found.page, written)
    return found


def worse(found: Precisions) -> list[str]:
    """The precisions that are shown to be worse than the reference on some curve."""
    return [
        name
        for name, contrasts in found.contrasts.items()
        if any(one.verdict is ComparisonVerdict.WORSE for one in contrasts)
    ]


def _at(plan: Plan, name: str) -> Plan:
    return plan.model_copy(update={"model_args": {**plan.model_args, **model_args(name)}})


def _check(plan: Plan) -> None:
    if not find_kind(plan.model).wears_inside:
        able = ", ".join(kind.pattern for kind in kinds().values() if kind.wears_inside)
        raise InputError(
            f"the precision of {plan.model} is set where it is served; models in this process: "
            f"{able}; for a server, 'snellen gate' holds two deployments against each other"
        )
    for name in ("dtype", "quantization", "kv_cache"):
        if name in plan.model_args:
            raise InputError(f"{name} is what is varied here: name it in --precisions instead")
    if plan.precision is not None:
        raise InputError("an adaptive plan asks each precision other questions: give --lengths")


def _table(runs: dict[str, Run], contrasts: dict[str, list[Contrast]]) -> pd.DataFrame:
    """A row per curve and precision, curve by curve, the reference first."""
    rows = []
    for key in runs[REFERENCE].acuities:
        for name, one in runs.items():
            row: dict[str, Any] = {**key._asdict(), "precision": name}
            acuity = one.acuity(key.task, mode=key.mode, answer=key.answer, lens=key.lens)
            answers = one.answers(key)
            low, high = acuity.interval
            row |= {
                "trials": len(answers),
                "correct": sum(answers.values()),
                "L50": acuity.value,
                "L50_low": low,
                "L50_high": high,
                "L50_text": acuity.text,
                "seconds": float(one.trials["latency_s"].mean()),
            }
            found = [c for c in contrasts.get(name, []) if c.pairing.b == key]
            row |= _against(found[0]) if found else dict.fromkeys(_AGAINST)
            rows.append(row)
    return pd.DataFrame(rows)


_AGAINST = (
    *("only_reference", "only_here", "same_text", "texts", "p", "difference", "difference_low"),
    *("difference_high", "ratio", "ratio_low", "ratio_high", "verdict", "why"),
)


def _against(found: Contrast) -> dict[str, Any]:
    """What a contrast with the reference comes to, under the names of :data:`_AGAINST`."""
    result = found.result
    values = (
        *(int(result.pairs.only_a.sum()), int(result.pairs.only_b.sum())),
        *(found.identical, found.texts, result.p_pooled, result.difference),
        *(*result.difference_interval, result.ratio, *result.ratio_interval),
        *(str(result.verdict), result.why),
    )
    return dict(zip(_AGAINST, values, strict=True))
