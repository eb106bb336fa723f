"""Last-token states of many growing prompts at the cost of one pass.

Where every prompt is a prefix of the next, one forward pass over the longest holds all the
states; where a suffix follows, a cropped key-value cache is walked (see :mod:`.walk`). Only the
wanted positions and layers are kept, and long prompts are fed in chunks, so memory is bounded by
the chunk and the cache.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from .architecture import decoder_of, layers_of, shares_prefixes
from .arithmetic import full_precision
from .prefix_tree import Visit, plan_visits
from .routes import ONE_PASS, WHOLE, Route

if TYPE_CHECKING:
    import torch


def depth_names(model: Any) -> list[str]:
    """Names of the depths that states are kept at: embedding, each layer's output, final norm."""
    return ["embedding", *(f"layer {i + 1}" for i in range(len(layers_of(model)))), "final norm"]


def last_token_states(
    model: Any,
    sequences: Sequence[Sequence[int]],
    *,
    depths: Sequence[int] | None = None,
    route: Route = ONE_PASS,
) -> torch.Tensor:
    """The state of each sequence's last token at each depth.

    Args:
        model: A decoder-only Hugging Face model, frozen.
        sequences: Token ids; repeats and any nesting are allowed.
        depths: Indices into :func:`depth_names`, all of them by default.
        route: Which of the equivalent computations to take.

    Returns:
        Shape (sequences, depths, d_model), at the model's dtype, on the CPU.

    Raises:
        InputError: An empty sequence, or an attention kernel that the model cannot switch to.
    """
    import torch

    if not all(len(s) for s in sequences):
        raise InputError("a sequence without tokens has no last token: lengths start at 1")
    depths = range(len(layers_of(model)) + 2) if depths is None else depths
    if not shares_prefixes(model.config):
        route = route._replace(share=False, chunk=WHOLE)
    width = model.config.get_text_config().hidden_size
    out = torch.empty(len(sequences), len(depths), width, dtype=model.dtype)
    walks = (
        [(plan_visits(sequences), range(len(sequences)))]
        if route.share
        else [(plan_visits([s]), [i]) for i, s in enumerate(sequences)]
    )
    with torch.no_grad(), _as_routed(model, route), _Recorder(model, depths) as recorder:
        for steps, names in walks:
            for read, state in _run(model, steps, recorder, route):
                out[names[read]] = state
    return out


def _run(
    model: Any, steps: list[Visit], recorder: _Recorder, route: Route
) -> Iterator[tuple[int, torch.Tensor]]:
    """Walk the steps; yields (sequence, states of shape (depths, d_model)) as they are reached."""
    import torch
    from transformers import DynamicCache

    decoder = decoder_of(model)
    single = len(steps) == 1 and len(steps[0].tokens) + route.pad <= route.chunk
    # Without a config every layer keeps all it saw: a sliding-window layer would drop what a
    # crop needs back. The window itself is in the mask.
    cache = None if single else DynamicCache()
    cached = 0
    for step in steps:
        if cache is not None and cached > step.keep:
            cache.crop(step.keep - cached)
        cached = step.keep
        tokens = torch.as_tensor(step.tokens, device=model.device)
        for start in range(0, len(tokens), route.chunk):
            piece = tokens[start : start + route.chunk]
            here = [
                (read, at - start) for read, at in step.reads if start <= at < start + len(piece)
            ]
            pad = route.pad if cached == 0 else 0
            recorder.positions = [pad + at for _, at in here]
            _forward(decoder, piece, cached, pad, route, cache)
            cached += len(piece)
            yield from zip((read for read, _ in here), recorder.take(), strict=True)


def _forward(
    decoder: Any, piece: torch.Tensor, cached: int, pad: int, route: Route, cache: Any
) -> None:
    import torch

    positions = torch.arange(cached, cached + len(piece), device=piece.device)
    inputs: dict[str, Any] = {}
    if route.pad:
        piece = torch.cat([piece[:1].expand(pad), piece])
        positions = torch.cat([positions.new_zeros(pad), positions])
        mask = torch.ones(route.copies, route.pad + int(positions[-1]) + 1, device=piece.device)
        mask[:, : route.pad] = 0
        inputs["attention_mask"] = mask.long()
    if cache is not None:
        inputs[cache_argument(decoder)] = cache
    if _takes(decoder, "position_ids"):
        inputs["position_ids"] = positions.expand(route.copies, -1)
    decoder(input_ids=piece.expand(route.copies, -1), use_cache=cache is not None, **inputs)


def cache_argument(decoder: Any) -> str:
    """``cache`` from transformers 5.2x on, ``past_key_values`` before."""
    return "cache" if _takes(decoder, "cache") else "past_key_values"


def _takes(decoder: Any, argument: str) -> bool:
    return argument in inspect.signature(decoder.forward).parameters


@contextmanager
def _as_routed(model: Any, route: Route) -> Iterator[None]:
    """The model and torch set up as the route wants them, and set back afterwards."""
    import torch

    with ExitStack() as stack:
        stack.enter_context(full_precision(model.dtype))
        if route.threads is not None:
            stack.callback(torch.set_num_threads, torch.get_num_threads())
            torch.set_num_threads(route.threads)
        if route.attention is not None:
            stack.enter_context(attention_kernel(model, route.attention))
        yield


@contextmanager
def attention_kernel(model: Any, kernel: str) -> Iterator[None]:
    """Run a model with another attention implementation for a while.

    Raises:
        InputError: The model has no such implementation.
    """
    before = model.config._attn_implementation
    try:
        model.set_attn_implementation(kernel)
    except (ValueError, ImportError) as error:
        raise InputError(
            f"{type(model).__name__} cannot switch to {kernel} attention: load it with "
            f"attn_implementation={kernel!r}"
        ) from error
    try:
        yield
    finally:
        model.set_attn_implementation(before)


class _Recorder:
    """Forward hooks that keep the wanted positions of the wanted depths, and nothing else."""

    def __init__(self, model: Any, depths: Sequence[int]):
        self.positions: list[int] = []
        self._model = model
        self._depths = list(depths)
        self._kept: dict[int, torch.Tensor] = {}
        self._handles: list[Any] = []

    def __enter__(self) -> _Recorder:
        layers = layers_of(self._model)
        for depth in set(self._depths):
            if depth == 0:
                hook = layers[0].register_forward_pre_hook(self._keep_input, with_kwargs=True)
            elif depth <= len(layers):
                hook = layers[depth - 1].register_forward_hook(self._keep_output(depth))
            else:
                hook = decoder_of(self._model).register_forward_hook(self._keep_output(depth))
            self._handles.append(hook)
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()

    def take(self) -> torch.Tensor:
        """What the last forward call left: shape (positions, depths, d_model), on the CPU."""
        import torch

        return torch.stack([self._kept[d] for d in self._depths], dim=1).cpu()

    def _keep_input(self, _module: Any, args: Any, kwargs: Any) -> None:
        self._keep(0, args[0] if args else kwargs["hidden_states"])

    def _keep_output(self, depth: int) -> Any:
        def hook(_module: Any, _args: Any, output: Any) -> None:
            state = getattr(output, "last_hidden_state", output)
            self._keep(depth, state[0] if isinstance(state, tuple) else state)

        return hook

    def _keep(self, depth: int, state: torch.Tensor) -> None:
        self._kept[depth] = state[0, self.positions]
