"""What a complaint means for this request, this prompt, or this model, and how that is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import ModelRefused
from ...support.secrets import owner_of_key
from ..dispatch.provider import Loading, Rejected, Retryable, WrongProtocol
from . import waits
from .account import DAY_WORDS
from .body import glimpse, not_json
from .complaint import Complaint, read
from .row import words_of
from .table import TABLE, Meaning

_NOWHERE = words_of(
    r"""^((file \s)? not \s found | method \s not \s allowed | 40[45] .{0,24})? [.!]? $
    | unexpected \s endpoint | ^ cannot \s (post|get) \s / | ^ resource \s not \s found [.]? $
    | \b (route|path|endpoint|url) \b .{0,80} (not \s found|does \s not \s exist)
    | (invalid|unknown) \s (request \s)? url
    | (unknown|no \s such|no) \s (url|endpoint|path|route)
      \b (?! s)"""
)
_NEVER_LOADS = words_of(r"(error|fail\w*|unable|cannot|could \s not) .{0,20} (load|start|initiali)")
_SOON_S = 1800.0  # a wait that a request may still be worth
_DAY = words_of(DAY_WORDS)
# Not the 4 of "rate limit reached for gpt-4o": a number stands at its word.
_LIMIT = words_of(r"\b (limit|max(imum)?) (\s is|\s of)? [\s:=(]* (?P<number>\d[\d,]*) \b")
_ASKED = words_of(
    r"""\b (requested | (request|prompt|input) \s (of|has|with|is|needs|requires))
    [^\d]{0,10} (?P<number>\d[\d,]*) \b"""
)
_OF_MODELS = words_of(r"model|deployment|engine|function|not [ _]? found|does \s not \s exist")


def meaning_of(complaint: Complaint) -> Meaning:
    """What a complaint means, by the first row of the table that fits."""
    if complaint.flagged and complaint.status in (None, 400, 403, 422, 451):
        return Meaning.MODERATED
    if complaint.status == 429 and _asks_too_much(complaint.text):
        return Meaning.TOO_LARGE
    if complaint.status == 429 and _is_of_the_day(complaint):
        return Meaning.DAY_IS_SPENT
    if complaint.status in (None, 404, 405) and _is_nowhere(complaint):
        return Meaning.WRONG_PLACE
    never_loads = _NEVER_LOADS.search(complaint.text) is not None
    for row in TABLE:
        if row.fits(complaint) and not (row.meaning is Meaning.LOADING and never_loads):
            return row.meaning
    if complaint.status == 404 and _OF_MODELS.search(" ".join([complaint.text, *complaint.codes])):
        return Meaning.NO_MODEL
    if "failed_precondition" in complaint.codes:  # Google: not in this country, not without billing
        return Meaning.FORBIDDEN
    return Meaning.REJECTED


def is_known(complaint: Complaint) -> bool:
    """Whether the table has more to say of a complaint than that a request fails."""
    return meaning_of(complaint) not in (Meaning.REJECTED, Meaning.WRONG_PLACE)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked, for messages.

    Attributes:
        model: the model as the user calls it.
        base_url: the server.
        key_names: the environment variables that hold the key.
        protocol: whose protocol is spoken, with an article ("an OpenAI-compatible server").
        hint: what a base URL of this protocol looks like.
        key: the key that was sent, to say whose it looks like; it is never shown.
    """

    model: str
    base_url: str
    key_names: str
    protocol: str
    hint: str
    key: str = field(default="", repr=False)


def instead_of_json(content: str | bytes) -> dict[str, Any]:
    """What stands in place of an answer that is no JSON, as the body of an error.

    Raises:
        Retryable: nothing that the table knows.
    """
    if is_known(read(content, None)):
        return {"error": glimpse(content)}
    raise Retryable(not_json(content)) from None


