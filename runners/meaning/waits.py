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
    r"(?:try again|retry|wait)[a-z ]{0,30}?\s((?:\d+(?:\.\d+)?\s*"
    r"(?:ms|s|m|h|d|seconds?|secs?|minutes?|mins?|hours?|days?)(?![a-z])\s*)+)",
    re.IGNORECASE,
)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds in ``retry-after-ms`` or ``retry-after`` (seconds, or a date), or ``None``."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"\d+(\.\d+)?", value):
            return _sound(float(value) * unit)
        if re.fullmatch(rf"({_DURATION.pattern})+", value):
            return _sound(duration_s(value))
        if value and unit == 1.0:
            try:
                at = parsedate_to_datetime(value)
            except (ValueError, TypeError):
                continue
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            return _sound((at - datetime.now(UTC)).total_seconds())
    return None


def said_in_words(text: str) -> float | None:
    """Seconds in "Please try again in 6m0.5s" and its kin, or ``None``."""
    found = _AGAIN.search(text)
    if not found:
        return None
    short = re.sub(r"(ms|[smhd])[a-z]*", r"\1", re.sub(r"\s", "", found[1].lower()))
    return _sound(duration_s(short)) or None


def google_delay(details: Iterable[Mapping[str, Any]]) -> float | None:
    """Seconds in google.rpc.RetryInfo (``"17s"``, ``"0.25s"``), or ``None``."""
    for detail in details:
        if str(detail.get("@type", "")).endswith("google.rpc.RetryInfo"):
            found = re.fullmatch(r"(\d+(?:\.\d+)?)s", str(detail.get("retryDelay", "")))
            return _sound(float(found[1])) if found else None
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
        if headers.get(f"x-ratelimit-remaining-{what}") != "0":
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
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(text))


def _sound(seconds: float) -> float | None:
    return max(0.0, seconds) if math.isfinite(seconds) and seconds <= _LONGEST_S else None
