"""A loaded model made ready to be probed: frozen, seen to be causal, its handling found out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import InputError
from .architecture import REFUSED, Handling, decoder_of, handling_by_config, remember
from .arithmetic import full_precision, out_of_memory, readable
from .last_token import last_token_states
from .routes import ONE_PASS, SEPARATE, Route

if TYPE_CHECKING:
    import torch


def ready(model: Any, name: str) -> Any:
    """Freeze a model, see that it is causal, and give it float64 buffers where it is float64.

    Prompts that begin alike are computed together and alone: where the two differ, the model's
    prompts are computed one by one from then on.

    Raises:
        InputError: A later token changes an earlier state: an encoder; or no architecture that
            can be read.
    """
    import torch

    model.eval().requires_grad_(False)
    kind = model.config.model_type
    if kind in REFUSED:
        raise InputError(f"{name} ({kind}) cannot be probed: {REFUSED[kind]}")
    if model.dtype == torch.float64:
        if hasattr(model, "set_experts_implementation"):
            model.set_experts_implementation("eager")  # grouped products know no float64
        for buffer in model.buffers():
            if buffer.is_floating_point():
                buffer.data = buffer.data.double()
    with readable(f"{name} ({kind})"):
        _check_causal(model, name)
        remember(model, _find_handling(model))
    return model


def _find_handling(model: Any) -> Handling:
    """What the config promises, less what does not give the states of separate passes."""
    promised = handling_by_config(model.config)
    remember(model, promised._replace(share=False, branches=False))
    alone = last_token_states(model, _TRIE, route=SEPARATE)[:, -1]
    if promised.padding and not _agrees(model, alone, SEPARATE._replace(pad=2)):
        promised = promised._replace(padding=False)
    if not promised.share:
        return promised
    for branches in (True, False) if promised.branches else (False,):
        remember(model, promised._replace(branches=branches))
        if _agrees(model, alone, ONE_PASS):
            return promised._replace(branches=branches)
    # Unknown to us what it keeps: prompt by prompt is right, if slower.
    return Handling(share=False, padding=False)


def _agrees(model: Any, alone: torch.Tensor, route: Route) -> bool:
    """Whether a route gives the states of separate passes but for rounding.

    The yardstick is what the context does: the distance between prompts that end with the same
    token. A cache, mask or position that goes wrong is off by about that much; rounding, also in
    16 bits, by far less.
    """
    import torch

    try:
        found = last_token_states(model, _TRIE, route=route)[:, -1]
    except InputError:  # a cache of its own kind, say: this route is not for it
        return False
    except (RuntimeError, TypeError, AttributeError, IndexError, KeyError, ValueError) as error:
        if out_of_memory(error):
            raise
        return False
    exact = alone.double()
    context = torch.stack([(exact[a] - exact[b]).norm() for a, b in _SAME_END]).min()
    apart = (found.double() - exact).norm(dim=-1).max()
    return bool(apart <= context * {torch.float64: 1e-7, torch.float32: 1e-2}.get(model.dtype, 0.5))


def _check_causal(model: Any, name: str) -> None:
    import torch

    ids = torch.tensor([[1, 2, 3], [1, 2, 4]], device=model.device)
    with torch.no_grad(), full_precision(model.dtype):
        first = decoder_of(model)(input_ids=ids, use_cache=False).last_hidden_state[:, :2]
    noise = 64 * torch.finfo(model.dtype).eps * first.abs().max()
    if (first[0] - first[1]).abs().max() > noise:
        raise InputError(
            f"{name} is an encoder: a later token changes an earlier state; probes need a causal "
            "(decoder-only) model"
        )


_TRIE = ([1, 2], [1, 2, 3], [1, 2, 3, 4, 5, 3, 3], [1, 2, 3, 6], [1, 2, 4], [5, 2])
"""Prompts that begin alike and part, to see that computing them together is right."""
_SAME_END = ((0, 5), (1, 2))
"""Which of them end with the same token."""
