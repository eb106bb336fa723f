"""Answers of a model that keeps more than keys and values (a recurrent state), one at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .rows import Row

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def write_alone(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    row: Row,
    ends: Sequence[int],
    pad: int,
) -> None:
    """Write one answer through ``generate``, which knows every architecture."""
    import torch

    def choose(ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        row.hold(scores[0])
        token = row.draw(scores[0].float()) if row.drawn else int(scores[0].argmax())
        row.take(token, ends, tokenizer)
        only = torch.full_like(scores, -float("inf"))
        only[0, token] = 0
        return only

    def done(ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        return torch.full((1,), row.ended, dtype=torch.bool, device=ids.device)

    started = time.perf_counter()
    ids = torch.tensor([row.prompt], device=model.device)
    with torch.inference_mode():
        model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=row.request.sampling.max_tokens,
            do_sample=False,
            eos_token_id=list(ends) or None,
            pad_token_id=pad,
            logits_processor=[choose],
            stopping_criteria=[done],
        )
    row.seconds += time.perf_counter() - started
