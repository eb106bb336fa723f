"""Graded answers, and what the reader may know of their questions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from snellen.tasks.reading import AnswerKind, Facts

HERE = Path(__file__).parent


def kind_of(task: str) -> AnswerKind:
    if task == "copy_sequence":
        return "sequence"
    if "lookup" in task:
        return "code"
    return "symbol" if "copy" in task else "number"


def facts_of(row: dict[str, Any]) -> Facts:
    task, asked = row["task"], row.get("asked", "")
    end = "first" if "first" in task else "last" if "last" in task else ""
    return Facts(
        kind_of(task),
        asked=asked,
        symbols=tuple(row.get("symbols", [asked] if asked else [])),
        length=row.get("length"),
        bare=row["mode"] in ("direct", "fewshot"),
        end=end,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="session")
def graded() -> Callable[[str], list[tuple[dict[str, Any], Facts]]]:
    def rows(name: str) -> list[tuple[dict[str, Any], Facts]]:
        lines = (HERE / f"{name}.jsonl").read_text().splitlines()
        return [(row, facts_of(row)) for row in map(json.loads, lines)]

    return rows
