"""A loopback server that counts what it is asked, and the type of what starts a sweep."""

from __future__ import annotations

import hashlib
import subprocess
from collections import Counter
from collections.abc import Callable
from typing import Any

from wireserver import Call, Wire

Start = Callable[..., "subprocess.Popen[str]"]


class Counting(Wire):
    """A wire server for several models, which tells how often each question was answered."""

    def __init__(self, latency_s: float = 0.0, **more: Any) -> None:
        super().__init__(latency_s=latency_s, models=("wire-1", "wire-2"), **more)

    def asked(self) -> Counter[tuple[str, str]]:
        """How often each question came, by model and hash of the prompt."""
        return Counter(_identity(call) for call in self.calls)


def _identity(call: Call) -> tuple[str, str]:
    return call.body["model"], hashlib.sha256(call.prompt.encode()).hexdigest()
