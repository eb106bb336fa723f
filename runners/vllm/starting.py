"""How far a vLLM server has come in starting, by its log."""

from __future__ import annotations

import re

PHASES = {
    "loading Python": r"",
    "reading the configuration": r"non-default args|Resolved architecture",
    "starting the engine": r"Initializing a .*LLM engine",
    "loading weights": r"Starting to load model|Loading .*checkpoint shards",
    "compiling": r"Loading weights took|Dynamo bytecode|Compiling a graph",
    "making room for the cache": r"KV cache (?:size|layout|memory)|Capturing .*graphs",
    "opening the server": r"init engine .*took|Starting vLLM|Started server process",
}
"""What a server does in this order, and what its log says when it has begun to."""
_SHARDS = re.compile(r"checkpoint shards: +(\d+% Completed \| \d+/\d+)")


def phase_of(log: str) -> str:
    """The last phase that a log tells of, and what is left, as far as it says.

    Returns:
        Such as ``loading weights (4 of 7), 2/8 files``.
    """
    names = list(PHASES)
    reached = max(at for at, name in enumerate(names) if re.search(PHASES[name], log))
    said = f"{names[reached]} ({reached + 1} of {len(names)})"
    shards = _SHARDS.findall(log)
    if names[reached] == "loading weights" and shards:
        said += f", {shards[-1].rsplit(' ', 1)[-1]} files"
    return said
