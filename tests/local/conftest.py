"""Tiny models of both kinds: every token seen, and through a sliding window."""

from __future__ import annotations

from pathlib import Path

import pytest

WINDOW = 9


def build(folder: Path, window: int | None) -> Path:
    """A random model over bytes, four heads on two heads of keys, that repeats itself little."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import (
        LlamaConfig,
        LlamaForCausalLM,
        MistralConfig,
        MistralForCausalLM,
        PreTrainedTokenizerFast,
    )

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: i for i, letter in enumerate(["<s>", "</s>", *letters])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>"
    ).save_pretrained(folder)
    torch.manual_seed(3)
    sizes = {
        "vocab_size": len(vocabulary), "hidden_size": 32, "intermediate_size": 64,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "max_position_embeddings": 512, "bos_token_id": 0, "eos_token_id": 1,
        "initializer_range": 0.35, "tie_word_embeddings": False,
    }  # fmt: skip
    model = (
        LlamaForCausalLM(LlamaConfig(**sizes))
        if window is None
        else MistralForCausalLM(MistralConfig(**sizes, sliding_window=window))
    )
    with torch.no_grad():  # texts that end after some tokens, not at once and not never
        model.lm_head.weight[1] *= 2
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose queries see all that came before."""
    return build(tmp_path_factory.mktemp("whole"), None)


@pytest.fixture(scope="session")
def windowed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose queries see the last few tokens."""
    return build(tmp_path_factory.mktemp("windowed"), WINDOW)
