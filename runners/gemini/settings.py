"""A request in Gemini's words: contents, configuration, thinking."""

from __future__ import annotations

import re
from collections.abc import Container

from google.genai import types

from ..protocol import Request

NAMES = {
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "stop": "stop_sequences",
    "max_tokens": "max_output_tokens",
}
"""How each field of ``Sampling`` is called here."""

THINKING = ("thinking_level", "thinking_budget", "thinking_config", "thinking")
"""What a complaint about ``reasoning_effort`` calls it."""

FORM = ("response_json_schema", "response_schema", "response_mime_type")
"""What a complaint about a forced answer calls it."""

FLAGS = {
    "max_tokens": "--max-tokens",
    "temperature": "--temperature",
    "top_p": "--top-p",
    "seed": "--sampling-seed",
    "reasoning_effort": "--reasoning-effort",
}
"""The options of the command line behind settings."""

# Tokens of thinking for a word, where a model takes a budget only: Google's own equivalents,
# https://ai.google.dev/gemini-api/docs/openai#thinking
_BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
EFFORTS = tuple(_BUDGETS)
"""The words for how hard to think; a number of tokens will do as well."""

_MOST_STOPS = 5  # that Gemini takes; the rest are applied here


def contents_of(request: Request) -> types.ContentListUnion:
    """The turns of a conversation, without the system's."""
    return [
        types.Content(
            role="model" if turn.role == "assistant" else "user",
            parts=[types.Part(text=turn.content)],
        )
        for turn in request.messages
        if turn.role != "system"
    ]


def config_of(
    request: Request, dropped: Container[str], thinking: types.ThinkingConfig | None
) -> types.GenerateContentConfig:
    """The settings of a request that are set and not dropped.

    The raw HTTP answer is asked for, not the SDK's model of it: one odd field would cost the
    whole answer there.
    """
    sampling, form = request.sampling, request.form
    system = [turn.content for turn in request.messages if turn.role == "system"]
    return types.GenerateContentConfig(
        max_output_tokens=sampling.max_tokens,
        temperature=None if "temperature" in dropped else sampling.temperature,
        top_p=None if "top_p" in dropped else sampling.top_p,
        seed=None if "seed" in dropped else sampling.seed,
        stop_sequences=None if "stop" in dropped else list(sampling.stop[:_MOST_STOPS]) or None,
        system_instruction="\n".join(system) or None,
        thinking_config=thinking,
        response_mime_type=None if form is None else "application/json",
        response_json_schema=None if form is None else dict(form.schema),
        should_return_http_response=True,
    )


def thinking_of(effort: str, *, levels: bool) -> types.ThinkingConfig | None:
    """How hard to think, from a word or a number of tokens; ``None`` for any other word.

    Args:
        effort: one of :data:`EFFORTS`, or a number of tokens (``-1``: the model decides).
        levels: whether the model takes levels, or budgets only.
    """
    if re.fullmatch(r"-?\d+", effort):
        return types.ThinkingConfig(thinking_budget=int(effort))
    if effort not in _BUDGETS:
        return None
    if levels and effort != "none":
        return types.ThinkingConfig(thinking_level=types.ThinkingLevel(effort.upper()))
    return types.ThinkingConfig(thinking_budget=_BUDGETS[effort])
