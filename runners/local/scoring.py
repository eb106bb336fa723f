"""Log-likelihoods of given texts in this process, in batches."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import SnellenError
from .cache import make_cache

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_SCORES_BYTES = 2**29
"""Memory for the scores of one batch: rows x tokens x vocabulary, in float32."""

Pair = tuple[list[int], list[int]]
"""Tokens of the context, and of the continuation."""


def score_texts(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    context_length: int | None,
    pairs: Sequence[tuple[str, str]],
    kept_in: str | None = None,
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
    return _scored(model, encoded, kept_in)


def score_after(
    model: PreTrainedModel,
    before: Sequence[int],
    after: Sequence[Sequence[int]],
    kept_in: str | None = None,
) -> list[float]:
    """Log-probability of each of several continuations of one context, which is read once.

    Args:
        model: the model.
        before: tokens of the context, at least one.
        after: tokens of each continuation, at least one.
        kept_in: what keys and values are kept in (:mod:`.cache`); none: the model's own type.
    """
    import torch

    kept = {"logits_to_keep": 1} if _takes(model, "logits_to_keep") else {}
    name = _cache_name(model)
    width = max(map(len, after)) - 1
    inputs = torch.zeros((len(after), width), dtype=torch.long, device=model.device)
    mask = torch.ones((len(after), len(before) + width), dtype=torch.long, device=model.device)
    for row, ids in enumerate(after):  # padding stands on the right, where nobody looks
        inputs[row, : len(ids) - 1] = torch.tensor(ids[:-1], dtype=torch.long, device=model.device)
        mask[row, len(before) + len(ids) - 1 :] = 0
    with torch.inference_mode():
        context = torch.tensor([list(before)], dtype=torch.long, device=model.device)
        cache = make_cache(model, kept_in)
        if cache is None:
            return [total for total, _ in _scored(model, [(list(before), list(a)) for a in after])]
        read = model(input_ids=context, use_cache=True, **{name: cache}, **kept)
        first = torch.log_softmax(read.logits[0, -1].float(), dim=-1)
        totals = [float(first[ids[0]]) for ids in after]
        if width:
            cache.batch_repeat_interleave(len(after))
            past = {name: cache}
            logits = model(input_ids=inputs, attention_mask=mask, use_cache=True, **past).logits
            for row, ids in enumerate(after):
                said = torch.log_softmax(logits[row, : len(ids) - 1].float(), dim=-1)
                wanted = torch.tensor(list(ids[1:]), dtype=torch.long, device=model.device)
                totals[row] += float(said.gather(1, wanted[:, None]).sum())
    return totals


def _scored(
    model: PreTrainedModel, encoded: Sequence[Pair], kept_in: str | None = None
) -> list[tuple[float, bool]]:
    found: list[tuple[float, bool]] = [(0.0, True)] * len(encoded)
    order = sorted(range(len(encoded)), key=lambda i: -len(encoded[i][0]) - len(encoded[i][1]))
    for rows in _batches(order, encoded, model.config.get_text_config().vocab_size):
        for row, result in zip(
            rows, _score(model, [encoded[i] for i in rows], kept_in), strict=True
        ):
            found[row] = result
    return found


def _encode(tokenizer: PreTrainedTokenizerBase, context: str, text: str) -> Pair:
    lead = context.rstrip()
    if not lead:
        first = tokenizer.bos_token_id
        first = tokenizer.eos_token_id if first is None else first
        return [int(first)], list(tokenizer.encode(context + text, add_special_tokens=False))
    before = list(tokenizer.encode(lead, add_special_tokens=False))
    whole = list(tokenizer.encode(context + text, add_special_tokens=False))
    return whole[: len(before)], whole[len(before) :]


def _batches(order: Sequence[int], encoded: Sequence[Pair], vocabulary: int) -> Iterator[list[int]]:
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


def _score(
    model: PreTrainedModel, batch: Sequence[Pair], kept_in: str | None
) -> Iterator[tuple[float, bool]]:
    import torch

    texts = [(before + after)[:-1] for before, after in batch]
    # Padding stands on the right, where a causal model does not look.
    width = max(1, *map(len, texts))
    inputs = torch.zeros((len(batch), width), dtype=torch.long, device=model.device)
    mask = torch.zeros_like(inputs)
    for row, ids in enumerate(texts):
        inputs[row, : len(ids)] = torch.tensor(ids, dtype=torch.long, device=model.device)
        mask[row, : len(ids)] = 1
    # Scores of the vocabulary are wanted from the end of the shortest context on, and are large.
    first = min(len(before) - 1 for before, _ in batch)
    kept = {"logits_to_keep": width - first} if _takes(model, "logits_to_keep") else {}
    first = first if kept else 0
    with torch.inference_mode():
        cached: dict[str, Any] = {"use_cache": False}
        if kept_in is not None:
            cached = {"use_cache": True, _cache_name(model): make_cache(model, kept_in)}
        scores = model(input_ids=inputs, attention_mask=mask, **cached, **kept).logits
        for row, (before, after) in enumerate(batch):
            if not after:
                yield 0.0, True
                continue
            start = len(before) - 1 - first
            places = scores[row, start : start + len(after)].float()
            wanted = torch.tensor(after, device=model.device)
            logp = torch.log_softmax(places, dim=-1)
            total = float(logp.gather(1, wanted[:, None]).sum())
            yield total, bool((logp.argmax(dim=-1) == wanted).all())


def _cache_name(model: PreTrainedModel) -> str:
    """``cache`` from transformers 5.2x on, ``past_key_values`` before."""
    return "cache" if _takes(model, "cache") else "past_key_values"


def _takes(model: PreTrainedModel, name: str) -> bool:
    """Whether a model's forward pass has a parameter of that name."""
    return name in inspect.signature(model.forward).parameters
