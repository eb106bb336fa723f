"""Every decoder family: states by every route it can take, or one clear line."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers
from snellen.errors import InputError
from snellen.probes.sensitivity.measure import SensitivityPlan, measure_sensitivity
from snellen.probes.states.arithmetic import full_precision
from snellen.probes.states.last_token import last_token_states
from snellen.probes.states.readiness import ready
from snellen.probes.states.routes import equivalent_routes, usable_routes
from snellen.probes.states.subject import Subject

S: dict[str, Any] = {
    "vocab_size": 128, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "intermediate_size": 48, "max_position_embeddings": 512,
    "bos_token_id": None, "eos_token_id": None, "pad_token_id": None,
}  # fmt: skip
MOE = {**S, "num_experts": 4, "num_local_experts": 4, "num_experts_per_tok": 2}
MOE |= {"moe_intermediate_size": 16}
STATE = {"vocab_size": 128, "hidden_size": 32, "num_hidden_layers": 2}
HYBRID = {
    "mamba_n_heads": 8, "mamba_d_head": 8, "mamba_n_groups": 1, "mamba_d_state": 8,
    "mamba_chunk_size": 8,
}  # fmt: skip
T = transformers
OTHERS: dict[str, Any] = {
    "mixtral": lambda: T.MixtralConfig(**MOE),
    "qwen3_moe": lambda: T.Qwen3MoeConfig(**MOE, head_dim=8),
    "gpt_oss": lambda: T.GptOssConfig(
        **MOE, head_dim=8, sliding_window=8, layer_types=["sliding_attention", "full_attention"]
    ),
    "llama4": lambda: T.Llama4TextConfig(
        **MOE, head_dim=8, intermediate_size_mlp=48, attention_chunk_size=16
    ),
    "phi3_longrope": lambda: T.Phi3Config(
        **S, original_max_position_embeddings=16,
        rope_parameters={
            "rope_type": "longrope", "short_factor": [1.0] * 4, "long_factor": [4.0] * 4,
            "rope_theta": 10000.0,
        },
    ),
    "bloom": lambda: T.BloomConfig(vocab_size=128, hidden_size=32, n_layer=2, n_head=4),
    "mpt": lambda: T.MptConfig(vocab_size=128, d_model=32, n_layers=2, n_heads=4),
    "opt": lambda: T.OPTConfig(
        **{k: v for k, v in S.items() if k != "intermediate_size"}, ffn_dim=48,
        word_embed_proj_dim=32,
    ),
    "modernbert-decoder": lambda: T.ModernBertDecoderConfig(
        **{**S, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}, local_attention=16
    ),
    "cohere": lambda: T.CohereConfig(**S),
    "mamba": lambda: T.MambaConfig(**STATE, state_size=8),
    "mamba2": lambda: T.Mamba2Config(
        **STATE, state_size=8, num_heads=8, head_dim=8, n_groups=1, chunk_size=8
    ),
    "falcon_mamba": lambda: T.FalconMambaConfig(**STATE, state_size=8),
    "rwkv": lambda: T.RwkvConfig(**STATE, attention_hidden_size=32, context_length=512),
    "bamba": lambda: T.BambaConfig(**S, attn_layer_indices=[1], **HYBRID),
    "qwen3_next": lambda: T.Qwen3NextConfig(
        **MOE, head_dim=8, layer_types=["linear_attention", "full_attention"],
        linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=8,
        linear_value_head_dim=8, shared_expert_intermediate_size=16,
    ),
    "deepseek_v32": lambda: T.DeepseekV32Config(  # a cache of its own kind
        **{**MOE, "num_key_value_heads": 4}, n_routed_experts=4, q_lora_rank=16, kv_lora_rank=16,
        qk_rope_head_dim=8, qk_nope_head_dim=8, v_head_dim=8, index_head_dim=16, index_n_heads=2,
        index_topk=64,
    ),
    "lfm2": lambda: T.Lfm2Config(**S, layer_types=["conv", "full_attention"]),
}  # fmt: skip
PREFIX = [7, 8, 9]
PROMPTS = [PREFIX + [11] * n + end for n in (1, 2, 5, 30) for end in ([], [4, 5])]


def other(family: str, dtype: torch.dtype) -> Any:
    torch.manual_seed(0)
    config = OTHERS[family]()
    config.initializer_range = 0.2
    return ready(transformers.AutoModelForCausalLM.from_config(config).to(dtype), family)


@pytest.mark.filterwarnings("ignore")  # slow paths of kernels that are not installed
@pytest.mark.parametrize("family", sorted(OTHERS))
def test_every_route_in_float64_is_a_plain_forward(family: str) -> None:
    model = other(family, torch.float64)
    want = []
    for prompt in PROMPTS:
        with torch.no_grad(), full_precision(model.dtype):
            out = model(input_ids=torch.tensor([prompt]), output_hidden_states=True)
        want.append(out.hidden_states[-1][0, -1])
    plain = torch.stack(want)
    routes = usable_routes(model, equivalent_routes("cpu", 2048, 12))
    assert len(routes) >= 3
    for route in routes:
        got = last_token_states(model, PROMPTS, route=route)[:, -1]
        assert (got - plain).abs().max() < 1e-11 * plain.abs().max(), route.name


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("family", ["bloom", "mpt", "mamba", "rwkv", "bamba", "lfm2"])
def test_norms_are_reported_where_the_bound_is_not_known(family: str, tokenizer: Any) -> None:
    subject = Subject(family, tokenizer, lambda dtype: other(family, dtype), 512)
    plan = SensitivityPlan(("count_ones",), (6,), probes=4)
    tables, failures, warnings = measure_sensitivity(subject, plan)
    assert not failures
    assert (tables["positions"].norm > 0).all()
    assert len(warnings) == tables["profiles"].rank_correlation.isna().any()


def test_a_family_that_cannot_be_read_is_refused_by_name() -> None:
    config = transformers.XGLMConfig(
        vocab_size=128, d_model=32, ffn_dim=48, num_layers=2, attention_heads=4
    )
    model = transformers.AutoModelForCausalLM.from_config(config)
    with pytest.raises(InputError, match=r"mine \(xglm\) cannot be probed: its attention mask"):
        ready(model, "mine")
