"""Asking once: every request gets its identity, is looked up, and is asked only if unanswered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..store.answers import Entry, Failure, Reply
from ..store.journal import Journal, answer_key, canonical
from ..tasks.documents import question
from ..tasks.trial import TrialId
from .prices import Prices
from .protocol import Message, Request, Runner, Sampling
from .spending import Budget

Results = Sequence[tuple[Request, Reply | Failure]]
Progress = Callable[[Results], None]
"""Hears of answers once they are kept."""


class Asker:
    """A runner behind a journal.

    Attributes:
        runner: who answers.
        journal: where answers are kept; without one they live as long as the caller holds them.
        budget: what the answers may cost, those of earlier sessions included.
        failures: the requests of this session that failed for good, by key.
    """

    def __init__(
        self,
        runner: Runner,
        journal: Journal | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.runner = runner
        self.journal = journal
        self.budget = budget or Budget(runner, Prices())
        self.failures: dict[str, Failure] = {}
        self._progress: Progress = lambda results: None

    def watch(self, progress: Progress) -> None:
        """Tell ``progress`` of answers once they are kept, those known before included."""
        self._progress = progress

    def request(
        self,
        messages: Sequence[Message],
        sampling: Sampling,
        identity: Mapping[str, Any],
        *,
        chat: bool = True,
    ) -> Request:
        """Give a question its identity.

        Args:
            messages: the conversation.
            sampling: how the answer is drawn.
            identity: what tells this question from its replicates.
            chat: ask as a user's turn, not as raw text to continue.
        """
        key = answer_key(
            model=self.runner.model,
            base_url=self.runner.base_url,
            numerics=self.runner.numerics,
            messages=[asdict(message) for message in messages],
            sampling=asdict(sampling) | {"chat": chat},
            trial=identity,
        )
        raw = not chat and len(messages) == 1
        return Request(key, tuple(messages), sampling, raw, dict(identity))

    def trial_request(self, trial: TrialId, sampling: Sampling, *, chat: bool = True) -> Request:
        """The request of one of Snellen's own trials; its tokens are counted beside it."""
        asked = question(trial)
        request = self.request(
            (Message("user", asked.prompt),), sampling, trial.as_dict(), chat=chat
        )
        notes = {"tokens": self.runner.count_tokens(asked.sequence)}
        return Request(
            request.key, request.messages, sampling, request.raw, dict(request.trial) | notes
        )

    def ask(self, requests: Sequence[Request]) -> dict[str, Reply | Failure]:
        """Answer every request: from the journal, or by asking the runner.

        Returns:
            The answer or the failure of every request, by key.

        Raises:
            BudgetReached: the money is spent; what was answered is kept.
            ModelRefused: no request to this model can succeed; what was answered is kept.
            StoreError: the journal cannot be written.
        """
        answers = self._look_up(requests)
        known = [(r, answers[r.key]) for r in requests if r.key in answers]
        self.budget.charge(known)
        self._progress(known)
        self.runner.met(r.fingerprint for _, r in known if isinstance(r, Reply))

        def deliver(results: Results) -> None:
            if self.journal is not None:
                self.journal.append([_entry(request, result) for request, result in results])
            for request, result in results:
                answers[request.key] = result
                if isinstance(result, Failure):
                    self.failures[request.key] = result
            self.budget.charge(results)
            self._progress(results)

        missing = {request.key: request for request in requests if request.key not in answers}
        if missing:
            self.runner.answer(self.budget.admit(missing.values()), deliver)
            self.budget.settle(sum(key not in answers for key in missing))
        return answers

    def _look_up(self, requests: Sequence[Request]) -> dict[str, Reply | Failure]:
        if self.journal is None:
            return {}
        found = ((request.key, self.journal.get(request.key)) for request in requests)
        return {key: reply for key, reply in found if reply is not None}


def _entry(request: Request, result: Reply | Failure) -> Entry:
    turns = request.messages
    prompt = turns[0].content if len(turns) == 1 else canonical([asdict(turn) for turn in turns])
    return Entry(
        key=request.key,
        trial=request.trial,
        prompt_sha256=hashlib.sha256(prompt.encode()).hexdigest(),
        result=result,
        sampling=asdict(request.sampling),
    )
