"""The seam where a provider is added: one async method that turns a request into a reply.

A provider knows a wire format and nothing else. Retries, rate limits, deadlines, concurrency and
durability are :class:`~snellen.runners.dispatch.dispatcher.Dispatch`'s; a provider says what
happened by returning a :class:`~snellen.runners.protocol.Reply` or raising one of these:

Exception
├── Retryable            the same request may succeed later
│   ├── Unreachable      nobody answers there at all
│   ├── WrongProtocol    something answers, in another protocol
│   ├── Loading          the model is still being loaded
│   └── Empty            an answer without a text; kept in the end if it stays so
├── Rejected             this request never will; others may
└── InputError           (``snellen.errors``) the model does not have a value that was asked for
    └── ModelRefused     no request to this model ever will: wrong key, no such model, no money

A *prompt* that the provider refuses (moderation, safety) is no exception: the provider returns
a reply with ``finish_reason="content_filter"`` and the reason in ``notice``; it is an outcome of
the trial.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..protocol import Reply, Request


class Retryable(Exception):
    """The same request may succeed later.

    Attributes:
        reason: what happened, in the words that the journal keeps if the request is given up.
        status: the HTTP status, if there was one.
        retry_after: seconds that the provider asks to wait, if it says.
        for_all: the provider says that the wait is for everybody who uses this account or
            model, not for this request alone.
    """

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        for_all: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.retry_after = retry_after
        self.for_all = for_all


class Unreachable(Retryable):
    """Nobody answers there at all.

    While the server has never answered, this soon becomes ``ModelRefused``; once it has, it is
    taken for a restart and waited out.
    """


class WrongProtocol(Retryable):
    """Something answers there, but not in this protocol.

    While the server has never answered in it, this soon becomes ``ModelRefused``; once it has,
    it is a fault like any other (a proxy's error page, half a body).
    """


class Loading(Retryable):
    """The model is still being loaded: waited out, and said so; never counted as a fault."""


class Empty(Retryable):
    """An answer without a text: asked again a few times, then kept as it is.

    Attributes:
        reply: the empty answer, which was paid for.
    """

    def __init__(self, reason: str, reply: Reply, *, status: int | None = None) -> None:
        super().__init__(reason, status=status)
        self.reply = reply


class Rejected(Exception):
    """This request fails for good, whatever becomes of the others."""

    def __init__(self, reason: str, *, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard a provider may be driven, and how long a request is worth pursuing.

    Attributes:
        concurrency: the most requests in flight at once; fewer while the provider pushes back.
        requests_per_minute: the most requests sent per minute, evenly spaced.
        tokens_per_minute: the most tokens asked for per minute (prompt, and the answer's limit).
        attempt_s: seconds after which one attempt is given up.
        give_up_s: seconds after its first attempt when a request fails for good.
        faults: attempts that may end in a server's fault (5xx, reset, timeout, broken answer)
            before a request fails for good. Refusals for rate (429) and waiting out a server
            that is down do not count: only ``give_up_s`` bounds those.
    """

    concurrency: int = 64
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    attempt_s: float = 600.0
    give_up_s: float = 1800.0
    faults: int = 8


class Provider(Protocol):
    """A model behind a wire format.

    Attributes:
        model, base_url, numerics, context_length: as in :class:`~snellen.runners.protocol.Runner`.
        dropped: sampling settings that this model does not take and that were therefore not
            sent, each with the reason. May grow while answering; it goes into the manifest.
        resume_at: the monotonic time before which the provider asks for silence; 0 if never.
    """

    model: str
    base_url: str
    numerics: Mapping[str, Any]
    context_length: int | None
    dropped: dict[str, str]
    resume_at: float

    async def answer(self, request: Request) -> Reply:
        """Ask once. Safe to call concurrently and to cancel.

        Raises:
            Retryable: the same request may succeed later.
            Rejected: this request fails for good.
            InputError: the model does not have a value that the user asked for.
            ModelRefused: no request can succeed.
        """
        ...

    def count_tokens(self, text: str) -> int | None:
        """Tokens of ``text`` under the model's own tokenizer, or ``None`` when not at hand."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...
