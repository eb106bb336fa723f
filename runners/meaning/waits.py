"""How long a provider asks to wait: headers, bodies, and words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

PLAUSIBLE_S = 60.0
"""The longest rest that headers of a good answer may ask for; a refusal may ask for more."""

_LONGEST_S = 366 * 86400.0
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_AGAIN = re.compile(
    r"(?:(?:try again|retry|wait|retry[-_](?:after|delay)['\":=]*|cool-?down|available again"
    r"|next request)[a-z ]{0,30}?"
    r"|reset(?:s|ting)?(?: again)? (?:in|after)|available .{0,24} in)[\s:]"
    r"((?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|s|m|h|d|seconds?|secs?|minutes?|mins?|hours?|days?)"
    r"(?![a-z])(?:,? and\s|,)?\s*)+)",
    re.IGNORECASE,
)
_BARE = re.compile(  # seconds, by the name of the header that says so
    r"\bretry[-_ ]?(?:after|delay)['\"]?\s?[:=]?\s['\"]?(\d+(?:\.\d+)?)(?![\w.]*\d|\s*[a-z])",
    re.IGNORECASE,
)
_RESETS = ("ratelimit-reset", "x-ratelimit-reset", "x-ratelimit-reset-after", "x-rate-limit-reset")
_FIELD = re.compile(r"retry_?(?:after|delay|in)_?(ms|millis\w*)?(?:s|sec\w*)?", re.IGNORECASE)
_COMBINED = re.compile(r"\b(?:reset|t)=(\d+)")  # ratelimit: limit=10, remaining=0, reset=7
_SPENT = re.compile(r"-\d+(\.\d+)?|0+(\.0+)?")
_SECOND, _MILLISECOND = 1e9, 1e12  # from here on a number is a point in time, in these


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the headers of a refusal ask to wait, or ``None``.

    ``retry-after-ms``, ``x-ms-retry-after-ms`` and ``retry-after``, which may be seconds, a
    duration or a point in time.
    """
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"\d+(\.\d+)?", value):
            return _sound(float(value) * 0.001)
    return _until(headers.get("retry-after", ""))


def reset_s(headers: Mapping[str, str]) -> float | None:
    """Seconds until a quota is renewed, as a refusal's headers say; ``None`` where implausible.

    They do not say which of several quotas is used up, so a long one is not believed.
    """
    said = [headers.get(name, "") for name in _RESETS]
    said += [found[1] for found in [_COMBINED.search(headers.get("ratelimit", ""))] if found]
    found = map(_until, said)
    return next((wait for wait in found if wait is not None and wait <= PLAUSIBLE_S), None)


def named_s(name: str, value: object) -> float | None:
    """Seconds in a field of a body whose name says that it is a wait (``retry_after_ms``)."""
    found = _FIELD.fullmatch(name)
    if found is None or isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    wait = _until(str(value))
    return wait * 0.001 if wait is not None and found[1] else wait


def is_spent(headers: Mapping[str, str]) -> bool:
    """Whether headers say that a quota of the whole account is used up."""
    names = [f"x-ratelimit-remaining{what}" for what in ("", "-requests", "-tokens")]
    return any(_SPENT.fullmatch(headers.get(n, "")) for n in (*names, "ratelimit-remaining"))


def _until(value: str) -> float | None:
    """Seconds in a number, a duration, or until a point in time; ``None`` for anything else."""
    value = value.strip().strip("'\"")
    if re.fullmatch(r"[\d.]+(\s*,\s*[\d.]+)+", value):  # the header twice, made one by a proxy
        value = value.partition(",")[0].strip()
    if re.fullmatch(r"\d+(\.\d+)?", value):
        number = float(value)
        if number < _SECOND:
            return _sound(number)
        at = number / 1000 if number >= _MILLISECOND else number
        return _sound(at - datetime.now(UTC).timestamp())
    if short := _short(value):
        return _sound(duration_s(short))
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            when = read(value)
        except (ValueError, TypeError):
            continue
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return _sound((when - datetime.now(UTC)).total_seconds())
    return None


def _short(words: str) -> str:
    """A duration such as "2 minutes and 3 s" as ``2m3s``; empty for anything else."""
    plain = re.sub(r"^pt(?=\d)|\s|,|\band\b", "", words.lower())  # PT30S: ISO 8601
    plain = re.sub(r"milliseconds?", "ms", plain)
    plain = re.sub(r"(\d)(s|m|h|d)(?!s)[a-z]+", r"\1\2", plain)
    return plain if re.fullmatch(rf"({_DURATION.pattern})+", plain) else ""


def said_in_words(text: str) -> float | None:
    """Seconds in "Please try again in 6m0.5s" and its kin, or ``None``."""
    if found := _AGAIN.search(text):
        return _sound(duration_s(_short(found[1]))) or None
    bare = _BARE.search(text)
    return _sound(float(bare[1])) if bare else None


def google_delay(details: Iterable[Mapping[str, Any]]) -> float | None:
    """Seconds in google.rpc.RetryInfo (``"17s"``, ``"0.25s"``), or ``None``."""
    for detail in details:
        if str(detail.get("@type", "")).endswith("google.rpc.RetryInfo"):
            delay = detail.get("retryDelay", "")
            if isinstance(delay, Mapping):  # the message itself, not its JSON form
                delay = f"{delay.get('seconds', 0)}s"
            return _until(str(delay))
    return None


def refill_s(headers: Mapping[str, str]) -> float:
    """Seconds until an exhausted quota admits one more request; 0 if none is exhausted.

    OpenAI says ``x-ratelimit-{limit,remaining,reset}-{requests,tokens}``, where *reset* is the
    time until the quota is full again, so that it refills at ``limit / reset``. A reset that is
    no duration (a point in time, more than a day) says nothing.
    https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
    """
    wait = 0.0
    for what in ("requests", "tokens"):
        if not _SPENT.fullmatch(headers.get(f"x-ratelimit-remaining-{what}", "")):
            continue
        full = duration_s(headers.get(f"x-ratelimit-reset-{what}", ""))
        limit = headers.get(f"x-ratelimit-limit-{what}", "")
        share = 1 / float(limit) if what == "requests" and limit.isdigit() and limit != "0" else 1.0
        if full <= _UNITS["d"]:
            wait = max(wait, full * share)
    return wait


def rest_s(headers: Mapping[str, str]) -> float:
    """Seconds that the headers of a good answer ask everybody to rest; 0 where implausible."""
    wait = refill_s(headers)
    return wait if wait <= PLAUSIBLE_S else 0.0


def duration_s(text: str) -> float:
    """Seconds in ``1m26.4s``, ``120ms``, ``6m0s`` or plain ``2``; 0 for anything else."""
    text = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if not re.fullmatch(rf"({_DURATION.pattern})+", text):
        return 0.0
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(text))


def _sound(seconds: float) -> float | None:
    return max(0.0, seconds) if math.isfinite(seconds) and seconds <= _LONGEST_S else None
