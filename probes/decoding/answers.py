"""Whether the answer follows: likelihoods of the two counts of a pair, with and without a shift."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..states.architecture import decoder_of, handling, layers_of
from ..states.arithmetic import full_precision
from ..states.head import next_token_logits
from ..states.last_token import cache_argument, depth_names, last_token_states, takes
from ..states.routes import ONE_PASS
from .prompts import Unit

if TYPE_CHECKING:
    import torch

Array = NDArray[np.float64]


def answer_tokens(tokenizer: Any, count: int) -> tuple[int, ...]:
    """A count as the tokenizer spells it; what follows it is not scored."""
    return tuple(tokenizer.encode(str(count), add_special_tokens=False))


def pair_log_odds(model: Any, tokenizer: Any, units: Sequence[Unit], chunk: int) -> Array:
    """``log p(count + 1) - log p(count)`` on both prompts of each unit.

    Each answer's likelihood includes that of its end: the next token is no further digit.

    Args:
        model: A frozen decoder-only model.
        tokenizer: Its tokenizer.
        units: The pairs.
        chunk: Tokens per forward call.

    Returns:
        Shape (units, 2): on the shorter prompt, on the longer one. The answer follows where the
        first is negative and the second positive.
    """
    import torch

    digits = _digit_ids(tokenizer)
    sequences: list[tuple[int, ...]] = []
    spans: list[tuple[range, tuple[int, ...]]] = []
    for unit in units:
        for prompt in (unit.short, unit.long):
            for count in (unit.count, unit.count + 1):
                answer = answer_tokens(tokenizer, count)
                start = len(sequences)
                sequences += [prompt + answer[:k] for k in range(len(answer) + 1)]
                spans.append((range(start, len(sequences)), answer))
    last = len(depth_names(model)) - 1
    route = ONE_PASS._replace(chunk=min(ONE_PASS.chunk, chunk))
    final = last_token_states(model, sequences, depths=[last], route=route)[:, 0]
    scores = np.empty(len(spans))
    for i, (span, answer) in enumerate(spans):
        logp = torch.log_softmax(next_token_logits(model, final[span.start : span.stop]), -1)
        scores[i] = _score(logp, answer, digits)
    table = scores.reshape(len(units), 2, 2)
    return np.asarray(table[:, :, 1] - table[:, :, 0])


def _digit_ids(tokenizer: Any) -> list[int]:
    return sorted({tokenizer.encode(str(d), add_special_tokens=False)[-1] for d in range(10)})


def _score(logp: torch.Tensor, answer: Sequence[int], digits: Sequence[int]) -> float:
    """Log likelihood of an answer's tokens and of no digit after them."""
    import torch

    tokens = float(logp[range(len(answer)), list(answer)].sum())
    on = logp[-1, list(digits)].logsumexp(0).clamp(max=-1e-12)
    return tokens + float(torch.log1p(-on.exp()))


def follows(log_odds: Array) -> Array:
    """Whether both answers of each unit go the right way, shape (units,)."""
    return np.asarray((log_odds[:, 0] < 0) & (log_odds[:, 1] > 0))


Shift = tuple[int, "torch.Tensor"]
"""A depth (a layer's output, counted as in ``depth_names``) and a vector of shape (d_model,)."""


def shifted_log_odds(
    model: Any,
    tokenizer: Any,
    prompt: Sequence[int],
    counts: tuple[int, int],
    shifts: Sequence[Shift | None],
) -> list[float]:
    """``log p(counts[1]) - log p(counts[0])`` with a vector added to the prompt's last state.

    What stands before that state is not changed by it, and computed once.

    Args:
        model: A frozen decoder-only model.
        tokenizer: Its tokenizer.
        prompt: Token ids.
        counts: The two answers.
        shifts: What is added, each for itself; None for nothing.

    Returns:
        A number per shift.
    """
    import torch
    from transformers import DynamicCache

    decoder, last = decoder_of(model), len(prompt) - 1
    cache = DynamicCache() if handling(model).share and last > 0 else None
    start = last if cache is not None else 0

    def states(tokens: Sequence[int], at: int) -> torch.Tensor:
        ids = torch.as_tensor([list(tokens)], device=model.device)
        inputs: dict[str, Any] = {cache_argument(decoder): cache} if cache is not None else {}
        if takes(decoder, "position_ids"):
            inputs["position_ids"] = torch.arange(at, at + len(tokens), device=model.device)[None]
        out = decoder(input_ids=ids, use_cache=cache is not None, **inputs)
        found: torch.Tensor = out.last_hidden_state[0]
        return found

    digits, odds = _digit_ids(tokenizer), []
    with torch.no_grad(), full_precision(model.dtype):
        if cache is not None:
            states(prompt[:last], 0)
        for shift in shifts:
            scores = []
            for count in counts:
                answer = answer_tokens(tokenizer, count)
                tokens = [*prompt[start:], *answer]
                with _shifted(model, last - start, shift):
                    final = states(tokens, start)[last - start :]
                if cache is not None:
                    cache.crop(-len(tokens))
                logp = torch.log_softmax(next_token_logits(model, final), -1)
                scores.append(_score(logp, answer, digits))
            odds.append(scores[1] - scores[0])
    return odds


@contextmanager
def _shifted(model: Any, position: int, shift: Shift | None) -> Iterator[None]:
    """Add a vector to one position of a layer's output."""
    if shift is None:
        yield
        return
    depth, vector = shift
    added = vector.to(device=model.device, dtype=model.dtype)

    def hook(_module: Any, _args: Any, output: Any) -> Any:
        several = isinstance(output, tuple | list)
        state = (output[0] if several else output).clone()
        state[:, position] += added
        return type(output)((state, *output[1:])) if several else state

    handle = layers_of(model)[depth - 1].register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()
