"""Prompts whose sequences hold n and n + step items, as token ids.

Every pair is built from pieces (one symbol or separator each), and every piece is one token, so
that n means the same for every model. Where the tokenizer would spell the text differently, by
merging repeated symbols, the pieces are still used and the result says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ...errors import InputError
from .kinds import Kind

Template = Literal["none", "chat"]


@dataclass(frozen=True)
class PromptPair:
    """Token ids of the n-item prompt and of the longer one."""

    length: int
    repetition: int
    short: tuple[int, ...]
    long: tuple[int, ...]


@dataclass(frozen=True)
class PromptSet:
    """The pairs of one kind.

    Attributes:
        kind: Name of the kind.
        pairs: By length, then repetition.
        as_text: Share of the short prompts that the tokenizer itself spells in these ids.
        note: One line on how the prompts were spelled.
        before: Tokens of each prompt before the sequence.
        after: Tokens after it.
    """

    kind: str
    pairs: list[PromptPair]
    as_text: float
    note: str
    before: int = 0
    after: int = 0


def build_prompts(
    tokenizer: Any,
    kind: Kind,
    lengths: Sequence[int],
    *,
    context: int,
    step: int = 1,
    repetitions: int = 1,
    seed: int = 0,
    template: Template = "none",
    bos: bool | None = None,
    cue: str = "",
) -> PromptSet:
    """Token ids for every length and repetition of a kind.

    Args:
        tokenizer: A Hugging Face tokenizer.
        kind: Which pairs.
        lengths: Items n of the shorter prompt.
        context: The longest prompt allowed, in tokens.
        step: The longer prompt has n + step items.
        repetitions: Draws of a random kind; other kinds have one.
        seed: Seed of the draws; the digits of a repetition are nested over lengths.
        template: ``none``: the sequence ends the prompt, as in the paper; ``chat``: the model's
            chat template is closed after it, and the state is that of the prompt's last token.
        bos: With the BOS token, without it, or None for the tokenizer's own habit.
        cue: Text after the sequence where no chat template closes it.

    Raises:
        InputError: A prompt does not fit the context, a symbol is not one token, or a BOS token
            or chat template is asked for that the tokenizer lacks.
    """
    head, tail = _frame(tokenizer, kind, template, bos)
    if cue and template == "none":
        tail = tokenizer.encode(cue, add_special_tokens=False)
    ids: dict[str, int] = {}
    pairs = []
    for repetition in range(repetitions if kind.random else 1):
        rng = np.random.default_rng([seed, repetition])
        digits = [str(d) for d in rng.integers(10, size=max(lengths))]
        for n in lengths:
            spelled = []
            for extra in (0, step):
                pieces = kind.pieces(n, extra, digits)
                for piece in set(pieces) - set(ids):
                    ids[piece] = _one_token(tokenizer, piece)
                spelled.append((*head, *(ids[piece] for piece in pieces), *tail))
            if len(spelled[1]) > context:
                raise InputError(
                    f"length {n} of {kind.name} takes {len(spelled[1])} tokens and the model's "
                    f"context holds {context}: shorten --lengths"
                )
            pairs.append(PromptPair(n, repetition, *spelled))
    pairs.sort(key=lambda pair: (pair.length, pair.repetition))
    as_text = _share_as_text(tokenizer, pairs, head, tail, kind)
    note = (
        "spelled as the tokenizer spells the text"
        if as_text == 1
        else f"built from token ids, one per symbol: the tokenizer spells {1 - as_text:.0%} of "
        "these texts otherwise (it merges repeated symbols)"
    )
    return PromptSet(kind.name, pairs, as_text, note, len(head), len(tail))


def _frame(
    tokenizer: Any, kind: Kind, template: Template, bos: bool | None
) -> tuple[list[int], list[int]]:
    """Token ids before and after the sequence."""
    if not kind.question:
        return [], []
    lead = f"{kind.question} "
    if template == "chat":
        if not tokenizer.chat_template:
            raise InputError("the tokenizer has no chat template: use --template none")
        mark = "\x00"
        text = tokenizer.apply_chat_template(
            [{"role": "user", "content": lead + mark}], tokenize=False, add_generation_prompt=True
        )
        before, _, after = text.partition(mark)
        head, tail = (tokenizer.encode(part, add_special_tokens=False) for part in (before, after))
    else:
        head, tail = tokenizer.encode(lead, add_special_tokens=False), []
        own = tokenizer.encode("x")[0] == tokenizer.bos_token_id
        bos = own if bos is None else bos
    if bos is not None and tokenizer.bos_token_id is None and bos:
        raise InputError("the tokenizer has no BOS token: leave out --bos yes")
    if bos is not None:
        head = [i for i in head[:1] if i != tokenizer.bos_token_id] + head[1:]
        head = [tokenizer.bos_token_id] * bos + head
    return head, tail


def _one_token(tokenizer: Any, piece: str) -> int:
    # The last id: some tokenizers put a space marker before the first word of any text.
    last = int(tokenizer.encode(piece, add_special_tokens=False)[-1])
    if tokenizer.decode([last]).strip() != piece:
        raise InputError(
            f"the tokenizer has no single token for {piece!r}: lengths in items would not be "
            "lengths in tokens, so this pair cannot be probed on this model"
        )
    return last


def _share_as_text(
    tokenizer: Any, pairs: Sequence[PromptPair], head: list[int], tail: list[int], kind: Kind
) -> float:
    """Share of the short prompts whose text, encoded as a whole, gives the same sequence ids."""
    lead = f"{kind.question} " if kind.question else ""
    lead_ids = tokenizer.encode(lead, add_special_tokens=False) if lead else []
    same = []
    for pair in pairs:
        body = list(pair.short[len(head) : len(pair.short) - len(tail)])
        text = lead + "".join(tokenizer.decode([i]).strip() for i in body)
        same.append(tokenizer.encode(text, add_special_tokens=False) == lead_ids + body)
    return float(np.mean(same))
