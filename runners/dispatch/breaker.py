"""When to stop asking: nothing was ever answered, or nothing is any more.

=======================================  ========================================================
what is seen                             when it ends the run
=======================================  ========================================================
nobody answers, or in another protocol   3 attempts of one request, while nothing was ever answered
the server fails (500)                   8 attempts and none answered; for what a restart explains
                                         (502 to 504, resets, timeouts) half a minute at least
refusals for rate                        45 s of them, or three times the wait that they name, and
                                         nothing ever answered
rejections with the same words           10 of them, and nothing ever answered; 20 in a row that
                                         say 403
requests that fail for good              20 in a row
=======================================  ========================================================

A provider that knows that no request can succeed says so itself (``ModelRefused``).
"""

from __future__ import annotations

import math
import re
import time
from collections import Counter

from ...errors import ModelRefused
from .provider import Empty, Loading, Rejected, Retryable, Unreachable, WrongProtocol

_UNREACHABLE_AFTER = 3  # attempts of one request
_FAULTS = 8  # attempts of all requests
_RESTART_S = 30.0
_RATE_S = 45.0
_REJECTED_ALIKE = 10
_FAILED_IN_A_ROW = 20
_KEPT = 3  # waits that were named, and after which there was no answer either
GO_ON = "every answer is kept; repeat the command to continue"
# Of this prompt, not of the model: a shorter one may do.
OF_THE_PROMPT = re.compile(r"context|too (long|large|many tokens)|maximum.*(length|token)", re.I)


class NothingAnswered(ModelRefused):
    """The server takes requests and answers none, or none any more."""


def alike(reason: str) -> str:
    """A reason without what differs from request to request: numbers and identifiers."""
    return re.sub(r"\b(?=\w*\d)[\w.-]+", "#", reason)


class Breaker:
    """What has come of all requests of a session so far."""

    def __init__(self) -> None:
        self.proven = False  # has the server ever answered in its protocol?
        self.has_answers = False  # has any request of this session been answered?
        self._began = math.inf
        self._faults = 0
        self._failed = 0
        self._forbidden = 0
        self._rejected: Counter[str] = Counter()

    def begin(self) -> None:
        """A request is sent."""
        self._began = min(self._began, time.monotonic())

    def answered(self) -> None:
        """A request was answered."""
        self.proven = self.has_answers = True
        self._failed = self._forbidden = 0

    def rejected(self, error: Rejected) -> None:
        """A request was rejected for what it is.

        Raises:
            ModelRefused: so were all before it, in the same words; or it is one of many 403.
        """
        self.proven = True
        self._forbidden = self._forbidden + 1 if error.status == 403 else 0
        if self._forbidden >= _FAILED_IN_A_ROW:
            raise ModelRefused(
                f"{error.reason}: so said {self._forbidden} requests in a row; {GO_ON}"
            )
        if self.has_answers or OF_THE_PROMPT.search(error.reason):
            return
        words = alike(error.reason)
        self._rejected[words] += 1
        if self._rejected[words] >= _REJECTED_ALIKE:
            raise ModelRefused(
                f"{error.reason}: so said {_REJECTED_ALIKE} requests, and none was answered"
            )

    def failed_attempt(self, error: Retryable, attempts: int) -> None:
        """An attempt failed, the ``attempts``-th of its request.

        Raises:
            ModelRefused: nothing was ever answered, and it is unlikely that anything will be.
        """
        never = isinstance(error, (Unreachable, WrongProtocol)) and not self.proven
        if never and attempts >= _UNREACHABLE_AFTER:
            raise ModelRefused(error.reason)
        if self.has_answers or isinstance(error, (Unreachable, Loading, Empty)):
            return
        elapsed = time.monotonic() - self._began
        if error.status == 429:
            if not self._faults and elapsed >= max(_RATE_S, _KEPT * (error.retry_after or 0.0)):
                raise ModelRefused(
                    f"{error.reason}: refused for {elapsed:.0f} s and never answered; {GO_ON}"
                )
            return
        self._faults += 1
        restart = error.status != 500 and elapsed < _RESTART_S
        if self._faults >= _FAULTS and attempts >= _UNREACHABLE_AFTER and not restart:
            raise NothingAnswered(
                f"{error.reason}: {self._faults} attempts in {elapsed:.0f} s, and none was answered"
            )

    def failed(self, reason: str) -> None:
        """A request failed for good, for no fault of its own.

        Raises:
            ModelRefused: so did many before it, and nothing was answered between.
        """
        self._failed += 1
        if self._failed >= _FAILED_IN_A_ROW:
            raise NothingAnswered(f"{reason}: {self._failed} requests failed in a row; {GO_ON}")
