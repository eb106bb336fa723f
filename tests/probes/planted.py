"""Planted models: real tiny Llamas whose weights make one known thing happen to the count.

Attention is uniform (queries are zero) and adds the mean of the tokens' values to the last state;
there is no feed-forward net. Coordinates of the state: 0 holds the count signal, 1 a constant,
from 2 on a code of the last token.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
import transformers
from snellen.probes.states.readiness import ready
from snellen.probes.states.subject import Subject

from .conftest import NO_SPECIAL, small_tokenizer

Cause = Literal["lost", "unread", "never encoded", "read", "erased", "rounding"]
WIDTH = 32


def planted_model(cause: Cause, dtype: torch.dtype, seed: int, tokenizer: Any) -> Any:
    """A model in which one more item is lost, unread, never encoded, or read."""
    torch.manual_seed(seed)
    config = transformers.LlamaConfig(
        vocab_size=128, hidden_size=WIDTH, intermediate_size=8, num_hidden_layers=2,
        num_attention_heads=1, num_key_value_heads=1, head_dim=WIDTH,
        max_position_embeddings=4096, tie_word_embeddings=False, **NO_SPECIAL,
    )  # fmt: skip
    model = transformers.AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
        for layer in model.model.layers:
            layer.input_layernorm.weight.fill_(1)
            layer.post_attention_layernorm.weight.fill_(1)
        model.model.norm.weight.fill_(1)
        _plant(model, cause, tokenizer)
    for parameter in model.parameters():
        parameter.data = parameter.data.to(dtype)
    if dtype == torch.float64:
        model = model.double()
    return ready(model, cause)


def _plant(model: Any, cause: Cause, tokenizer: Any) -> None:
    embed = model.model.embed_tokens.weight
    one, zero = (tokenizer.encode(c, add_special_tokens=False)[-1] for c in "10")
    embed[:, 1] = 1.0
    embed[:, 2:] = torch.randn(len(embed), WIDTH - 2)
    if cause == "rounding":
        # Every token gives the same value: their mean is that value, but for its last bits.
        embed[:] = embed[one].clone()
        model.model.layers[0].self_attn.v_proj.weight.normal_()
        model.model.layers[0].self_attn.o_proj.weight.normal_()
        model.lm_head.weight.normal_()
        return
    # Norms before attention give every token about the same length: the value of a token is its
    # normed state, whatever lies in it.
    first = model.model.layers[0].self_attn
    first.o_proj.weight.copy_(torch.eye(WIDTH))
    if cause == "never encoded":
        embed[one] = embed[zero]  # blind to the symbol
        first.v_proj.weight.copy_(torch.eye(WIDTH))
        return
    if cause == "lost":
        # A mean over all tokens: one more moves it by 1/n^2, on top of a large last state.
        embed[:, 2:] *= 20
        first.v_proj.weight.copy_(0.002 * torch.eye(WIDTH))
        model.lm_head.weight.normal_()
        return
    # Only ones carry a value, in a coordinate of its own that nothing else touches, so that even
    # 16 bits hold the share of ones.
    embed[one, 0] = 8.0
    embed[:, 2] = 0.0
    first.v_proj.weight[0, 0] = 4.0
    if cause == "erased":
        model.model.layers[1] = _Erasing(model.model.layers[1])
    if cause in ("unread", "erased"):
        model.lm_head.weight.normal_()  # an untied head that knows nothing of it
        model.lm_head.weight[:, 0] = 0


class _Erasing(torch.nn.Module):
    """A layer that takes the signal away again, all but what rounding leaves of it."""

    def __init__(self, layer: Any):
        super().__init__()
        self.layer = layer

    def forward(self, *args: Any, **options: Any) -> Any:
        state = self.layer(*args, **options).clone()
        signal = state[..., 0]
        state[..., 0] = signal / 3 + signal / 3 + signal / 3 - signal
        return state


def teach_head(model: Any, tokenizer: Any, prompts: dict[int, list[int]]) -> None:
    """Make the head of a "read" model answer each prompt with its count, a single digit.

    With s the signal and 1 the constant, the logit of digit k is ``2 s_k s - s_k^2``: largest
    for the k whose signal is nearest.
    """
    from snellen.probes.states.last_token import last_token_states

    digits = {k: tokenizer.encode(str(k), add_special_tokens=False)[-1] for k in range(10)}
    with torch.no_grad():
        for k, prompt in prompts.items():
            state = last_token_states(model, [prompt])[0, -1].double()
            signal = float(state[0] / state[1])
            model.lm_head.weight[digits[k], 0] = 200 * 2 * signal
            model.lm_head.weight[digits[k], 1] = -200 * signal**2
        for k in digits.values():  # after a digit the answer ends
            model.model.embed_tokens.weight[k, 2] = 5.0
        end = tokenizer.encode(".", add_special_tokens=False)[-1]
        model.lm_head.weight[end, 2] = 1000.0


def planted_subject(cause: Cause, seed: int) -> Subject:
    """A planted model as the probes see one."""
    tokenizer = small_tokenizer()
    return Subject(
        cause, tokenizer, lambda dtype: planted_model(cause, dtype, seed, tokenizer), 4096
    )
