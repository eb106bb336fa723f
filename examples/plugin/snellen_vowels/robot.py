"""A provider of one's own: a robot that counts vowels, as far as it can see.

It needs no server, so that this example runs anywhere; docs/providers.md has one that does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from snellen import ModelRefused
from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.kinds import LIMITS, ModelKind, Options
from snellen.runners.protocol import Reply, Request


class Robot:
    """A :class:`snellen.Provider`: it sees so many letters, and takes the rest for consonants."""

    def __init__(self, sight: int) -> None:
        self.model = f"robot/{sight}"
        self.base_url = "robot://here"
        self.numerics: Mapping[str, Any] = {"engine": "robot", "version": 1}
        self.context_length: int | None = None
        self.dropped: dict[str, str] = {}
        self.resume_at = 0.0
        self._sight = sight

    async def answer(self, request: Request) -> Reply:
        """Count the vowels among the letters that it sees."""
        text = request.messages[-1].content
        seen = re.findall(r"\b[A-Z]\b", text)[: self._sight]
        return Reply(
            str(sum(letter in "AEIOU" for letter in seen)),
            prompt_tokens=len(text.split()),
            completion_tokens=1,
        )

    def count_tokens(self, text: str) -> int | None:
        """A token per word."""
        return len(text.split())

    async def close(self) -> None:
        """Nothing to close."""


def open_robot(model: str, name: str, options: Options) -> Dispatch:
    """Make the runner of ``robot/SIGHT``."""
    if not name.isdigit():
        raise ModelRefused(f"{model}: a robot is named by the number of letters it sees: robot/8")
    return Dispatch(Robot(int(name)), options.limits())


# What it costs is not said, so it is unknown: `--budget` is refused with that reason.
ROBOT = ModelKind(
    scheme="robot",
    summary="counts the vowels among the first letters of a text",
    open=open_robot,
    name_pattern="SIGHT",
    takes=LIMITS,
)
