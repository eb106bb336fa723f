"""Branches of a prompt tree side by side: every token sees its own prompt and nothing else."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from snellen.probes.states.architecture import Handling, handling, remember
from snellen.probes.states.branches import plan_calls
from snellen.probes.states.last_token import last_token_states
from snellen.probes.states.prefix_tree import plan_visits
from snellen.probes.states.routes import ONE_PASS

PROMPTS = [[7, 8, 9] + [1] * n + tail for n in range(1, 60) for tail in ([4, 5], [4, 6, 2], [])]


@pytest.mark.parametrize("seed", range(200))
def test_each_token_sees_its_own_prompt(seed: int) -> None:
    rng = random.Random(seed)
    sequences = [[rng.randrange(3) for _ in range(rng.randint(1, 9))] for _ in range(12)]
    if seed % 2:
        sequences += [[*([1] * n), 2, 0] for n in range(40, 80)]
    cache: list[int] = []  # what lies in the cache, in order
    reads: list[int] = []
    total = 0
    for call in plan_calls(plan_visits(sequences), rng.choice([1, 7, 50]), together=True):
        assert call.keep <= len(cache)
        cache = cache[: call.keep] + call.tokens.tolist()
        total += len(call.tokens)
        for index, place in call.reads:
            row = call.keep + place
            seen = np.arange(row + 1)
            if call.ancestors is not None:
                seen = np.flatnonzero(call.ancestors[place])
            assert [cache[i] for i in seen] == sequences[index]
            assert call.positions[place] == len(sequences[index]) - 1
            reads.append(index)
    assert sorted(reads) == list(range(len(sequences)))
    nodes = {tuple(s[:i]) for s in sequences for i in range(1, len(s) + 1)}
    assert total == len(nodes)


def test_many_suffixes_take_few_calls() -> None:
    visits = plan_visits(PROMPTS)
    assert len(visits) > 100
    assert len(list(plan_calls(visits, 2048, together=True))) < 6


@pytest.mark.parametrize("route", [ONE_PASS, ONE_PASS._replace(pad=3, copies=2, chunk=40)])
def test_states_side_by_side_are_those_of_a_cropped_cache(tiny: Any, route: Any) -> None:
    model = tiny("qwen3", torch.float64)
    assert handling(model) == Handling(branches=True)
    together = last_token_states(model, PROMPTS, route=route)
    try:
        remember(model, Handling(branches=False))
        cropped = last_token_states(model, PROMPTS, route=route)
    finally:
        remember(model, Handling(branches=True))
    assert (together - cropped).abs().max() < 1e-12 * cropped.abs().max()


def test_windows_and_biases_keep_to_the_cropped_cache(tiny: Any) -> None:
    for family in ("gemma2", "gemma3", "gpt2"):
        assert handling(tiny(family)) == Handling(branches=False)
