"""For other people's lm-eval tasks: our parser as a filter, our metric and aggregations.

Importing this module registers them; from the lm-eval release after 0.4.13 on, the entry points
in pyproject.toml do. In a YAML file: ``filter_list: [{name: integer, filter: [{function:
snellen_integer}]}]``, ``aggregation: snellen_most_frequent``.
"""

from __future__ import annotations

from collections.abc import Iterable

import lm_eval.api.metrics  # noqa: F401  # registers the aggregations that metrics name
from lm_eval.api.filter import Filter
from lm_eval.api.registry import register_aggregation, register_filter, register_metric

from ..tasks.documents import count_outcomes, most_frequent
from ..tasks.reading import Facts
from ..tasks.reading.read import read

register_aggregation("snellen_outcomes")(count_outcomes)
register_aggregation("snellen_most_frequent")(most_frequent)


@register_filter("snellen_integer")
class IntegerFilter(Filter):  # type: ignore[misc]  # lm-eval is untyped
    """The integer that each response answers with; empty where there is none."""

    def apply(self, resps: Iterable[list[str]], docs: list[dict[str, object]]) -> list[list[str]]:
        """Read every response of every document."""
        return [[self._read(text) for text in group] for group in resps]

    @staticmethod
    def _read(text: str) -> str:
        return read(text, Facts("number", bare=True)).value or ""


@register_metric(  # type: ignore[untyped-decorator]
    metric="snellen_abs_error",
    higher_is_better=False,
    output_type="generate_until",
    aggregation="nanmean",
)
def abs_error(references: list[str], predictions: list[str], **_: object) -> dict[str, float]:
    """|answer - truth| of integers; not a number where either is none."""
    try:
        error = float(abs(int(predictions[0]) - int(references[0])))
    except ValueError:
        error = float("nan")
    return {"snellen_abs_error": error}
