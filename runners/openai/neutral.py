"""Settings that are sent so that greedy is greedy, and servers that do not take them.

A server that names one in its refusal is told from that. Others answer 500 (an engine that was
handed an argument it does not know), or 400 in words of their own. So while no request with these
settings was answered, one that is refused is asked again without them, once; if that is answered,
they are added one by one, and those that are refused are dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..meaning.complaint import Complaint
from ..meaning.table import Meaning
from ..protocol import Reply

Json = dict[str, Any]

_DOUBTS = 4  # requests that may be refused with these settings and without
_FAULTS = 3  # a server that fails so often before it ever answered may fail for their sake


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a server said instead of an answer.

    Attributes:
        complaint: what it said.
        meaning: what that means.
        error: the exception that it stands for.
    """

    complaint: Complaint
    meaning: Meaning
    error: Exception


Ask = Callable[[Json], Awaitable[Reply | Refusal]]


class Neutral:
    """The settings of one session that are sent as long as the server takes them."""

    def __init__(self, settings: Mapping[str, Any], dropped: dict[str, str]) -> None:
        """Prepare to doubt.

        Args:
            settings: names and values.
            dropped: takes those that the server refuses, with the reason.
        """
        self._settings = dict(settings)
        self._dropped = dropped
        self._doubts = _DOUBTS
        self._faults = 0
        self._examining = asyncio.Lock()

    def left(self) -> Json:
        """Those that are sent."""
        return {k: v for k, v in self._settings.items() if k not in self._dropped}

    def sent(self, body: Json) -> list[str]:
        """Those that a request holds."""
        return [name for name in self._settings if name in body]

    def answered(self, body: Json) -> None:
        """A request was answered: what it held is taken."""
        if self.sent(body):
            self._doubts = 0

    def suspected(self, body: Json, refusal: Refusal) -> bool:
        """Whether they may be why a server refuses a request without naming them."""
        sent = self.sent(body)
        if not sent:
            return False
        meaning, status = refusal.meaning, refusal.complaint.status
        unexplained = meaning is Meaning.REJECTED
        # A proxy may make a strange answer, with status 200, of a refusal behind it.
        unexplained |= meaning is Meaning.WRONG_PLACE and status is None
        if meaning is Meaning.WAIT and status is not None and status >= 500:
            self._faults += 1
            unexplained = self._faults >= _FAULTS
        # Of requests that are in flight together one finds out, and all learn of it.
        learnt = any(name in self._dropped for name in sent)
        return unexplained and (self._doubts > 0 or learnt)

    async def examine(self, body: Json, refusal: Refusal, ask: Ask) -> Reply | None:
        """Find out whether they are why a request was refused, and drop those that are.

        Args:
            body: what was refused.
            refusal: how.
            ask: asks once.

        Returns:
            The answer to the request with all that the server takes, or ``None``: they are not
            why it was refused.
        """
        async with self._examining:
            sent = self.sent(body)
            left = [name for name in sent if name not in self._dropped]
            bare = {name: value for name, value in body.items() if name not in sent}
            if len(left) < len(sent):  # another request has found out
                reply = await ask(bare | {name: body[name] for name in left})
                return reply if isinstance(reply, Reply) else None
            if not self._doubts:
                return None
            reply = await ask(bare)
            if not isinstance(reply, Reply):
                self._doubts -= 1
                return None
            if refusal.meaning is Meaning.WAIT and isinstance(again := await ask(body), Reply):
                self._doubts = 0  # it failed, and does no more
                return again
            for name in left:
                more = bare | {name: body[name]}
                said = await ask(more)
                if isinstance(said, Refusal) and said.meaning is not Meaning.REJECTED:
                    said = await ask(more)  # it may have been chance
                if isinstance(said, Reply):
                    bare, reply = more, said
                else:
                    self._dropped[name] = (
                        f"the server refused a request with it ({said.complaint.reason}), and "
                        "took the same one without"
                    )
            self._doubts = 0
            return reply
