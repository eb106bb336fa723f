"""A tiny random model of every decoder that ``AutoModelForCausalLM`` knows.

Every size that a config has is made small; what a family needs beyond that stands in
:data:`SPECIAL`.
"""

from __future__ import annotations

from typing import Any

import transformers

SMALL: dict[str, Any] = {
    "vocab_size": 128, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "intermediate_size": 48, "max_position_embeddings": 512,
    "head_dim": 8, "bos_token_id": None, "eos_token_id": None, "pad_token_id": None,
    "num_experts": 4, "num_local_experts": 4, "n_routed_experts": 4, "num_experts_per_tok": 2,
    "moe_intermediate_size": 16, "shared_expert_intermediate_size": 16, "sliding_window": 8,
    "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 512, "d_model": 32, "n_layers": 2,
    "n_heads": 4, "ffn_dim": 48, "num_layers": 2, "attention_heads": 4, "dff": 48,
}  # fmt: skip
"""Sizes by the names that configs give them."""

LATENT: dict[str, Any] = {
    "q_lora_rank": 16, "kv_lora_rank": 16, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8,
    "v_head_dim": 8, "num_key_value_heads": 4, "head_dim": 8, "qk_head_dim": 16,
}  # fmt: skip
"""Multi-head latent attention."""
INDEXED: dict[str, Any] = {
    **LATENT, "head_dim": ..., "index_head_dim": 16, "index_n_heads": 2, "index_topk": 64,
}  # fmt: skip
"""The same, with an index of the tokens to attend to."""
MAMBA: dict[str, Any] = {
    "mamba_n_heads": 8, "mamba_d_head": 8, "mamba_n_groups": 1, "mamba_d_state": 8,
    "mamba_chunk_size": 8, "mamba_expand": 2,
}  # fmt: skip
LINEAR: dict[str, Any] = {
    "layer_types": ["linear_attention", "full_attention"], "linear_num_key_heads": 2,
    "linear_num_value_heads": 4, "linear_key_head_dim": 8, "linear_value_head_dim": 8,
}  # fmt: skip
DROP = ...
"""Leave out a size that the family sets by itself."""

ENDS = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
NARROW = {"head_dim": DROP, "num_key_value_heads": 4}

SPECIAL: dict[str, dict[str, Any]] = {
    **dict.fromkeys(
        (
            "deepseek_v2", "deepseek_v3", "minicpm3", "glm4_moe_lite", "sarvam_mla", "youtu",
            "longcat_flash",
        ),
        LATENT,
    ),
    **dict.fromkeys(
        (
            "camembert", "data2vec-text", "roberta", "roberta-prelayernorm", "xlm-roberta",
            "xlm-roberta-xl", "xmod", "xlm",
        ),
        ENDS,
    ),
    "axk1": {**LATENT, "head_dim": DROP, "qk_head_dim": 16, "n_group": 1, "topk_group": 1},
    "kimi_linear": {
        **LATENT, "q_lora_rank": DROP, "head_dim": DROP, "qk_head_dim": DROP,
        "linear_head_dim": 8, "linear_num_heads": 2,
        "layer_types": ["linear_attention", "full_attention"],
    },
    **dict.fromkeys(("deepseek_v32", "glm_moe_dsa", "axk2"), INDEXED),
    **dict.fromkeys(("qwen3_next", "qwen3_5_text", "qwen3_5_moe_text"), LINEAR),
    "bamba": {**MAMBA, "attn_layer_indices": [1]},
    "blt": {"patch_size": 4},
    "codegen": {"rotary_dim": 4},
    "gptj": {"rotary_dim": 4},
    "cwm": {**ENDS, "layer_types": ["sliding_attention", "full_attention"]},
    "dbrx": {"attn_config": {"kv_n_heads": 2, "rope_theta": 10000.0, "clip_qkv": 8}},
    "dots1": {"n_shared_experts": 1},
    "emu3": ENDS,
    "falcon": {"head_dim": DROP},
    "falcon_h1": {
        **MAMBA, "mamba_d_ssm": 64, "num_hidden_layers": 2, "mlp_expansion_factor": 2,
    },
    "gemma3n_text": {
        "num_hidden_layers": 4, "num_kv_shared_layers": 0, "layer_types": DROP,
        "vocab_size_per_layer_input": 128, "hidden_size_per_layer_input": 8, "laurel_rank": 8,
        "activation_sparsity_pattern": [0.0] * 4, "intermediate_size": [48] * 4,
    },
    "gemma4_text": {"vocab_size_per_layer_input": 128, "hidden_size_per_layer_input": 8},
    "gemma4_unified_text": {"vocab_size_per_layer_input": 128, "hidden_size_per_layer_input": 8},
    "dots3_note_text": {"num_key_value_heads": 4},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]], "window_size": 8},
    "granitemoehybrid": {
        **MAMBA, "layer_types": ["linear_attention", "full_attention"],
        "shared_intermediate_size": 48,
    },
    "lfm2": {"layer_types": ["conv", "full_attention"]},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"], "num_dense_layers": 1},
    "mamba": {"state_size": 8},
    "falcon_mamba": {"state_size": 8},
    "mamba2": {
        "state_size": 8, "num_heads": 8, "head_dim": 8, "n_groups": 1, "chunk_size": 8,
    },
    "modernbert-decoder": ENDS,
    "moshi": {"hidden_size": 32},
    "phi4_multimodal": {"vision_config": DROP, "audio_config": DROP},
    "zamba": {
        "num_hidden_layers": 12, "attention_hidden_size": 64, "attention_head_dim": 16,
        "n_mamba_heads": 2,
        "mamba_d_state": 8, "num_key_value_heads": 4, "head_dim": DROP,
    },
    "zamba2": {
        "num_hidden_layers": 4, "layer_types": ["linear_attention", "hybrid"] * 2,
        "hybrid_layer_ids": [1, 3], "mamba_ngroups": 1, "n_mamba_heads": 8, "mamba_headdim": 8,
        "mamba_d_state": 8, "chunk_size": 8, "num_key_value_heads": 4, "head_dim": DROP,
    },
    "zaya": {"num_experts_per_tok": 1},
}  # fmt: skip
"""What a family needs beyond small sizes."""


def tiny_config(kind: str) -> Any:
    """A config of a model type with every size small.

    Args:
        kind: The model type, a key of transformers' mapping for causal language models.
    """
    plain = transformers.AutoConfig.for_model(kind).get_text_config()
    family = type(plain)
    special = SPECIAL.get(plain.model_type, {})
    known = set(dir(plain)) | set(family.attribute_map)
    sizes = {k: v for k, v in SMALL.items() if k in known}
    sizes = {k: v for k, v in {**sizes, **special}.items() if v is not DROP}
    config = family(**sizes)
    config.initializer_range = 0.2
    return config
