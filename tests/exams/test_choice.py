"""Answers scored without writing, on a tiny model, against log probabilities computed apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import snellen
from snellen.errors import InputError
from snellen.store.journal import Journal
from snellen.store.plan import Plan
from snellen.tasks.registry import find_task
from snellen.tasks.trial import TrialId, rebuild_trial

pytestmark = pytest.mark.usefixtures("undrawn")


def plan_of(tiny: Path, **fields: Any) -> Plan:
    given: dict[str, Any] = {
        "model": f"hf/{tiny}", "tasks": "count_ones,copy_last,copy_sequence",
        "modes": "direct,fewshot-1", "answers": "choice", "lengths": "2,9,10", "trials": 3,
    }  # fmt: skip
    return Plan(**(given | fields))


@pytest.fixture(scope="module")
def found(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> snellen.Run:
    return snellen.run(plan_of(tiny), out=tmp_path_factory.mktemp("choice"))


class Judge:
    """Log probabilities, one text at a time, by transformers alone."""

    def __init__(self, folder: Path) -> None:
        import transformers

        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()

    def score(self, context: str, text: str) -> float:
        import torch

        # One token is one character, so that a text may be split anywhere.
        ids = self.tokenizer.encode(context + text, add_special_tokens=False)
        with torch.no_grad():
            logits = self.model(torch.tensor([ids])).logits[0].double()
        said = torch.log_softmax(logits, dim=-1)
        return float(sum(said[i - 1, ids[i]] for i in range(len(context), len(ids))))


def test_log_odds_are_those_of_the_alternatives_one_by_one(tiny: Path, found: snellen.Run) -> None:
    judge = Judge(tiny)
    assert len(found.trials) == 3 * 2 * 3 * 3
    for row in found.trials.to_dict("records"):
        trial = rebuild_trial(TrialId.from_dict(row))
        others = {*trial.choices.values()} - {trial.truth}
        assert len(others) == 3
        if row["mode"] == "direct":
            parts, end = (f"<user>{trial.prompt}\n<assistant>", ""), "\n"
        else:
            parts, end = (trial.prompt, " "), "\n\n"
        context, space = parts
        # The template of this model opens an assistant's turn as it opens one to be written.
        true, *rest = (judge.score(context, space + one + end) for one in (trial.truth, *others))
        assert row["log_odds"] == pytest.approx(true - max(rest), abs=2e-4)
        assert (row["outcome"] == "correct") == (true > max(rest))
        assert row["reading"] == "scored"
        best = max(others, key=lambda one: judge.score(context, space + one + end))
        assert row["answer"] == (trial.truth if true > max(rest) else best)


def test_journal_table_and_report_agree(found: snellen.Run) -> None:
    with Journal(found.path / "journal.sqlite") as journal:
        entries = list(journal.entries())
    assert len(entries) == len(found.trials)
    for entry in entries:
        said = json.loads(entry.result.text)  # type: ignore[union-attr]
        assert said["answer"] == max(said["scores"], key=said["scores"].get)
        assert len(said["scores"]) == 4
        assert entry.result.completion_tokens == 0  # type: ignore[union-attr]
    trials = pd.read_csv(found.path / "trials.csv")
    points = pd.read_csv(found.path / "curves.csv")
    assert list(trials.columns)[-2:] == ["log_odds", "answer_form"]
    middle = trials.groupby(["task", "mode", "length"])["log_odds"].median()
    keyed = points.set_index(["task", "mode", "length"])["log_odds_median"]
    pd.testing.assert_series_equal(
        middle.sort_index(), keyed.sort_index(), check_names=False, check_exact=False
    )
    assert "median log odds" in (found.path / "report.html").read_text()
    chance = pd.read_csv(found.path / "acuity.csv").set_index(["task", "mode"])["chance"]
    assert chance["count_ones", "direct"] == chance["copy_sequence", "fewshot-1"] == 0.25
    assert chance["copy_last", "direct"] == 0.5  # of two items seen, one is the other


def test_asked_again_nothing_is_scored_and_read_again_nothing_changes(
    tiny: Path, found: snellen.Run
) -> None:
    before = (found.path / "trials.csv").read_bytes()
    with Journal(found.path / "journal.sqlite") as journal:
        count = len(list(journal.entries()))
    again = snellen.run(plan_of(tiny), out=found.path.parents[1])
    assert again.path == found.path
    assert (found.path / "trials.csv").read_bytes() == before
    with Journal(found.path / "journal.sqlite") as journal:
        assert len(list(journal.entries())) == count
    from snellen.exams.redraw import report_run

    _, changed = report_run(found.path, rejudge=True)
    assert changed is not None
    assert changed.empty


def test_a_part_asked_first_changes_no_byte(tiny: Path, tmp_path: Path) -> None:
    """A trial's scores depend on the trial alone, not on what was scored beside it."""
    small = plan_of(tiny, tasks="count_ones", modes="direct", lengths="3,40", trials=20)
    whole = snellen.run(small, out=tmp_path / "whole")
    part = snellen.run(small, out=tmp_path / "part")
    journal = part.path / "journal.sqlite"
    import sqlite3

    with sqlite3.connect(journal) as database:
        database.execute("DELETE FROM answers WHERE rowid % 3 = 0")
    resumed = snellen.run(small, out=tmp_path / "part")
    columns = ["length", "index", "answer", "log_odds"]
    pd.testing.assert_frame_equal(whole.trials[columns], resumed.trials[columns], check_exact=True)


