"""A run as a notebook shows it: its summary and its error curves, as one piece of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ...support.figures import Picture
from ..formats import percent
from .summary import CurveSummary


def run_html(
    title: str, rows: Sequence[CurveSummary], warnings: Sequence[str], pictures: Sequence[Picture]
) -> str:
    """The summary table, the warnings and the pictures of a run.

    Args:
        title: the run's name.
        rows: one per curve.
        warnings: what a reader must know before trusting them.
        pictures: the error curves.
    """
    head = "".join(f"<th>{name}</th>" for name in ("curve", "trials", "correct", "L50"))
    body = "".join(
        f"<tr><td>{escape(row.key.name)}</td><td>{row.n:,}</td><td>{percent(row.accuracy)}</td>"
        f"<td>{escape(row.l50)}</td></tr>"
        for row in rows
    )
    cautions = "".join(f"<li>{escape(line)}</li>" for line in warnings)
    drawn = "".join(
        f"<figure>{picture.svg[picture.svg.find('<svg') :]}</figure>" for picture in pictures
    )
    return (
        f"<h3>{escape(title)}</h3><table><tr>{head}</tr>{body}</table>"
        f"{f'<ul>{cautions}</ul>' if cautions else ''}{drawn}"
    )
