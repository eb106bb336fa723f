"""From the event loop's thread to the caller's: one wake-up for all that arrived together."""

from __future__ import annotations

import asyncio
import contextlib
import queue
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Things put on an event loop and taken on another thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._gathered: list[T] = []
        self._posted: queue.SimpleQueue[list[T]] = queue.SimpleQueue()

    def put(self, thing: T) -> None:
        """Post a thing, with all others of this turn of the loop. On the loop's thread only."""
        if not self._gathered:
            self._loop.call_soon(self._post)
        self._gathered.append(thing)

    def take(self, *, wait: bool = True) -> list[T]:
        """All that has been posted; waits until there is something."""
        things = self._posted.get() if wait else []
        with contextlib.suppress(queue.Empty):
            while True:
                things += self._posted.get_nowait()
        return things

    def _post(self) -> None:
        self._posted.put(self._gathered)
        self._gathered = []
