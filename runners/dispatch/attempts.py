"""How often one request is tried, and how long it waits between attempts."""

from __future__ import annotations

import random
import time

from .provider import Empty, Limits, Loading, Retryable, Unreachable

_FIRST_S = 0.5
_LONGEST_S = 30.0
_LOADING_S = 5.0  # at most, between questions whether a model is loaded
_EMPTY = 3  # attempts that may end without a text


class Attempts:
    """The attempts at one request.

    Back-off doubles from half a second to half a minute, of which half is random, so that
    requests that failed together do not come back together. A wait that the provider names is
    kept, with up to a tenth on top for the same reason; one that is longer than the request is
    worth is not started.
    """

    def __init__(self, limits: Limits) -> None:
        self.made = 0
        self._limits = limits
        self._faults = 0
        self._empty = 0
        self._began = time.monotonic()

    def wait(self, error: Retryable) -> float | None:
        """Seconds to wait before the next attempt, or ``None``: the request fails for good."""
        self.made += 1
        if isinstance(error, Empty):
            self._empty += 1
        elif error.status != 429 and not isinstance(error, (Unreachable, Loading)):
            self._faults += 1
        if error.retry_after is not None:
            wait = error.retry_after * random.uniform(1.0, 1.1)
        else:
            most = _LOADING_S if isinstance(error, Loading) else _LONGEST_S
            wait = min(most, _FIRST_S * 2.0 ** (self.made - 1)) * random.uniform(0.5, 1.0)
        spent = time.monotonic() + wait - self._began > self._limits.give_up_s
        spent |= self._faults >= self._limits.faults or self._empty >= _EMPTY
        return None if spent else wait

    def verdict(self, error: Retryable) -> str:
        """The reason that stands in the journal."""
        elapsed = time.monotonic() - self._began
        if error.retry_after is not None and error.retry_after > self._limits.give_up_s - elapsed:
            return f"{error.reason} (a wait of {error.retry_after:,.0f} s was asked for)"
        return f"{error.reason} (given up after {self.made} attempts in {elapsed:.0f} s)"
