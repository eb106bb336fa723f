"""The door in front of a provider: how many requests may be in flight, and how fast they start.

Two limits adapt to what the provider answers, in the manner of TCP congestion control:

=============  ===================================  =========================================
limit          grows                                shrinks
=============  ===================================  =========================================
concurrency    +2 per answer until the first        halved by an overload (502-504, timeout,
               push-back, then +1 per round         reset), at most once per round trip
pace           a little per answer, while it is     by a refusal for rate (429): a little among
               what holds requests back             admissions, a lot among refusals
=============  ===================================  =========================================

A refusal for rate says nothing against the requests that were admitted beside it, so it leaves
their number alone. Pacing is what makes a low rate limit cheap to live with: a fair server
admits its full rate as long as requests keep arriving a little faster, and few are refused if it
is only a little.

A server that answers one request at a time lets the others wait, in the end beyond the time limit
of an attempt. So concurrency grows only while answers are quick against that limit, or no slower
than a server makes them that answers in parallel.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque

from .provider import Limits

_START = 4  # requests in flight before anything is known
_STEP = 2.0  # more of them, by an answer
_QUICK = 0.05  # of the time limit of an attempt: queueing is of no consequence yet
_SHARE = 0.25  # of the requests in flight: answered in parallel, at least, to let in more
_PROMPT = 16  # tokens: reading a prompt takes as long as writing so many
_CUT = 0.95  # of the pace, by a refusal among admissions
_CUT_AGAIN = 0.8  # of the pace, by refusals and nothing else
_GROWTH = 0.005  # of the pace, by an answer; more, the longer there was no refusal
_SEARCH_CUT = 0.6  # the same two while the rate is still being searched for
_SEARCH_GROWTH = 0.1
_FOUND = 2  # answers without a refusal end the search
_SLIP = 0.25  # of the gap between requests: how long a token was missing that was refused
_SLOWEST = 1 / 60  # requests per second


class Throttle:
    """Admits requests one by one; lives on one event loop."""

    def __init__(self, limits: Limits) -> None:
        self.concurrency = float(min(_START, limits.concurrency))
        self.pace = math.inf  # requests per second
        self._most = limits.concurrency
        self._attempt_s = limits.attempt_s
        self._fastest = math.inf  # seconds per token, of the fastest answer
        self._first_at = math.inf  # when the first answer came
        self._requests_per_s = (limits.requests_per_minute or math.inf) / 60
        self._tokens_per_s = (limits.tokens_per_minute or math.inf) / 60
        self._open: dict[float, None] = {}  # by time of admission, oldest first
        self._searching = True  # for the rate that the provider admits?
        self._cautious = False  # has the provider been overloaded?
        self._queue: deque[tuple[asyncio.Future[float], int]] = deque()
        self._next_at = 0.0
        self._last_cut = 0.0
        self._since_cut = 0  # answers
        self._sent: deque[float] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def next(self) -> tuple[float, str]:
        """The monotonic time of the next admission, 0 if nobody waits for it; and why not now."""
        ours = self._requests_per_s < self.pace or self._tokens_per_s < math.inf
        why = "--rpm or --tpm spaces" if ours else "the server's refusals for rate space"
        return self._next_at if self._queue else 0.0, f"{why} the requests"

    async def enter(self, tokens: int = 0, *, first: bool = False) -> float:
        """Wait for admission; call :meth:`leave` with what it returns.

        Args:
            tokens: what the request counts against the tokens per minute.
            first: go before those who wait (a request that is tried again).

        Returns:
            The monotonic time of admission, different for each.
        """
        now = time.monotonic()
        if not self._queue and len(self._open) < int(self.concurrency) and now >= self._next_at:
            return self._let_in(now, tokens)
        place: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        if first:
            self._queue.appendleft((place, tokens))
        else:
            self._queue.append((place, tokens))
        self._admit()
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.leave(place.result())
            raise

    def leave(self, sent_at: float) -> None:
        """Free a place."""
        del self._open[sent_at]
        self._admit()

    def answered(self, sent_at: float, tokens: int | None = None) -> None:
        """The provider served a request: room to grow. Called, like its kin, before leaving.

        Args:
            sent_at: when the request was admitted.
            tokens: how many it generated, if known.
        """
        self._since_cut += 1
        took = time.monotonic() - sent_at
        pace = took / (_PROMPT + (tokens or 0))
        self._fastest = min(self._fastest, pace)
        if took > self._attempt_s / 2:
            self.concurrency = max(1.0, self.concurrency - 1)
        elif not self._in_parallel(sent_at, took, pace):
            return
        elif len(self._open) >= int(self.concurrency):
            step = 1 / self.concurrency if self._cautious else _STEP
            self.concurrency = min(self._most, self.concurrency + step)
        elif self.pace < math.inf and self._queue:
            growth = _GROWTH * (1 + self._since_cut / 8)
            self.pace *= 1 + (_SEARCH_GROWTH if self._searching else growth)

    def _in_parallel(self, sent_at: float, took: float, pace: float) -> bool:
        """Whether more in flight would not only mean more that wait (Little's law).

        The first wave says nothing: its first request is quick, whoever serves it.
        """
        self._first_at = min(self._first_at, sent_at + took)
        if took < _QUICK * self._attempt_s:
            return True
        if sent_at < self._first_at:
            return False
        at_once = len(self._open) * self._fastest / pace
        return at_once > max(1.5, _SHARE * len(self._open))

    def refused(self, sent_at: float) -> None:
        """The provider refused a request sent at ``sent_at`` for coming too fast (429)."""
        self._searching &= self._since_cut < _FOUND
        admitted = self._since_cut > 0 or self._open_between(self._last_cut, sent_at)
        if not self._cut(sent_at):
            return
        if self.pace == math.inf:
            self.pace = self._recent_rate() * _SEARCH_CUT
        elif self._searching:
            self.pace = max(_SLOWEST, self.pace * _SEARCH_CUT)
        elif admitted:
            self.pace *= _CUT
            self._next_at = min(self._next_at, time.monotonic() + _SLIP / self.pace)
        else:
            self.pace = max(_SLOWEST, self.pace * _CUT_AGAIN)

    def overloaded(self, sent_at: float) -> None:
        """The provider could not serve a request sent at ``sent_at``: too many in flight."""
        if self._cut(sent_at):
            self._cautious = True
            self.concurrency = max(1.0, self.concurrency / 2)

    def hold(self, until: float) -> bool:
        """Admit nobody before a monotonic time; whether that is later than it was."""
        later = until > self._next_at
        self._next_at = max(self._next_at, until)
        return later

    def _cut(self, sent_at: float) -> bool:
        """Whether news of a push-back is new: not of a request sent before the last cut."""
        if sent_at < self._last_cut:
            return False
        self._last_cut = time.monotonic()
        self._since_cut = 0
        return True

    def _open_between(self, begin: float, end: float) -> bool:
        """Whether a request sent between two times is still in flight, so not refused."""
        for sent_at in reversed(self._open):
            if sent_at <= begin:
                return False
            if sent_at < end:
                return True
        return False

    def _recent_rate(self) -> float:
        """Requests per second, of those sent in the last second."""
        now = time.monotonic()
        self._forget(now)
        if not self._sent:
            return 1.0
        return len(self._sent) / max(0.05, now - self._sent[0])

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0] < now - 1.0:
            self._sent.popleft()

    def _admit(self) -> None:
        """Let in all who may pass now; if only time is missing, come back when it has passed."""
        while self._queue and len(self._open) < int(self.concurrency):
            place, tokens = self._queue[0]
            if place.done():  # cancelled while waiting
                self._queue.popleft()
                continue
            now = time.monotonic()
            if now < self._next_at:
                self._wake_at_next()
                return
            self._queue.popleft()
            place.set_result(self._let_in(now, tokens))

    def _let_in(self, now: float, tokens: int) -> float:
        rate = min(self.pace, self._requests_per_s)
        gap = max(1 / rate, tokens / self._tokens_per_s)
        on_time = now - self._next_at < gap / 8  # a late timer must not slow the pace
        self._next_at = (self._next_at if on_time else now) + gap
        self._forget(now)
        self._sent.append(now)
        while now in self._open:
            now = math.nextafter(now, math.inf)
        self._open[now] = None
        return now

    def _wake_at_next(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._next_at - time.monotonic(), self._admit)
