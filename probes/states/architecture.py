"""Where a model keeps what the probes read."""

from __future__ import annotations

from typing import Any

from ...errors import InputError


def decoder_of(model: Any) -> Any:
    """The stack of layers with its final norm, without the language-model head."""
    return model.get_decoder() if hasattr(model, "get_decoder") else model.base_model


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
