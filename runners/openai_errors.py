"""What an OpenAI-compatible server's refusals mean, and how long they ask to wait."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import openai

from ..errors import ModelRefused
from .keys import redact
from .provider import Alien, Rejected, Retryable, Unreachable

_OUT_OF_MONEY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_BLOCKED = {"content_filter", "content_policy_violation", "invalid_prompt"}
_NO_MODEL = {"model_not_found", "invalid_model", "model_not_available"}
_NOT_TAKEN = re.compile(
    r"unsupported|not support|unrecogni[sz]ed|unknown|unexpected|extra inputs|not permitted",
    re.IGNORECASE,
)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


class Blocked(Exception):
    """The provider's filter refused the prompt: an outcome of the trial, not a failure."""


def translate(error: openai.APIError, model: str, base_url: str, key_name: str) -> Exception:
    """The exception of ours that an SDK's exception stands for."""
    if isinstance(error, openai.APIStatusError):
        return _translate_status(error, model, base_url, key_name)
    cause = _root_cause(error)
    why = redact(str(cause)) or type(cause).__name__
    if isinstance(cause, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)):
        return Unreachable(f"cannot reach {base_url}: {why}; is the server up, and the URL right?")
    return Retryable(f"the connection to {base_url} broke: {why}")


def _root_cause(error: BaseException) -> BaseException:
    """The transport's own exception; what the SDK makes of it calls every reset a timeout."""
    while error.__cause__ is not None and not isinstance(error, aiohttp.ClientError):
        error = error.__cause__
    return error


def _translate_status(
    error: openai.APIStatusError, model: str, base_url: str, key_name: str
) -> Exception:
    status = error.status_code
    reason = redact(_message(error))
    code = str(error.code or error.type or "")
    if status == 401:
        return ModelRefused(f"{base_url} refused the key for {model}: {reason}; check {key_name}")
    if status == 403:
        return ModelRefused(f"{base_url} does not let this key use {model}: {reason}")
    if code in _OUT_OF_MONEY:
        return ModelRefused(f"the account for {model} is out of credit: {reason}")
    if status == 404 and not (isinstance(error.body, dict) and "message" in error.body):
        return Alien(
            f"{error.request.url} does not exist; is {base_url} an OpenAI-compatible server "
            "(such URLs mostly end in /v1)?",
            status=404,
        )
    if status == 404 or code in _NO_MODEL:
        return ModelRefused(f"no model {model} at {base_url}: {reason}")
    if status in (408, 409, 429) or status >= 500:
        wait = retry_after(error.response.headers)
        return Retryable(reason, status=status, retry_after=wait)
    if code in _BLOCKED:
        return Blocked(reason)
    return Rejected(reason, status=status)


def _message(error: openai.APIStatusError) -> str:
    """The server's own words, short enough for one line."""
    words = error.body.get("message") if isinstance(error.body, dict) else None
    text = " ".join(str(words or error.message).split())
    return f"{text[:300]} (HTTP {error.status_code})"


def refused_setting(error: openai.APIStatusError, names: Mapping[str, str]) -> str | None:
    """The field of ``Sampling`` that a 400 says the model does not take, or ``None``.

    Asked of the server's answer, never of the model's name: names lie (lm-eval drops ``stop``
    and temperature for every model with a 5 in its name, gpt-3.5-turbo among them).
    """
    words = f"{error.code or ''} {_message(error)}"
    if error.status_code not in (400, 422) or not _NOT_TAKEN.search(words):
        return None
    for field, name in names.items():
        if error.param in (name, field):
            return field
    for field, name in names.items():
        if re.search(rf"['\"`]{re.escape(name)}['\"`]", words):
            return field
    return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait: ``retry-after-ms``, ``retry-after``, or its quota."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return max(0.0, float(milliseconds) / 1000)
        if value := headers.get("retry-after"):
            if re.fullmatch(r"\d+(\.\d+)?", value.strip()):
                return float(value)
            return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
    return refill_s(headers) or None


def refill_s(headers: Mapping[str, str]) -> float:
    """Seconds until an exhausted quota admits one more request; 0 if none is exhausted.

    OpenAI says ``x-ratelimit-{limit,remaining,reset}-{requests,tokens}``, where *reset* is the
    time until the quota is full again, so that it refills at ``limit / reset``.
    https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
    """
    wait = 0.0
    for what in ("requests", "tokens"):
        if headers.get(f"x-ratelimit-remaining-{what}") != "0":
            continue
        full = duration_s(headers.get(f"x-ratelimit-reset-{what}", ""))
        limit = headers.get(f"x-ratelimit-limit-{what}", "")
        share = 1 / float(limit) if what == "requests" and limit.isdigit() and limit != "0" else 1.0
        wait = max(wait, full * share)
    return wait


def duration_s(text: str) -> float:
    """Seconds in ``1m26.4s``, ``120ms``, ``6m0s`` or plain ``2``; 0 for anything else."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(text))
