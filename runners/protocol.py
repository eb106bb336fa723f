"""The words between a runner and the rest of the house: a request, a reply, a failure.

A *runner* answers requests. Everything that lm-eval, the journal and the trial table need to
know of an answer is in :class:`Reply`; what a provider cannot say stays ``None``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from ..errors import InputError
from ..store.answers import Failure, FinishReason, Reply
from ..tasks.forms import AnswerForm

__all__ = [
    "AnswerForm",
    "Deliver",
    "Failure",
    "FinishReason",
    "Message",
    "Reply",
    "Request",
    "Runner",
    "Sampling",
]


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
        form: the only texts that the decoder may write, where the answer is forced.
        choices: the alternatives that are scored, where nothing is written.
        inside: the terms of a lens that changes an open model's forward pass (``Lens.inside``).
    """

    key: str
    messages: tuple[Message, ...]
    sampling: Sampling
    raw: bool = False
    trial: Mapping[str, Any] = field(default_factory=dict)
    form: AnswerForm | None = None
    choices: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()


Deliver = Callable[[Sequence[tuple[Request, Reply | Failure]]], None]
"""Takes answers as they arrive, one or many at a time (many share one disk flush); when it
returns, they are kept. It blocks on the disk: call it from a thread, not from an event loop."""


class Runner(Protocol):
    """Who answers.

    A class that names this one as its base inherits what not every runner can do: scoring texts
    (refused), a log (none), what it met before (of no consequence).

    Attributes:
        model: the name as the user wrote it (``bundled``, ``openai/gpt-…``).
        base_url: the server asked, or ``None`` in-process.
        numerics: everything known that can change an answer beside the request: engine and
            version, dtype, device, quantisation, engine flags. JSON-able; part of every key.
        context_length: the most tokens that prompt and answer may take together, if known.
        dropped: sampling settings that it did not pass on, each with the reason; may grow while
            it answers.
        parallel: how many requests it answers at once; asking for fewer at a time wastes it.
        generation: settings of generation, beside the request's own sampling, that were sent or
            set so that nobody else's defaults change an answer (``repetition_penalty``, …).
        notices: what the user should know of the answers, a line each; may grow while it
            answers.
        price_share: what an answer costs here of the list price (a batch: half).
        all_at_once: whether all requests are paid for once they are handed over.
    """

    model: str
    base_url: str | None
    numerics: Mapping[str, Any]
    context_length: int | None
    dropped: dict[str, str]
    parallel: int
    generation: Mapping[str, Any]
    notices: list[str]
    price_share: float = 1.0
    all_at_once: bool = False

    def answer(self, requests: Iterable[Request], deliver: Deliver) -> None:
        """Answer every request, in any order, calling ``deliver`` as answers arrive.

        ``requests`` is pulled from lazily, a bounded window ahead of the answers.

        Raises:
            ModelRefused: no request to this model can succeed, or none does any more.
        """
        ...

    def loglikelihood(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        """Score continuations.

        Args:
            pairs: a context and its continuation, each; an empty context stands for the
                beginning of a text.

        Returns:
            For each pair the log-probability of the continuation (nats), and whether greedy
            decoding would have produced it.

        Raises:
            InputError: this kind of model gives no log-probabilities of a given text.
            SnellenError: a pair could not be scored (it is longer than the context, say).
        """
        raise InputError(
            f"{self.model} gives no log-probabilities of a given text, which tasks of type "
            "loglikelihood and multiple_choice need; choose tasks that generate, or a model in "
            "this process or behind vLLM"
        )

    def score(self, requests: Sequence[Request]) -> list[Reply | Failure]:
        """Score the alternatives of requests; nothing is written.

        The log probability of each of ``Request.choices`` is taken after the prompt, with what
        ends an answer there, so that none gains by being the beginning of another.

        Returns:
            For each request a reply whose text says how likely each alternative is
            (:func:`snellen.runners.choices.scored_reply`), or why there is none.

        Raises:
            InputError: this kind of model gives no log probabilities of a given text, or none
                after a user's turn.
        """
        from .choices import score_raw

        return score_raw(self, requests)

    def count_tokens(self, text: str) -> int | None:
        """Tokens of ``text`` under the model's own tokenizer, or ``None`` when not at hand."""
        ...

    def log_into(self, folder: Path) -> None:
        """Keep from now on what there is to log in a folder."""
        return

    def met(self, fingerprints: Iterable[str | None]) -> None:
        """Hear what answered in earlier sessions, so that a change of it can be told."""
        return

    def close(self) -> None:
        """Release what was started: servers, connections, memory."""
        ...