def test_free_and_choice_in_one_run_share_their_questions(tiny: Path, tmp_path: Path) -> None:
    both = snellen.run(
        plan_of(tiny, answers="free,choice", tasks="count_ones", modes="direct", max_tokens=8),
        out=tmp_path,
    )
    forms = both.trials.groupby("answer_form")
    assert {form: len(rows) for form, rows in forms} == {"free": 9, "choice": 9}
    hashes = [list(rows["prompt_sha256"]) for _, rows in forms]
    assert hashes[0] == hashes[1]
    assert both.trials.loc[both.trials["answer_form"] == "free", "log_odds"].isna().all()


def test_adaptive_measurement_takes_the_chance_of_the_form(tiny: Path, tmp_path: Path) -> None:
    small = plan_of(tiny, tasks="count_ones", modes="direct", lengths=None, trials=None)
    run = snellen.acuity(
        small.model_copy(update={"max_length": 16, "max_trials": 12}), out=tmp_path
    )
    assert set(run.trials["answer_form"]) == {"choice"}
    assert pd.read_csv(run.path / "acuity.csv")["chance"].tolist() == [0.25]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"model": "openai/gpt-x"}, r"--answer choice: openai/gpt-x .* that do: bundled, hf/"),
        ({"model": "gemini/x"}, "--answer choice: gemini/x gives no log probabilities"),
        ({"tasks": "lookup", "lengths": "8,3"}, "length 3 of lookup leaves fewer than 4"),
        ({"tasks": "copy_sequence", "lengths": "1,2"}, "length 1 of copy_sequence leaves fewer"),
        ({"modes": "cot"}, "none of the tasks|leaves no room"),
        ({"model": "lm-eval/local-completions"}, "use --mode fewshot, or --raw"),
    ],
)
def test_what_cannot_be_chosen_is_refused(
    tiny: Path, tmp_path: Path, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words) as caught:
        snellen.run(plan_of(tiny, **fields), out=tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_chance_among_alternatives() -> None:
    def chance(task: str, length: int) -> float:
        return find_task(task).chance(length, "direct", "none", "choice")

    assert [chance("count_ones", n) for n in (1, 64)] == [0.25, 0.25]
    assert chance("copy_last", 1) == 0.25
    assert chance("copy_last", 64) == pytest.approx(1 / 3)
    assert chance("copy_last_interleaved", 64) == 0.5
    assert chance("count_ones_bernoulli", 1) == pytest.approx(0.7)
    assert chance("count_ones_bernoulli", 64) == 0.25
    assert chance("lookup", 4) == 0.25
