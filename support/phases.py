"""What takes a while says so: what is being done, and for how long it has been."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger("snellen.phases")

SAID_AFTER_S = 3.0
"""What is over sooner is not mentioned."""
AGAIN_AFTER_S = 30.0


@contextmanager
def phase(what: str, expected: str = "") -> Iterator[None]:
    """Do something slow inside; the log has a line when it has taken a moment, and every 30 s.

    Args:
        what: what is being done: ``loading the model``.
        expected: what to expect of it: ``once, about a minute``.
    """
    over = threading.Event()
    began = time.monotonic()
    said = False

    def tell() -> None:
        nonlocal said
        if over.wait(SAID_AFTER_S):
            return
        said = True
        log.info("%s", what + (f" ({expected})" if expected else "") + " …")
        while not over.wait(AGAIN_AFTER_S):
            log.info("%s: %.0f s so far; Ctrl-C stops it", what, time.monotonic() - began)

    teller = threading.Thread(target=tell, name="phase", daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()
        if said:
            log.info("%s: %.0f s", what, time.monotonic() - began)
