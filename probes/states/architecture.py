"""Where a model keeps what the probes read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import InputError
from .arithmetic import full_precision

if TYPE_CHECKING:
    import torch


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


def next_token_logits(model: Any, final: torch.Tensor) -> torch.Tensor:
    """Logits from states after the final norm, shape (..., vocabulary), in float64 at the end.

    The head runs at the model's dtype, as it does in a real answer; scales and caps of the
    Gemma, Cohere and Granite families are applied.
    """
    import torch

    config = model.config.get_text_config()
    with torch.no_grad(), full_precision(model.dtype):
        logits: torch.Tensor = model.get_output_embeddings()(final.to(model.device))
        logits = logits * (getattr(config, "logit_scale", None) or 1.0)
        logits = logits / (getattr(config, "logits_scaling", None) or 1.0)
        cap = getattr(config, "final_logit_softcapping", None)
        if cap:
            logits = torch.tanh(logits / cap) * cap
    return logits.double().cpu()


def head_count(model: Any) -> int:
    """Attention heads, or 1 where a model has none."""
    heads = getattr(model.config.get_text_config(), "num_attention_heads", None)
    return int(heads or 1)
