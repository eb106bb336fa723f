"""Distances against loops in plain Python and numpy, and against known numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.special import rel_entr
from snellen.probes.collapse.distances import (
    HEAD_METRICS,
    STATE_METRICS,
    distribution_distances,
    spacing,
    state_distances,
)


def test_every_state_distance_by_brute_force() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 5, 12))
    b[2, 3:] = a[2, 3:]
    got = state_distances(torch.tensor(a), torch.tensor(b), heads=3)
    assert tuple(got) == STATE_METRICS
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        gaps = [abs(p - q) for p, q in zip(x, y, strict=True)]
        per_head = [max(gaps[4 * h : 4 * h + 4]) for h in range(3)]
        nx, ny = math.sqrt(sum(p * p for p in x)), math.sqrt(sum(q * q for q in y))
        assert got["linf"][i] == pytest.approx(sum(per_head) / 3)
        assert got["linf_min"][i] == pytest.approx(min(per_head))
        assert got["linf_max"][i] == pytest.approx(max(gaps))
        assert got["l1"][i] == pytest.approx(sum(gaps))
        assert got["rel_l2"][i] == pytest.approx(
            math.sqrt(sum(g * g for g in gaps)) / math.sqrt((nx**2 + ny**2) / 2)
        )
        assert got["cosine"][i] == pytest.approx(1 - x @ y / nx / ny)
        assert got["ulp"][i] == pytest.approx(
            max(gaps) / np.spacing(max(abs(x).max(), abs(y).max()))
        )
    assert list(got["bit_equal"]) == [0, 0, 0.75, 0, 0]


def test_uneven_heads_cover_every_coordinate() -> None:
    a = torch.zeros(7)
    b = torch.arange(7.0)
    got = state_distances(a, b, heads=3)
    assert got["linf_max"] == 6
    assert got["linf"] == pytest.approx((2 + 4 + 6) / 3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_spacing_is_the_gap_to_the_next_number(dtype: torch.dtype) -> None:
    x = torch.tensor([1.0, 1.5, 0.25, 48.0, 1000.0], dtype=dtype)
    steps = torch.nextafter(x, torch.full_like(x, torch.inf)).double() - x.double()
    assert torch.equal(spacing(x.double(), dtype), steps)


def test_one_unit_in_the_last_place_is_one_ulp() -> None:
    a = torch.tensor([48.0, 0.5], dtype=torch.bfloat16)
    b = torch.nextafter(a, torch.full_like(a, torch.inf))
    assert state_distances(a, b, heads=1)["ulp"] == 1
    assert state_distances(a, a, heads=1)["ulp"] == 0
    assert state_distances(a, a, heads=1)["bit_equal"] == 1


def test_distributions_against_scipy() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 4, 9))
    p, q = (np.exp(x) / np.exp(x).sum(-1, keepdims=True) for x in (a, b))
    got = distribution_distances(torch.tensor(a), torch.tensor(b))
    assert tuple(got) == HEAD_METRICS
    assert np.allclose(got["kl"], rel_entr(p, q).sum(-1))
    assert np.allclose(got["tv"], np.abs(p - q).sum(-1) / 2)
    assert np.array_equal(got["argmax_changed"], (a.argmax(-1) != b.argmax(-1)).astype(float))


def test_a_token_ruled_out_on_both_sides_costs_nothing() -> None:
    logits = torch.tensor([0.0, 1.0, -torch.inf], dtype=torch.float64)
    got = distribution_distances(logits, logits)
    assert got["kl"] == 0
    assert got["tv"] == 0
