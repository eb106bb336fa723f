"""Prescriptions for served models whose sight is known: raced, confirmed, resumed, refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import snellen
from snellen.exams.gate.limits import Amount
from snellen.stats.race import Rules

from .lens_server import server

Serve = Callable[[Any], str]
Prescribe = Callable[..., snellen.Prescription]


def test_the_lens_that_doubles_sight_is_found(serve: Serve, prescribe: Prescribe) -> None:
    model = server({"none": 16, "comma": 36, "newline": 20, "repeat": 8})
    found = prescribe(serve(model))
    entry = found.entry()
    print(json.dumps(entry, indent=1), found.page, len(model.prompts))
    assert found.lens() == "comma"
