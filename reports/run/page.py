"""``report.html``: one self-contained page of a run, safe to open whatever the model said."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ...store.trials import OUTCOMES
from ...tasks.registry import PREFIX, TASKS
from ..curves import pooled
from ..style import OUTCOME_COLOURS, Picture, plain
from ..words import series_name
from .examples import LONG, Example
from .summary import Row, percent

TOP_VALUES = 12
Curve = tuple[str, str, str]
"""Task, mode and lens."""

_IDS = re.compile(r'(\bid="|url\(#|xlink:href="#)')


@dataclass(frozen=True, slots=True)
class Section:
    """What the page shows of one task."""

    name: str
    about: str
    figures: list[tuple[str, Picture]]
    points: list[dict[str, Any]]
    values: list[dict[str, Any]]
    examples: list[Example]


def page(
    *,
    rows: Sequence[Row],
    warnings: Sequence[str],
    table: pd.DataFrame,
    counts: pd.DataFrame,
    pictures: Sequence[tuple[str, str, Picture]],
    chart: Picture | None,
    manifest: Mapping[str, Any],
    examples: Sequence[Example],
    title: str,
) -> str:
    """Write the page.

    Args:
        rows: from `summary`.
        warnings: from `summary.warnings`.
        table: from `curves`.
        counts: from `histogram`.
        pictures: from `figures`.
        chart: from `eye_chart`, if there is one.
        manifest: the run's manifest, shown whole.
        examples: from `examples.choose`.
        title: whose run this is.
    """
    sections = [
        Section(
            str(task),
            _about(str(task)),
            [(kind, picture) for name, kind, picture in pictures if name == task],
            _records(table[table["task"] == task]),
            _top_values(counts[counts["task"] == task]),
            [example for example in examples if example.task == task],
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
            glance=_glance(table),
            totals={_curve(total): total for total in _records(pooled(table))},
            chart=chart,
            sections=sections,
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
    made.filters |= {"percent": percent, "plain": _cell, "series": series_name, "inline": inline}
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


def _about(task: str) -> str:
    known = TASKS.get(task.removeprefix(PREFIX))
    return known.summary if known else ""


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _glance(table: pd.DataFrame) -> dict[Curve, dict[int, dict[str, Any]]]:
    """Task, mode and lens -> length -> the point there."""
    glance: dict[Curve, dict[int, dict[str, Any]]] = {}
    for point in _records(table):
        glance.setdefault(_curve(point), {})[point["length"]] = point
    return glance


def _curve(record: Mapping[str, Any]) -> Curve:
    return record["task"], record["mode"], record["lens"]


def _top_values(counts: pd.DataFrame) -> list[dict[str, Any]]:
    by = ["mode", "lens"]
    said = counts[counts["frequency"] > 0].sort_values(
        [*by, "frequency"], ascending=[True, True, False], kind="stable"
    )
    return _records(said.groupby(by, observed=True).head(TOP_VALUES))
