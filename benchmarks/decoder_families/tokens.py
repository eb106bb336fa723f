"""A tokenizer for tiny models: one token per character, ids below 128."""

from __future__ import annotations

from typing import Any

import tokenizers
import transformers


def character_tokenizer() -> Any:
    """Printable ASCII, a token each; anything else is unknown."""
    vocabulary = {"<unk>": 0, **{chr(code): code for code in range(32, 127)}}
    inner = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<unk>"))
    inner.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex("."), "isolated")
    inner.decoder = tokenizers.decoders.Fuse()
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner, unk_token="<unk>", clean_up_tokenization_spaces=False
    )
