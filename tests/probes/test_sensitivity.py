"""Sensitivities against full Jacobians; the bound against enumeration and a model of its own."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from snellen.errors import InputError
from snellen.probes.sensitivity import norms as sensitivity
from snellen.probes.sensitivity import path_bound
from snellen.probes.theory.closed_forms import random_causal_attention

functional: Any = torch.autograd.functional  # which has no types

IDS = [7, 8, 9, 1, 1, 1, 2, 1, 1, 3, 1, 1]


def brute_jacobian(model: Any, ids: list[int]) -> torch.Tensor:
    """Shape (d_out, n, d_in), by torch's own functional Jacobian."""
    embeds = model.get_input_embeddings()(torch.tensor(ids)).detach()

    def last(x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = model.base_model(inputs_embeds=x[None], use_cache=False)[0][0, -1]
        return out

    jacobian: torch.Tensor = functional.jacobian(last, embeds)
    return jacobian


def test_exact_norms_equal_the_full_jacobian(family: str, tiny: Any) -> None:
    model = tiny(family, torch.float32)
    full = brute_jacobian(model, IDS).double().square().sum(dim=(0, 2)).sqrt().numpy()
    assert np.allclose(sensitivity.exact_norms(model, IDS).norms.value, full, rtol=1e-4)


def test_exact_norms_by_finite_differences(tiny: Any) -> None:
    model = tiny("llama", torch.float64)
    embeds = model.get_input_embeddings()(torch.tensor(IDS)).detach()
    step, rows = 1e-6, []
    for j in range(embeds.shape[1]):
        ends = []
        for sign in (1, -1):
            moved = embeds.clone()
            moved[4, j] += sign * step
            with torch.no_grad():
                ends.append(model.model(inputs_embeds=moved[None]).last_hidden_state[0, -1])
        rows.append((ends[0] - ends[1]) / (2 * step))
    norm = float(torch.stack(rows).norm())
    # transformers' norms round to float32 outside full_precision, hence the tolerance.
    assert sensitivity.exact_norms(model, IDS).norms.value[4] == pytest.approx(norm, rel=0.05)


def test_many_probes_converge_to_the_exact_norms(family: str, tiny: Any) -> None:
    model = tiny(family, torch.float32)
    exact = sensitivity.exact_norms(model, IDS).norms.value
    estimate = sensitivity.estimated_norms(model, IDS, probes=400).norms
    assert np.median(np.abs(estimate.value / exact - 1)) < 0.05
    assert np.mean((estimate.low <= exact) & (exact <= estimate.high)) > 0.7


def test_interval_covers_the_exact_norm_at_the_stated_rate(tiny: Any) -> None:
    model = tiny("llama", torch.float32)
    exact = sensitivity.exact_norms(model, IDS).norms.value
    hits = []
    for seed in range(60):
        norms = sensitivity.estimated_norms(model, IDS, probes=16, seed=seed).norms
        hits.append((norms.low <= exact) & (exact <= norms.high))
    assert 0.85 < np.mean(hits) <= 1


def test_too_few_probes_are_refused(tiny: Any) -> None:
    with pytest.raises(InputError, match="--probes 3 has no spread"):
        sensitivity.estimated_norms(tiny("llama"), IDS, probes=3)


def test_elasticity_is_free_of_scale(tiny: Any) -> None:
    model = tiny("llama", torch.float32)
    profile = sensitivity.exact_norms(model, IDS)
    embeds = model.get_input_embeddings()(torch.tensor(IDS))
    final = model.model(input_ids=torch.tensor([IDS])).last_hidden_state[0, -1]
    want = profile.norms.value * embeds.norm(dim=-1).numpy() / float(final.norm())
    assert np.allclose(profile.elasticity, want, rtol=1e-4)


def enumerated_paths(attention: np.ndarray, beta1: np.ndarray) -> np.ndarray:
    """The theorem's nested sum, written out: one term per path i -> k_1 -> ... -> n."""
    layers, n = attention.shape[0], attention.shape[1]
    step = [attention[m] / beta1[m] + np.eye(n) for m in range(layers)]
    out = np.zeros(n)
    for path in itertools.product(range(n), repeat=layers):
        ends = (*path, n - 1)
        out[path[0]] += np.prod([step[m][ends[m + 1], ends[m]] for m in range(layers)])
    return out


@pytest.mark.parametrize(("layers", "n"), [(1, 4), (2, 6), (3, 5)])
def test_path_sum_by_enumeration_of_paths(layers: int, n: int) -> None:
    attention = np.stack([random_causal_attention(n, seed=s) for s in range(layers)])
    beta1 = np.array([0.5, 1.0, 2.0])[:layers]
    assert np.allclose(path_bound.path_sum(attention, beta1), enumerated_paths(attention, beta1))


class TheoremModel:
    """A model that meets the assumptions of Theorem B.5 to the letter."""

    def __init__(self, layers: int, n: int, dim: int, seed: int):
        rng = np.random.default_rng(seed)
        self.attention = np.stack(
            [random_causal_attention(n, seed=seed * 10 + m, scale=2.0) for m in range(layers)]
        )
        self.beta1, self.beta2 = rng.uniform(0.5, 2, size=(2, layers))
        self.beta3 = float(rng.uniform(0.5, 2))
        self.weights = rng.normal(size=(layers, 2, dim, dim)) / dim**0.5
        # tanh has slope at most 1, so the product of spectral norms is a Lipschitz constant.
        norms = np.linalg.norm(self.weights, ord=2, axis=(2, 3))
        self.sigma = norms[:, 0] * norms[:, 1]

    def last(self, v: torch.Tensor) -> torch.Tensor:
        for m, attention in enumerate(self.attention):
            inner, outer = torch.tensor(self.weights[m])
            z = torch.tensor(attention) @ v / self.beta1[m] + v
            v = torch.tanh(z / self.beta2[m] @ inner) @ outer + z
        return v[-1] / self.beta3


@pytest.mark.parametrize("seed", range(10))
def test_bound_holds_for_the_exact_jacobian_under_the_theorem_s_assumptions(seed: int) -> None:
    model = TheoremModel(layers=3, n=6, dim=5, seed=seed)
    inputs = torch.tensor(np.random.default_rng(seed).normal(size=(6, 5)))
    jacobian = functional.jacobian(model.last, inputs)
    spectral = np.array([np.linalg.norm(jacobian[:, i].numpy(), ord=2) for i in range(6)])
    constant = 10 ** path_bound.log10_prefactor(model.sigma, model.beta2, model.beta3)
    bound = constant * path_bound.path_sum(model.attention, model.beta1)
    assert (spectral <= bound * (1 + 1e-12)).all()
    # Nor is it empty: for the last token's own path it is off by no more than the tanh's slack.
    assert (spectral > 0).all()
    assert bound[-1] < 100 * spectral[-1]


def test_bound_is_attained_by_a_linear_model_of_one_dimension() -> None:
    model = TheoremModel(layers=3, n=6, dim=1, seed=1)
    model.weights = np.abs(model.weights)
    inputs = torch.full((6, 1), 1e-9, dtype=torch.float64)
    jacobian = functional.jacobian(model.last, inputs)[0, :, 0].numpy()
    constant = 10 ** path_bound.log10_prefactor(model.sigma, model.beta2, model.beta3)
    # A scalar tanh near zero is linear, but its gain applies after attention at every layer, as
    # the bound says; so the two are equal.
    assert np.allclose(jacobian, constant * path_bound.path_sum(model.attention, model.beta1))


def test_anatomy_of_every_family(family: str, tiny: Any) -> None:
    model = tiny(family)
    kernel = model.config._attn_implementation
    parts = path_bound.anatomy_of(model, IDS)
    n = len(IDS)
    assert parts.attention.shape == (3, n, n)
    assert np.allclose(parts.attention.sum(axis=-1), 1, atol=1e-5)
    assert np.abs(np.triu(parts.attention, 1)).max() == 0
    assert all((x > 0).all() for x in (parts.beta1, parts.beta2, parts.sigma))
    assert parts.beta3 > 0
    assert model.config._attn_implementation == kernel


def test_estimated_constants_are_the_model_s(tiny: Any) -> None:
    model = tiny("llama")
    parts = path_bound.anatomy_of(model, IDS, iterations=60)
    states = model.model(input_ids=torch.tensor([IDS]), output_hidden_states=True).hidden_states
    block = model.model.layers[1]
    normed = block.input_layernorm(states[1][0])
    ratio = (states[1][0].norm(dim=-1) / normed.norm(dim=-1)).median()
    assert parts.beta1[1] == pytest.approx(float(ratio), rel=1e-5)
    z = (
        states[1]
        + block.self_attn(
            block.input_layernorm(states[1]),
            position_embeddings=model.model.rotary_emb(states[1], torch.arange(len(IDS))[None]),
            attention_mask=None,
        )[0]
    )
    x = block.post_attention_layernorm(z)[0, -1]
    jacobian = functional.jacobian(block.mlp, x)
    assert parts.sigma[1] == pytest.approx(float(torch.linalg.matrix_norm(jacobian, 2)), rel=0.02)


def test_a_model_without_attention_weights_is_refused_with_the_way_to_load_it(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny("llama")
    monkeypatch.setattr(model, "set_attn_implementation", lambda kernel: None)
    monkeypatch.setattr(model.config, "_attn_implementation_internal", "sdpa")
    with pytest.raises(InputError, match="attn_implementation='eager'"):
        path_bound.anatomy_of(model, IDS)


def test_u_shape() -> None:
    x = np.linspace(-1, 1, 50)
    assert sensitivity.profile_shape(x**2).u_shaped
    assert not sensitivity.profile_shape(x + 2).u_shaped
    spikes = np.ones(50)
    spikes[[0, -1]] = 100  # a sink and the residual path alone are no U
    assert not sensitivity.profile_shape(spikes).u_shaped
