"""A decoder of Llama's kind written down again in NumPy and float64, attention and all.

It reads one text at a time and keeps nothing: no cache, no padding, no kernel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

Change = Callable[[Array], Array]
"""Changes the scores of one query of one head over the keys that it sees."""


def as_it_is(scores: Array) -> Array:
    return scores


def log_n(reference: float) -> Change:
    return lambda scores: scores * max(1.0, math.log(len(scores)) / math.log(reference))


def ssmax(scale: float) -> Change:
    return lambda scores: scores * (scale * np.log(len(scores)))


def temperature(value: float) -> Change:
    return lambda scores: scores / value


def adaptive(scores: Array) -> Array:
    """The published function of arXiv 2410.01104, in NumPy."""
    weights = softmax(scores)
    entropy = -np.sum(weights * np.log(weights + 1e-300))
    fit = np.polyval([-0.037, 0.481, -2.3, 4.917, -1.791], entropy)
    return scores * (max(float(fit), 1.0) if entropy > 0.5 else 1.0)


def softmax(x: Array) -> Array:
    raised = np.exp(x - x.max())
    return np.asarray(raised / raised.sum())


class Reference:
    """Scores of the next token after a text.

    Args:
        model: a Llama or Mistral of transformers.
        change: what is done to attention's scores.
        window: tokens that a query sees, itself among them; none: all.
    """

    def __init__(self, model: Any, change: Change = as_it_is, window: int | None = None) -> None:
        self.weights = {k: v.double().numpy() for k, v in model.state_dict().items()}
        self.config = model.config
        self.change = change
        self.window = window

    def scores(self, ids: Sequence[int]) -> Array:
        """Shape (vocabulary,)."""
        x = self.weights["model.embed_tokens.weight"][list(ids)]
        for layer in range(self.config.num_hidden_layers):
            at = f"model.layers.{layer}."
            x = x + self._attention(self._norm(x, at + "input_layernorm.weight"), at + "self_attn.")
            h = self._norm(x, at + "post_attention_layernorm.weight")
            gate = h @ self.weights[at + "mlp.gate_proj.weight"].T
            up = h @ self.weights[at + "mlp.up_proj.weight"].T
            x = x + (gate / (1 + np.exp(-gate)) * up) @ self.weights[at + "mlp.down_proj.weight"].T
        last = self._norm(x[-1], "model.norm.weight")
        return np.asarray(last @ self.weights["lm_head.weight"].T)

    def greedy(self, ids: Sequence[int], tokens: int, ends: Sequence[int]) -> list[int]:
        """The likeliest token, again and again, with the one that ends the text."""
        said: list[int] = []
        while len(said) < tokens and not (said and said[-1] in ends):
            said.append(int(self.scores([*ids, *said]).argmax()))
        return said

    def _norm(self, x: Array, name: str) -> Array:
        scale = np.sqrt((x**2).mean(axis=-1, keepdims=True) + self.config.rms_norm_eps)
        return np.asarray(x / scale * self.weights[name])

    def _attention(self, x: Array, at: str) -> Array:
        heads, groups = self.config.num_attention_heads, self.config.num_key_value_heads
        width = self.config.hidden_size // heads
        q, k, v = (
            (x @ self.weights[f"{at}{name}_proj.weight"].T).reshape(len(x), -1, width)
            for name in "qkv"
        )
        q, k = self._turn(q), self._turn(k)
        out = np.zeros_like(q)
        for head in range(heads):
            group = head // (heads // groups)
            for place in range(len(x)):
                first = 0 if self.window is None else max(0, place + 1 - self.window)
                seen = slice(first, place + 1)
                scores = k[seen, group] @ q[place, head] / np.sqrt(width)
                out[place, head] = softmax(self.change(scores)) @ v[seen, group]
        return np.asarray(out.reshape(len(x), -1) @ self.weights[f"{at}o_proj.weight"].T)

    def _turn(self, x: Array) -> Array:
        """Rotary positions: the halves of a head's width are the two coordinates."""
        half = x.shape[-1] // 2
        base = self.config.rope_parameters["rope_theta"]
        angle = np.arange(len(x))[:, None] * base ** (-np.arange(half) / half)
        cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
        one, two = x[..., :half], x[..., half:]
        return np.concatenate([one * cos - two * sin, two * cos + one * sin], axis=-1)
