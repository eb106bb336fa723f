"""The seam where a provider is added: one async method that turns a request into a reply.

A provider knows a wire format and nothing else. Retries, rate limits, deadlines, concurrency and
durability are :class:`~snellen.runners.dispatch.dispatcher.Dispatch`'s; a provider says what
happened by returning a :class:`~snellen.runners.protocol.Reply` or raising one of three things:

``Retryable``     the same request may succeed later (``Unreachable``: nobody answers at all;
                  ``Alien``: something does, in another protocol)
``Rejected``      this request never will; others may
``ModelRefused``  no request to this model ever will (``snellen.errors``): wrong key, no such model
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..protocol import Reply, Request


class Retryable(Exception):
    """The same request may succeed later.

    Attributes:
        reason: what happened, in words that stand in the journal if patience runs out.
        status: the HTTP status, if there was one.
        retry_after: seconds that the provider asks to wait, if it says.
    """

    def __init__(
        self, reason: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.retry_after = retry_after


class Unreachable(Retryable):
    """Nobody answers there, or not in this protocol.

    While the server has never answered, this soon becomes ``ModelRefused``; once it has, it is
    taken for a restart and waited out.
    """


class Alien(Retryable):
    """Something answers there, but not in this protocol.

    While the server has never answered in it, this soon becomes ``ModelRefused``; once it has,
    it is a fault like any other (a proxy's error page, half a body).
    """


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
            ModelRefused: no request can succeed.
        """
        ...

    def count_tokens(self, text: str) -> int | None:
        """Tokens of ``text`` under the model's own tokenizer, or ``None`` when not at hand."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...
