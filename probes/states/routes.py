"""Equivalent ways to compute the same states: in exact arithmetic all agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .architecture import handling


class Route(NamedTuple):
    """One of several equivalent ways to compute the same states.

    Attributes:
        name: How the tables call it.
        share: Compute shared prefixes once; otherwise one forward pass per prompt.
        chunk: Tokens per forward call; more are fed through the cache.
        pad: Padding tokens before the prompt, masked away.
        copies: Equal rows in the batch.
        attention: ``sdpa``, ``eager``, or None for the model's own.
        threads: CPU threads, or None for torch's own number.
    """

    name: str
    share: bool = True
    chunk: int = 2048
    pad: int = 0
    copies: int = 1
    attention: str | None = None
    threads: int | None = None


WHOLE = 1 << 40
"""A chunk that holds any prompt."""
ONE_PASS = Route("one pass")
SEPARATE = Route("separate passes", share=False)


def equivalent_routes(device: str, chunk: int, count: int) -> list[Route]:
    """Up to twelve equivalent routes that round differently; the first is one pass.

    Args:
        device: ``cpu``, ``cuda``, ...
        chunk: The most tokens per forward call that memory allows.
        count: How many.
    """
    one = 1 if device == "cpu" else None
    routes = [
        ONE_PASS,
        Route("cached chunks of 64", chunk=64),
        Route("left padding", pad=3, threads=one),
        Route("eager attention", attention="eager"),
        Route("batch of two", copies=2),
        Route("cached chunks of 37, left padding", chunk=37, pad=5),
        Route("eager attention, left padding", attention="eager", pad=2),
        Route("batch of three, cached chunks of 48", copies=3, chunk=48),
        Route("left padding of 1", pad=1),
        Route("eager attention, cached chunks of 64", attention="eager", chunk=64),
        Route("cached chunks of 96", chunk=96),
        Route("left padding of 11, batch of two", pad=11, copies=2),
    ]
    return [route._replace(chunk=min(route.chunk, chunk)) for route in routes[:count]]


def usable_routes(model: Any, routes: Sequence[Route]) -> list[Route]:
    """Those of several routes that a model can take; every one, where prefixes may be shared.

    Where they may not, prompts are computed one by one and whole; a recurrent model also takes
    no padding, and other kernels only where it has attention at all.
    """
    allowed = handling(model)
    if allowed.share:
        return [r for r in routes if allowed.padding or not r.pad]
    attention = bool(getattr(model.config.get_text_config(), "num_attention_heads", None))
    whole = [r for r in routes if r.chunk >= ONE_PASS.chunk]
    if not allowed.padding:
        whole = [r for r in whole if not r.pad and (attention or not r.attention)]
        whole += [Route("one thread", threads=1), Route("batch of three", copies=3)]
    alone = [route._replace(share=False, chunk=WHOLE) for route in whole]
    return [r for i, r in enumerate(alone) if r[1:] not in [other[1:] for other in alone[:i]]]
