"""The lemmas and propositions against closed forms and enumeration."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from snellen.errors import InputError
from snellen.probes.theory import closed_forms as theory
from snellen.probes.theory import finite_counting, toy_attention
from snellen.probes.theory import tables as theory_bench
from snellen.probes.theory.decay import decay_exponent, mean_interval


@pytest.mark.parametrize("n", [2, 4, 10, 1000])
def test_alternating_pair_matches_its_closed_form(n: int) -> None:
    by_hand = 2 * (math.e - 1) / (math.e + 1)
    assert theory.alternating_tv(n) == pytest.approx(by_hand, abs=1e-12)
    assert pytest.approx(by_hand, abs=1e-15) == theory.ALTERNATING_TV


def test_odd_alternating_pair_is_not_the_closed_form() -> None:
    # n = 1: softmax of one entry is 1 whatever its logit.
    assert theory.alternating_tv(1) == 0.0


def test_softmax_total_variation_is_bounded_by_the_proof() -> None:
    # Lemma B.2's proof: with |x - x*| <= delta on k of n entries of U[0, 1], the partition sums
    # differ by at most k (e^{1 + delta} - e), against at least n.
    for n in (500, 5000):
        eps = 200 * (math.exp(1.1) - math.e) / n
        assert 0 < theory.perturbed_softmax_tv(n, seed=3) <= 2 * eps


def test_deep_sensitivity_equals_the_matrix_power() -> None:
    attention = theory.random_causal_attention(6, seed=1)
    assert np.allclose(attention.sum(axis=1), 1)
    assert np.allclose(np.triu(attention, 1), 0)
    power = np.linalg.matrix_power((attention + np.eye(6)) / 2, 7)
    assert np.allclose(theory.deep_sensitivity(attention, 7), power[-1], atol=1e-15)


def test_deep_sensitivity_ends_on_the_first_token_at_the_spectral_rate() -> None:
    attention = theory.random_causal_attention(6, seed=1)
    row = theory.deep_sensitivity(attention, 2000)
    assert row[0] == pytest.approx(1)
    eigenvalues = np.sort(np.linalg.eigvals((attention + np.eye(6)) / 2).real)
    assert theory.mixing_rate(attention) == pytest.approx(eigenvalues[-2])


def test_ratio_pair_is_one_state_without_mask_and_two_with_it() -> None:
    short, long = (2, 3), (6, 9)
    unmasked = [theory.two_symbol_states(c, seed=5, causal=False) for c in (short, long)]
    masked = [theory.two_symbol_states(c, seed=5, causal=True) for c in (short, long)]
    assert np.abs(unmasked[0] - unmasked[1]).max() < 1e-13
    assert np.abs(masked[0] - masked[1]).max() > 1e-3


def test_rotary_encoding_is_complex_rotation_and_relative() -> None:
    rng = np.random.default_rng(0)
    q, k = rng.normal(size=(2, 1, 8))
    z = q[0, 0::2] + 1j * q[0, 1::2]
    turned = z * np.exp(1j * 5 * 10000.0 ** (-np.arange(0, 8, 2) / 8))
    out = toy_attention.rotate(q, np.array([5.0]))[0]
    assert np.allclose(out[0::2] + 1j * out[1::2], turned)

    def dot(i: float, j: float) -> float:
        at_i, at_j = (toy_attention.rotate(x, np.array([p])) for x, p in ((q, i), (k, j)))
        return float((at_i @ at_j.T).item())

    assert dot(9, 4) == pytest.approx(dot(105, 100))


@pytest.mark.parametrize("encoding", theory_bench.ENCODINGS)
def test_head_against_loops(encoding: toy_attention.Encoding) -> None:
    head = toy_attention.Head(encoding, scale=1.7, slope=0.3 if encoding == "alibi" else 0.0)
    q, k, v = np.random.default_rng(2).normal(size=(3, 5, 4))
    scores = []
    for j in range(5):
        a, b = q[4].copy(), k[j].copy()
        if encoding == "sinusoidal":
            a += toy_attention.sinusoidal(np.arange(5.0), 4)[4]
            b += toy_attention.sinusoidal(np.arange(5.0), 4)[j]
        if encoding == "rope":
            a = toy_attention.rotate(a[None], np.array([4.0]))[0]
            b = toy_attention.rotate(b[None], np.array([float(j)]))[0]
        scores.append(1.7 * sum(x * y for x, y in zip(a, b, strict=True)) / 2)
        if encoding == "alibi":
            scores[-1] -= 0.3 * (4 - j)
    weights = [math.exp(s) for s in scores]
    want = sum(w * row for w, row in zip(weights, v, strict=True)) / sum(weights)
    assert np.allclose(toy_attention.attend_last(head, q, k, v), want)


def test_sinusoidal_codes_by_hand() -> None:
    code = toy_attention.sinusoidal(np.array([3.0]), 4)[0]
    assert np.allclose(code, [math.sin(3), math.cos(3), math.sin(0.03), math.cos(0.03)])


def test_uniform_attention_decays_like_one_over_n_and_a_steep_alibi_not_at_all() -> None:
    _, fits = theory_bench.encoding_sweep(
        6, [toy_attention.Head("nope", 0.1), toy_attention.Head("alibi", 1.0, 0.5)]
    )
    flat, steep = fits.to_dict("records")
    assert flat["low"] < -0.9
    assert flat["exponent"] == pytest.approx(-1, abs=0.15)
    assert not flat["paper"]
    assert steep["exponent"] == pytest.approx(0, abs=0.1)
    assert steep["paper"]


def test_exact_counting_states_against_the_softmax_they_stand_for() -> None:
    counts = np.array([1, 7, 200])
    states, logits = finite_counting._tokens(3, 16, 4)
    for n, got in zip(counts, finite_counting.exact_states(counts, seed=3, dim=16), strict=True):
        weights = np.exp(np.concatenate([logits[:-1], np.full(n, logits[-1])]))
        rows = np.concatenate([states[:-1], np.tile(states[-1], (n, 1))])
        assert np.allclose(got, states[-1] + weights @ rows / weights.sum(), atol=1e-14)


def test_coarser_dtypes_lose_count_sooner() -> None:
    found = {d: finite_counting.shared_counts(d, seed=0) for d in ("bfloat16", "float16")}
    assert found["bfloat16"].first is not None
    assert found["float16"].first is not None
    assert found["bfloat16"].first < found["float16"].first
    assert finite_counting.shared_counts("float64", seed=0) == (None, None)


def test_first_shared_count_by_brute_force() -> None:
    import torch

    first = finite_counting.shared_counts("bfloat16", seed=2).first
    for n in itertools.count(1):
        pair = torch.tensor(finite_counting.exact_states(np.array([n, n + 1]), seed=2))
        one, two = pair.to(torch.bfloat16)
        if torch.equal(one, two):
            break
    assert first == n


def test_decay_exponent_recovers_a_power_law() -> None:
    lengths = np.array([10, 100, 1000])
    noise = np.random.default_rng(0).lognormal(sigma=0.05, size=(30, 3))
    fit = decay_exponent(lengths, 4 * lengths**-0.7 * noise)
    assert fit.low < -0.7 < fit.high
    assert fit.high - fit.low < 0.05
    assert math.isnan(decay_exponent(lengths, lengths**-1.0).low)
    assert math.isnan(decay_exponent(lengths, [1.0, 0.0, 1.0]).value)
    with pytest.raises(InputError, match="two different lengths"):
        decay_exponent([5], [[1.0]])


def test_mean_interval_covers_the_mean() -> None:
    mean, low, high = mean_interval(np.random.default_rng(1).normal(3.0, size=(400, 2)))
    assert (low < mean).all()
    assert (mean < high).all()
    assert np.allclose(high - low, 2 * 1.96 / 20, rtol=0.2)


def test_every_table_of_the_bench_is_filled() -> None:
    tables = theory_bench.theory_tables(seeds=2)
    assert set(tables) == {
        "fig9_softmax",
        "fig8_sinusoidal",
        "fig10_sweep",
        "fig10_exponents",
        "b4_alternating",
        "b8_depth",
        "p61_ratio",
        "c62_counting",
    }
    assert all(len(table) for table in tables.values())
    sweep = tables["fig10_exponents"]
    encodings = sorted(sweep[sweep.paper].encoding)
    assert encodings == ["alibi", "alibi", "alibi", "nope", "rope", "sinusoidal"]
    curves = tables["fig9_softmax"]
    assert (curves["min"] <= curves["mean"]).all()
    assert (curves["mean"] <= curves["max"]).all()
