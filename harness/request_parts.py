"""lm-eval's requests in our words: context, generation settings, and whose document it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..runners.protocol import Message, Sampling
from ..tasks.trial import TrialId

LIMITS = ("max_gen_toks", "max_tokens", "max_new_tokens", "max_completion_tokens")
"""The names that tasks give the limit of an answer's tokens, the first found counts."""
UNDERSTOOD = {*LIMITS, "until", "do_sample", "temperature", "top_p", "seed", "reasoning_effort"}
"""The generation settings that are sent."""
_DEFAULT_LIMIT = 256
"""lm-eval's own, for tasks that name none."""


class Conversation(str):
    """Turns as JSON: what ``HarnessLM.apply_chat_template`` gives lm-eval for a context."""

    __slots__ = ()


def limit_of(settings: Mapping[str, Any]) -> int:
    """The token limit among lm-eval's generation settings, or its default."""
    return int(next((settings[name] for name in LIMITS if name in settings), _DEFAULT_LIMIT))


def trial_of(doc: Any) -> TrialId | None:
    """The trial that a document is, if it is one of ours."""
    try:
        return TrialId.from_dict(doc)
    except (KeyError, TypeError, AttributeError):
        return None


def messages_of(context: str) -> tuple[Message, ...]:
    """The turns of a context; a plain text is a user's."""
    if isinstance(context, Conversation):
        return tuple(Message(turn["role"], turn["content"]) for turn in json.loads(context))
    return (Message("user", context),)


def sampling_of(settings: Mapping[str, Any]) -> Sampling:
    """How an answer is drawn, from lm-eval's generation settings."""
    temperature = settings.get("temperature")
    if settings.get("do_sample") is False or temperature is None:
        temperature = 0.0
    until = settings.get("until") or ()
    return Sampling(
        max_tokens=limit_of(settings),
        temperature=float(temperature),
        top_p=settings.get("top_p"),
        seed=settings.get("seed"),
        stop=(until,) if isinstance(until, str) else tuple(until),
        reasoning_effort=settings.get("reasoning_effort"),
    )
