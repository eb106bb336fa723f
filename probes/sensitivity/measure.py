"""Over-squashing on a model: sensitivities beside the path-sum bound, trained against random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ...errors import InputError
from ..attention.measure import birth_curve
from ..folder import Parts
from ..pieces import Piece, joined, measured
from ..result import Progress, silent
from ..states.architecture import layers_of
from ..states.arithmetic import out_of_memory, parse_dtype
from ..states.kinds import find_kind
from ..states.pairs import PromptPair, PromptSet, Template, build_prompts
from ..states.readiness import ready
from ..states.subject import Loaded, Subject
from .norms import Profile, estimated_norms, exact_norms, profile_shape
from .path_bound import Anatomy, anatomy_of, log10_prefactor, path_sum


@dataclass(frozen=True)
class SensitivityPlan:
    """What to measure.

    Attributes:
        kinds: Names of kinds of pairs; the shorter prompt of each is probed.
        lengths: Items n.
        probes: Random-sign backward passes; 0 for the exact Jacobian.
        repetitions: Draws of the random kinds.
        seed: Seed of draws, signs and random weights.
        template: ``none`` or ``chat``.
        bos: With, without, or None for the tokenizer's habit.
        dtype: ``float32`` or ``float64``.
    """

    kinds: tuple[str, ...] = ("count_ones", "count_sampled")
    lengths: tuple[int, ...] = (64,)
    probes: int = 16
    repetitions: int = 3
    seed: int = 0
    template: Template = "none"
    bos: bool | None = None
    dtype: str = "float32"


TABLES = ("positions", "layers", "profiles")


def measure_sensitivity(
    subject: Subject,
    plan: SensitivityPlan,
    progress: Progress = silent,
    parts: Parts | None = None,
) -> tuple[dict[str, pd.DataFrame], list[str], list[str]]:
    """Sensitivity profiles of the trained model and of its random twin.

    Returns:
        Tables ``positions`` (a row per prompt and position: norms with interval, elasticity,
        path sum), ``layers`` (a row per prompt and layer: attention on the first token,
        constants) and ``profiles`` (a row per prompt: agreement with the path sum, shape of the
        profile); one line for each prompt that memory did not hold; and one for each thing that
        is not known of this architecture.

    Raises:
        InputError: The plan does not fit the model, or nothing could be finished.
    """
    prompts = [
        build_prompts(
            subject.tokenizer,
            find_kind(kind),
            plan.lengths,
            context=subject.context,
            repetitions=plan.repetitions,
            seed=plan.seed,
            template=plan.template,
            bos=plan.bos,
        )
        for kind in plan.kinds
    ]
    models = _Twins(subject, plan)

    def piece(weights: str, batch: PromptSet, pair: PromptPair) -> Piece:
        cell = {
            "weights": weights,
            "kind": batch.kind,
            "length": pair.length,
            "repetition": pair.repetition,
        }
        ids, inside = list(pair.short), slice(batch.before, len(pair.short) - batch.after)
        return Piece(
            f"{batch.kind} n={pair.length} #{pair.repetition}, {weights} weights",
            f"sensitivity-{'-'.join(map(str, cell.values()))}",
            lambda _: _measure(models.get(weights), subject.tokenizer, cell, ids, inside, plan),
            "lower --lengths",
        )

    failures: list[str] = []
    pieces = [piece(w, b, p) for w in ("trained", "random") for b in prompts for p in b.pairs]
    found = list(measured(pieces, parts, progress, failures))
    if not found:
        raise InputError(f"nothing could be finished: {'; '.join(failures)}")
    warnings = [line for tables in found for line in tables["warnings"].text]
    return joined(found, TABLES), failures, list(dict.fromkeys(warnings))


class _Twins:
    """The trained model and its random twin, each made when it is first needed."""

    def __init__(self, subject: Subject, plan: SensitivityPlan):
        self._loaded, self._plan = Loaded(subject), plan
        self._random: Any = None

    def get(self, weights: str) -> Any:
        trained = self._loaded.at(parse_dtype(self._plan.dtype))
        if weights == "trained":
            return trained
        if self._random is None:
            self._random = random_twin(trained, self._plan.seed)
        return self._random


def _measure(
    model: Any,
    tokenizer: Any,
    cell: dict[str, Any],
    ids: list[int],
    inside: slice,
    plan: SensitivityPlan,
) -> dict[str, pd.DataFrame]:
    """Rows of the tables for one prompt; ``inside`` is where its sequence lies."""
    profile = (
        estimated_norms(model, ids, probes=plan.probes, seed=plan.seed)
        if plan.probes
        else exact_norms(model, ids)
    )
    warnings: list[str] = []
    try:
        parts = anatomy_of(model, ids)
        bound = path_sum(parts.attention, parts.beta1)
    except (
        InputError, TypeError, AttributeError, KeyError, IndexError, ValueError, RuntimeError,
    ) as error:  # fmt: skip
        if out_of_memory(error):
            raise
        # The norms need no anatomy: they are reported also where the bound is not known.
        parts, bound = None, np.full(len(ids), np.nan)
        warnings.append(
            str(error)
            if isinstance(error, InputError)
            else f"{type(model).__name__}: the path-sum bound does not know this architecture"
        )
    return {
        "positions": _positions(cell, ids, profile, bound, tokenizer, len(layers_of(model))),
        "layers": _layers(cell, parts) if parts else pd.DataFrame(),
        "profiles": pd.DataFrame([_profile_row(cell, profile, bound, parts, inside)]),
        "warnings": pd.DataFrame({"text": pd.Series(warnings, dtype="str")}),
    }


def random_twin(model: Any, seed: int) -> Any:
    """The same architecture with weights fresh from its own initialiser."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        twin = type(model)(model.config)
    return ready(twin.to(device=model.device, dtype=model.dtype), "the random twin")


