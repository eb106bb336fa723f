"""States by one pass, by cropped cache and by separate passes, against a plain forward."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from snellen.errors import InputError
from snellen.probes.states.arithmetic import full_precision
from snellen.probes.states.head import next_token_logits
from snellen.probes.states.last_token import attention_kernel, depth_names, last_token_states
from snellen.probes.states.prefix_tree import plan_visits
from snellen.probes.states.routes import ONE_PASS, SEPARATE, Route

PREFIX = [7, 8, 9]
GROWING = [PREFIX + [1] * n for n in range(1, 30)]
SUFFIXED = [[*s, 4, 5] for s in GROWING]
BRANCHING = [PREFIX + [1, 2] * n + tail for n in range(8) for tail in ([3], [3, 3])]
TWO_STARTS = [*SUFFIXED[:9], [6, 3, 1, 1, 4], [6, 2]]
ROUTES = [
    ONE_PASS,
    Route("chunks", chunk=5),
    Route("batch", copies=2),
    Route("padded", pad=3),
    Route("padded chunks", pad=3, chunk=7),
    Route("eager", attention="eager"),
    Route("threads", threads=2),
    SEPARATE,
]


def plain_states(model: Any, sequence: list[int]) -> torch.Tensor:
    """Transformers' own output_hidden_states at the last position, one forward per sequence."""
    with torch.no_grad(), full_precision(model.dtype):
        out = model(input_ids=torch.tensor([sequence]), output_hidden_states=True, use_cache=False)
    return torch.stack([h[0, -1] for h in out.hidden_states])


@pytest.mark.parametrize(
    "sequences",
    [GROWING, SUFFIXED, BRANCHING, TWO_STARTS],
    ids=["grow", "suffix", "fork", "two starts"],
)
@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.name)
def test_every_route_of_every_family_matches_a_plain_forward(
    family: str, route: Route, sequences: list[list[int]], tiny: Any
) -> None:
    model = tiny(family, torch.float64)
    if route.threads:  # where all cores are busy, each waits for the other at every step
        sequences = sequences[::5]
    got = last_token_states(model, sequences, route=route)
    # transformers lists the embedding, each layer's output, and the final norm in place of the
    # last layer's own output.
    every = 1 if route.threads else 5
    for row, sequence in zip(got[::every], sequences[::every], strict=True):
        want = plain_states(model, sequence)
        assert torch.allclose(row[:-2], want[:-1], rtol=0, atol=1e-11 * want.abs().max().item())
        assert torch.allclose(row[-1], want[-1], rtol=0, atol=1e-11 * want.abs().max().item())


def test_layer_output_before_the_final_norm(tiny: Any) -> None:
    model = tiny("llama")
    states = last_token_states(model, GROWING[:3])
    assert depth_names(model)[-2:] == ["layer 3", "final norm"]
    assert torch.allclose(model.model.norm(states[:, -2]), states[:, -1], atol=1e-6)


def test_chosen_depths_are_the_same_states(tiny: Any) -> None:
    model = tiny("qwen2")
    everything = last_token_states(model, GROWING)
    some = last_token_states(model, GROWING, depths=[4, 0])
    assert torch.equal(some, everything[:, [4, 0]])


def test_float64_is_not_quietly_float32(family: str, tiny: Any) -> None:
    """A float64 reference agrees with itself over routes to far below float32's epsilon."""
    model = tiny(family, torch.float64)
    one, other = (
        last_token_states(model, GROWING, route=r) for r in (ONE_PASS, Route("eager", pad=3))
    )
    assert (one - other).abs().max() < 1e-12 * one.abs().max()


def test_low_precision_is_left_as_users_run_it(tiny: Any) -> None:
    model = tiny("llama", torch.bfloat16)
    assert last_token_states(model, GROWING[:2]).dtype == torch.bfloat16
    assert model.model.rotary_emb.inv_freq.dtype == torch.float32
    want = plain_states(model, GROWING[1])
    assert torch.equal(last_token_states(model, GROWING[1:2])[0, -1], want[-1])


def test_settings_are_put_back(tiny: Any) -> None:
    model = tiny("llama")
    threads, kernel = torch.get_num_threads(), model.config._attn_implementation
    hooks = list(model.model.layers[0]._forward_hooks)
    last_token_states(model, GROWING[:2], route=Route("x", attention="eager", threads=2))
    assert torch.get_num_threads() == threads
    assert model.config._attn_implementation == kernel
    assert list(model.model.layers[0]._forward_hooks) == hooks


def test_unknown_kernel_is_refused(tiny: Any) -> None:
    with (
        pytest.raises(InputError, match="attn_implementation='nonsense'"),
        attention_kernel(tiny("llama"), "nonsense"),
    ):
        pass


def test_empty_sequence_is_refused(tiny: Any) -> None:
    with pytest.raises(InputError, match="lengths start at 1"):
        last_token_states(tiny("llama"), [[1], []])


def test_logits_match_the_model_s_own_head(family: str, tiny: Any) -> None:
    model = tiny(family)
    final = last_token_states(model, GROWING[:4])[:, -1]
    with torch.no_grad():
        want = torch.stack([model(input_ids=torch.tensor([s])).logits[0, -1] for s in GROWING[:4]])
    assert torch.allclose(next_token_logits(model, final).float(), want, atol=1e-4)


@pytest.mark.parametrize("seed", range(300))
def test_walk_visits_each_node_of_the_trie_once(seed: int) -> None:
    rng = random.Random(seed)
    count = rng.randint(1, 9)
    sequences = [[rng.randrange(3) for _ in range(rng.randint(1, 7))] for _ in range(count)]
    nodes = {tuple(s[:i]) for s in sequences for i in range(1, len(s) + 1)}
    cache: list[int] = []
    reads: list[int] = []
    steps = plan_visits(sequences)
    for step in steps:
        assert step.keep <= len(cache)
        cache = cache[: step.keep] + step.tokens.tolist()
        for index, offset in step.reads:
            assert cache[: step.keep + offset + 1] == sequences[index]
            reads.append(index)
    assert sorted(reads) == list(range(len(sequences)))
    assert sum(len(step.tokens) for step in steps) == len(nodes)


def test_growing_prompts_take_one_step_and_suffixes_one_each() -> None:
    assert len(plan_visits(GROWING)) == 1
    steps = plan_visits(SUFFIXED)
    assert len(steps) == len(SUFFIXED)
    assert steps[0].keep == 0
    assert all(len(step.tokens) == 2 for step in steps[1:])
    assert np.array_equal(steps[0].tokens, SUFFIXED[-1])
