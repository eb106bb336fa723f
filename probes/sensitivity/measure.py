"""Over-squashing on a model: sensitivities beside the path-sum bound, trained against random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ...errors import InputError
from ..states.pairs import Kind, Template, build_prompts
from ..states.subject import Subject, out_of_memory, parse_dtype, ready
from .norms import Profile, estimated_norms, exact_norms, profile_shape
from .path_bound import Anatomy, anatomy_of, log10_prefactor, path_sum


@dataclass(frozen=True)
class SensitivityPlan:
    """What to measure.

    Attributes:
        kinds: Kinds of pairs; the shorter prompt of each is probed.
        lengths: Items n.
        probes: Random-sign backward passes; 0 for the exact Jacobian.
        repetitions: Draws of the random kinds.
        seed: Seed of draws, signs and random weights.
        template: ``none`` or ``chat``.
        bos: With, without, or None for the tokenizer's habit.
        dtype: ``float32`` or ``float64``.
    """

    kinds: tuple[Kind, ...]
    lengths: tuple[int, ...]
    probes: int = 16
    repetitions: int = 3
    seed: int = 0
    template: Template = "none"
    bos: bool | None = None
    dtype: str = "float32"


def measure_sensitivity(
    subject: Subject, plan: SensitivityPlan, progress: Callable[[str], None] = lambda _: None
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Sensitivity profiles of the trained model and of its random twin.

    Returns:
        Tables ``positions`` (a row per prompt and position: norm with interval, elasticity,
        path sum), ``layers`` (a row per prompt and layer: attention on the first token,
        constants) and ``profiles`` (a row per prompt: rank correlation with the path sum, shape
        of the profile); and one line for each prompt that memory did not hold.

    Raises:
        InputError: The plan does not fit the model, or nothing could be finished.
    """
    prompts = [
        build_prompts(
            subject.tokenizer,
            kind,
            plan.lengths,
            context=subject.context,
            repetitions=plan.repetitions,
            seed=plan.seed,
            template=plan.template,
            bos=plan.bos,
        )
        for kind in plan.kinds
    ]
    trained = subject.load(parse_dtype(plan.dtype))
    rows: list[tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]] = []
    failures = []
    for weights in ("trained", "random"):
        model = trained if weights == "trained" else random_twin(trained, plan.seed)
        for batch in prompts:
            for pair in batch.pairs:
                name = f"{batch.kind} n={pair.length} #{pair.repetition}, {weights} weights"
                progress(name)
                cell = {
                    "weights": weights,
                    "kind": batch.kind,
                    "length": pair.length,
                    "repetition": pair.repetition,
                }
                try:
                    rows.append(_measure(model, subject.tokenizer, cell, list(pair.short), plan))
                except (MemoryError, RuntimeError) as error:
                    if not out_of_memory(error):
                        raise
                    failures.append(
                        f"{name} ran out of memory: lower --lengths; what was finished is kept"
                    )
    if not rows:
        raise InputError(f"nothing could be finished: {'; '.join(failures)}")
    positions, layers, profiles = zip(*rows, strict=True)
    tables = {
        "positions": pd.concat(positions, ignore_index=True),
        "layers": pd.concat(layers, ignore_index=True),
        "profiles": pd.DataFrame(profiles),
    }
    return tables, failures


def _measure(
    model: Any, tokenizer: Any, cell: dict[str, Any], ids: list[int], plan: SensitivityPlan
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Rows of the three tables for one prompt."""
    profile = (
        estimated_norms(model, ids, probes=plan.probes, seed=plan.seed)
        if plan.probes
        else exact_norms(model, ids)
    )
    parts = anatomy_of(model, ids)
    bound = path_sum(parts.attention, parts.beta1)
    return (
        _positions(cell, ids, profile, bound, tokenizer),
        _layers(cell, parts),
        _profile_row(cell, profile, bound, parts),
    )


def random_twin(model: Any, seed: int) -> Any:
    """The same architecture with weights fresh from its own initialiser."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        twin = type(model)(model.config)
    return ready(twin.to(device=model.device, dtype=model.dtype), "the random twin")


def _positions(
    cell: dict[str, Any], ids: list[int], profile: Profile, bound: np.ndarray, tokenizer: Any
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            **cell,
            "position": range(len(ids)),
            "token": [tokenizer.decode([i]) for i in ids],
            "norm": profile.norms.value,
            "low": profile.norms.low,
            "high": profile.norms.high,
            "elasticity": profile.elasticity,
            "path_sum": bound,
        }
    )


def _layers(cell: dict[str, Any], parts: Anatomy) -> pd.DataFrame:
    n = parts.attention.shape[-1]
    return pd.DataFrame(
        {
            **cell,
            "layer": range(1, len(parts.attention) + 1),
            "first_token_last_query": parts.attention[:, -1, 0],
            "first_token_all_queries": parts.attention[:, :, 0].mean(axis=1),
            "uniform": 1 / n,
            "beta1": parts.beta1,
            "beta2": parts.beta2,
            "sigma": parts.sigma,
        }
    )


def _profile_row(
    cell: dict[str, Any], profile: Profile, bound: np.ndarray, parts: Anatomy
) -> dict[str, Any]:
    """``inner`` leaves out the ends: a sink and the residual path would carry any correlation."""
    norms = profile.norms.value
    tests = {
        "rank_correlation": stats.spearmanr(norms, bound).statistic,
        "rank_correlation_inner": stats.spearmanr(norms[1:-1], bound[1:-1]).statistic,
    }
    return {
        **cell,
        "tokens": len(norms),
        **tests,
        **profile_shape(norms)._asdict(),
        "log10_prefactor": log10_prefactor(parts.sigma, parts.beta2, parts.beta3),
    }
