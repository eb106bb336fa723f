"""The other commands, on runs whose right conclusion is known, and on the tiny model."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from snellen.exams.session import request_of
from snellen.store.answers import Entry, Reply
from snellen.store.plan import Plan
from snellen.store.run_directory import open_run
from snellen.store.trials import read_trials, trial_row, trial_table, write_trials
from snellen.tasks.lenses import TERMS
from snellen.tasks.registry import GROUPS, TASKS
from snellen.tasks.trial import TrialId

pytestmark = pytest.mark.usefixtures("undrawn")

Snellen = Callable[..., Any]
LENGTHS = (2, 4, 8, 16, 32, 64)


class Simulated(NamedTuple):
    """Who answers in a simulation."""

    model: str
    base_url: str | None
    numerics: dict[str, Any]


def observer(
    name: str,
    sees: Callable[[TrialId], bool],
    *,
    takes: Callable[[TrialId], bool] = lambda trial: True,
    **fields: Any,
) -> Path:
    """The run directory of a model that answers rightly where it sees, and 1,000 elsewhere."""
    plan = Plan(model="hf/sim/observer", tasks=("count_ones",), lengths=LENGTHS, trials=20)
    plan = plan.model_copy(update=fields)
    trials = list(plan.build_trials())
    documents = [(trial.prompt_sha256, trial.truth) for trial in trials]
    where = open_run(Path("results"), plan, {"engine": "simulated"}, documents, run_id=name)
    who = Simulated(plan.model, None, {"engine": "simulated"})
    entries, rows = [], []
    for trial in trials:
        if takes(trial.id):
            reply = Reply(trial.truth if sees(trial.id) else "1000", latency_s=0.1)
            key = request_of(who, plan, trial).key
            entries.append(Entry(key, trial.id.as_dict(), trial.prompt_sha256, reply))
            rows.append(trial_row(name, plan.model, trial, reply))
    with where.journal() as journal:
        journal.append(entries)
    write_trials(where.trials_path, trial_table(rows))
    return where.path


@pytest.mark.parametrize(
    ("sees", "verdict", "code"),
    [
        (lambda trial: trial.length <= 4, "WORSE", 1),
        (lambda trial: trial.length <= 64, "BETTER", 0),
    ],
)
def test_compare_finds_what_is_there(
    sees: Callable[[TrialId], bool], verdict: str, code: int, snellen: Snellen
) -> None:
    a = observer("a", lambda trial: trial.length <= 16)
    b = observer("b", sees)
    said = snellen("compare", a, b, "--per-length", "--fail-if-worse")
    assert said.code == code, said.err
    assert verdict in said.out
    assert snellen("compare", a, b).code == 0


def test_compare_does_not_find_what_is_not(snellen: Snellen) -> None:
    a = observer("a", lambda trial: trial.length <= 16)
    b = observer("b", lambda trial: trial.length <= 16)
    said = snellen("compare", a, b, "--fail-if-worse")
    assert said.code in (0, 3)
    assert (said.code == 3) == (said.out.splitlines()[-1].startswith("INCONCLUSIVE, over 1 curve"))
    assert not {"WORSE", "BETTER"} & set(said.out.replace("│", " ").split())
    assert "120 of 120 answers are identical, word for word" in said.out


def test_compare_that_cannot_say_has_an_exit_code_of_its_own(snellen: Snellen) -> None:
    a = observer("a", lambda trial: trial.length <= 16)
    b = observer("b", lambda trial: trial.length <= 16 - 8 * (trial.index == 3))
    for flag in ((), ("--fail-if-worse",)):
        said = snellen("compare", a, b, *flag)
        assert said.code == 3, said.out
        assert said.out.splitlines()[-1].startswith("INCONCLUSIVE, over 1 curve and 120 pairs")
    assert "119 of 120 answers are identical, word for word" in said.out


def test_compare_pools_over_tasks_and_lengths(snellen: Snellen) -> None:
    # On each task alone too little to say; on all of them a fall.
    tasks = ("count_ones", "copy_last", "sum_ones", "count_word")

    def falls(trial: TrialId) -> bool:
        return trial.length <= 16 and not (trial.index == 7 and trial.length > 2)

    a = observer("a", lambda trial: trial.length <= 16, tasks=tasks)
    b = observer("b", falls, tasks=tasks)
    said = snellen("compare", a, b, "--fail-if-worse")
    table, over_all = said.out.splitlines()[:-1], said.out.splitlines()[-1]
    assert not any("WORSE" in line for line in table)
    assert over_all.startswith("WORSE, over 4 curves and 480 pairs: accuracy B - A -2.5%"), said.out
    assert said.code == 1


def test_compare_says_what_differs_beside_the_answers(snellen: Snellen) -> None:
    a = observer("a", lambda trial: True)
    b = observer("b", lambda trial: True, model="hf/sim/other")
    assert "model: A hf/sim/observer, B hf/sim/other" in snellen("compare", a, b).out


@pytest.mark.parametrize(
    ("fields", "says"),
    [({"seed": 1}, "seed"), ({"lengths": (3, 5)}, "lengths"), ({"tasks": ("sum_ones",)}, "tasks")],
)
def test_runs_that_asked_different_questions_are_not_compared(
    fields: dict[str, Any], says: str, snellen: Snellen
) -> None:
    a = observer("a", lambda trial: True)
    b = observer("b", lambda trial: True, **fields)
    said = snellen("compare", a, b)
    assert (said.code, said.out) == (2, "")
    assert says in said.err
    assert said.err.count("\n") == 1


def test_merge_brings_two_halves_together(snellen: Snellen) -> None:
    a = observer("a", lambda trial: True, takes=lambda trial: trial.index < 12)
    b = observer("b", lambda trial: True, takes=lambda trial: trial.index >= 8)
    whole = observer("whole", lambda trial: True)
    before = (b / "trials.csv").read_bytes()
    said = snellen("merge", a, b)
    assert said.code == 0, said.err
    assert f"{8 * len(LENGTHS)} answers are new in {a}" in said.out
    merged, wanted = (read_trials(path / "trials.csv") for path in (a, whole))
    assert merged.drop(columns="run_id").equals(wanted.drop(columns="run_id"))
    assert (b / "trials.csv").read_bytes() == before
    assert "0 answers are new" in snellen("merge", a, b).out


@pytest.mark.parametrize("other", ["none", "b"])
def test_merge_refuses_what_does_not_belong(other: str, snellen: Snellen) -> None:
    a = observer("a", lambda trial: True)
    observer("b", lambda trial: True, trials=3)
    before = (a / "journal.sqlite").read_bytes()
    said = snellen("merge", a, a.parent / other)
    assert (said.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert (a / "journal.sqlite").read_bytes() == before


def test_prescribe_asks_with_and_without(tiny: Path, snellen: Snellen) -> None:
    words = (
        "prescribe", "--model", f"hf/{tiny}", "--tasks", "copy_last", "--lenses", "comma",
        "--max-length", "4", "--max-trials", "8", "--max-tokens", "4",
    )  # fmt: skip
    said = snellen(*words)
    assert said.code == 0, said.err
    assert "copy_last: no lens is shown to help" in said.out
    (path,) = Path("results").glob("prescribe/*/*/race/trials.csv")
    trials = read_trials(path)
    base = trials[trials["lens"] == "none"]
    assert sorted(trials["lens"].unique()) == ["comma", "none"]
    assert len(base) * 2 == len(trials) == 16  # the same questions
    assert set(base["length"]) == set(trials["length"])
    before = path.with_name("journal.sqlite").read_bytes()
    assert snellen(*words).code == 0
    assert path.with_name("journal.sqlite").read_bytes() == before  # nothing is asked again


def test_acuity_stops_where_nothing_is_seen(tiny: Path, snellen: Snellen) -> None:
    # A model that is wrong at every length: L50 lies below the shortest, and few trials show it.
    said = snellen(
        "acuity", "--model", f"hf/{tiny}", "--tasks", "count_ones", "--max-length", "16",
        "--max-trials", "80", "--max-tokens", "4", "--precision", "2",
    )  # fmt: skip
    assert said.code == 0, said.err
    (path,) = Path("results").rglob("trials.csv")
    trials = read_trials(path)
    assert (trials["outcome"] != "correct").mean() > 0.9
    assert len(trials) <= 80
    assert "could not be read" in said.out  # so no L50 is quoted, not even as "< 1"


@pytest.mark.parametrize(
    ("url", "trials", "warned"),
    [(None, "2", True), (None, "400", False), ("http://127.0.0.1:9/v1", "2", False)],
)
def test_a_design_that_cannot_decide_is_said_before_it_is_paid(
    snellen: Snellen, monkeypatch: pytest.MonkeyPatch, url: str | None, trials: str, warned: bool
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-key")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody is reached
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    at = () if url is None else ("--base-url", url)
    said = snellen("run", "--model", "openai/gpt-4o", *at, "--tasks", "copy_last", "--lengths",
                   "log:1:64:7", "--trials", trials)  # fmt: skip
    assert said.code == 2
    assert ("copy_last: 2 trials at each of 7 lengths show" in said.err) == warned


def test_a_dry_run_asks_and_writes_nothing(tiny: Path, snellen: Snellen) -> None:
    said = snellen(
        "run", "--model", f"hf/{tiny}", "--tasks", "count_ones", "--lengths", "1,2", "--trials",
        "3", "--dry-run",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert [line.split()[-1] for line in said.out.splitlines() if "requests" in line] == ["6"]
    assert "3 trials at each of 2 lengths show no difference between two runs" in said.out
    assert list(Path().iterdir()) == []


def test_our_models_are_known_to_the_stock_command(start: Callable[..., Any]) -> None:
    with start("lm-eval", "run", "--model", "snellen-openai", "--tasks", "snellen_count_ones") as p:
        _, err = p.communicate(timeout=120)
    assert p.returncode == 2
    assert "snellen-openai needs model=" in err


def test_everything_is_listed(snellen: Snellen) -> None:
    listed = snellen("tasks")
    assert listed.code == 0
    names = set(re.split(r"[│,\s:\[]+", listed.out))
    assert names >= {*TASKS, *TERMS, *(group for group in GROUPS if group != "snellen")}
    models = snellen("models")
    assert models.code == 0
    for kind in ("bundled", "hf/", "vllm/", "openai/", "gemini/", "lm-eval/"):
        assert kind in models.out


def test_a_journal_of_another_version_is_refused_by_every_reader(
    finished: tuple[Path, str], snellen: Snellen
) -> None:
    shutil.copytree(finished[0], "run")
    manifest = json.loads(Path("run/manifest.json").read_text())
    Path("run/manifest.json").write_text(json.dumps(manifest | {"schema_version": 99}))
    for words in (["report", "run"], ["compare", "run", "run"], ["merge", "run", "run"]):
        said = snellen(*words)
        assert (said.code, said.err.count("\n")) == (2, 1), (words, said.err)
        assert "upgrade snellen" in said.err
