"""``report.html``: one self-contained page of a run, safe to open whatever the model said."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ...store.curve_key import CurveKey
from ...store.trials import OUTCOMES
from ...support.figures import Picture
from ..catalogue import about
from ..curves import KEY, by_curve, pooled
from ..explorer import Explorer
from ..figures.drawing import OUTCOME_COLOURS
from ..figures.task_figures import TaskFigure
from ..formats import both_ends, p_value, percent, plain
from ..over_tasks import TaskMean
from ..scripts import script
from .examples import LONG, Example
from .form_cost import FormCost
from .summary import CurveSummary

TOP_VALUES = 12
_IDS = re.compile(r'(\bid="|url\(#|xlink:href="#)')


class Audit(NamedTuple):
    """Answers that a person should look at.

    Attributes:
        shown: some of them, word for word.
        in_all: how many there are.
    """

    shown: Sequence[Example]
    in_all: int


@dataclass(frozen=True, slots=True)
class Section:
    """What the page shows of one task."""

    name: str
    about: str
    figures: list[TaskFigure]
    points: list[dict[str, Any]]
    scored: bool
    values: list[dict[str, Any]]
    readings: list[dict[str, Any]]
    audit: list[Example]
    examples: list[Example]


def page(
    *,
    rows: Sequence[CurveSummary],
    warnings: Sequence[str],
    table: pd.DataFrame,
    counts: pd.DataFrame,
    pictures: Sequence[TaskFigure],
    chart: Picture | None,
    manifest: Mapping[str, Any],
    examples: Sequence[Example],
    readings: pd.DataFrame,
    audit: Audit,
    forms: Sequence[FormCost],
    means: Sequence[TaskMean],
    explorer: Explorer,
    title: str,
) -> str:
    """Write the page.

    Args:
        rows: from `summarise`.
        warnings: from `summary.warnings`.
        table: from `curves`.
        counts: from `histogram`.
        pictures: from `task_figures`.
        chart: from `eye_chart`, if there is one.
        manifest: the run's manifest, shown whole.
        examples: from `word_for_word`.
        readings: from `readings`.
        audit: answers that were read by weak rules.
        forms: free against forced answers, from `form_costs`.
        means: over the tasks, from `task_means`; shown where there are several tasks.
        explorer: from `explorer`, for the page's script.
        title: whose run this is.
    """
    sections = [
        Section(
            str(task),
            about(str(task)),
            [picture for picture in pictures if picture.task == task],
            _records(table[table["task"] == task]),
            bool(table.loc[table["task"] == task, "log_odds_median"].notna().any()),
            _top_values(counts[counts["task"] == task]),
            _records(readings[readings["task"] == task]),
            [example for example in audit.shown if example.key.task == task],
            [example for example in examples if example.key.task == task],
        )
        for task in table["task"].unique()
    ]
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            title=title,
            rows=rows,
            warnings=warnings,
            lengths=sorted(int(x) for x in table["length"].unique()),
            glance={
                key: {point["length"]: point for point in _records(points)}
                for key, points in by_curve(table)
            },
            totals={key: _records(total)[0] for key, total in by_curve(pooled(table))},
            chart=chart,
            sections=sections,
            audited=audit.in_all,
            forms=forms,
            means=[mean for mean in means if len(mean.tasks) > 1],
            explorer=explorer,
            script=script("explorer.js"),
            manifest=manifest,
            outcomes=OUTCOMES,
            colours=OUTCOME_COLOURS,
            long=LONG,
        )
    )


def environment() -> Environment:
    """Templates with everything escaped, and an error for every name that is missing."""
    made = Environment(
        loader=PackageLoader(__package__.rpartition(".")[0], "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "percent": percent,
        "plain": _cell,
        "curve": _curve,
        "inline": inline,
        "p_value": p_value,
        "ends": both_ends,
    }
    made.tests["mapping"] = lambda value: isinstance(value, Mapping)
    return made


def inline(picture: Picture, key: str) -> Markup:
    """An SVG as part of a page: no prologue, scalable, and ids that no other figure uses."""
    svg = picture.svg[picture.svg.index("<svg") :]
    svg = _IDS.sub(lambda m: f"{m[0]}{key}-", svg)
    label = Markup('<svg role="img" aria-label="{}" ').format(picture.alt)
    return label + Markup(svg.removeprefix("<svg "))


def _cell(value: Any) -> str:
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    return "–" if math.isnan(value) else plain(float(f"{value:.3g}"))


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _curve(record: Mapping[str, Any]) -> CurveKey:
    return CurveKey(*(record[name] for name in KEY))


def _top_values(counts: pd.DataFrame) -> list[dict[str, Any]]:
    by = ["mode", "answer", "lens"]
    said = counts[counts["frequency"] > 0].sort_values(
        [*by, "frequency"], ascending=[True, True, True, False], kind="stable"
    )
    return _records(said.groupby(by, observed=True).head(TOP_VALUES))
