"""Probes on a model that is already loaded, with something changed inside it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import torch
from snellen.probes.attention.measure import attention_of_last, entropy
from snellen.probes.collapse.distances import state_distances
from snellen.probes.collapse.measure import headline, measure_collapse
from snellen.probes.collapse.probe import probe_collapse
from snellen.probes.collapse.rows import CollapsePlan
from snellen.probes.states.last_token import last_token_states
from snellen.probes.states.subject import given_subject

from .conftest import tiny_model

PLAN = CollapsePlan(("count_ones",), (1, 4), ("float64", "float32"))


def sharpen(model: Any, factor: float) -> Any:
    """A lens of attention logits: queries made longer, whatever kernel runs."""
    handles = [
        layer.self_attn.q_proj.register_forward_hook(lambda _m, _a, out: out * factor)
        for layer in model.model.layers
    ]
    return lambda: [handle.remove() for handle in handles]


def test_a_changed_model_is_probed_as_it_is(tokenizer: Any, tmp_path: Path) -> None:
    model = tiny_model("llama")
    plain = measure_collapse(given_subject(model, tokenizer), PLAN).collapse
    undo = sharpen(model, 4.0)
    changed = probe_collapse(given_subject(model, tokenizer, "sharper"), PLAN, out=tmp_path)
    undo()
    again = measure_collapse(given_subject(model, tokenizer), PLAN).collapse
    assert "sharper" in str(changed.folder)
    for dtype in PLAN.dtypes:  # the copy in float64 has the hooks as well
        before, with_lens, after = (
            headline(table[table.dtype == dtype]).linf.to_numpy()
            for table in (plain, changed.tables["collapse"], again)
        )
        assert np.abs(with_lens - before).max() > 1e-3
        assert np.array_equal(before, after)


def test_the_weights_name_the_model(tokenizer: Any) -> None:
    model = tiny_model("llama")
    one = given_subject(model, tokenizer).weights()
    assert one == given_subject(tiny_model("llama"), tokenizer).weights()
    with torch.no_grad():
        model.lm_head.weight[0, 0] += 1
    assert one != given_subject(model, tokenizer).weights()


def test_the_parts_on_prompts_of_one_s_own(tokenizer: Any) -> None:
    """What docs/probes.md says of a loaded model and token ids."""
    model = given_subject(tiny_model("llama"), tokenizer).load(torch.float32)
    prompts = [tokenizer.encode("count: " + "1" * n) for n in (5, 6, 9)]
    states = last_token_states(model, prompts)
    found = state_distances(states[:1, -1], states[1:2, -1], heads=4)
    assert found["rel_l2"].shape == (1,)
    weights = attention_of_last(model, prompts[2])
    assert weights.shape == (3, 4, len(prompts[2]))
    assert (entropy(weights) <= np.log(len(prompts[2])) + 1e-6).all()
    assert dataclasses.replace(PLAN, lengths=(2,)).lengths == (2,)
