"""One line of the table of errors, and what a line may mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from .complaint import Complaint


class Meaning(Enum):
    """What a complaint means."""

    MODERATED = "this prompt is refused"
    TOO_LARGE = "this request is too large"
    OUT_OF_MONEY = "the account cannot pay, or is suspended"
    WRONG_KEY = "the key is wrong"
    STREAM_ONLY = "the server only streams"
    NO_MODEL = "there is no such model"
    DAY_IS_SPENT = "the day's quota is used up"
    LOADING = "the model is being loaded"
    WAIT = "the same request may succeed later"
    PROXY = "a proxy on the way wants a password"
    FORBIDDEN = "this key may not use this model"
    WRONG_PLACE = "no such endpoint there"
    REJECTED = "this request fails"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: it fits if the status is among these and a code or a word is."""

    meaning: Meaning
    statuses: range | tuple[int | None, ...]
    codes: frozenset[str] = frozenset()
    words: re.Pattern[str] | None = None
    by_status_alone: tuple[int, ...] = ()

    def fits(self, complaint: Complaint) -> bool:
        """Whether this row decides what a complaint means."""
        if complaint.status in self.by_status_alone:
            return True
        if complaint.status not in self.statuses:
            return False
        said = self.words is not None and self.words.search(complaint.text) is not None
        return said or bool(self.codes & complaint.codes)


def words_of(pattern: str) -> re.Pattern[str]:
    """A pattern of words, written with room between them; a space itself is escaped."""
    return re.compile(pattern, re.IGNORECASE | re.VERBOSE)


REFUSALS = (None, *range(400, 429), *range(430, 500))
"""Statuses of a refusal that is not one for rate."""

ANY_4XX = (None, *range(400, 500))
