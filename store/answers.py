"""What a model said, as it is kept: a reply, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON may hold half a character; UTF-8 may not

FinishReason = str
"""Why generation ended: ``stop`` (of itself), ``length`` (at the token limit), ``content_filter``
(by the provider's filter), ``unknown`` (the provider does not say); any other word is the
provider's own, kept as it was said."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer and what the provider says of it; what it does not say is ``None``.

    Attributes:
        text: the visible answer; never ``None``.
        finish_reason: why it ended.
        prompt_tokens: tokens of the prompt, as the provider bills them.
        completion_tokens: tokens generated, as billed, hidden reasoning included.
        reasoning_tokens: tokens spent on hidden reasoning.
        latency_s: seconds from sending the request that succeeded to its last byte.
        fingerprint: the server's own word on what answered (system fingerprint, model version).
        reasoning: reasoning text, where the provider returns it apart from the answer.
        notice: what explains an answer that is none: why the prompt was refused, that it is
            empty, or that there is reasoning only.
    """

    text: str
    finish_reason: FinishReason = "stop"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    latency_s: float | None = None
    fingerprint: str | None = None
    reasoning: str | None = None
    notice: str | None = None

    def __post_init__(self) -> None:
        """Mend half characters, wherever the answer came from."""
        _mend(self)


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that failed for good: counted, named, and asked again by the next run."""

    reason: str
    status: int | None = None

    def __post_init__(self) -> None:
        """Mend half characters in the reason."""
        _mend(self)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the journal: the outcome of one request.

    Attributes:
        key: see :func:`snellen.store.journal.answer_key`.
        trial: what was asked (task, mode, lens, version, length, index, seed, …).
        prompt_sha256: hash of the prompt text, to prove that a rebuilt prompt is the one asked.
        result: the reply, or the failure.
    """

    key: str
    trial: Mapping[str, Any]
    prompt_sha256: str
    result: Reply | Failure
    sampling: Mapping[str, Any] = field(default_factory=dict)


def _mend(said: Reply | Failure) -> None:
    """Put a replacement character for each half of one: no file and no table takes it."""
    for one in fields(said):
        text = getattr(said, one.name)
        if isinstance(text, str) and not text.isascii() and _LONE_SURROGATE.search(text):
            object.__setattr__(said, one.name, _LONE_SURROGATE.sub("\ufffd", text))
