"""From an answer in a provider's own words to a reply in ours; the same for every provider."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from ..dispatch.provider import Empty, Retryable
from ..protocol import Reply, Request
from .complaint import Complaint
from .finish import FILTERED, LENGTH, STOP, Ending, ending_of, in_our_words
from .verdict import Asked

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer in the provider's own words.

    Attributes:
        text: the visible answer, or the model's refusal.
        finish: the finish reason as it was said; ``content_filter`` where the model refuses.
        reasoning: reasoning text apart from the answer.
        notice: what the provider says of how it ended.
        error: an error in place of, or beside, the answer.
        fingerprint: the model that the server says it ran, and its system fingerprint.
        prompt_tokens, completion_tokens, reasoning_tokens: as the server counts them.
    """

    text: str
    finish: str | None
    reasoning: str = ""
    notice: str | None = None
    error: object = None
    fingerprint: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None


class Teller:
    """Says once what is odd about a server's answers; a log record, for the screen or a file."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._told: set[str] = set()

    def once(self, what: str, words: str) -> None:
        """Tell of something odd, the first time that it is seen."""
        if what not in self._told:
            self._told.add(what)
            log.warning("%s (%s): %s", self._asked.model, self._asked.base_url, words)

    def odd_fields(self, oddities: Iterable[str]) -> None:
        """Tell of fields that could not be read, each once; ``name 'value'``."""
        new = [oddity for oddity in oddities if oddity.split()[0] not in self._told]
        self._told |= {oddity.split()[0] for oddity in new}
        if new:
            self.once(", ".join(new), f"unreadable in its answers, left unknown: {', '.join(new)}")


def settle(said: Said, request: Request, teller: Teller) -> Reply:
    """The reply that a provider's own words stand for; the same for every provider.

    Raises:
        Empty: there is no text, and no reason for its absence.
        Retryable: the server broke off.
    """
    ending = ending_of(said.finish)
    if ending is Ending.BROKEN:
        raise Retryable(f"the server broke off generating (finish reason {said.finish})")
    if ending is Ending.UNKNOWN:
        teller.once(f"finish {said.finish}", f"unknown finish reason {said.finish!r}, kept")
    finish = in_our_words(said.finish, said.completion_tokens, request.sampling.max_tokens)
    text, stopped = cut_at_stops(said.text, request.sampling.stop)
    reply = Reply(
        text=text,
        finish_reason=STOP if stopped and finish != FILTERED else finish,
        prompt_tokens=said.prompt_tokens,
        completion_tokens=said.completion_tokens,
        reasoning_tokens=said.reasoning_tokens,
        fingerprint=said.fingerprint,
        reasoning=said.reasoning or None,
        notice=_notice(said, ending),
    )
    settled = finish in (LENGTH, FILTERED) or ending is Ending.MISFIRED
    if not text.strip() and not stopped and not said.reasoning and not settled:
        raise Empty("the answer is empty", reply)
    return reply


def moderated(complaint: Complaint) -> Reply:
    """A prompt that the provider refuses is an outcome of the trial."""
    return Reply(text="", finish_reason=FILTERED, notice=complaint.reason)


def cut_at_stops(text: str, stops: tuple[str, ...]) -> tuple[str, bool]:
    """A text up to the first of the stop strings, and whether there was one.

    Servers take a few at most, or none; where they took one, it is not in the text any more.
    """
    ends = [at for stop in stops if stop and (at := text.find(stop)) >= 0]
    return (text[: min(ends)], True) if ends else (text, False)


def _notice(said: Said, ending: Ending) -> str | None:
    if said.notice or said.text.strip():
        return said.notice
    if ending is Ending.MISFIRED:
        return f"the model did not answer: {said.finish}"
    if said.reasoning and ending is not Ending.LENGTH:
        return "the answer is reasoning only"
    if ending in (Ending.LENGTH, Ending.FILTERED):
        return None
    return "the answer is empty"
