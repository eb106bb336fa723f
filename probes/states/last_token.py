"""Last-token states of many growing prompts at the cost of one pass.

Where every prompt is a prefix of the next, one forward pass over the longest holds all the
states; where a suffix follows, the key-value cache is cropped back to where prompts part
(:mod:`.prefix_tree`), and short branches are computed side by side (:mod:`.branches`). Only the
wanted positions and layers are kept, and long prompts are fed in chunks, so memory is bounded by
the chunk and the cache.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from .architecture import decoder_of, handling, layers_of
from .arithmetic import NotFiniteError, full_precision, readable
from .branches import Call, plan_calls
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
        Shape (sequences, depths, d_model), on the CPU, at the model's dtype, or at float32 where
        the model keeps its residual at that.

    Raises:
        InputError: An empty sequence, or an attention kernel that the model cannot switch to.
        NotFiniteError: The dtype cannot hold the states (float16 ends at 65,504).
    """
    import torch

    if not all(len(s) for s in sequences):
        raise InputError("a sequence without tokens has no last token: lengths start at 1")
    depths = range(len(layers_of(model)) + 2) if depths is None else depths
    if not handling(model).share:
        route = route._replace(share=False, chunk=WHOLE)
    out: torch.Tensor | None = None
    walks = (
        [(plan_visits(sequences), range(len(sequences)))]
        if route.share
        else [(plan_visits([s]), [i]) for i, s in enumerate(sequences)]
    )
    with torch.no_grad(), _as_routed(model, route), _Recorder(model, depths) as recorder:
        for steps, names in walks:
            for read, state in _run(model, steps, recorder, route):
                if out is None:
                    out = torch.empty(len(sequences), *state.shape, dtype=state.dtype)
                out[names[read]] = state
    assert out is not None  # every sequence was read
    if not torch.isfinite(out).all():
        short = str(model.dtype).removeprefix("torch.")
        raise NotFiniteError(
            f"the states of {type(model).__name__} are no finite numbers in {short}: take another "
            "dtype"
        )
    return out


def _run(
    model: Any, steps: list[Visit], recorder: _Recorder, route: Route
) -> Iterator[tuple[int, torch.Tensor]]:
    """Walk the steps; yields (sequence, states of shape (depths, d_model)) as they are reached."""
    from transformers import DynamicCache

    decoder = decoder_of(model)
    calls = list(plan_calls(steps, route.chunk, together=handling(model).branches))
    # Without a config every layer keeps all it saw: a sliding-window layer would drop what a
    # crop needs back. The window itself is in the mask.
    cache = None if len(calls) == 1 else DynamicCache()
    cached = 0
    for call in calls:
        if cache is not None and call.keep == 0:
            cache = DynamicCache()  # a crop would leave the padding of the prompt before
        elif cache is not None and cached > call.keep:
            cache.crop(call.keep - cached)
        pad = route.pad if call.keep == 0 else 0
        recorder.positions = [pad + at for _, at in call.reads]
        _forward(decoder, call, pad, route, cache)
        cached = call.keep + len(call.tokens)
        with readable(type(decoder).__name__):
            states = recorder.take()
        yield from zip((read for read, _ in call.reads), states, strict=True)


def _forward(decoder: Any, call: Call, pad: int, route: Route, cache: Any) -> None:
    """One call; ``pad`` padding tokens go before it, ``route.pad`` are in the cache or here."""
    import torch

    device = next(decoder.parameters()).device
    piece = torch.as_tensor(call.tokens, device=device)
    positions = torch.as_tensor(call.positions, device=device)
    inputs: dict[str, Any] = {}
    if pad:
        piece = torch.cat([piece[:1].expand(pad), piece])
        positions = torch.cat([positions.new_zeros(pad), positions])
    if call.ancestors is not None:
        mask = _tree_mask(call.ancestors, pad, route.pad, decoder.dtype).to(device)
        inputs["attention_mask"] = mask.expand(route.copies, 1, -1, -1)
    elif route.pad:
        length = route.pad + call.keep + len(call.tokens)
        mask = torch.ones(route.copies, length, device=device, dtype=torch.long)
        mask[:, : route.pad] = 0
        inputs["attention_mask"] = mask
    if cache is not None:
        inputs[cache_argument(decoder)] = cache
    if takes(decoder, "position_ids"):
        inputs["position_ids"] = positions.expand(route.copies, -1)
    with readable(type(decoder).__name__):
        decoder(input_ids=piece.expand(route.copies, -1), use_cache=cache is not None, **inputs)


def _tree_mask(
    ancestors: NDArray[np.bool_], pad: int, padded: int, dtype: torch.dtype
) -> torch.Tensor:
    """An additive mask of shape (1, 1, pad + q, padded + keys): what each token may see.

    Padding tokens see themselves (a row that saw nothing would have no softmax); none sees them.
    """
    import torch

    rows, keys = ancestors.shape
    seen = torch.zeros(pad + rows, padded + keys, dtype=torch.bool)
    seen[pad:, padded:] = torch.from_numpy(ancestors)
    seen[:pad, :pad] = torch.ones(pad, pad).tril().bool()
    mask = torch.zeros(seen.shape, dtype=dtype)
    return mask.masked_fill(~seen, torch.finfo(dtype).min)[None, None]


def cache_argument(decoder: Any) -> str:
    """``cache`` from transformers 5.2x on, ``past_key_values`` before."""
    return "cache" if takes(decoder, "cache") else "past_key_values"


def takes(decoder: Any, argument: str) -> bool:
    """Whether a decoder's forward has an argument of that name."""
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

        kept = [self._kept[d] for d in self._depths]
        widths = sorted({state.shape[-1] for state in kept})
        if len(widths) > 1:
            raise ValueError(f"its layers hand on states of different widths, {widths}")
        widest = functools.reduce(torch.promote_types, (state.dtype for state in kept))
        return torch.stack([state.to(widest) for state in kept], dim=1).cpu()

    def _keep_input(self, _module: Any, args: Any, kwargs: Any) -> None:
        self._keep(0, args[0] if args else kwargs["hidden_states"])

    def _keep_output(self, depth: int) -> Any:
        def hook(_module: Any, _args: Any, output: Any) -> None:
            state = getattr(output, "last_hidden_state", output)
            self._keep(depth, state[0] if isinstance(state, tuple | list) else state)

        return hook

    def _keep(self, depth: int, state: torch.Tensor) -> None:
        if state.ndim != 3 or state.shape[1] <= max(self.positions, default=0):
            raise ValueError(f"depth {depth} has states of shape {tuple(state.shape)}")
        self._kept[depth] = state[0, self.positions]
