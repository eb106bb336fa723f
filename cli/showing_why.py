"""Look inside a model through the lenses of a prescription, and say what was seen."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

from rich.table import Table

from ..exams.prescribe.result import Prescription
from ..exams.settings import Settings
from .showing import wide_console


def show_why(found: Prescription, entry: Mapping[str, Any], settings: Settings) -> None:
    """Explain one entry of a prescription; prints what every lens changes, and the page."""
    from ..exams.mechanism.explain import explain
    from ..exams.mechanism.link import MEASURES

    def progress(line: str) -> None:
        print(f"snellen: {line}", file=sys.stderr)

    why = explain(found, settings, entry=entry, progress=progress)
    table = Table("lens", "octaves of L50", *MEASURES.values())
    for row in why.lenses.to_dict("records"):
        table.add_row(str(row["lens"]), *(_signed(row[name]) for name in ("gain", *MEASURES)))
    console = wide_console()
    console.print(table)
    for row in why.correlations.to_dict("records"):
        if row["gain"] != "octaves":
            continue
        said = (
            f"rank correlation with octaves gained {row['rho']:+.2f} ({row['low']:+.2f} to "
            f"{row['high']:+.2f}) over {row['lenses']} lenses, p = {row['p']:.2g}"
        )
        what = MEASURES[str(row["measure"])]
        console.print(f"• {what}: {row['reason'] or said}", highlight=False)
    print(f"why: {why.page}")


def _signed(value: Any) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:+.2f}"
