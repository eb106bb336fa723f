"""How a model's tokenizer cuts a text, without the model: the tokenizer alone is loaded."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from ..errors import InputError
from .registry import find_kind

Spans = Callable[[str], list[tuple[int, int]]]
"""Gives where each token of a text begins and ends, in characters."""


def token_spans(model: str) -> Spans:
    """The tokenizer of a model, by the model's name.

    Args:
        model: ``bundled``, ``hf/…``, ``vllm/…`` (the tokenizer of that name or folder), or
            ``openai/…`` where its vocabulary is on this machine.

    Raises:
        InputError: the tokenizer is not at hand.
    """
    kind, name = find_kind(model), model.partition("/")[2]
    if kind.scheme == "openai":
        return _of_openai(name)
    if kind.scheme not in ("bundled", "hf", "vllm"):
        raise InputError(
            f"{model}: its tokenizer cannot be looked into; name a model of the same tokenizer "
            "as bundled, hf/ORG/NAME, vllm/ORG/NAME or openai/NAME"
        )
    return _of_transformers(model, name)


def _of_transformers(model: str, name: str) -> Spans:
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise InputError(f"{model}: pip install 'snellen[local]' for its tokenizer") from error
    from ..store.bundled import bundled_model_path

    source = name or str(bundled_model_path())
    try:
        tokenizer = AutoTokenizer.from_pretrained(source)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"no tokenizer of {source} is at hand: {reason}") from error
    if not tokenizer.is_fast:
        raise InputError(f"{model}: its tokenizer does not say where a token stands in a text")

    def spans(text: str) -> list[tuple[int, int]]:
        found: Any = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        return [(int(start), int(end)) for start, end in found["offset_mapping"]]

    return spans


def _of_openai(name: str) -> Spans:
    from .openai.tiktokens import encoding_of

    encoding = encoding_of(name)
    if encoding is None:
        raise InputError(
            f"openai/{name}: its vocabulary is not on this machine; where the network lets "
            "tiktoken fetch it, it is kept"
        )

    def spans(text: str) -> list[tuple[int, int]]:
        _, starts = encoding.decode_with_offsets(encoding.encode_ordinary(text))
        return list(itertools.pairwise([*starts, len(text)]))

    return spans
