"""Rows of a cache: some leave, some join, and what all begin with is put before them.

Rows end together and are padded on their left, so that nothing lies between the tokens of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def keep_rows(cache: Any, rows: Sequence[int], cut: int) -> None:
    """Keep some rows only, and cut so many tokens off their left.

    Args:
        cache: the cache of a batch.
        rows: their places.
        cut: tokens that are padding in all of them.
    """
    import torch

    for layer in cache.layers:
        # A window may have let go of some of them already.
        gone = layer.cumulative_length - layer.keys.shape[2] if layer.is_sliding else 0
        start = max(cut - gone, 0)
        at = torch.as_tensor(rows, device=layer.keys.device)
        layer.keys, layer.values = layer.keys[at, :, start:], layer.values[at, :, start:]
        if layer.is_sliding:
            layer.cumulative_length -= cut


def join(cache: Any, other: Any) -> None:
    """Add another cache's rows to a cache; the narrower one is padded on its left."""
    import torch

    for layer, more in zip(cache.layers, other.layers, strict=True):
        size = max(layer.keys.shape[2], more.keys.shape[2])
        for name in ("keys", "values"):
            both = [_padded(getattr(one, name), size) for one in (layer, more)]
            setattr(layer, name, torch.cat(both))
        if layer.is_sliding:
            layer.cumulative_length = max(layer.cumulative_length, more.cumulative_length)


def _padded(states: torch.Tensor, size: int) -> torch.Tensor:
    import torch

    return torch.nn.functional.pad(states, (0, 0, size - states.shape[2], 0))


def begin(cache: Any, beginning: Any, tokens: int, rows: int) -> None:
    """Let an empty cache begin with tokens of another one's only row.

    Args:
        cache: the empty cache.
        beginning: the cache of what is shared.
        tokens: how many of its tokens, from the first on.
        rows: how many rows there are to be.
    """
    for layer, known in zip(cache.layers, beginning.layers, strict=True):
        layer.lazy_initialization(known.keys, known.values)
        layer.keys = known.keys[:, :, :tokens].expand(rows, -1, -1, -1)
        layer.values = known.values[:, :, :tokens].expand(rows, -1, -1, -1)


def close_gaps(cache: Any, gaps: Sequence[int], tokens: int) -> None:
    """Move the beginning of every row to the right, over the padding that follows it.

    Args:
        cache: a cache whose rows are: a beginning, a gap, the rest.
        gaps: the width of each row's gap.
        tokens: the width of the beginning.
    """
    for layer in cache.layers:
        for row, gap in enumerate(gaps):
            if gap:
                for states in (layer.keys, layer.values):
                    states[row, :, gap : gap + tokens] = states[row, :, :tokens].clone()
