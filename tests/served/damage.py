"""A fault planted in vLLM itself: beyond a position, nothing is written into the KV cache.

vLLM loads it as a plugin in every process of the engine (entry point `vllm.general_plugins`); the
position comes from SNELLEN_DAMAGE_FROM.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

FROM = "SNELLEN_DAMAGE_FROM"


def plugin_folder(folder: Path) -> Path:
    """A folder for PYTHONPATH that holds this module as an installed vLLM plugin."""
    (folder / "snellen_damage.py").write_text(Path(__file__).read_text(encoding="utf-8"))
    about = folder / "snellen_damage-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: snellen-damage\nVersion: 1\n")
    (about / "entry_points.txt").write_text(
        "[vllm.general_plugins]\nsnellen_damage = snellen_damage:damage\n"
    )
    return folder


def damage() -> None:
    """Patch the attention of Llama models: what lies beyond the position is kept as zeros."""
    from vllm.model_executor.models import llama

    start = int(os.environ[FROM])

    def forward(self: Any, positions: Any, hidden_states: Any) -> Any:
        qkv, _ = self.qkv_proj(hidden_states)
        q, k, v = qkv.split([self.q_size, self.kv_size, self.kv_size], dim=-1)
        q, k = self.rotary_emb(positions, q, k)
        sound = (positions < start).unsqueeze(-1).to(v.dtype)
        output, _ = self.o_proj(self.attn(q, k * sound, v * sound))
        return output

    llama.LlamaAttention.forward = forward
