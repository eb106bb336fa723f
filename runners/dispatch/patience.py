"""How long one request is pursued, and how long it waits between attempts."""

from __future__ import annotations

import random
import time

from .provider import Limits, Retryable, Unreachable

_FIRST_S = 0.5
_LONGEST_S = 30.0


class Patience:
    """The attempts at one request.

    Back-off doubles from half a second to half a minute, of which half is random, so that
    requests that failed together do not come back together. A wait that the provider names is
    kept, with up to a tenth on top for the same reason.
    """

    def __init__(self, limits: Limits) -> None:
        self.attempts = 0
        self._limits = limits
        self._faults = 0
        self._began = time.monotonic()

    def wait(self, error: Retryable) -> float | None:
        """Seconds to wait before the next attempt, or ``None``: the request fails for good."""
        self.attempts += 1
        if error.status != 429 and not isinstance(error, Unreachable):
            self._faults += 1
        if error.retry_after is not None:
            wait = error.retry_after * random.uniform(1.0, 1.1)
        else:
            longest = min(_LONGEST_S, _FIRST_S * 2.0 ** (self.attempts - 1))
            wait = longest * random.uniform(0.5, 1.0)
        too_late = time.monotonic() + wait - self._began > self._limits.give_up_s
        return None if too_late or self._faults >= self._limits.faults else wait

    def verdict(self, error: Retryable) -> str:
        """The reason that stands in the journal."""
        elapsed = time.monotonic() - self._began
        return f"{error.reason} (given up after {self.attempts} attempts in {elapsed:.0f} s)"
