"""Runs of a loopback server whose answers are hostile, and of one without a journal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import snellen

sys.path.insert(0, str(Path(__file__).parents[1] / "wire"))

from shapes import OpenAIShape
from wireserver import GOOD_KEY, Call, Raw, Serving, Wire

HOSTILE = (
    "=HYPERLINK(\"http://x\",\"3\")",
    "'quoted already",
    "-2+3",
    "@SUM(A1)",
    "a \x00 nul, \x1b[31mred\x1b[0m, \x07 bell, \x1c\x1d\x1e\x1f",
    "one\rtwo\r\nthree\nfour\u2028five\x85six\x0b\x0c",
    "half a character \ud83d and another \udc00",
    "| a | b |\n|---|---|\n<script>alert(1)</script> ---\n",
    "\ufeff \t tab, \"quotes\", commas, 'single'",
    "x" * 300_000,
    "-5",
    "NA",
)  # fmt: skip
"""Texts that break a table, a spreadsheet, a terminal, a line or an encoding."""

LENGTHS = (1, 2, 4, 8)
TRIALS = 7


@pytest.fixture(autouse=True)
def _alone(alone: None) -> None:
    """Every test here."""


def plan_of(base_url: str, lens: str = "none") -> snellen.Plan:
    return snellen.Plan(
        model="openai/wire-1", base_url=base_url, tasks="count_ones,copy_last",
        lengths=LENGTHS, trials=TRIALS, lenses=lens,
    )  # fmt: skip


class Hostile:
    """Right up to length 2, hostile beyond; one refuses, one thinks, one is cut, one fails."""

    def __init__(self) -> None:
        self.plan = plan_of("http://unused.invalid/v1")
        self.trials = {trial.prompt: trial for trial in self.plan.build_trials()}
        self.texts = iter(HOSTILE * 20)

    def __call__(self, call: Call) -> str | Raw:
        trial, shape = self.trials[call.prompt], OpenAIShape("chat/completions")
        if trial.id.length == 8 and trial.id.index in (0, 1, 2):
            return ("refusal", "length", "error:overflow")[trial.id.index]
        if trial.id.length <= 2:
            thoughts = {"reasoning_content": "let \x00 me = see"} if trial.id.index == 0 else {}
            return Raw(200, shape.answer(call.prompt, trial.truth, **thoughts))
        return Raw(200, shape.answer(call.prompt, next(self.texts)))


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two finished runs of one model; the first one's answers are hostile."""
    out = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", GOOD_KEY)
        with Serving(Wire(Hostile())) as server:
            hostile = snellen.run(plan_of(f"{server.root}/v1"), out=out, run_id="hostile")
        with Serving(Wire()) as server:
            plain = snellen.run(plan_of(f"{server.root}/v1", "comma"), out=out, run_id="plain")
    assert hostile.failed == 2
    return [hostile.path, plain.path]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return Path(__file__).parents[2]
