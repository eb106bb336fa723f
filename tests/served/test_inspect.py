"""inspect_ai as a peer: the same prompts, the same server, greedy float32, trial by trial."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import snellen
from snellen.runners.vllm.runner import VllmRunner
from snellen.store.texts import texts_of

from .servers import python_of

pytestmark = pytest.mark.served

SCRIPT = Path(__file__).with_name("inspect_task.py")
LIMIT = 24


@pytest.fixture(scope="module")
def ours(served: VllmRunner, tmp_path_factory: pytest.TempPathFactory) -> snellen.Run:
    """A run of ours."""
    plan = snellen.Plan(
        model="vllm/smollm2",
        base_url=served.provider.base_url,
        tasks="count_ones,copy_last,sum_digits,lookup",
        lengths="1,4,12",
        trials=4,
        max_tokens=LIMIT,
    )
    return snellen.run(plan, out=tmp_path_factory.mktemp("ours"), concurrency=8)


def theirs(run: snellen.Run, folder: Path, **settings: Any) -> dict[str, Any]:
    """What inspect_ai comes to on the same prompts, in the order of the run's trials."""
    python = python_of("inspect")
    asked = [
        {"prompt": trial.prompt, "truth": trial.truth, "max_tokens": LIMIT, **settings}
        for trial in run.manifest.plan.build_trials()
    ]
    (folder / "prompts.json").write_text(json.dumps(asked), encoding="utf-8")
    base_url = str(run.manifest.plan.base_url)
    command = [python, SCRIPT, base_url, folder / "prompts.json", folder / "answers.json"]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, cwd=folder
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    return found


def test_inspect_gets_the_same_texts(ours: snellen.Run, tmp_path: Path) -> None:
    # This server was started with a repetition penalty of its own: we send the neutral value with
    # every request, inspect_ai only if it is told to.
    peer = theirs(ours, tmp_path, extra_body={"repetition_penalty": 1.0})
    texts = texts_of(ours.path)
    trials = list(ours.manifest.plan.build_trials())
    assert len(peer) == len(trials) == 48
    for number, trial in enumerate(trials, 1):
        assert peer[str(number)]["text"] == texts[trial.id][1], trial.prompt
    # Its `exact` wants the bare answer. What it takes for right we must take for right, too.
    right = {number for number, trial in enumerate(trials, 1)
             if trial.judge(texts[trial.id][1]).outcome == "correct"}  # fmt: skip
    assert {int(number) for number, one in peer.items() if one["right"]} <= right


def test_the_servers_own_penalty_is_what_differs_if_it_is_not_told(
    ours: snellen.Run, tmp_path: Path
) -> None:
    peer = theirs(ours, tmp_path)
    texts = texts_of(ours.path)
    same = [
        peer[str(number)]["text"] == texts[trial.id][1]
        for number, trial in enumerate(ours.manifest.plan.build_trials(), 1)
    ]
    assert not all(same)
