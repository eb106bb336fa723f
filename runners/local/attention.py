"""Lenses inside the model: what is done to attention's scores before their softmax.

A lens multiplies the scores of every query by a factor of its own, written as a factor of the
query. It is a function registered with transformers' ``AttentionInterface`` around the one that
the model uses anyway, so that no model is changed, and a factor of 1 changes no bit.

``n`` is the number of keys that a query sees: padding, and what lies outside of a sliding window,
is not among them, and with a cache it grows by one with every token that is generated.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...tasks.lenses.inside import ADAPTIVE, Inside

if TYPE_CHECKING:
    import torch

POLYNOMIAL = (-0.037, 0.481, -2.3, 4.917, -1.791)
"""Inverse temperature over entropy in nats, highest power first (arXiv 2410.01104, Fig. 5)."""
ENTROPY_LEAST = 0.5
"""Nats up to which a head is left alone (same place)."""
_SCORES = 2**24
"""Scores that are held at a time where a lens looks at them."""

Attention = Callable[..., tuple[Any, Any]]
_calls: list[str] = []
"""Names of the functions called, where somebody counts them."""


@contextmanager
def worn(model: Any, lens: Inside) -> Iterator[None]:
    """Run a model with a lens in its attention for a while.

    Whoever switches the kernel of attention meanwhile (``eager``, to be given weights) gets that
    kernel with the lens.

    Args:
        model: a decoder of transformers.
        lens: what is done to its scores; one that does nothing there changes nothing.

    Raises:
        InputError: the model computes attention where no function can be put.
    """
    if not lens.attention:
        yield
        return
    own = model.config._attn_implementation
    switch = model.set_attn_implementation

    def switch_through(kernel: str, *more: Any, **named: Any) -> None:
        through = kernel if kernel.startswith("snellen") else _register(kernel, lens)
        switch(through, *more, **named)

    through = _register(own if own in ("eager", "sdpa") else "sdpa", lens)
    switch(through)
    try:
        _check(model, through, lens)
        model.set_attn_implementation = switch_through
        yield
    finally:
        vars(model).pop("set_attn_implementation", None)
        switch(own)


def _check(model: Any, through: str, lens: Inside) -> None:
    """See that every layer's scores really pass through the lens."""
    import torch

    layers = model.config.get_text_config().num_hidden_layers
    del _calls[:]
    if model.config._attn_implementation == through:
        ids = torch.zeros((1, 2), dtype=torch.long, device=model.device)
        with torch.no_grad():
            model(input_ids=ids, use_cache=False)
    met = _calls.count(through)
    del _calls[:]
    if met != layers:
        raise InputError(
            f"lens {lens.attention}: {type(model).__name__} has attention in its own way in "
            f"{layers - met} of {layers} layers, where no lens can be put; use a lens of the prompt"
        )


