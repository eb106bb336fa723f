"""A run as lm-eval's results: scored by lm-eval, equal to the table trial by trial."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from lm_eval.tasks import TaskManager
from snellen.errors import StoreError
from snellen.harness.results import write_results
from snellen.runners.sampling import sampling_of
from snellen.store.answers import Failure, Reply
from snellen.store.plan import Plan
from snellen.store.trials import trial_row, trial_table
from snellen.tasks.registry import harness_name
from snellen.tasks.trial import Trial, TrialId, rebuild_trial
from snellen.tasks.yaml_files import YAML_FOLDER

PLAN = Plan(
    model="openai/wire-1",
    tasks=("count_ones", "copy_last", "copy_sequence"),
    modes=("direct", "cot"),
    lenses=("none", "comma"),
    lengths=(1, 7),
    trials=6,
    temperature=0.7,
    top_p=0.9,
    seed=3,
)
Answers = dict[TrialId, Reply | Failure]


def answered(trials: list[Trial]) -> Answers:
    """Answers of every kind, failures, and one trial that was never asked."""
    found: Answers = {}
    for number, trial in enumerate(trials):
        kinds: dict[int, Reply | Failure] = {
            0: Reply(trial.truth),
            1: Reply("I cannot tell."),
            2: Reply("The final answer is: 5"),
            3: Reply(f"The answer is {trial.truth}", "length"),
            4: Reply("", "content_filter"),
            5: Failure("no seat free", 503) if number % 2 else Failure("too long", 400),
        }
        found[trial.id] = kinds[number % 6]
    del found[trials[-1].id]
    return found


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    return [rebuild_trial(trial) for trial in PLAN.trial_ids()]


@pytest.fixture(scope="module")
def answers(trials: list[Trial]) -> Answers:
    return answered(trials)


@pytest.fixture(scope="module")
def folder(trials: list[Trial], answers: Answers, tmp_path_factory: Any) -> Path:
    made = Path(tmp_path_factory.mktemp("run")) / "lm_eval"
    write_results(
        made,
        PLAN,
        trials,
        answers,
        numerics={"engine": "wire", "dtype": "float32"},
        not_sent={"top_p": "this model takes none"},
    )
    return made


def table(trials: list[Trial], answers: Answers) -> pd.DataFrame:
    asked = [trial for trial in trials if trial.id in answers]
    return trial_table(trial_row("r", PLAN.model, one, answers[one.id]) for one in asked)


def samples(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(folder.glob("*/samples_*.jsonl")):
        name = path.stem.removeprefix("samples_").rpartition("_")[0]
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line:
                yield name, json.loads(line)


def results(folder: Path) -> dict[str, dict[str, Any]]:
    """The results by lens."""
    found = {}
    for path in folder.glob("*/results_*.json"):
        read = json.loads(path.read_text(encoding="utf-8"))
        (lens,) = {config["metadata"]["lens"] for config in read["configs"].values()}
        found[lens] = read
    return found


def test_samples_are_the_table_trial_by_trial(
    folder: Path, trials: list[Trial], answers: Answers
) -> None:
    rows = table(trials, answers)
    key = ["task", "mode", "lens", "length", "index"]
    wanted = {
        tuple(row[name] for name in key): row
        for row in rows.to_dict("records")
        if row["outcome"] != "failed"
    }
    seen = Counter[Any]()
    for name, sample in samples(folder):
        doc = sample["doc"]
        place = tuple(doc[part] for part in key)
        row = wanted[place]
        seen[place] += 1
        assert name == harness_name(doc["task"], doc["mode"])
        assert sample["outcome"] == row["outcome"]
        assert (sample["answer"] or None) == (None if pd.isna(row["answer"]) else row["answer"])
        assert sample["exact_match"] == (row["outcome"] == "correct")
        if pd.isna(row["abs_error"]):
            assert math.isnan(sample["abs_error"])
        else:
            assert sample["abs_error"] == row["abs_error"]
        assert sample["resps"] == [[answers[TrialId.from_dict(doc)].text]]  # type: ignore[union-attr]
    assert seen == Counter(dict.fromkeys(wanted, 1))


def test_scores_are_those_of_the_table(folder: Path, trials: list[Trial], answers: Answers) -> None:
    rows = table(trials, answers)
    rows = rows[rows["outcome"] != "failed"]
    found = results(folder)
    assert set(found) == {"none", "comma"}
    for (task, mode, lens), its in rows.groupby(["task", "mode", "lens"]):
        scored = found[str(lens)]["results"][harness_name(str(task), str(mode))]
        assert scored["exact_match,none"] == pytest.approx((its["outcome"] == "correct").mean())
        error = its["abs_error"].astype(float).mean()
        assert scored["abs_error,none"] == pytest.approx(error, nan_ok=True)
        assert scored["outcome,none"] == its["outcome"].value_counts().to_dict()


def test_failures_are_counted_and_never_scored(
    folder: Path, trials: list[Trial], answers: Answers
) -> None:
    for lens, read in results(folder).items():
        asked = [trial for trial in trials if trial.id.lens == lens]
        for name, told in read["failed"].items():
            its = [t for t in asked if harness_name(t.id.task, t.id.mode) == name]
            reasons = Counter(
                answers[t.id].reason if t.id in answers else "not asked: the run ended before"  # type: ignore[union-attr]
                for t in its
                if not isinstance(answers.get(t.id), Reply)
            )
            assert told["reasons"] == reasons
            assert told["count"] == len(told["doc_ids"]) == reasons.total()
            assert read["n-samples"][name] == {
                "original": len(its),
                "effective": len(its) - told["count"],
            }
    assert sum(
        told["count"] for read in results(folder).values() for told in read["failed"].values()
    ) == sum(not isinstance(answers.get(trial.id), Reply) for trial in trials)


def test_what_was_sent_is_stated(folder: Path, trials: list[Trial]) -> None:
    for _, sample in samples(folder):
        ((prompt, settings),) = [tuple(args.values()) for args in sample["arguments"].values()]
        trial = TrialId.from_dict(sample["doc"])
        assert prompt == rebuild_trial(trial).prompt
        assert settings == {
            "until": [],
            "max_gen_toks": sampling_of(PLAN, trial).max_tokens,
            "temperature": 0.7,
            "do_sample": True,
        }  # and no top_p: it was not sent
    for read in results(folder).values():
        assert read["config"]["model"] == PLAN.model
        assert read["config"]["numerics"] == {"engine": "wire", "dtype": "float32"}
        assert read["config"]["not_sent"] == {"top_p": "this model takes none"}
        stated = read["configs"]["snellen_copy_sequence"]["generation_kwargs"]
        limits = [
            sampling_of(PLAN, trial.id).max_tokens
            for trial in trials
            if (trial.id.task, trial.id.mode) == ("copy_sequence", "direct")
        ]
        assert stated["max_gen_toks"] == f"{min(limits)} to {max(limits)}; see the samples"
        assert stated["temperature"] == 0.7


def test_documents_are_those_that_lm_eval_makes(folder: Path) -> None:
    """The metadata in the results give the same documents in the stock harness."""
    for lens, read in results(folder).items():
        told = read["configs"]["snellen_copy_last_cot"]["metadata"]
        manager = TaskManager(include_path=str(YAML_FOLDER), include_defaults=False, metadata=told)
        task = manager.load(["snellen_copy_last_cot"])["tasks"]["snellen_copy_last_cot"]
        stock = list(task.test_docs())
        ours = [
            sample["doc"]
            for name, sample in samples(folder)
            if name == "snellen_copy_last_cot" and sample["doc"]["lens"] == lens
        ]
        assert len(stock) == 12
        assert all(doc in stock for doc in ours)


def test_trials_of_an_adaptive_plan(tmp_path: Path) -> None:
    """Any trials, any lengths, as they were chosen."""
    plan = Plan(model="bundled", tasks=("count_word",), precision=1.5, max_length=64)
    chosen = [
        TrialId("count_word", "direct", "none", 1, n, i, 0) for n, i in ((9, 4), (2, 0), (33, 1))
    ]
    trials = [rebuild_trial(trial).without_text() for trial in chosen]
    answers: Answers = {trial.id: Reply(trial.truth) for trial in trials}
    write_results(tmp_path / "lm_eval", plan, trials, answers)
    found = [sample for _, sample in samples(tmp_path / "lm_eval")]
    assert [sample["doc"]["length"] for sample in found] == [9, 2, 33]
    assert [sample["outcome"] for sample in found] == ["correct"] * 3
    assert found[0]["arguments"]["gen_args_0"]["arg_0"] == rebuild_trial(chosen[0]).prompt


def test_rows_that_are_judged_already_are_taken(tmp_path: Path, trials: list[Trial]) -> None:
    first = trials[0]

    def row(trial: TrialId) -> dict[str, Any]:
        return {"outcome": "wrong", "answer": "8", "abs_error": 7}

    write_results(tmp_path / "x", PLAN, [first], {first.id: Reply(first.truth)}, row=row)
    ((_, sample),) = samples(tmp_path / "x")
    assert (sample["outcome"], sample["answer"], sample["abs_error"]) == ("wrong", "8", 7)


def test_a_second_call_replaces_the_first(tmp_path: Path, trials: list[Trial]) -> None:
    few = trials[:4]
    for _ in range(2):
        write_results(tmp_path / "x", PLAN, few, {one.id: Reply("1") for one in few})
    assert len(results(tmp_path / "x")) == 1
    assert len(list(samples(tmp_path / "x"))) == 4


def test_nothing_answered_gives_no_files(tmp_path: Path, trials: list[Trial]) -> None:
    write_results(tmp_path / "x", PLAN, trials, {})
    assert not (tmp_path / "x").exists()


def test_files_that_cannot_be_written_are_named(tmp_path: Path, trials: list[Trial]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="could not write its results"):
        write_results(
            tmp_path / "file" / "x", PLAN, trials[:1], {trials[0].id: Reply(trials[0].truth)}
        )
