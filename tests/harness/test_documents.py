"""The tasks as lm-eval loads them: files, documents, metrics."""

from __future__ import annotations

import ast
import importlib.util
import json
import math
from pathlib import Path
from typing import Any

import pytest
from lm_eval.tasks import TaskManager
from snellen.errors import InputError
from snellen.tasks.answer_length import answer_tokens
from snellen.tasks.documents import (
    choice_documents,
    count_outcomes,
    doc_to_text,
    documents,
    most_frequent,
    process_results,
)
from snellen.tasks.judging import AnswerText
from snellen.tasks.modes import MODES
from snellen.tasks.registry import FAMILIES, GROUPS, TASKS, harness_name
from snellen.tasks.yaml_files import YAML_FOLDER, choice_name, yaml_files


def test_the_committed_files_are_those_of_the_catalogue() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in YAML_FOLDER.glob("*.yaml")}
    assert committed == yaml_files(TASKS.own.values()), "run: python -m snellen.tasks.yaml_files"


@pytest.fixture(scope="module")
def manager() -> Any:
    return TaskManager(
        include_path=str(YAML_FOLDER),
        include_defaults=False,
        metadata={"lengths": [1, 3], "trials": 2, "pretrained": "ignored", "seed": 7},
    )


def test_lm_eval_finds_every_task_and_group(manager: Any) -> None:
    names = {harness_name(task.name, mode) for task in TASKS.values() for mode in task.modes}
    names |= {choice_name(task.name) for task in TASKS.values() if task.family in FAMILIES}
    assert set(manager.all_subtasks) == names
    assert set(GROUPS) <= set(manager.all_groups)
    modes = {f"{group}_{mode}" for group in set(GROUPS) - {"snellen_paper"} for mode in MODES[1:]}
    assert set(manager.all_groups) == set(GROUPS) | modes | {"snellen_choice"}


def test_groups_hold_what_their_names_say(manager: Any) -> None:
    for group in ("snellen_counting", "snellen_copying", "snellen_summing"):
        loaded = manager.load([group])
        assert set(loaded["tasks"]) == {harness_name(name, "direct") for name in GROUPS[group]}


def test_lm_eval_loads_documents_by_metadata(manager: Any) -> None:
    loaded = manager.load(["snellen_count_ones_cot"])
    task = loaded["tasks"]["snellen_count_ones_cot"]
    docs = list(task.test_docs())
    # Lengths interleaved, so that --limit 2 still has both; a seed of the model is not ours.
    assert [(doc["length"], doc["index"]) for doc in docs] == [(1, 0), (3, 0), (1, 1), (3, 1)]
    assert {(doc["seed"], doc["lens"], doc["mode"]) for doc in docs} == {(0, "none", "cot")}
    assert [doc["truth"] for doc in docs] == ["1", "3", "1", "3"]
    assert "'The final answer is: xxxx'" in task.doc_to_text(docs[1])
    assert task.config.generation_kwargs["until"] == []
    assert len(json.dumps(docs[0])) < 200  # compact: the prompt is not in it


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_standard_charts(task: Any) -> None:
    made = documents(snellen_task=task.name)["test"]
    paper = task.family == "paper"
    assert len(set(made["length"])) == len(task.lengths or range(10))
    assert set(made["index"]) == set(range(1 if paper else 10))


