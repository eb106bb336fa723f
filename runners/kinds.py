"""A kind of model: one object that holds everything the house knows about it.

Nothing outside this object asks a model's name what it is. A package of somebody's own adds a
kind through the entry-point group ``snellen.models``; see docs/providers.md.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..support.urls import is_near
from .dispatch.provider import Limits
from .protocol import Runner


@dataclass(frozen=True, slots=True)
class Options:
    """How a model is reached; what does not apply to it is refused by name.

    Attributes:
        base_url: a running server.
        dtype: of the weights and the arithmetic, in this process.
        device: where the model runs, in this process.
        concurrency: requests in flight at once.
        requests_per_minute: limit on requests.
        tokens_per_minute: limit on tokens.
        model_args: settings of the engine: of vLLM, of an lm-eval backend.
        extra_body: fields added to the body of every request.
        extra_headers: headers added to every request.
        batch: ask through the provider's batch API.
        log_folder: where a server that is started writes its log.
    """

    base_url: str | None = None
    dtype: str | None = None
    device: str | None = None
    concurrency: int | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    model_args: Mapping[str, Any] = field(default_factory=dict)
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    extra_headers: Mapping[str, str] = field(default_factory=dict)
    batch: bool = False
    log_folder: Path | None = None

    def limits(self) -> Limits:
        """What dispatch is told of concurrency and rates."""
        given: dict[str, Any] = {
            "concurrency": self.concurrency,
            "requests_per_minute": self.requests_per_minute,
            "tokens_per_minute": self.tokens_per_minute,
        }
        return Limits(**{name: value for name, value in given.items() if value is not None})

    def extras(self) -> dict[str, Any]:
        """What is sent with every request, as providers take it."""
        return {"extra_body": self.extra_body, "extra_headers": self.extra_headers}


LIMITS = frozenset({"concurrency", "requests_per_minute", "tokens_per_minute"})
"""The options of every kind that is asked through dispatch."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A price in US dollars per million tokens; output includes reasoning."""

    input: float
    output: float


@dataclass(frozen=True, slots=True)
class ListPrice:
    """The price that the package ``genai-prices`` lists.

    Attributes:
        provider: its name for the provider (``openai``, ``google``, ``azure``).
    """

    provider: str


Price = Literal["unknown", "free"] | ListPrice | Callable[[str], Rate | None]
"""Where a price comes from: nobody knows it, a machine of one's own, a list, or a function of the
model's name that gives ``None`` where it does not know."""


@dataclass(frozen=True, slots=True)
class ModelKind:
    """What there is to know about a kind of model.

    Attributes:
        scheme: how its names begin; all of the name where ``named`` is false.
        summary: what it is, and what it needs, in a line.
        open: makes the runner from the full name, the rest after the first slash, and options.
        named: whether a name follows the scheme (``openai/NAME``).
        name_pattern: how that name looks.
        takes: the fields of :class:`Options` that mean something to it.
        install: what pip installs to bring what it imports, such as ``snellen[openai]``.
        hosted: asks somebody else's machines, unless told of another server.
        url_variables: environment variables that name another server, the first one first.
        homes: how the host names of the provider's own servers end.
        price: where the price of its tokens comes from.
        reasoning_room: tokens of an answer's limit set aside for hidden reasoning, which hosted
            models count as part of the answer.
        thinks: the names of models that reason unless told not to. For the expected cost only:
            nothing is sent or left out for a name.
        forces_answers: takes a :class:`~snellen.runners.protocol.AnswerForm`.
        scores_texts: gives log-likelihoods of given texts.
        first_chart: ``tasks``, ``mode``, ``lengths`` and ``trials`` of a run that names no task,
            where the usual ones show nothing.
        scores_chat: also of what follows a user's turn of a conversation.
        wears_inside: takes lenses that change the forward pass (``Lens.inside``).
        published_as: how public leaderboards name its models, ``{name}`` for the name; empty
            where that does not follow from the name. Of hosted kinds: at the provider itself.
        weights: whether the weights of its models can be had, at the provider itself.
    """

    scheme: str
    summary: str
    open: Callable[[str, str, Options], Runner]
    named: bool = True
    name_pattern: str = "NAME"
    takes: frozenset[str] = frozenset()
    install: str | None = None
    hosted: bool = False
    url_variables: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()
    price: Price = "unknown"
    reasoning_room: int = 0
    thinks: re.Pattern[str] | None = None
    forces_answers: bool = False
    scores_texts: bool = False
    first_chart: Mapping[str, str] = field(default_factory=dict)
    scores_chat: bool = False
    wears_inside: bool = False
    published_as: str = ""
    weights: Literal["open", "closed", "unknown"] = "unknown"

    @property
    def pattern(self) -> str:
        """How its models are named."""
        return f"{self.scheme}/{self.name_pattern}" if self.named else self.scheme

    def endpoint(self, base_url: str | None = None) -> str | None:
        """The server that is really asked: as told, from the environment, or the kind's own.

        Args:
            base_url: the server that the user named.

        Returns:
            Its URL; ``None`` for the kind's own, or none at all.
        """
        if base_url is not None:
            return base_url
        found = (os.environ.get(name, "").strip() for name in self.url_variables)
        return next(filter(None, found), None)

    def is_far(self, base_url: str | None = None) -> bool:
        """Whether machines of somebody else are asked, which mostly want to be paid.

        Depends on the server that is asked, never on how it was named.
        """
        server = self.endpoint(base_url)
        return self.hosted if server is None else not is_near(server)

    def room_for_reasoning(self, base_url: str | None = None) -> int:
        """Tokens to add to the limit of an answer for reasoning that is not shown.

        Servers on this machine or in a private network get none, for their models have a small
        context, and a model that is lost would fill the room.
        """
        return self.reasoning_room if self.is_far(base_url) else 0
