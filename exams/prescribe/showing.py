"""The page of a prescription."""

from __future__ import annotations

from collections.abc import Mapping

from ...reports.prescribe.page import page, section
from ...store.curve_key import CurveKey
from ...support.files import write_atomically
from ..texts import kept_texts
from .grounds import Ended
from .result import Prescription


def write_page(result: Prescription, ended: Mapping[CurveKey, Ended]) -> None:
    """Write ``prescription.html`` into the folder of a prescription."""
    sections = []
    for entry, one in zip(result.entries, ended.values(), strict=True):
        fresh = one.confirmation is not None and one.confirmed is not None
        run = one.confirmed if fresh and one.confirmed else one.raced
        sections.append(
            section(
                entry, float(result.found["gain"]), run.trials, kept_texts(run.path), fresh=fresh
            )
        )
    write_atomically(result.page, page(result.found, sections))
