"""A model in this process answers as it does in lm-eval's own ``hf``, to the letter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

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
