"""Tiny random models of the families that the probes are checked on, made in-process."""

from __future__ import annotations

from typing import Any

import pytest
import tokenizers
import torch
import transformers
from snellen.probes.states.readiness import ready
from snellen.probes.states.subject import Subject

SMALL = {
    "vocab_size": 128,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 512,
}
GATED = {**SMALL, "num_key_value_heads": 2, "intermediate_size": 48, "head_dim": 8}
NO_SPECIAL: dict[str, Any] = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None}

FAMILIES: dict[str, Any] = {
    "llama": lambda: transformers.LlamaConfig(**GATED, **NO_SPECIAL),
    "qwen2": lambda: transformers.Qwen2Config(**GATED, **NO_SPECIAL),
    "qwen3": lambda: transformers.Qwen3Config(**GATED, **NO_SPECIAL),
    "gemma2": lambda: transformers.Gemma2Config(
        **GATED, **NO_SPECIAL, sliding_window=8, query_pre_attn_scalar=8
    ),
    "gemma3": lambda: transformers.Gemma3TextConfig(
        **GATED,
        **NO_SPECIAL,
        sliding_window=8,
        query_pre_attn_scalar=8,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
    ),
    "gpt2": lambda: transformers.GPT2Config(
        vocab_size=128, n_embd=32, n_layer=3, n_head=4, n_positions=512, **NO_SPECIAL
    ),
    "gpt_neox": lambda: transformers.GPTNeoXConfig(**SMALL, intermediate_size=48, **NO_SPECIAL),
}


def tiny_model(family: str, dtype: torch.dtype = torch.float32) -> Any:
    """A frozen random model; weights large enough that layers matter."""
    torch.manual_seed(0)
    config = FAMILIES[family]()
    config.initializer_range = 0.2
    model = transformers.AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim > 1 and "embed" not in name:
                weight.normal_(std=0.2)
    model = model.to(torch.float64) if dtype == torch.float64 else _to_half(model, dtype)
    return ready(model, family)


def _to_half(model: Any, dtype: torch.dtype) -> Any:
    # As from_pretrained(dtype=...) does: parameters change, rotary frequencies stay float32.
    for weight in model.parameters():
        weight.data = weight.data.to(dtype)
    return model


def small_tokenizer(*, merges: bool = False, bos: bool = False, without: str = "") -> Any:
    """One token per character but those left out; with ``merges``, "11" is one token too."""
    keep = ["<unk>", *(chr(c) for c in range(32, 127) if chr(c) not in without), "<s>"]
    vocab = {token: i for i, token in enumerate(keep)}
    if merges:
        vocab["11"] = len(vocab)
        model: Any = tokenizers.models.BPE(vocab=vocab, merges=[("1", "1")], unk_token="<unk>")
    else:
        model = tokenizers.models.WordLevel(vocab, unk_token="<unk>")
    inner = tokenizers.Tokenizer(model)
    if not merges:
        inner.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex("."), "isolated")
    inner.decoder = tokenizers.decoders.Fuse()
    special = {"bos_token": "<s>"} if bos else {}
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner, unk_token="<unk>", clean_up_tokenization_spaces=False, **special
    )


@pytest.fixture
def tokenizer() -> Any:
    return small_tokenizer()


@pytest.fixture
def merging_tokenizer() -> Any:
    return small_tokenizer(merges=True)


@pytest.fixture
def bos_tokenizer() -> Any:
    return small_tokenizer(bos=True)


@pytest.fixture
def subject(tokenizer: Any) -> Any:
    """``subject(family)``: a tiny model as the probes see one."""

    def make(family: str) -> Subject:
        return Subject(family, tokenizer, lambda dtype: tiny_model(family, dtype), 512)

    return make


@pytest.fixture(params=sorted(FAMILIES))
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def tiny() -> Any:
    """``tiny(family, dtype)``: each model made once."""
    made: dict[tuple[str, torch.dtype], Any] = {}

    def get(family: str, dtype: torch.dtype = torch.float32) -> Any:
        if (family, dtype) not in made:
            made[family, dtype] = tiny_model(family, dtype)
        return made[family, dtype]

    return get


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
