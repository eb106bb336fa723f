"""The words between a runner and the rest of the house: a request, a reply, a failure.

A *runner* answers requests. Everything that lm-eval, the journal and the trial table need to
know about an answer is in :class:`Reply`; a provider that cannot say leaves the field ``None``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

FinishReason = Literal["stop", "length", "content_filter"]
"""Why generation ended: of itself, at the token limit, or by the provider's filter."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How an answer is drawn. ``None`` means: not set, and not sent."""

    max_tokens: int
    temperature: float | None = 0.0
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    reasoning_effort: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One question for a model.

    Attributes:
        key: the identity under which the journal keeps the answer (``store.journal.key``).
        messages: the conversation so far; a single user turn for Snellen's own tasks. A plain
            completion prompt (no chat template) is one user message with ``raw=True``.
        sampling: how the answer is drawn.
        raw: send the text as it is, without a chat template.
        trial: what the question is, as recorded beside the answer (task, length, index, …).
    """

    key: str
    messages: tuple[Message, ...]
    sampling: Sampling
    raw: bool = False
    trial: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer and what the provider says of it.

    Attributes:
        text: the visible answer; never ``None``.
        finish_reason: why it ended.
        prompt_tokens, completion_tokens: as the provider bills them; completion tokens include
            the reasoning ones.
        reasoning_tokens: hidden tokens spent thinking, where the provider says.
        latency_s: seconds from sending the request that succeeded to its last byte.
        fingerprint: the server's own word on what answered (system fingerprint, model version).
        reasoning: reasoning text, where the provider returns it apart from the answer.
    """

    text: str
    finish_reason: FinishReason = "stop"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    latency_s: float | None = None
    fingerprint: str | None = None
    reasoning: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that failed for good; it is counted, named, and asked again on the next run."""

    reason: str
    status: int | None = None


Deliver = Callable[[Request, Reply | Failure], None]
"""Takes each answer as it arrives; when it returns, the answer is kept."""


class Runner(Protocol):
    """Who answers.

    Attributes:
        model: the name as the user wrote it (``bundled``, ``openai/gpt-…``).
        base_url: the server asked, or ``None`` in-process.
        numerics: everything known that can change an answer beside the request: engine and
            version, dtype, device, quantisation, engine flags. JSON-able; part of every key.
        context_length: the most tokens that prompt and answer may take together, if known.
    """

    model: str
    base_url: str | None
    numerics: Mapping[str, Any]
    context_length: int | None

    def answer(self, requests: Iterable[Request], deliver: Deliver) -> None:
        """Answer every request, in any order, calling ``deliver`` as each answer arrives.

        Raises:
            ModelRefused: no request to this model can succeed.
        """
        ...

    def count_tokens(self, text: str) -> int | None:
        """Tokens of ``text`` under the model's own tokenizer, or ``None`` when not at hand."""
        ...

    def close(self) -> None:
        """Release what was started: servers, connections, memory."""
        ...
