"""A served model whose sight is known: how far it sees depends on what it finds in the prompt.

It reads the sequence that it is to copy, and is right with a probability that falls with its
length; the luck of a sequence is the same through all lenses, in part. Nothing here knows a trial.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping

from ..gate.gate_servers import Server

RUN = re.compile(r"\d(?:(?:, | |\n)\d)+|(?<=: )\d")
AGREE = 0.7
"""Share of the luck that is that of the sequence."""


def lens_of(prompt: str) -> str:
    """The lens that a prompt of copy_sequence was changed by."""
    if "Hint:" in prompt:
        return "hint"
    half = prompt[: (len(prompt) - 2) // 2]
    if prompt == f"{half}\n\n{half}":
        return "repeat"
    shown = max(RUN.findall(prompt), key=len)
    return "comma" if ", " in shown else "newline" if "\n" in shown else "none"


class Seeing:
    """A model that copies sequences.

    Attributes:
        far: L50 in items, by lens; that of ``none`` for those that are not named.
        width: octaves over which it falls from 0.95 to 0.05.
        seed: of its luck.
    """

    def __init__(self, far: Mapping[str, float], width: float = 1.5, seed: int = 0) -> None:
        self.far, self.width, self.seed = dict(far), width, seed

    def __call__(self, prompt: str) -> str:
        """What it answers."""
        lens = lens_of(prompt)
        items = re.findall(r"\d", max(RUN.findall(prompt), key=len))
        octaves = math.log2(len(items) / self.far.get(lens, self.far["none"]))
        right = 0.98 / (1 + math.exp(2 * math.log(19) * octaves / self.width))
        sequence = "".join(items)
        own = self._luck(f"{lens}{sequence}")
        luck = self._luck(sequence) if self._luck(f"?{lens}{sequence}") < AGREE else own
        return " ".join(items if luck < right else [*items[:-1], str((int(items[-1]) + 1) % 10)])

    def _luck(self, text: str) -> float:
        digest = hashlib.sha256(f"{self.seed} {text}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64


def server(far: Mapping[str, float], **more: float) -> Server:
    """A server around such a model."""
    return Server(Seeing(far, **more))  # type: ignore[arg-type]
