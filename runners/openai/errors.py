"""What an OpenAI-compatible server's refusals mean, and how long they ask to wait."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ...errors import ModelRefused
from ...support.secrets import redact
from ..dispatch.provider import Rejected, Retryable, WrongProtocol
from .http import Answer

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


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a server says with a status of 400 or more.

    Attributes:
        status: the HTTP status.
        message: its own words, short enough for one line.
        code: its error code, or type, if it names one.
        param: the parameter that it complains of, if it names one.
        structured: whether the error has the protocol's form.
    """

    status: int
    message: str
    code: str
    param: str | None
    structured: bool

    @classmethod
    def read(cls, answer: Answer) -> Refusal:
        """Read an answer's error, whatever its form."""
        try:
            body = json.loads(answer.content)
        except ValueError:
            body = None
        error = body.get("error", body) if isinstance(body, dict) else body
        structured = isinstance(error, dict) and "message" in error
        fields = error if isinstance(error, dict) else {}
        words = fields.get("message") or (error if isinstance(error, str) else None)
        text = redact(" ".join(str(words or "no reason given").split())[:300])
        return cls(
            status=answer.status,
            message=f"{text} (HTTP {answer.status})",
            code=str(fields.get("code") or fields.get("type") or ""),
            param=fields.get("param"),
            structured=structured,
        )


def translate(
    answer: Answer, refusal: Refusal, model: str, base_url: str, key_name: str
) -> Exception:
    """The exception of ours that a refusal stands for."""
    status, reason, code = refusal.status, refusal.message, refusal.code
    if status == 401:
        return ModelRefused(f"{base_url} refused the key for {model}: {reason}; check {key_name}")
    if status == 403:
        return ModelRefused(f"{base_url} does not let this key use {model}: {reason}")
    if code in _OUT_OF_MONEY:
        return ModelRefused(f"the account for {model} is out of credit: {reason}")
    if status == 404 and not refusal.structured:
        return WrongProtocol(
            f"{answer.url} does not exist; is {base_url} an OpenAI-compatible server "
            "(such URLs mostly end in /v1)?",
            status=404,
        )
    if status == 404 or code in _NO_MODEL:
        return ModelRefused(f"no model {model} at {base_url}: {reason}")
    if status in (408, 409, 429) or status >= 500:
        return Retryable(reason, status=status, retry_after=retry_after(answer.headers))
    if code in _BLOCKED:
        return Blocked(reason)
    return Rejected(reason, status=status)


def refused_setting(refusal: Refusal, names: Mapping[str, str]) -> str | None:
    """The field of ``Sampling`` that a 400 says the model does not take, or ``None``.

    Asked of the server's answer, never of the model's name: names lie (lm-eval drops ``stop``
    and temperature for every model with a 5 in its name, gpt-3.5-turbo among them).
    """
    words = f"{refusal.code} {refusal.message}"
    if refusal.status not in (400, 422) or not _NOT_TAKEN.search(words):
        return None
    for field, name in names.items():
        if refusal.param in (name, field):
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
