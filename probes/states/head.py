"""The language-model head: next-token logits, the logit lens, and where digits point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .architecture import final_norm_of
from .arithmetic import full_precision

if TYPE_CHECKING:
    import torch


def next_token_logits(model: Any, final: torch.Tensor) -> torch.Tensor:
    """Logits from states after the final norm, shape (..., vocabulary), in float64 at the end.

    The head runs at the model's dtype, as it does in a real answer; scales and caps of the
    Gemma, Cohere and Granite families are applied.
    """
    import torch

    config = model.config.get_text_config()
    with torch.no_grad(), full_precision(model.dtype):
        head = model.get_output_embeddings()
        logits: torch.Tensor = head(final.to(device=model.device, dtype=head.weight.dtype))
        logits = logits * (getattr(config, "logit_scale", None) or 1.0)
        logits = logits / (getattr(config, "logits_scaling", None) or 1.0)
        cap = getattr(config, "final_logit_softcapping", None)
        if cap:
            logits = torch.tanh(logits / cap) * cap
    return logits.double().cpu()


def lens_logits(model: Any, states: torch.Tensor) -> torch.Tensor | None:
    """The logit lens: logits as if a layer's states, shape (..., d_model), were the last ones.

    None where the architecture's final norm is not known.
    """
    import torch

    norm = final_norm_of(model)
    if norm is None:
        return None
    with torch.no_grad(), full_precision(model.dtype):
        normed = norm(states.to(model.device))
    return next_token_logits(model, normed)


def digit_rows(model: Any, tokenizer: Any) -> torch.Tensor:
    """The unembedding rows of the digits 0 to 9, shape (10, d_model), in float64."""
    ids = [tokenizer.encode(str(d), add_special_tokens=False)[-1] for d in range(10)]
    rows: torch.Tensor = model.get_output_embeddings().weight[ids].detach().double().cpu()
    return rows
