"""Log-likelihoods of given texts in this process, in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...errors import SnellenError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_SCORES_BYTES = 2**29
"""Memory for the scores of one batch: rows x tokens x vocabulary, in float32."""

_Pair = tuple[list[int], list[int]]
"""Tokens of the context, and of the continuation."""


def score_texts(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    context_length: int | None,
    pairs: Sequence[tuple[str, str]],
) -> list[tuple[float, bool]]:
    """Log-probability of each continuation, and whether greedy decoding gives it.

    Context and continuation are tokenized together, as the model reads them, and split where the
    context alone ends; white space at its end belongs to the continuation (as lm-eval has it).

    Raises:
        SnellenError: a pair is longer than the model's context.
    """
    encoded = [_encode(tokenizer, context, text) for context, text in pairs]
    for (context, text), (_, (before, after)) in zip(pairs, enumerate(encoded), strict=True):
        if context_length is not None and len(before) + len(after) > context_length + 1:
            raise SnellenError(
                f"a text could not be scored: {len(before) + len(after):,} tokens, the context "
                f"is {context_length:,}; it begins {(context + text)[:40]!r}"
            )
    found: list[tuple[float, bool]] = [(0.0, True)] * len(pairs)
    order = sorted(range(len(pairs)), key=lambda i: -len(encoded[i][0]) - len(encoded[i][1]))
    for rows in _batches(order, encoded, model.config.get_text_config().vocab_size):
        for row, result in zip(rows, _score(model, [encoded[i] for i in rows]), strict=True):
            found[row] = result
    return found


def _encode(tokenizer: PreTrainedTokenizerBase, context: str, text: str) -> _Pair:
    lead = context.rstrip()
    if not lead:
        first = tokenizer.bos_token_id
        first = tokenizer.eos_token_id if first is None else first
        return [int(first)], list(tokenizer.encode(context + text, add_special_tokens=False))
    before = list(tokenizer.encode(lead, add_special_tokens=False))
    whole = list(tokenizer.encode(context + text, add_special_tokens=False))
    return whole[: len(before)], whole[len(before) :]


def _batches(
    order: Sequence[int], encoded: Sequence[_Pair], vocabulary: int
) -> Iterator[list[int]]:
    """Rows of alike length, bounded by the memory of their scores; the longest first."""
    batch: list[int] = []
    width = 0
    for row in order:
        width = max(width, len(encoded[row][0]) + len(encoded[row][1]))
        if batch and (len(batch) + 1) * width * vocabulary * 4 > _SCORES_BYTES:
            yield batch
            batch, width = [], len(encoded[row][0]) + len(encoded[row][1])
        batch.append(row)
    if batch:
        yield batch


def _score(model: PreTrainedModel, batch: Sequence[_Pair]) -> Iterator[tuple[float, bool]]:
    import torch

    texts = [(before + after)[:-1] for before, after in batch]
    # Padding stands on the right, where a causal model does not look.
    width = max(1, *map(len, texts))
    inputs = torch.zeros((len(batch), width), dtype=torch.long, device=model.device)
    mask = torch.zeros_like(inputs)
    for row, ids in enumerate(texts):
        inputs[row, : len(ids)] = torch.tensor(ids, dtype=torch.long, device=model.device)
        mask[row, : len(ids)] = 1
    with torch.inference_mode():
        scores = model(input_ids=inputs, attention_mask=mask, use_cache=False).logits
        for row, (before, after) in enumerate(batch):
            if not after:
                yield 0.0, True
                continue
            places = scores[row, len(before) - 1 : len(before) - 1 + len(after)].float()
            wanted = torch.tensor(after, device=model.device)
            logp = torch.log_softmax(places, dim=-1)
            total = float(logp.gather(1, wanted[:, None]).sum())
            yield total, bool((logp.argmax(dim=-1) == wanted).all())
