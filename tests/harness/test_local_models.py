"""A model in this process answers as it does in lm-eval's own ``hf``, to the letter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from snellen.errors import SnellenError
from snellen.harness.failures import leaving_out_failures

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")

TASK = "snellen_count_ones"
SYSTEM = "Count well."
EXTRAS: dict[str, Any] = {"description": "Digits.\n", "gen_prefix": "It is 1"}


def answers(results: Any) -> list[Any]:
    return [sample["resps"] for sample in results["samples"][TASK]]


@pytest.mark.parametrize("template", [True, False])
@pytest.mark.parametrize("extras", [{}, EXTRAS], ids=["nothing", "all"])
def test_the_same_texts(evaluate: Any, tiny: Path, template: bool, extras: dict[str, Any]) -> None:
    task = {"group": "changed", "task": [{"task": TASK, **extras}]}
    options: dict[str, Any] = {
        "apply_chat_template": template,
        "system_instruction": SYSTEM if extras else None,
        "gen_kwargs": {"max_gen_toks": 24},
    }
    stock = evaluate(
        task, "hf", {"pretrained": str(tiny), "dtype": "float32"}, device="cpu", **options
    )
    args = {"pretrained": str(tiny), "dtype": "float32", "chat": False}
    ours = evaluate(task, "snellen-hf", args, **options)
    assert answers(ours) == answers(stock)
    assert any(text for ((text,),) in answers(ours))


def choose(tmp_path: Path, questions: list[str]) -> dict[str, Any]:
    """A task of type ``multiple_choice``."""
    data = tmp_path / "choices.json"
    data.write_text("\n".join(json.dumps({"q": question}) for question in questions))
    return {
        "task": "choose",
        "dataset_path": "json",
        "dataset_kwargs": {
            "data_files": {"test": str(data)},
            "cache_dir": str(tmp_path / "cache"),
        },
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "{{q}}",
        "doc_to_choice": ["7", "12"],
        "doc_to_target": 0,
    }


def test_the_same_likelihoods_and_one_that_fails_alone(
    evaluate: Any, tiny: Path, tmp_path: Path
) -> None:
    questions = ["3 plus 4?", "9" * 3000 + "?", "5 plus 7?", "1 plus 6?"]
    stock = evaluate(
        choose(tmp_path, [questions[0], *questions[2:]]),
        "hf",
        {"pretrained": str(tiny), "dtype": "float32"},
        device="cpu",
    )
    args = {"pretrained": str(tiny), "dtype": "float32"}
    task = choose(tmp_path, questions)
    with leaving_out_failures():
        ours = evaluate(task, "snellen-hf", args, use_cache="kept")
        again = evaluate(task, "snellen-hf", args, use_cache="kept")
    for results in (ours, again):
        told = results["failed"]["choose"]
        assert (told["count"], told["doc_ids"]) == (1, [1])
        assert "context" in str(told["reasons"])
        rows = results["samples"]["choose"]
        assert [row["doc_id"] for row in rows] == [0, 2, 3]
        for row, other in zip(rows, stock["samples"]["choose"], strict=True):
            for mine, theirs in zip(row["filtered_resps"], other["filtered_resps"], strict=True):
                assert float(mine[0]) == pytest.approx(float(theirs[0]), abs=1e-4)
                assert mine[1] == theirs[1]
    with pytest.raises(SnellenError, match="context"):
        evaluate(task, "snellen-hf", args)
