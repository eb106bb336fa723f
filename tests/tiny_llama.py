"""A tiny random Llama in a folder, for tests that want a real model and no weights."""

from __future__ import annotations

from pathlib import Path

import tokenizers
import torch
import transformers

TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def build_tiny_llama(folder: Path) -> Path:
    """Write a model with one token per character and a context of 1,024.

    It says digits and spaces, ends now and then, and always says the same.
    """
    letters = ["<unk>", "<s>", "</s>", "\n", *(chr(code) for code in range(32, 127))]
    vocabulary = {letter: number for number, letter in enumerate(letters)}
    inner = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<unk>"))
    inner.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex(r"[\s\S]"), "isolated")
    inner.decoder = tokenizers.decoders.Fuse()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner, unk_token="<unk>", bos_token="<s>", eos_token="</s>",
        pad_token="</s>", chat_template=TEMPLATE,
    )  # fmt: skip
    tokenizer.save_pretrained(folder)
    torch.manual_seed(7)
    config = transformers.LlamaConfig(
        vocab_size=len(letters), hidden_size=16, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=1024, initializer_range=0.6,
        bos_token_id=1, eos_token_id=2, pad_token_id=2, tie_word_embeddings=False,
    )  # fmt: skip
    model = transformers.LlamaForCausalLM(config)
    said = torch.tensor([letters.index(c) for c in "0123456789 \n"] + [2])
    with torch.no_grad():
        quiet = torch.ones(len(letters), dtype=torch.bool)
        quiet[said] = False
        model.lm_head.weight[quiet] = 0.0
        model.lm_head.weight[said] *= 4
    model.save_pretrained(folder)
    return folder
