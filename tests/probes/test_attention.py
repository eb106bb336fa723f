"""Attention: rows against transformers' own, dispersion, and the curve before training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from snellen.errors import InputError
from snellen.probes.attention.measure import (
    AttentionPlan,
    attention_of_last,
    birth_curve,
    entropy,
)
from snellen.probes.attention.probe import probe_attention, summary
from snellen.probes.sensitivity.path_bound import path_sum
from snellen.probes.states.last_token import attention_kernel

IDS = [7, 8, 9, 1, 1, 1, 2, 1, 1, 3]


@pytest.mark.parametrize("family", ["llama", "gemma3", "gpt2"])
def test_the_last_row_is_that_of_a_whole_pass(family: str, tiny: Any) -> None:
    model = tiny(family)
    with torch.no_grad(), attention_kernel(model, "eager"):
        whole = model(input_ids=torch.tensor([IDS]), output_attentions=True).attentions
    want = np.stack([a[0, :, -1].double().numpy() for a in whole])
    assert np.allclose(attention_of_last(model, IDS), want, atol=1e-6)


def test_entropy_is_scipy_s() -> None:
    weights = np.random.default_rng(0).dirichlet(np.ones(6), size=(2, 3))
    weights[0, 0] = [1, 0, 0, 0, 0, 0]
    assert entropy(weights) == pytest.approx(stats.entropy(weights, axis=-1))


@pytest.mark.parametrize("layers", [2, 6])
def test_the_closed_form_before_training_is_the_path_sum_of_uniform_attention(layers: int) -> None:
    n = 400
    uniform = np.tril(np.ones((n, n))) / np.arange(1, n + 1)[:, None]
    exact = path_sum(np.stack([uniform] * layers), np.ones(layers)) / 2**layers
    closed = birth_curve(n, layers)
    assert exact.sum() == pytest.approx(1)
    assert closed.sum() == pytest.approx(1, abs=0.02)
    inside = slice(n // 20, -1)
    assert closed[inside] == pytest.approx(exact[inside], rel=0.1)


def test_the_command_s_function_writes_and_sums_up(subject: Any, tmp_path: Path) -> None:
    plan = AttentionPlan(kinds=("count_ones",), lengths=(2, 8, 32))
    result = probe_attention(subject("llama"), plan, out=tmp_path)
    heads = pd.read_csv(result.folder / "heads.csv")
    assert len(heads) == 3 * 2 * 3 * 4
    assert (heads.entropy <= heads.log_tokens + 1e-9).all()
    assert heads.largest.between(0, 1).all()
    assert (result.folder / "figures" / "attention.png").exists()
    flat = heads.assign(entropy=heads.log_tokens)
    assert summary(flat)["entropy per log n"].tolist() == pytest.approx([1, 1])


def test_a_recurrent_model_has_no_rows() -> None:
    class Model:
        class Config:
            model_type = "mamba"

            def get_text_config(self) -> Any:
                return self

        config = Config()

    with pytest.raises(InputError, match="is not attention alone"):
        attention_of_last(Model(), IDS)
