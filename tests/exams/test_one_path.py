"""A trial is built once, asked once and judged once; what a resumed run asks is only the rest."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import snellen
from snellen.store.journal import Journal
from snellen.tasks import judging, trial

Counts = Counter[str]

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> tuple[Counts, Counts]:
    """How often each prompt is built, and how often anything is judged, from now on."""
    built: Counts = Counter()
    judged: Counts = Counter()
    build: Callable[..., trial.Trial] = trial.build_trial
    judge = judging.judge

    def counting_build(*args: Any, **more: Any) -> trial.Trial:
        made = build(*args, **more)
        built[made.prompt_sha256] += 1
        return made

    def counting_judge(text: str, truth: str, *args: Any, **more: Any) -> judging.Judgement:
        judged["all"] += 1
        return judge(text, truth, *args, **more)

    monkeypatch.setattr(trial, "build_trial", counting_build)
    monkeypatch.setattr(trial, "judge", counting_judge)
    return built, judged


def test_a_run_builds_a_trial_at_most_twice_and_judges_it_once(
    plan: snellen.Plan, counted: tuple[Counts, Counts]
) -> None:
    built, judged = counted
    run = snellen.run(plan)
    trials = len(run.trials)
    assert trials == 2 * 2 * 3 * 2
    assert set(built.values()) <= {1, 2}
    assert built.total() < 1.6 * trials  # the second time is for the few that the page shows
    assert judged.total() == trials


def test_a_resumed_run_asks_nothing_and_judges_once(
    plan: snellen.Plan, run: snellen.Run, counted: tuple[Counts, Counts]
) -> None:
    built, judged = counted
    with Journal(run.path / "journal.sqlite") as journal:
        before = [entry.key for entry in journal.entries()]
    again = snellen.run(plan)
    with Journal(run.path / "journal.sqlite") as journal:
        assert [entry.key for entry in journal.entries()] == before
    assert set(built.values()) <= {1, 2}
    assert judged.total() == len(again.trials)
    assert again.trials.equals(run.trials)


def test_long_prompts_are_built_again_rather_than_kept(
    plan: snellen.Plan, run: snellen.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snellen.exams.session._LONG", 1)
    again = snellen.run(plan, out="slim")
    assert again.trials.drop(columns="latency_s").equals(run.trials.drop(columns="latency_s"))


FIRST_REQUEST = """
import sys
from snellen.cli.main import main
from snellen.runners.openai import provider

async def answer(self, request):
    print(sorted({"pandas", "lm_eval", "torch", "datasets", "matplotlib"} & set(sys.modules)))
    sys.stdout.flush()
    import os
    os._exit(0)

provider.OpenAI.answer = answer
main(["run", "--model", "openai/m", "--base-url", "http://127.0.0.1:9/v1", "--tasks",
      "count_ones", "--lengths", "1", "--trials", "1"])
"""


def test_nothing_heavy_is_imported_before_the_first_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none-of-your-business")
    done = subprocess.run(
        [sys.executable, "-c", FIRST_REQUEST], capture_output=True, text=True, check=False
    )
    assert done.stdout == "[]\n", done.stderr


def test_a_run_is_found_by_its_plan(plan: snellen.Plan, run: snellen.Run) -> None:
    assert run.path == Path("results") / run.path.parts[-2] / run.manifest.run_id
    other = plan.model_copy(update={"trials": 1})
    assert snellen.run(other).path != run.path
