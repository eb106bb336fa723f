"""Softmax dispersion and attention sinks, per layer and head, against length.

With bounded logits a softmax over more tokens must spread (arXiv 2410.01104): its entropy follows
log n and its largest weight falls. What stops the spreading in a trained model is often the first
token, which many heads attend to and whose state is large (arXiv 2504.02732). Both are measured
for the last token's query, on the whole prompt and without its first token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import InputError
from ..folder import Parts, Tables
from ..pieces import Piece, joined, measured
from ..result import Progress, silent
from ..states.architecture import decoder_of, handling, is_recurrent
from ..states.arithmetic import full_precision, parse_dtype, readable
from ..states.kinds import find_kind
from ..states.last_token import (
    attention_kernel,
    cache_argument,
    depth_names,
    last_token_states,
    takes,
)
from ..states.pairs import PromptPair, build_prompts
from ..states.subject import Loaded, Subject

Array = NDArray[np.float64]

TABLES = ("heads", "first_token")


@dataclass(frozen=True)
class AttentionPlan:
    """What to measure.

    Attributes:
        kinds: Names of kinds of pairs; the shorter prompt of each is looked at.
        lengths: Items n, in rising order.
        seed: Seed of the draws.
        bos: With, without, or None for the tokenizer's habit.
        dtype: In which the model runs.
    """

    kinds: tuple[str, ...] = ("count_ones", "count_sampled")
    lengths: tuple[int, ...] = (1, 4, 16, 64, 256)
    seed: int = 0
    bos: bool | None = None
    dtype: str = "float32"


def measure_attention(
    subject: Subject,
    plan: AttentionPlan,
    progress: Progress = silent,
    parts: Parts | None = None,
) -> tuple[Tables, list[str]]:
    """Measure every kind at every length.

    Returns:
        Tables ``heads`` (a row per prompt, layer and head) and ``first_token`` (a row per prompt
        and depth: the size of the first token's state beside the last one's); and one line per
        prompt that memory did not hold.

    Raises:
        InputError: The plan does not fit the model, or it has no attention weights to give.
    """
    models = Loaded(subject)

    def piece(kind: str, pair: PromptPair) -> Piece:
        cell = {"kind": kind, "length": pair.length}
        return Piece(
            f"{kind} n={pair.length}",
            f"attention-{kind}-{pair.length}",
            lambda _: _measure(models.at(parse_dtype(plan.dtype)), cell, pair.short),
            "lower --lengths",
            len(pair.short),
        )

    pieces = [
        piece(kind, pair)
        for kind in plan.kinds
        for pair in build_prompts(
            subject.tokenizer, find_kind(kind), plan.lengths, context=subject.context,
            seed=plan.seed, bos=plan.bos,
        ).pairs
    ]  # fmt: skip
    failures: list[str] = []
    found = list(measured(pieces, parts, progress, failures))
    if not found:
        raise InputError(f"nothing could be finished: {'; '.join(failures)}")
    return joined(found, TABLES), failures


def _measure(model: Any, cell: dict[str, Any], ids: Sequence[int]) -> Tables:
    frames = []
    for variant, tokens in (("whole", list(ids)), ("without the first token", list(ids)[1:])):
        rows = attention_of_last(model, tokens)
        layers, heads = np.indices(rows.shape[:2])
        frame = pd.DataFrame({"layer": 1 + layers.ravel(), "head": heads.ravel()})
        frame["entropy"] = entropy(rows).ravel()
        frame["largest"] = rows.max(axis=-1).ravel()
        frame["on_first"] = rows[..., 0].ravel()
        cells = {
            **cell,
            "prompt": variant,
            "tokens": len(tokens),
            "log_tokens": np.log(len(tokens)),
        }
        frames.append(frame.assign(**cells))
    ends = last_token_states(model, [list(ids)[:1], list(ids)]).double().norm(dim=-1).numpy()
    names = depth_names(model)
    sizes = pd.DataFrame({**cell, "depth": range(len(names)), "state": names})
    sizes["first_norm"], sizes["last_norm"] = ends
    return {"heads": pd.concat(frames, ignore_index=True), "first_token": sizes}


def entropy(weights: Array) -> Array:
    """Entropy in nats along the last axis; log n where n weights are equal."""
    safe = np.where(weights > 0, weights, 1.0)
    return np.asarray(-(weights * np.log(safe)).sum(axis=-1), dtype=np.float64)


def attention_of_last(model: Any, ids: Sequence[int]) -> Array:
    """Attention weights of the last token's query.

    All tokens but the last are run with the model's own kernel; only the last one's row is asked
    for by the kernel that can give weights.

    Args:
        model: A frozen decoder-only model.
        ids: Token ids, at least two.

    Returns:
        Shape (layers, heads, n).

    Raises:
        InputError: A recurrent model, or one that gives no weights for every layer.
    """
    import torch
    from transformers import DynamicCache

    kind = type(model).__name__
    if is_recurrent(model.config):
        raise InputError(f"{kind} is not attention alone: 'snellen probe attention' needs it to be")
    decoder = decoder_of(model)
    # Where the cache cannot be trusted the whole prompt goes through the kernel that has weights.
    before = len(ids) - 1 if handling(model).share else 0
    cache: dict[str, Any] = {cache_argument(decoder): DynamicCache()} if before else {}
    tokens = torch.as_tensor([list(ids)], device=model.device)
    places = torch.arange(len(ids), device=model.device)[None]

    def run(part: slice, **options: Any) -> Any:
        if takes(decoder, "position_ids"):
            options["position_ids"] = places[:, part]
        with readable(kind):
            return decoder(input_ids=tokens[:, part], use_cache=before > 0, **cache, **options)

    with torch.no_grad(), full_precision(model.dtype):
        if before:
            run(slice(before))
        with attention_kernel(model, "eager"):
            out = run(slice(before, None), output_attentions=True)
    found = getattr(out, "attentions", None)
    if not found or any(a is None for a in found):
        raise InputError(f"{kind} gives no attention weights: this probe cannot look at it")
    return np.stack([a[0, :, -1, : len(ids)].double().cpu().numpy() for a in found])


def birth_curve(n: int, layers: int) -> Array:
    """Influence of each position on the last one before any training, in closed form.

    Untrained heads attend about uniformly, so a layer averages over what came before and adds it
    to the residual: ``[(A + I) / 2]^L`` with ``A_ij = 1 / i``. k averages in a row weigh the
    place x = i / n by ``log(1/x)^(k-1) / (k-1)!`` (arXiv 2603.10123); a path takes k of the L
    layers' averages with probability ``C(L, k) / 2^L``.

    Args:
        n: Tokens.
        layers: Depth L.

    Returns:
        Shape (n,), for positions 1 to n (at the middle of each); the last one also has the path
        that takes no average. Sums to about 1.
    """
    from scipy.special import gammaln

    x = (np.arange(n) + 0.5) / n
    k = np.arange(1, layers + 1)[:, None]
    log_share = gammaln(layers + 1) - gammaln(k + 1) - gammaln(layers - k + 1) - layers * np.log(2)
    logs = log_share + (k - 1) * np.log(-np.log(x)) - gammaln(k) - np.log(n)
    curve = np.exp(logs).sum(axis=0)
    curve[-1] += 0.5**layers
    return np.asarray(curve, dtype=np.float64)
