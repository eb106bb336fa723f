"""Workers that are killed midway: what both tests of chaos go through again and again."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

# A process that starts looks after all others of this one, and the status of a process can be
# read but once: of two threads that read it together, one would see 255.
_LOOKING = threading.Lock()


def run_doomed(
    target: Callable[..., Any],
    args: tuple[Any, ...],
    calls: Callable[[], int],
    fatal_call: float,
    dice: random.Random,
    *,
    mercy_s: float = 0.0,
) -> tuple[int | None, bool]:
    """Run a function in a process, which is killed after so many calls to the server.

    By progress, not by the clock: a busy machine would only kill processes at start.

    Args:
        target: the function, and ``args`` what it is given.
        args: see ``target``.
        calls: how many calls the server has had.
        fatal_call: how many are survived.
        dice: which signal, and when.
        mercy_s: the longest wait between the fatal call and the signal.

    Returns:
        The exit code, and whether it was killed.
    """
    worker = multiprocessing.get_context("forkserver").Process(target=target, args=args)

    def alive() -> bool:
        with _LOOKING:
            return worker.is_alive()

    with _LOOKING:
        worker.start()
    while alive() and calls() <= fatal_call:
        time.sleep(0.001)
    if not alive():
        return worker.exitcode, False
    time.sleep(dice.random() * mercy_s)
    assert worker.pid is not None
    with contextlib.suppress(ProcessLookupError):  # it came to its end by itself
        os.kill(worker.pid, dice.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGINT]))
    while alive():
        time.sleep(0.001)
    return worker.exitcode, True