@pytest.mark.parametrize(
    "metadata",
    [
        {"lengths": [0]},
        {"lengths": "5:1"},
        {"lengths": [1, "x"]},
        {"trials": 0},
        {"lens": "monocle"},
        {"snellen_task": "sheep"},
        {"snellen_mode": "loud"},
        {"trials": 2.5},
        {"trials": "many"},
        {"doc_seed": "x"},
        {"lengths": "1:1000000000:1"},
        {"snellen_mode": "fewshot", "shots": 0},
        {"snellen_mode": "fewshot", "shots": 65},
        {"shots": "five"},
    ],
)
def test_bad_metadata_is_refused(metadata: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        documents(**({"snellen_task": "count_ones"} | metadata))


def one_document(task: str, length: int) -> dict[str, Any]:
    return dict(documents(snellen_task=task, lengths=[length], trials=1)["test"][0])


def test_every_document_gives_every_metric() -> None:
    doc = one_document("count_ones", 42)
    assert process_results(doc, ["42"]) == {
        "outcome": "correct", "answer": "42", "exact_match": 1.0, "abs_error": 0.0,
    }  # fmt: skip
    assert process_results(doc, ["40"])["abs_error"] == 2
    nan = pytest.approx(math.nan, nan_ok=True)
    assert process_results(doc, ["no idea"]) == {
        "outcome": "unparseable", "answer": "", "exact_match": 0.0, "abs_error": nan,
    }  # fmt: skip
    assert process_results(doc, [AnswerText("", "failed")]) == {
        "outcome": "failed", "answer": "", "exact_match": nan, "abs_error": nan,
    }  # fmt: skip
    assert process_results(doc, [AnswerText("The answer is: 4", "length")]) == {
        "outcome": "truncated", "answer": "", "exact_match": 0.0, "abs_error": nan,
    }  # fmt: skip


def test_a_copy_is_wrong_by_edits() -> None:
    doc = one_document("copy_sequence", 6)
    digits = doc["truth"].split()
    assert process_results(doc, [" ".join(digits[1:])])["abs_error"] == 1


def test_aggregations_count() -> None:
    assert count_outcomes(["wrong", "correct", "wrong"]) == {"wrong": 2, "correct": 1}
    assert list(count_outcomes(["wrong", "correct", "wrong"])) == ["wrong", "correct"]
    assert most_frequent(["100", "", "7", "100"]) == {"100": 2, "7": 1}


def test_budgets_grow_with_what_is_needed() -> None:
    count, copy = TASKS["count_ones"], TASKS["copy_sequence"]
    assert all(answer_tokens(count, "direct", n) >= 2 * n + 20 for n in range(1, 5000, 7))
    # A copy of n items needs n digits and n - 1 separators.
    assert all(answer_tokens(copy, "direct", n) >= 2 * n + 8 for n in range(1, 5000, 7))
    paper = TASKS["paper_count_ones"]
    assert answer_tokens(paper, "direct", 5) > 2 * answer_tokens(count, "direct", 5)
    assert answer_tokens(count, "cot", 100) > answer_tokens(count, "cot", 10) > 500


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("length", "lengths"), ("lenghts", "lengths"), ("Lengths", "lengths"), ("trial", "trials"),
        ("trails", "trials"), ("lense", "lens"), ("shot", "shots"), ("docseed", "doc_seed"),
        ("doc-seed", "doc_seed"),
    ],
)  # fmt: skip
def test_a_misspelt_key_is_named_with_the_one_that_was_meant(key: str, meant: str) -> None:
    misspelt: dict[str, Any] = {"snellen_task": "count_ones", key: 3}
    with pytest.raises(InputError, match=f"metadata '{key}' is not known; did you mean '{meant}'"):
        documents(**misspelt)
    with pytest.raises(InputError, match=f"did you mean '{meant}'"):
        choice_documents(**misspelt)


def test_arguments_of_models_are_not_taken_for_misspelt_keys() -> None:
    # lm-eval adds them to the metadata. These are what its own backends take.
    for backend in ("huggingface", "openai_completions", "api_models", "vllm_causallms"):
        module = importlib.util.find_spec(f"lm_eval.models.{backend}")
        assert module is not None
        assert module.origin is not None
        tree = ast.parse(Path(module.origin).read_text(encoding="utf-8"))
        taken = {
            argument.arg
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name == "__init__"
            for argument in (*node.args.args, *node.args.kwonlyargs)
        } - {"self"}
        assert len(taken) > 3
        others: dict[str, Any] = dict.fromkeys(taken, "x")
        assert len(documents(snellen_task="count_ones", lengths=[1], trials=1, **others)) == 1


def test_the_number_of_examples_is_an_option() -> None:
    made = documents(snellen_task="copy_last", snellen_mode="fewshot", lengths=[4], shots=3)["test"]
    assert set(made["mode"]) == {"fewshot-3"}
    assert doc_to_text(made[0]).count("Question: ") == 4
    # Metadata go to all tasks of a run; the others have no examples to count.
    assert set(documents(snellen_task="copy_last", lengths=[4], shots=3)["test"]["mode"]) == {
        "direct"
    }
