"""No wait is silent: a wait of more than ten seconds is announced, with its reason and its end.

Said to the logger ``snellen``, which the command line shows on the screen, and which
:meth:`Waits.log_into` also keeps in the run directory.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .breaker import alike

log = logging.getLogger(__name__)

LOG_NAME = "run.log"
_SILENT_S = 10.0  # a wait of at most this is not worth a line
_AGAIN_S = 30.0  # between two lines on the same silence
_TICK_S = 1.0
_STOP = "Ctrl-C stops, every answer is kept"


@dataclass(slots=True)
class _Group:
    """Requests that wait for the same reason."""

    began: float
    until: float
    all_wait: bool
    waiting: int = 0
    said_until: float = 0.0


class Waits:
    """What the requests of a session wait for; lives on one event loop."""

    def __init__(self, held: Callable[[], tuple[float, str]] = lambda: (0.0, "")) -> None:
        """Prepare to watch.

        Args:
            held: gives the monotonic time before which no request is sent, and why.
        """
        self._held = held
        self.open = 0  # requests that are neither answered nor failed
        self._groups: dict[str, _Group] = {}
        self._quiet_since = time.monotonic()
        self._said_at = 0.0
        self._reason = ""
        self._task: asyncio.Task[None] | None = None
        self._rests: set[asyncio.Task[None]] = set()
        self._file: logging.FileHandler | None = None

    def log_into(self, folder: Path) -> None:
        """Keep what is said in ``run.log`` of a folder, made with its first line."""
        self.close_log()
        self._file = logging.FileHandler(folder / LOG_NAME, delay=True, encoding="utf-8")
        self._file.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        logger = logging.getLogger("snellen")
        logger.addHandler(self._file)
        if logger.getEffectiveLevel() > logging.INFO:
            logger.setLevel(logging.INFO)

    def close_log(self) -> None:
        """Write no more."""
        if self._file is not None:
            logging.getLogger("snellen").removeHandler(self._file)
            self._file.close()
            self._file = None

    def watch(self, opened: int) -> None:
        """Requests are to be asked: from now on a silence is noticed."""
        if not self.open:
            self._quiet_since = time.monotonic()
        self.open += opened
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._listen())

    def settled(self, *, answered: bool = True) -> None:
        """A request has its answer, and there is no silence; or it has failed."""
        self.open -= 1
        if not answered:
            return
        now = time.monotonic()
        if self._said_at > self._quiet_since:
            log.info("answers arrive again, after %.0f s", now - self._quiet_since)
        self._quiet_since = now
        self._reason = ""

    async def close(self) -> None:
        """Listen no more."""
        tasks = [*self._rests, *filter(None, [self._task])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._task = None
        self.open = 0

    def rest(self, seconds: float, reason: str) -> None:
        """All requests are held back for so long; said like any other wait."""

        async def wait() -> None:
            with self.waiting(seconds, reason, all_wait=True):
                await asyncio.sleep(seconds)

        if seconds > _SILENT_S:
            task = asyncio.get_running_loop().create_task(wait())
            self._rests.add(task)
            task.add_done_callback(self._rests.discard)

    @contextmanager
    def waiting(self, seconds: float, reason: str, *, all_wait: bool = False) -> Iterator[None]:
        """Around a wait before the next attempt.

        Args:
            seconds: how long it will be.
            reason: why, in the server's words.
            all_wait: whether all requests wait.
        """
        now, words = time.monotonic(), alike(reason)
        self._reason = reason
        group = self._groups.setdefault(words, _Group(now, now + seconds, all_wait))
        group.waiting += 1
        group.until = max(group.until, now + seconds)
        if seconds > _SILENT_S and group.until > group.said_until + _SILENT_S:
            group.said_until = group.until
            who = "all requests wait" if all_wait else "a request waits"
            log.info("%s %.0f s, until %s: %s (%s)", who, seconds, _clock(seconds), reason, _STOP)
        try:
            yield
        finally:
            group.waiting -= 1
            if not group.waiting and self._groups.get(words) is group:
                del self._groups[words]
                if group.said_until:
                    waited = time.monotonic() - group.began
                    log.info("the wait is over after %.0f s: %s", waited, reason)

    async def _listen(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            now = time.monotonic()
            quiet = now - self._quiet_since
            if not self.open or quiet < _SILENT_S or now - self._said_at < _AGAIN_S:
                continue
            pauses = [group for group in self._groups.values() if group.until > now]
            pausing = sum(group.waiting for group in pauses)
            told = [group for group in pauses if group.said_until > now]
            if any(group.all_wait for group in told) or (told and pausing >= self.open):
                continue  # they have been told of, with their end
            self._said_at = now
            held_until, why = self._held()
            until, reason = "", f"; the server said: {self._reason}" if self._reason else ""
            if pauses or held_until > now:
                soonest = min((group.until for group in pauses), default=0.0)
                until = f", the next attempt at {_clock(max(soonest, held_until) - now)}"
                reason = reason or f"; {why}"
            log.info(
                "nothing was answered for %.0f s: %d requests are open%s%s (%s)",
                *(quiet, self.open, until, reason, _STOP),
            )


def _clock(seconds: float) -> str:
    """The time of day in some seconds."""
    return time.strftime("%H:%M:%S", time.localtime(time.time() + seconds))
