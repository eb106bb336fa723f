"""What a model's own ``generation_config.json`` would change, and is not let.

A repetition penalty changes repeated symbols most of all, which is what Snellen asks about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Where a text begins and ends, and how it is computed: not a change of what is likely.
_KEPT = {"eos_token_id", "bos_token_id", "pad_token_id", "decoder_start_token_id"}
# Set by each request, or without effect on the text.
_OF_NO_EFFECT = {
    *("do_sample", "temperature", "top_p", "top_k", "min_p", "typical_p", "epsilon_cutoff"),
    *("eta_cutoff", "max_length", "max_new_tokens", "use_cache", "transformers_version"),
    *("cache_implementation", "return_dict_in_generate", "output_attentions", "output_scores"),
    *("output_hidden_states", "output_logits", "num_return_sequences", "max_time"),
}


def take_over(model: PreTrainedModel) -> dict[str, Any]:
    """Give a model neutral settings of generation.

    Returns:
        Those of its own that would change an answer and no longer do, JSON-able.
    """
    from transformers import GenerationConfig

    own = model.generation_config
    if own is None:
        return {}
    said = own.to_diff_dict()
    model.generation_config = GenerationConfig(
        **{name: said[name] for name in _KEPT if said.get(name) is not None}
    )
    dropped = {
        name: value
        for name, value in said.items()
        if name not in _KEPT | _OF_NO_EFFECT and not name.startswith("_") and value is not None
    }
    return {name: value for name, value in sorted(dropped.items()) if _matters(name, value)}


def _matters(name: str, value: Any) -> bool:
    neutral = {"repetition_penalty": 1.0, "encoder_repetition_penalty": 1.0, "num_beams": 1}
    return bool(value != neutral.get(name, 0) and value not in ([], {}, False))
