"""The seam where a provider's batch API is added: hand in, find again, look, fetch, read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ...errors import InputError
from ..protocol import Reply, Request

Json = dict[str, Any]
HALF = 0.5
"""What a batch costs of the price of the same requests one by one: OpenAI's and Google's alike."""


class NoBatches(InputError):
    """The server takes no batches."""


class Again(Exception):
    """A request of a batch has no answer yet, and goes into the next one.

    Attributes:
        reason: why.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Line:
    """One request of a batch, as the provider takes it.

    Attributes:
        path: the endpoint; all lines of a batch share one.
        body: the request's body.
        given: what the provider needs to understand a complaint about it.
    """

    path: str
    body: Json
    given: Any = None


@dataclass(frozen=True, slots=True)
class State:
    """How far a batch has come.

    Attributes:
        ending: how it ended, or ``None`` while it has not.
        word: the provider's own word for its state.
        done, failed, total: requests; ``None`` where the provider does not count.
        reason: why it failed, in the provider's words.
        codes: the provider's codes for that.
    """

    ending: Literal["completed", "expired", "cancelled", "failed"] | None
    word: str
    done: int | None = None
    failed: int | None = None
    total: int | None = None
    reason: str = ""
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one request of a batch.

    Attributes:
        key: the request's key.
        status: the HTTP status, or ``None`` where it was never asked.
        body: the answer or the error.
    """

    key: str
    status: int | None
    body: object


class BatchService(Protocol):
    """A provider that takes batches.

    Methods that reach the provider raise what a :class:`~snellen.runners.dispatch.provider.
    Provider` raises, and ``InputError`` where it has no batches.

    Attributes:
        model, base_url, numerics, context_length, dropped: as in
            :class:`~snellen.runners.dispatch.provider.Provider`, so that an answer has the same
            key as one that was asked for live.
        most_lines, most_bytes: what one batch may hold.
    """

    model: str
    base_url: str
    numerics: Mapping[str, Any]
    context_length: int | None
    dropped: dict[str, str]
    most_lines: int
    most_bytes: int

    def line(self, request: Request) -> Line:
        """A request as a line of a batch, without what the model is known not to take."""
        ...

    def submit(self, name: str, lines: Sequence[tuple[str, Line]]) -> str:
        """Hand in a batch under a name of ours; the provider's name for it."""
        ...

    def find(self, name: str) -> str | None:
        """The provider's name for a batch that was handed in under ours, if it was."""
        ...

    def state(self, batch: str) -> State:
        """How far a batch has come."""
        ...

    def results(self, batch: str) -> Iterator[Result]:
        """What became of the requests of a batch that ended, in any order."""
        ...

    def read(self, result: Result, request: Request, line: Line) -> Reply:
        """A result as a reply.

        Raises:
            Again: the request goes into the next batch (without a setting, say).
            Retryable: the same, for the server's fault.
            Rejected: this request fails.
            ModelRefused: so does every other.
        """
        ...

    def count_tokens(self, text: str) -> int | None:
        """Tokens of ``text`` under the model's own tokenizer, or ``None``."""
        ...

    def hang_up(self) -> None:
        """Release connections."""
        ...
