"""Where a model keeps what the probes read."""

from __future__ import annotations

from typing import Any

from ...errors import InputError


def decoder_of(model: Any) -> Any:
    """The stack of layers with its final norm, without the language-model head."""
    found = model.get_decoder() if hasattr(model, "get_decoder") else model.base_model
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
    for child in decoder.children():
        if isinstance(child, torch.nn.ModuleList) and len(child) == depth:
            return child
    raise InputError(
        f"{type(model).__name__} keeps its {depth} layers in no module list that the probes know"
    )


RECURRENT = frozenset(
    "bamba falcon_h1 falcon_mamba granitemoehybrid jamba lfm2 lfm2_moe mamba mamba2 minimax "
    "nemotron_h qwen3_5 qwen3_5_moe qwen3_next rwkv zamba zamba2".split()
)
"""Model types that carry a state from token to token that no crop takes back.

Their prompts are computed one by one: right, if slower. A padding token would enter the state.
"""
REFUSED = {
    "recurrent_gemma": "its attention keeps a rolling window that does not survive use_cache=False",
    "xglm": "its attention mask overflows in float64, so that there is no reference",
}
"""Model types that the probes do not read, and why."""


def is_recurrent(config: Any) -> bool:
    """Whether a model carries a state from token to token."""
    return config.model_type in RECURRENT or config.get_text_config().model_type in RECURRENT


def shares_prefixes(config: Any) -> bool:
    """Whether prompts that begin alike may be computed together.

    Not where a state is carried on, nor under LongRoPE, whose angles of every token change when
    a prompt grows beyond the original context.
    """
    text = config.get_text_config()
    rope = getattr(text, "rope_parameters", None) or getattr(text, "rope_scaling", None) or {}
    return not is_recurrent(config) and "longrope" not in str(rope)


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
