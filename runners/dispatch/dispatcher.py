"""Dispatch: many requests to one provider, none lost, as fast as the provider allows.

Two threads, each with one job. The caller's thread pulls requests and delivers answers, so that
the journal's disk flush never stands in the way of the network, and one flush keeps all that
arrived during the last. A second thread runs the event loop on which the provider is asked. The
window of requests between the two is little more than what is in flight; nothing beyond it is
pulled from the iterable.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, cast

from ...errors import ModelRefused
from ..batch.ledger import check_none_under_way
from ..protocol import Deliver, Failure, Reply, Request, Runner
from ..tokens import approximate_tokens
from .attempts import Attempts
from .breaker import GO_ON, Breaker
from .mailbox import Mailbox
from .provider import Empty, Limits, Loading, Provider, Rejected, Retryable
from .signals import uninterrupted
from .throttle import Throttle
from .waits import Waits

log = logging.getLogger(__name__)

_T = TypeVar("_T")
_Arrival = tuple[Request, Reply | Failure] | BaseException

_GATHER_S = 0.01  # between deliveries, so that a fast server does not mean a flush per answer
_OVERLOAD = (None, 408, 502, 503, 504, 529)  # None: a timeout, a reset, a broken answer


class Dispatch(Runner):
    """A :class:`~snellen.runners.protocol.Runner` in front of a provider.

    It may be asked again and again; what it has learnt of the provider's limits stays.
    """

    def __init__(
        self,
        provider: Provider,
        limits: Limits | None = None,
        *,
        generation: Mapping[str, Any] | None = None,
    ) -> None:
        """Prepare to ask.

        Args:
            provider: who is asked.
            limits: how hard.
            generation: what the provider sends beside each request's own sampling.
        """
        self.provider = provider
        self.generation = dict(generation or {})
        self.limits = limits or Limits()
        self.model = provider.model
        self.base_url: str | None = provider.base_url
        self.numerics = provider.numerics
        self.context_length = provider.context_length
        self.parallel = self.limits.concurrency
        self.notices: list[str] = []
        self.dropped = provider.dropped  # settings not sent, with the reason; may grow
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="snellen-dispatch", daemon=True
        )
        self._tasks: set[asyncio.Task[Any]] = set()
        self._throttle = Throttle(self.limits)
        self._breaker = Breaker()
        self._waits = Waits(lambda: self._throttle.next)
        self._fingerprints: list[str] = []

    def count_tokens(self, text: str) -> int | None:
        """Tokens of ``text``, or ``None`` when the provider has no tokenizer at hand."""
        return self.provider.count_tokens(text)

    def answer(self, requests: Iterable[Request], deliver: Deliver) -> None:
        """Answer every request; answers are delivered as they arrive, in that order.

        A request that fails for good is delivered as a ``Failure``; the others continue. Whatever
        ends this early (an interrupt, a refusal of the model, an error from ``requests`` or
        ``deliver``), what has arrived by then is delivered first.

        Raises:
            ModelRefused: no request to this model can succeed.
        """
        arrivals: Mailbox[_Arrival] = Mailbox(self._loop)
        source = iter(requests)
        open_requests = 0
        pending: list[_Arrival] = []
        arrived: list[_Arrival] = []
        rested = 0.0
        try:
            while True:
                # Enough to send while answers are being delivered; no more, for a budget stops
                # only what has not been pulled yet.
                window = int(self._throttle.concurrency) + 2 * len(arrived) + 2
                batch = list(islice(source, max(0, window - open_requests)))
                if batch:
                    self._start()
                    self._loop.call_soon_threadsafe(self._ask, batch, arrivals)
                    open_requests += len(batch)
                if not open_requests:
                    return
                pending = arrivals.take()
                time.sleep(max(0.0, rested - time.monotonic()))
                pending += arrivals.take(wait=False)
                with uninterrupted():
                    arrived, pending = pending, []
                    open_requests -= self._deliver(arrived, deliver)
                rested = time.monotonic() + _GATHER_S
        except BaseException:
            self._run(self._cancel())
            # The first error is the one to report: a full disk would only fail again.
            with uninterrupted(), contextlib.suppress(Exception):
                self._deliver(pending + arrivals.take(wait=False), deliver)
            raise

    def log_into(self, folder: Path) -> None:
        """Keep what is said of waits in ``run.log`` of a folder.

        Raises:
            InputError: requests of this run are under way in a batch.
        """
        check_none_under_way(folder)
        self._waits.log_into(folder)

    def met(self, fingerprints: Iterable[str | None]) -> None:
        """Hear what answered in earlier sessions: a change of it will be told."""
        for fingerprint in fingerprints:
            if fingerprint and fingerprint not in self._fingerprints:
                self._fingerprints.append(fingerprint)

    def close(self) -> None:
        """Drop what is in flight and close the provider's connections."""
        self._waits.close_log()
        if self._loop.is_closed():
            return
        self._run(self._cancel())
        self._run(self.provider.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # The caller's thread

    @staticmethod
    def _deliver(batch: list[_Arrival], deliver: Deliver) -> int:
        answers = [arrival for arrival in batch if not isinstance(arrival, BaseException)]
        if answers:
            deliver(answers)
        for arrival in batch:
            if isinstance(arrival, BaseException):
                raise arrival
        return len(answers)

    def _start(self) -> None:
        if not self._thread.is_alive():
            self._thread.start()

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        self._start()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    # The event loop's thread

    def _ask(self, batch: list[Request], arrivals: Mailbox[_Arrival]) -> None:
        self._waits.watch(len(batch))
        for request in batch:
            task = self._loop.create_task(self._settle(request, arrivals))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _cancel(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._waits.close()

    async def _settle(self, request: Request, arrivals: Mailbox[_Arrival]) -> None:
        async def ask() -> Reply:
            began = time.monotonic()
            reply = await self.provider.answer(request)
            self._compare(reply.fingerprint)
            return replace(reply, latency_s=time.monotonic() - began)

        try:
            result = await self._pursue(ask, self._tokens(request))
            self._waits.settled(answered=not isinstance(result, Failure))
            arrivals.put((request, result))
        except asyncio.CancelledError:
            raise
        except ModelRefused as error:
            kept = self._breaker.has_answers and GO_ON not in str(error)
            arrivals.put(ModelRefused(f"{error}; {GO_ON}") if kept else error)
        except BaseException as error:
            arrivals.put(error)

    async def _pursue(self, ask: Callable[[], Awaitable[_T]], tokens: int = 0) -> _T | Failure:
        """Ask until there is an answer, a rejection, or it has been tried long enough."""
        attempts = Attempts(self.limits)
        while True:
            sent_at = await self._throttle.enter(tokens, first=attempts.made > 0)
            self._breaker.begin()
            try:
                answer = await self._attempt(ask, sent_at)
            except Rejected as error:
                self._breaker.rejected(error)
                return Failure(error.reason, error.status)
            except Retryable as error:
                wait = attempts.wait(error)
                self._breaker.failed_attempt(error, attempts.made)
                if wait is None:
                    return cast("_T | Failure", self._given_up(error, attempts))
                # One request's wait is its own, unless the provider says that it is for all.
                all_wait = error.for_all or isinstance(error, Loading)
                if all_wait:
                    self._throttle.hold(time.monotonic() + wait)
                with self._waits.waiting(wait, error.reason, all_wait=all_wait):
                    await asyncio.sleep(wait)
            else:
                self._breaker.answered()
                return answer

    def _given_up(self, error: Retryable, attempts: Attempts) -> Reply | Failure:
        """What becomes of a request that is not tried again: an empty answer is one."""
        if isinstance(error, Empty):
            self._breaker.answered()
            return error.reply
        verdict = attempts.verdict(error)
        self._breaker.failed(verdict)
        return Failure(verdict, error.status)

    async def _attempt(self, ask: Callable[[], Awaitable[_T]], sent_at: float) -> _T:
        """Ask once; the throttle is told how it went."""
        try:
            async with asyncio.timeout(self.limits.attempt_s):
                answer = await ask()
            self._throttle.answered(sent_at, _generated(answer))
            rest = self.provider.resume_at - time.monotonic()
            if rest <= self.limits.give_up_s and self._throttle.hold(self.provider.resume_at):
                self._waits.rest(rest, "the server's headers say that its limit is used up")
            return answer
        except TimeoutError:
            self._throttle.overloaded(sent_at)
            raise Retryable(f"no answer within {self.limits.attempt_s:g} s") from None
        except Retryable as error:
            if error.status == 429:
                self._throttle.refused(sent_at)
            elif error.status in _OVERLOAD and not isinstance(error, (Empty, Loading)):
                self._throttle.overloaded(sent_at)
            raise
        finally:
            self._throttle.leave(sent_at)

    def _compare(self, fingerprint: str | None) -> None:
        """Tell if something else answers than did before."""
        if not fingerprint or fingerprint in self._fingerprints:
            return
        if self._fingerprints:
            notice = (
                f"what answers has changed: {self._fingerprints[-1]!r} before, {fingerprint!r} "
                "now; the answers of this run are not all of one model on one engine"
            )
            self.notices.append(notice)
            log.warning("%s", notice)
        self._fingerprints.append(fingerprint)

    def _tokens(self, request: Request) -> int:
        """What a request may cost against a limit on tokens: its prompt, and its answer's limit."""
        if self.limits.tokens_per_minute is None:
            return 0
        prompt = sum(approximate_tokens(message.content) for message in request.messages)
        return prompt + request.sampling.max_tokens


def _generated(answer: object) -> int | None:
    """Tokens of an answer, where it says."""
    return answer.completion_tokens if isinstance(answer, Reply) else None
