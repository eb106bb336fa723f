"""Scored trials out of a log of inspect_ai, through its own Python API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...errors import InputError
from .scored import Scored, score_of, whole

LENGTH = ("length", "n", "max_length", "context_length", "num_tokens", "tokens")


def read_log(path: Path, length: str | None, item: str | None) -> Iterator[Scored]:
    """The scored samples of a log; their length stands in the metadata of each.

    Args:
        path: an ``.eval`` or ``.json`` log.
        length: the name of the length in the metadata; None: found by name.
        item: the name of what trials share; None: the sample's id.

    Raises:
        InputError: inspect_ai is not installed, it is no log, or a sample has no length or score.
    """
    try:
        from inspect_ai.log import read_eval_log
    except ImportError as error:
        raise InputError(
            f"{path} is a log of inspect_ai, which reads it: pip install inspect-ai"
        ) from error
    try:
        log = read_eval_log(str(path))
    except Exception as error:
        reason = str(error).splitlines()[0][:200]
        raise InputError(f"{path} is not a log of inspect_ai: {reason}") from error
    for sample in log.samples or []:
        what = f"{path} sample {sample.id}"
        facts: Mapping[str, Any] = sample.metadata or {}
        name = length if length in facts else next((n for n in LENGTH if n in facts), None)
        if name is None or (length and name != length):
            raise InputError(
                f"{what} has no length in its metadata; there are: {', '.join(facts) or 'none'}; "
                "name it with --length"
            )
        if not sample.scores:
            continue  # it ended in an error: nothing was scored
        score = next(iter(sample.scores.values()))
        yield Scored(
            log.eval.model,
            log.eval.task,
            whole(facts[name], what),
            score_of(score.value, what),
            str(facts[item] if item else sample.id),
        )