def as_exception(
    complaint: Complaint, meaning: Meaning, asked: Asked, url: str, headers: Mapping[str, str]
) -> Exception:
    """The exception that a complaint stands for; a moderated prompt is the caller's to return."""
    reason, status = complaint.reason, complaint.status
    match meaning:
        case Meaning.WRONG_KEY:
            owner = owner_of_key(asked.key)
            looks = f", which holds a key that looks like one of {owner}" if owner else ""
            return ModelRefused(
                f"{asked.base_url} refused the key for {asked.model}: {reason}; "
                f"check {asked.key_names}{looks}"
            )
        case Meaning.FORBIDDEN:
            return ModelRefused(
                f"{asked.base_url} does not let this key use {asked.model}: {reason}"
            )
        case Meaning.OUT_OF_MONEY:
            return ModelRefused(
                f"the account for {asked.model} is out of credit or suspended: {reason}"
            )
        case Meaning.DAY_IS_SPENT:
            return ModelRefused(f"the day's quota for {asked.model} is used up: {reason}")
        case Meaning.NO_MODEL:
            return ModelRefused(f"no model {asked.model} at {asked.base_url}: {reason}")
        case Meaning.PROXY:
            return ModelRefused(
                f"the proxy on the way to {asked.base_url} wants a password: {reason}; "
                "check HTTPS_PROXY and HTTP_PROXY"
            )
        case Meaning.WRONG_PLACE:
            return WrongProtocol(
                f"{url} does not exist ({reason}); is {asked.base_url} {asked.protocol} "
                f"({asked.hint})?",
                status=status,
            )
        case Meaning.LOADING:
            wait = complaint.wait_s if complaint.wait_s is not None else _wait(complaint, headers)
            return Loading(f"the model is loading: {reason}", status=status, retry_after=wait)
        case Meaning.WAIT:
            return Retryable(
                reason,
                status=status,
                retry_after=_wait(complaint, headers),
                for_all=_is_for_all(complaint, headers),
            )
        case _:
            return Rejected(reason, status=status)


def _wait(complaint: Complaint, headers: Mapping[str, str]) -> float | None:
    for wait in (
        waits.google_delay(complaint.details),
        waits.retry_after(headers),
        complaint.wait_s,
        waits.said_in_words(complaint.text),
        waits.refill_s(headers) or waits.reset_s(headers),
        waits.retry_after(complaint.headers),
        waits.reset_s(complaint.headers),
    ):
        if wait is not None:
            return wait
    return None


def _is_for_all(complaint: Complaint, headers: Mapping[str, str]) -> bool:
    """Whether a quota of the whole account is exhausted, as headers or Google's details say."""
    if complaint.status != 429:
        return False
    spent = waits.is_spent(headers) or waits.is_spent(complaint.headers)
    return spent or any("PerProject" in quota for quota in _quotas(complaint))


def _quotas(complaint: Complaint) -> list[str]:
    rows = (row for detail in complaint.details for row in detail.get("violations") or [])
    return [str(row.get("quotaId", "")) for row in rows if isinstance(row, Mapping)]


def _is_of_the_day(complaint: Complaint) -> bool:
    """Whether a quota of the day (or the month) is used up, with no early end in sight.

    Some count a day back from now, and say in words how soon there is room again.
    """
    quotas = _quotas(complaint)
    if quotas:
        return any("PerDay" in quota for quota in quotas)
    soon = waits.said_in_words(complaint.text)
    return _DAY.search(complaint.text) is not None and (soon is None or soon > _SOON_S)


def _is_nowhere(complaint: Complaint) -> bool:
    """Whether a web server, not a model's API, says that there is no such page."""
    if _NOWHERE.search(complaint.text):
        return complaint.status is not None or bool(complaint.text)
    if complaint.status is None:
        return False
    return complaint.page or (not complaint.structured and "model" not in complaint.text.lower())


def _asks_too_much(text: str) -> bool:
    """Whether a refusal for rate says that one request alone is more than the limit."""
    limit, asked = (
        float(found["number"].replace(",", "")) if (found := words.search(text)) else None
        for words in (_LIMIT, _ASKED)
    )
    return limit is not None and asked is not None and asked > limit
