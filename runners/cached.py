"""A model behind a journal: a request with a kept answer is not asked again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from itertools import chain, groupby, islice
from typing import Any, Protocol

from ..store.answers import Entry, Failure, Reply
from ..store.journal import Journal, answer_key, canonical
from .prices import Prices
from .protocol import AnswerForm, Deliver, Message, Request, Runner, Sampling
from .spending import Budget

_SCORED = 16
"""Requests whose alternatives are scored at a time."""

Results = Sequence[tuple[Request, Reply | Failure]]
Listener = Callable[[Results, bool], None]
"""Is told of answers once they are kept (False), and of those that were known before (True)."""


class Identity(Protocol):
    """Who answers, as far as it can change an answer: a runner, or what a manifest kept of one."""

    @property
    def model(self) -> str:
        """The name as the user wrote it."""
        ...

    @property
    def base_url(self) -> str | None:
        """The server asked."""
        ...

    @property
    def numerics(self) -> Mapping[str, Any]:
        """Whatever can change an answer beside the request."""
        ...


def make_request(
    who: Identity,
    messages: Sequence[Message],
    sampling: Sampling,
    identity: Mapping[str, Any],
    *,
    chat: bool = True,
    notes: Mapping[str, Any] | None = None,
    form: AnswerForm | None = None,
    choices: Sequence[str] = (),
    inside: Sequence[str] = (),
) -> Request:
    """Give a question its identity.

    Args:
        who: who is asked.
        messages: the conversation.
        sampling: how the answer is drawn.
        identity: what tells this question from its replicates.
        chat: ask as a user's turn, not as raw text to continue.
        notes: what is kept beside the identity and does not change the answer.
        form: the only texts that the decoder may write, where the answer is forced.
        choices: the alternatives that are scored, where nothing is written.
        inside: the terms of a lens inside the model.
    """
    bound: dict[str, Any] = {} if form is None else {"form": form.regex}
    if choices:
        bound["choices"] = list(choices)
    if inside:
        bound["inside"] = list(inside)
    key = answer_key(
        model=who.model,
        base_url=who.base_url,
        numerics=who.numerics,
        messages=[{"role": turn.role, "content": turn.content} for turn in messages],
        sampling=dict(_as_dict(sampling)) | {"chat": chat} | bound,
        trial=identity,
    )
    raw = not chat and len(messages) == 1
    trial = {**identity, **(notes or {})}
    return Request(key, tuple(messages), sampling, raw, trial, form, tuple(choices), tuple(inside))


class CachedRunner:
    """A runner behind a journal.

    Attributes:
        runner: who answers.
        journal: where answers are kept; without one they live as long as the caller holds them.
        budget: what the answers may cost, those of earlier sessions included.
        failures: the requests of this session that failed for good, by key.
        listener: is told of answers once they are kept, and of those that were known before.
    """

    def __init__(
        self,
        runner: Runner,
        journal: Journal | None = None,
        budget: Budget | None = None,
        listener: Listener = lambda results, known: None,
    ) -> None:
        self.runner = runner
        self.journal = journal
        self.budget = budget or Budget(runner, Prices())
        self.failures: dict[str, Failure] = {}
        self.listener = listener

    def request(
        self,
        messages: Sequence[Message],
        sampling: Sampling,
        identity: Mapping[str, Any],
        *,
        chat: bool = True,
        notes: Mapping[str, Any] | None = None,
    ) -> Request:
        """Give a question to this model its identity (see :func:`make_request`)."""
        return make_request(self.runner, messages, sampling, identity, chat=chat, notes=notes)

    def ask(self, requests: Iterable[Request]) -> dict[str, Reply | Failure]:
        """Answer every request: from the journal, or by asking the runner.

        Requests are pulled as they can be sent, so that many long prompts need little memory.

        Returns:
            The answer or the failure of every request, by key.

        Raises:
            BudgetReached: the money is spent; what was answered is kept.
            ModelRefused: no request to this model can succeed; what was answered is kept.
            StoreError: the journal cannot be written.
        """
        answers: dict[str, Reply | Failure] = {}
        asked: set[str] = set()
        pending = self._unanswered(requests, asked, answers)

        def deliver(results: Results) -> None:
            if self.journal is not None:
                self.journal.append([entry_of(request, result) for request, result in results])
            for request, result in results:
                answers[request.key] = result
                if isinstance(result, Failure):
                    self.failures[request.key] = result
            self._tell(results, known=False)

        first = next(pending, None)
        if first is not None:
            admitted = self.budget.admit(chain([first], pending))
            for scored, group in groupby(admitted, key=lambda request: bool(request.choices)):
                (self._score if scored else self.runner.answer)(group, deliver)
            for _ in pending:
                pass  # what no money was left for is counted, and what is known of it taken
            self.budget.settle(len(asked) - len(answers))
        return answers

    def _score(self, requests: Iterable[Request], deliver: Deliver) -> None:
        """Have alternatives scored, a few requests at a time; each batch is kept as it comes."""
        source = iter(requests)
        while batch := list(islice(source, _SCORED)):
            deliver(list(zip(batch, self.runner.score(batch), strict=True)))

    def _unanswered(
        self, requests: Iterable[Request], asked: set[str], answers: dict[str, Reply | Failure]
    ) -> Iterator[Request]:
        """The requests that have no answer yet, each once; known answers are taken and told."""
        known: list[tuple[Request, Reply]] = []
        for request in requests:
            if request.key in asked:
                continue
            asked.add(request.key)
            reply = self.journal.get(request.key) if self.journal is not None else None
            if reply is None:
                self._take(known, answers)
                yield request
            else:
                known.append((request, reply))
        self._take(known, answers)

    def _take(
        self, known: list[tuple[Request, Reply]], answers: dict[str, Reply | Failure]
    ) -> None:
        if known:
            answers.update((request.key, reply) for request, reply in known)
            self.runner.met(reply.fingerprint for _, reply in known)
            self._tell(tuple(known), known=True)
            known.clear()

    def _tell(self, results: Results, known: bool) -> None:
        self.budget.charge(results)
        self.listener(results, known)


@lru_cache(maxsize=4096)
def _as_dict(sampling: Sampling) -> Mapping[str, Any]:
    """A sampling's fields by name, made once for all the requests that share it."""
    return asdict(sampling)


def entry_of(request: Request, result: Reply | Failure) -> Entry:
    """A request and its outcome as a row of the journal."""
    turns = request.messages
    prompt = turns[0].content if len(turns) == 1 else canonical([asdict(turn) for turn in turns])
    return Entry(
        key=request.key,
        trial=request.trial,
        prompt_sha256=hashlib.sha256(prompt.encode()).hexdigest(),
        result=result,
        sampling=_as_dict(request.sampling),
    )
