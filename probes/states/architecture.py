"""Where a model keeps what the probes read."""

from __future__ import annotations

from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from ...errors import InputError


def decoder_of(model: Any) -> Any:
    """The stack of layers with its final norm, without the language-model head."""
    found = model.get_decoder() if hasattr(model, "get_decoder") else model.base_model
    if found is model.get_output_embeddings():  # ModernBERT's decoder calls its head so
        return model.base_model
    # Llama 4 names itself as its own decoder.
    return model.model if found is model and hasattr(model, "model") else found


def layers_of(model: Any) -> Any:
    """The decoder's layers, in order.

    Raises:
        InputError: The model keeps them in no list that could be found.
    """
    import torch

    decoder = decoder_of(model)
    depth = model.config.get_text_config().num_hidden_layers
    lists = {
        name: child
        for name, child in decoder.named_children()
        if isinstance(child, torch.nn.ModuleList)
    }
    for child in lists.values():
        if len(child) == depth:
            return child
    if lists.get("layers"):  # LongCat counts the two attentions of each of its layers
        return lists["layers"]
    raise InputError(
        f"{type(model).__name__} keeps its {depth} layers in no module list that the probes know"
    )


RECURRENT = frozenset(
    "falcon_h1 falcon_mamba jamba mamba mamba2 minimax nemotron_h recurrent_gemma rwkv xlstm "
    "zamba zamba2".split()
)
"""Model types that carry a state from token to token and do not say so in ``layer_types``."""
CARRYING_LAYERS = frozenset("linear_attention conv hybrid hybrid_sliding".split())
"""Kinds of layers that carry a state from token to token, which no crop takes back."""
REFUSED = {
    "recurrent_gemma": "its attention keeps a rolling window that does not survive use_cache=False",
    "xglm": "its attention mask overflows in float64, so that there is no reference",
}
"""Model types that the probes do not read, and why."""


class Handling(NamedTuple):
    """How the prompts of a model may be computed.

    Attributes:
        share: Prompts that begin alike may be computed together, through the cache.
        branches: Several short branches may share a call, under a mask of their ancestors.
        padding: Masked tokens before the prompt change nothing.
    """

    share: bool = True
    branches: bool = False
    padding: bool = True


_FOUND: WeakKeyDictionary[Any, Handling] = WeakKeyDictionary()


def handling(model: Any) -> Handling:
    """How a model's prompts may be computed: as loading found, else as its config says."""
    return _FOUND.get(model) or handling_by_config(model.config)


def remember(model: Any, found: Handling) -> None:
    """Keep what loading found out about a model."""
    _FOUND[model] = found


def is_recurrent(config: Any) -> bool:
    """Whether a model carries a state from token to token."""
    text = config.get_text_config()
    layers = set(getattr(text, "layer_types", None) or ())
    return bool({config.model_type, text.model_type} & RECURRENT or layers & CARRYING_LAYERS)


def handling_by_config(config: Any) -> Handling:
    """What a config says of how prompts may be computed.

    One by one where a state is carried on (a padding token would enter it), and where the angles
    of every token change when a prompt grows beyond the original context (LongRoPE, dynamic NTK).
    Branches side by side only where rotary angles alone say where a token stands and every layer
    sees all tokens: a window or a linear bias would go by the place in the call.
    """
    if is_recurrent(config):
        return Handling(share=False, padding=False)
    text = config.get_text_config()
    rope = getattr(text, "rope_parameters", None) or getattr(text, "rope_scaling", None) or {}
    if any(kind in str(rope) for kind in ("longrope", "dynamic")):
        return Handling(share=False)
    layers = set(getattr(text, "layer_types", None) or ())
    window = getattr(text, "sliding_window", None) and not layers
    whole = bool(rope) and not window and layers <= {"full_attention"}
    return Handling(branches=whole)


FINAL_NORMS = ("norm", "final_layernorm", "ln_f", "final_layer_norm", "norm_f", "layer_norm")
"""What decoders call the norm after their last layer."""


def final_norm_of(model: Any) -> Any:
    """The norm after the last layer, or None where it is not known."""
    decoder = decoder_of(model)
    return next((getattr(decoder, name) for name in FINAL_NORMS if hasattr(decoder, name)), None)


def head_count(model: Any) -> int:
    """Attention heads, or 1 where a model has none."""
    heads = getattr(model.config.get_text_config(), "num_attention_heads", None)
    return int(heads or 1)
