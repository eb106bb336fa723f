"""The order of a plan's trials, whatever of them there is."""

import random
from typing import Any

import pytest
from snellen.store.plan import Plan

PLAN = Plan(
    model="bundled", tasks="lookup,count_ones", modes="direct,cot", lengths="64,8", trials=3
)


@pytest.mark.parametrize("seed", range(5))
def test_any_trials_come_in_the_plans_order_and_no_others(seed: int) -> None:
    own = list(PLAN.trial_ids())
    others: list[dict[str, Any]] = [
        {"seed": 1},
        {"trials": 5},
        {"lengths": (8, 9, 64)},
        {"modes": ("fewshot",)},
        {"tasks": ("copy_last",)},
    ]
    strange = [t for fields in others for t in PLAN.model_copy(update=fields).trial_ids()]
    some = random.Random(seed).sample(own + strange, 40)
    assert PLAN.in_order(some) == [trial for trial in own if trial in some]
