"""An adaptive measurement that ran out of trials says so: to programs, on the page, in the API."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import snellen

from .lens_server import server

LINE = "the precision asked for was not reached"


def test_too_few_trials_for_the_precision(serve: Callable[[Any], str], tmp_path: Path) -> None:
    plan = snellen.Plan(
        model="openai/m", base_url=serve(server({"none": 20})), tasks="copy_sequence",
        precision=1.01, max_length=64, max_trials=40,
    )  # fmt: skip
    run = snellen.acuity(plan, out=tmp_path)
    assert LINE in run.acuity("copy_sequence").warnings[-1]
    assert any(LINE in warning for warning in run.warnings)
    assert LINE in run.report.read_text(encoding="utf-8")
    with (run.path / "acuity.csv").open(encoding="utf-8") as lines:
        assert LINE in next(csv.DictReader(lines))["warnings"]
    assert LINE in snellen.load_run(run.path).acuity("copy_sequence").warnings[-1]
