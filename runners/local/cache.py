"""Keys and values of a batch, in the type that they are to be kept in.

No copy is made for a token: room is taken ahead.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from ...errors import InputError

if TYPE_CHECKING:
    import torch

Tensors = tuple["torch.Tensor", "torch.Tensor"]

ROOM = 64
"""Tokens of room that are taken at a time."""

KV_TYPES = ("float32", "bfloat16", "float16", "fp8", "int8", "int4")
"""What keys and values can be kept in, beside the model's own type."""


def rounding(kind: str) -> Callable[[torch.Tensor], torch.Tensor]:
    """What keeping a tensor in another type does to its numbers.

    Floats are cast and cast back (``fp8`` is e4m3 with a scale of 1, as vLLM's default is, and
    stops at 448). ``int8`` and ``int4`` have a scale for every token and head: its greatest number.

    Raises:
        InputError: there is no such type.
    """
    import torch

    floats = {
        "float32": torch.float32,
        "bfloat16": torch.bfloat16,
        "float16": torch.float16,
        "fp8": torch.float8_e4m3fn,
    }
    if kind in floats:
        kept = floats[kind]
        most = torch.finfo(kept).max
        return lambda x: x.clamp(-most, most).to(kept).to(x.dtype)
    if kind not in ("int8", "int4"):
        raise InputError(f"kv_cache={kind}: there are {', '.join(KV_TYPES)}")
    steps = 127 if kind == "int8" else 7

    def to_steps(x: torch.Tensor) -> torch.Tensor:
        scale = x.abs().amax(dim=-1, keepdim=True).clamp(min=torch.finfo(x.dtype).tiny) / steps
        return (x / scale).round().clamp(-steps, steps) * scale

    return to_steps


def make_cache(model: Any, kept_in: str | None = None) -> Any:
    """A cache for a model's decoder.

    Args:
        model: the model.
        kept_in: one of :data:`KV_TYPES`; none: the model's own type.

    Returns:
        The cache, or none where the model keeps anything but keys and values (a recurrent state).

    Raises:
        InputError: another type is asked of a model that keeps anything else.
    """
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

    usual = getattr(model, "_supports_default_dynamic_cache", lambda: True)()
    made: Any = DynamicCache(config=model.config) if usual else None
    if made is None or not all(
        type(layer) in (DynamicLayer, DynamicSlidingWindowLayer) for layer in made.layers
    ):
        if kept_in is not None:
            raise InputError(
                f"kv_cache={kept_in}: {type(model).__name__} keeps more than keys and values"
            )
        return None
    growing = _growing_layer()
    made.layers = [layer if layer.is_sliding else growing() for layer in made.layers]
    if kept_in is not None:
        for layer in made.layers:
            layer.update = _rounded(layer.update, rounding(kept_in))
    return made


def _rounded(
    update: Callable[..., Tensors], through: Callable[[torch.Tensor], torch.Tensor]
) -> Callable[..., Tensors]:
    def rounded(keys: torch.Tensor, values: torch.Tensor, *more: Any, **named: Any) -> Tensors:
        return update(through(keys), through(values), *more, **named)

    return rounded


@cache
def _growing_layer() -> Any:
    """The class of a layer's keys and values with room ahead."""
    from transformers.cache_utils import DynamicLayer

    class Growing(DynamicLayer):  # type: ignore[misc]
        """Keys and values at the beginning of a larger room."""

        _rooms: Tensors | None = None

        def update(
            self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
        ) -> Tensors:
            """Add tokens; all keys and values so far, shape (rows, heads, tokens, width)."""
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
                self.keys, self.values = key_states[:, :, :0], value_states[:, :, :0]
            held = self.keys.shape[2]
            total = held + key_states.shape[2]
            rooms = self._rooms
            if rooms is None or not self._fits(rooms[0], total):
                rooms = self._rooms = (_room(self.keys, total), _room(self.values, total))
            for room, states in zip(rooms, (key_states, value_states), strict=True):
                room[:, :, held:total] = states
            self.keys, self.values = rooms[0][:, :, :total], rooms[1][:, :, :total]
            return self.keys, self.values

        def _fits(self, room: torch.Tensor, total: int) -> bool:
            """Whether the keys still lie in the room, all rows of it, and there is enough left."""
            same = room.data_ptr() == self.keys.data_ptr() and len(room) == len(self.keys)
            return same and room.shape[2] >= total

    return Growing


def _room(held: torch.Tensor, total: int) -> torch.Tensor:
    rows, heads, tokens, width = held.shape
    room = held.new_empty(rows, heads, total + ROOM, width)
    room[:, :, :tokens] = held
    return room