def _register(kernel: str, lens: Inside) -> str:
    """Put a kernel behind a lens, under a name of its own."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    if kernel not in ("eager", "sdpa"):
        raise InputError(
            f"lens {lens.attention}: attention {kernel!r} takes no lens; use eager or sdpa"
        )
    name = f"snellen_{kernel}_{lens.attention.replace(':', '_')}"
    if name in ALL_ATTENTION_FUNCTIONS.valid_keys():
        return name

    def attend(
        module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor,
        attention_mask: torch.Tensor | None, **more: Any,
    ) -> tuple[Any, Any]:  # fmt: skip
        if len(_calls) < 1000:
            _calls.append(name)
        inner: Attention = (
            ALL_ATTENTION_FUNCTIONS["sdpa"]
            if kernel == "sdpa"
            else sys.modules[type(module).__module__].eager_attention_forward
        )
        factor = factors(lens, module, query, key, attention_mask, more)
        # One rounding, and none where the factor is 1.
        query = (query.to(factor.dtype) * factor).to(query.dtype)
        return inner(module, query, key, value, attention_mask, **more)

    AttentionInterface.register(name, attend)
    AttentionMaskInterface.register(name, ALL_MASK_ATTENTION_FUNCTIONS[kernel])
    return name


def factors(
    lens: Inside,
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    mask: torch.Tensor | None,
    more: dict[str, Any],
) -> torch.Tensor:
    """What each query's scores are multiplied by.

    Args:
        lens: the lens.
        module: the attention of a layer.
        query: shape (rows, heads, queries, width).
        key: shape (rows, key heads, keys, width).
        mask: shape (rows, 1, queries, keys), true or 0 where a key is seen; none: all up to the
            query's own place.
        more: the kernel's other arguments.

    Returns:
        Shape (rows or 1, heads or 1, queries, 1), in float32, or float64 where the model is.
    """
    import torch

    wide = torch.float64 if query.dtype == torch.float64 else torch.float32
    found = torch.ones(1, 1, query.shape[2], 1, dtype=wide, device=query.device)
    if lens.logn is not None or lens.ssmax is not None:
        log_n = _seen(query, key, mask).to(wide).clamp(min=1).log()
        if lens.logn is not None:
            found = found * (log_n / math.log(lens.logn)).clamp(min=1)
        if lens.ssmax is not None:
            found = found * (lens.ssmax * log_n)
    if lens.temperature == ADAPTIVE:
        found = found * _adaptive(lens, module, query, key, mask, more, found)
    elif lens.temperature is not None:
        found = found / float(lens.temperature)
    return found


def _seen(query: torch.Tensor, key: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Keys that each query sees: shape (rows or 1, 1, queries, 1)."""
    import torch

    queries, keys = query.shape[2], key.shape[2]
    if mask is not None:
        return _open(mask[..., :keys]).sum(dim=-1, keepdim=True)
    if queries == 1:
        return torch.full((1, 1, 1, 1), keys, device=query.device)
    return torch.arange(1, queries + 1, device=query.device)[None, None, :, None]


def _open(mask: torch.Tensor) -> torch.Tensor:
    """Where a key is seen, of a mask of truths or of one that is added."""
    import torch

    return mask if mask.dtype == torch.bool else mask > torch.finfo(mask.dtype).min / 2


def _adaptive(
    lens: Inside,
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    mask: torch.Tensor | None,
    more: dict[str, Any],
    before: torch.Tensor,
) -> torch.Tensor:
    """The inverse temperature that the entropy of each query's weights asks for.

    A few queries at a time: their scores are held in full.
    """
    import torch

    for name in ("softcap", "s_aux", "position_bias"):
        if more.get(name) is not None:
            raise InputError(
                f"lens {lens.attention}: {type(module).__name__} does more to scores than scale "
                f"them ({name}), and their entropy is not looked for there; use logn"
            )
    rows, heads, queries, width = query.shape
    scaling = more.get("scaling")
    scaling = width**-0.5 if scaling is None else scaling
    groups = heads // key.shape[1]
    keys = key.repeat_interleave(groups, dim=1).transpose(2, 3).to(before.dtype)
    step = max(1, _SCORES // (rows * heads * keys.shape[-1]))
    found = []
    for start in range(0, queries, step):
        part = slice(start, start + step)
        some = query[:, :, part].to(before.dtype) * (before[:, :, part] * scaling)
        scores = some @ keys
        scores.masked_fill_(
            ~_visible(mask, queries, keys.shape[-1], part, scores.device), -math.inf
        )
        # A row that is all padding sees nothing, and nobody reads what comes of it.
        logs = torch.log_softmax(scores, dim=-1).nan_to_num(nan=0.0, neginf=0.0)
        weights = torch.softmax(scores, dim=-1).nan_to_num(nan=0.0)
        entropy = -(weights * logs).sum(dim=-1, keepdim=True)
        fit = torch.zeros_like(entropy)
        for coefficient in POLYNOMIAL:
            fit = fit * entropy + coefficient
        found.append(torch.where(entropy > ENTROPY_LEAST, fit.clamp(min=1.0), 1.0))
    return torch.cat(found, dim=2)


def _visible(
    mask: torch.Tensor | None, queries: int, keys: int, part: slice, device: torch.device
) -> torch.Tensor:
    """Which keys some of the queries see: shape (rows or 1, 1, queries of the part, keys)."""
    import torch

    if mask is not None:
        return _open(mask[..., part, :keys])
    last = torch.full((1,), keys - 1) if queries == 1 else torch.arange(queries)[part]
    return (torch.arange(keys) <= last[:, None])[None, None].to(device)
