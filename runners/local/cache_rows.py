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


def begin(cache: Any, beginnings: Sequence[tuple[int, Any]]) -> int:
    """Let every row of an empty cache begin with tokens of another cache's only row.

    Args:
        cache: the empty cache.
        beginnings: for every row, how many tokens, from the first on, of which cache; 0 and none
            for a row that begins with nothing.

    Returns:
        The width: of the longest. Shorter ones are padded on their left.
    """
    width = max(tokens for tokens, _ in beginnings)
    if not width:
        return 0
    rows = len(beginnings)
    one = all(beginning == beginnings[0] for beginning in beginnings)
    for place, layer in enumerate(cache.layers):
        known = [made and made.layers[place] for _, made in beginnings]
        first = next(made for made in known if made)
        layer.lazy_initialization(first.keys, first.values)
        for name in ("keys", "values"):
            like = getattr(first, name)[:, :, :width]
            if one:
                setattr(layer, name, like.expand(rows, -1, -1, -1))
                continue
            states = like.new_zeros(rows, like.shape[1], width, like.shape[3])
            for row, ((tokens, _), made) in enumerate(zip(beginnings, known, strict=True)):
                if tokens:
                    states[row, :, width - tokens :] = getattr(made, name)[0, :, :tokens]
            setattr(layer, name, states)
    return width


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