def _positions(
    cell: dict[str, Any],
    ids: list[int],
    profile: Profile,
    bound: np.ndarray,
    tokenizer: Any,
    layers: int,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            **cell,
            "position": range(len(ids)),
            "token": [tokenizer.decode([i]) for i in ids],
            "norm": profile.norms.value,
            "low": profile.norms.low,
            "high": profile.norms.high,
            "spectral": profile.spectral,
            "elasticity": profile.elasticity,
            "path_sum": bound,
            "before_training": birth_curve(len(ids), layers),
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
    cell: dict[str, Any], profile: Profile, bound: np.ndarray, parts: Anatomy | None, inside: slice
) -> dict[str, Any]:
    """Agreement of profile and path sum, and the profile's shape within the sequence.

    ``inner`` leaves out the ends: a sink and the residual path would carry any correlation.
    """
    norms = profile.norms.value
    prefactor = float("nan")
    if parts is not None:
        prefactor = log10_prefactor(parts.sigma, parts.beta2, parts.beta3)
    return {
        **cell,
        "tokens": len(norms),
        "rank_correlation": rank_correlation(profile.spectral, bound),
        "rank_correlation_inner": rank_correlation(profile.spectral[1:-1], bound[1:-1]),
        "rank_correlation_frobenius": rank_correlation(norms, bound),
        "log10_error": log_error(profile.spectral, bound),
        "log10_error_inner": log_error(profile.spectral[1:-1], bound[1:-1]),
        **profile_shape(norms[inside])._asdict(),
        "log10_prefactor": prefactor,
    }


def rank_correlation(measured: np.ndarray, predicted: np.ndarray) -> float:
    """Spearman's correlation; nan where one of the two is not known or does not vary."""
    if not np.isfinite(predicted).all() or np.ptp(predicted) == 0 or np.ptp(measured) == 0:
        return float("nan")
    return float(stats.spearmanr(measured, predicted).statistic)


def log_error(measured: np.ndarray, predicted: np.ndarray) -> float:
    """How many powers of ten the shape is off: median distance of log10 ratios from their median.

    A rank correlation is 1 for any monotone guess; this is not.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log10(measured) - np.log10(predicted)
    ratio = ratio[np.isfinite(ratio)]
    return float(np.median(np.abs(ratio - np.median(ratio)))) if len(ratio) else float("nan")
