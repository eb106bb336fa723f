"""Why a lens helps, for a finished prescription: measure every lens of its race, and correlate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...reports.mechanism.figure import mechanism_figure
from ...reports.mechanism.page import page
from ...runners.local.runner import LocalRunner
from ...store.curve_key import BARE, CurveKey
from ...support.csvs import csv_of
from ...support.figures import Picture
from ...support.files import write_atomically
from ..inside import check_open
from ..loaded import load_run
from ..prescribe.result import Prescription
from ..session import open_model
from ..settings import Settings
from .link import MEASURES, by_lens, correlations
from .measure import measure_lens

LENGTHS = (4, 8, 16, 32)
TRIALS = 6
WHY = "why"


@dataclass(frozen=True, slots=True)
class Mechanism:
    """What lenses do inside a model, beside what they gain.

    Attributes:
        questions: a row per lens, length and question (``why.csv``).
        lenses: a row per lens: changes against no lens, and gains (``why-lenses.csv``).
        correlations: over lenses, of every measure with the gain (``why-correlations.csv``).
        figure: gains over changes, lens by lens.
        page: the page.
    """

    questions: pd.DataFrame
    lenses: pd.DataFrame
    correlations: pd.DataFrame
    figure: Picture
    page: Path


def explain(
    prescription: Prescription,
    settings: Settings | None = None,
    *,
    entry: Mapping[str, Any] | None = None,
    lengths: tuple[int, ...] = LENGTHS,
    trials: int = TRIALS,
    progress: Callable[[str], None] = lambda line: None,
) -> Mechanism:
    """Look inside a model through every lens that was raced, on the same questions.

    Writes ``why.html``, its tables and its figure beside ``prescription.json``.

    Args:
        prescription: of a model in this process.
        settings: how it was carried out.
        entry: the entry to explain; may be left out where there is one.
        lengths: in items.
        trials: questions per length.
        progress: told which lens is looked through.

    Raises:
        InputError: the model is not in this process, or there is no such entry.
    """
    entry = prescription.entry() if entry is None else entry
    plan = load_run(prescription.path / prescription.found["runs"]["race"]).manifest.plan
    check_open(plan.model, "--why looks inside a model")
    base = CurveKey(entry["task"], entry["mode"], entry["answer"], BARE)
    gains = {one["lens"]: _gain(one) for one in entry["lenses"]}
    tables = []
    with open_model(plan, settings or Settings()) as (asked, runner):
        assert isinstance(runner, LocalRunner)
        for number, lens in enumerate((BARE, *gains)):
            progress(f"looking through {lens} ({number + 1} of {len(gains) + 1})")
            curve = base._replace(lens=lens)
            tables.append(measure_lens(runner, asked, curve, lengths, trials))
    questions = pd.concat(tables, ignore_index=True)
    lenses = by_lens(questions, gains)
    found = correlations(lenses)
    picture = mechanism_figure(lenses, found, MEASURES, base.name)
    name = WHY if len(prescription.entries) == 1 else f"{WHY}-{base.task}-{base.mode}"
    folder = prescription.path
    for suffix, table in (("", questions), ("-lenses", lenses), ("-correlations", found)):
        write_atomically(folder / f"{name}{suffix}.csv", csv_of(table))
    write_atomically(folder / f"{name}.svg", picture.svg)
    write_atomically(folder / f"{name}.png", picture.png)
    written = page(
        plan.model, base.name, questions, lenses, found, picture, MEASURES, entry["lens"]
    )
    where = write_atomically(folder / f"{name}.html", written)
    return Mechanism(questions, lenses, found, picture, where)


def _gain(one: Mapping[str, Any]) -> dict[str, Any]:
    """What the race saw of a lens, as numbers."""
    asked = one["only_lens"] + one["only_base"] + one["alike"]
    share = (one["only_lens"] - one["only_base"]) / asked if asked else np.nan
    low, high = one["low"], one["high"]
    # With both ends open the race has seen nothing of a gain, whatever its middle.
    gain = None if low is None and high is None else one["gain"]
    return {"gain": gain, "low": low, "high": high, "share": share}
