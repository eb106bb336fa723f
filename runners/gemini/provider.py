"""Gemini through Google's official async SDK."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import aiohttp
import pydantic
from google import genai
from google.genai import errors, types
from google.genai.models import AsyncModels

from ...errors import ModelRefused
from ...support.secrets import find_key, redact, require_key
from ...support.urls import check_url
from ..dispatch.provider import Rejected, Retryable, Unreachable, WrongProtocol
from ..protocol import FinishReason, Reply, Request

_HOME = "https://generativelanguage.googleapis.com"
_KEYS = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
_ADAPTATIONS = 8  # settings that one request may have to do without

# Tokens of thinking for a word, where a model takes a budget only: Google's own equivalents,
# https://ai.google.dev/gemini-api/docs/openai#thinking
_BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}

_LENGTH = {types.FinishReason.MAX_TOKENS, types.FinishReason.CONTINUATION}
_FINE = {None, types.FinishReason.STOP, types.FinishReason.FINISH_REASON_UNSPECIFIED}
_BROKEN = {types.FinishReason.MALFORMED_RESPONSE}

_SETTINGS = {
    "temperature": "temperature",
    "top_p": "top_?p",
    "seed": "seed",
    "stop": "stop_?sequences?",
    "reasoning_effort": "thinking",
}
_NOT_TAKEN = re.compile(r"not support|unsupported|unknown name|invalid|cannot find", re.IGNORECASE)


class Gemini:
    """A Gemini model; a :class:`~snellen.runners.dispatch.provider.Provider`.

    ``reasoning_effort`` is a word (``minimal``, ``low``, ``medium``, ``high``; ``none`` to think
    not at all) or a number of tokens (``-1`` lets the model decide). Thinking counts against
    ``max_tokens`` here.
    """

    def __init__(self, name: str, *, base_url: str | None = None) -> None:
        """Prepare to ask; nothing is sent yet.

        Args:
            name: the model as Google calls it.
            base_url: another server that speaks this protocol, without the ``/v1beta``.

        Raises:
            InputError: no key, or the base URL is not a URL.
        """
        self.model = f"gemini/{name}"
        self.base_url = base_url or _HOME
        check_url(self.base_url)
        self.numerics: Mapping[str, Any] = {}
        self.context_length: int | None = None
        self.dropped: dict[str, str] = {}
        self.resume_at = 0.0
        self._name = name
        self._levels = True  # does it take thinking levels, or budgets only?
        at_home = self.base_url == _HOME
        self._key = require_key(self.model, *_KEYS) if at_home else find_key(*_KEYS) or "none"
        self._session: aiohttp.ClientSession | None = None
        self._models: AsyncModels | None = None

    def _connect(self) -> AsyncModels:
        """The SDK's client, made on the event loop that uses it."""
        if self._models is None:
            self._session = aiohttp.ClientSession(trust_env=True)
            # The SDK sleeps up to ten seconds and asks again by itself unless told to try once.
            options = types.HttpOptions(
                base_url=self.base_url,
                retry_options=types.HttpRetryOptions(attempts=1),
                aiohttp_client=self._session,
            )
            client = genai.Client(vertexai=False, api_key=self._key, http_options=options)
            self._models = client.aio.models
        return self._models

    async def answer(self, request: Request) -> Reply:
        """Ask once (again only without a setting that the server says it does not take)."""
        if request.raw:
            raise ModelRefused(f"{self.model} takes conversations only: use the chat template")
        for _ in range(_ADAPTATIONS):
            try:
                answer = await self._connect().generate_content(
                    model=self._name, contents=_contents(request), config=self._config(request)
                )
            except errors.APIError as error:
                if not self._adapt(error, request):
                    raise self._translate(error) from None
            except aiohttp.ClientConnectorError as error:
                raise Unreachable(
                    f"cannot reach {self.base_url}: {redact(str(error))}; is the URL right?"
                ) from None
            except (aiohttp.ClientError, TimeoutError) as error:
                why = redact(str(error)) or type(error).__name__
                raise Retryable(f"the connection to {self.base_url} broke: {why}") from None
            except (errors.UnknownApiResponseError, pydantic.ValidationError, ValueError):
                raise WrongProtocol(
                    f"the answer of {self.base_url} is not one of Gemini's"
                ) from None
            else:
                return _reply(answer)
        raise Rejected(f"{self.base_url} keeps refusing the settings of this request", status=400)

    def count_tokens(self, text: str) -> int | None:
        """Unknown: Google's tokenizer is a service."""
        return None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _config(self, request: Request) -> types.GenerateContentConfig:
        sampling = request.sampling
        taken = {
            field: getattr(sampling, field) for field in _SETTINGS if field not in self.dropped
        }
        system = [turn.content for turn in request.messages if turn.role == "system"]
        return types.GenerateContentConfig(
            max_output_tokens=sampling.max_tokens,
            temperature=taken.get("temperature"),
            top_p=taken.get("top_p"),
            seed=taken.get("seed"),
            stop_sequences=list(taken.get("stop") or ()) or None,
            system_instruction="\n".join(system) or None,
            thinking_config=self._thinking(taken.get("reasoning_effort")),
        )

    def _thinking(self, effort: str | None) -> types.ThinkingConfig | None:
        if effort is None:
            return None
        if re.fullmatch(r"-?\d+", effort):
            return types.ThinkingConfig(thinking_budget=int(effort))
        if self._levels and effort != "none":
            return types.ThinkingConfig(thinking_level=types.ThinkingLevel(effort.upper()))
        return types.ThinkingConfig(thinking_budget=_BUDGETS.get(effort, -1))

    def _adapt(self, error: errors.APIError, request: Request) -> bool:
        """Learn from a refusal what this model takes; ``True`` if asking again makes sense."""
        message = error.message or ""
        if error.code != 400 or not _NOT_TAKEN.search(message):
            return False
        for field, pattern in _SETTINGS.items():
            if getattr(request.sampling, field) in (None, ()):
                continue
            if not re.search(rf"\b{pattern}", message, re.IGNORECASE):
                continue
            if field == "reasoning_effort" and "level" in message.lower() and self._levels:
                self._levels = False
            else:
                self.dropped[field] = " ".join(message.split())[:200]
            return True
        return False

    def _translate(self, error: errors.APIError) -> Exception:
        details = _details(error)
        reasons = {detail.get("reason") for detail in details}
        words = redact(" ".join((error.message or str(error.status)).split())[:300])
        reason = f"{words} (HTTP {error.code})"
        if error.code == 401 or "API_KEY_INVALID" in reasons:
            names = " or ".join(_KEYS)
            return ModelRefused(
                f"{self.base_url} refused the key for {self.model}: {reason}; check {names}"
            )
        if error.code == 403 or error.status == "FAILED_PRECONDITION":
            return ModelRefused(f"{self.base_url} does not let this key use {self.model}: {reason}")
        if error.code == 404 and not details and error.status != "NOT_FOUND":
            return WrongProtocol(f"{self.base_url} is not a Gemini server: {reason}", status=404)
        if error.code == 404:
            return ModelRefused(f"no model {self.model} at {self.base_url}: {reason}")
        if error.code == 429 and any("PerDay" in quota for quota in _quotas(details)):
            return ModelRefused(f"the day's quota for {self.model} is used up: {reason}")
        if error.code in (408, 409, 429) or error.code >= 500:
            return Retryable(reason, status=error.code, retry_after=_retry_delay(details))
        return Rejected(reason, status=error.code)


def _contents(request: Request) -> types.ContentListUnion:
    return [
        types.Content(
            role="model" if turn.role == "assistant" else "user",
            parts=[types.Part(text=turn.content)],
        )
        for turn in request.messages
        if turn.role != "system"
    ]


def _reply(answer: types.GenerateContentResponse) -> Reply:
    """Gemini's answer in our words: blocked prompts and stopped answers are answers too.

    Raises:
        WrongProtocol, Retryable: there is neither an answer nor a reason for its absence.
    """
    usage = answer.usage_metadata or types.GenerateContentResponseUsageMetadata()
    thoughts = usage.thoughts_token_count
    said = usage.candidates_token_count
    about: dict[str, Any] = {
        "prompt_tokens": usage.prompt_token_count,
        "completion_tokens": None if said is thoughts is None else (said or 0) + (thoughts or 0),
        "reasoning_tokens": thoughts,
        "fingerprint": answer.model_version,
    }
    if not answer.candidates:
        if answer.prompt_feedback and answer.prompt_feedback.block_reason:
            return Reply(text="", finish_reason="content_filter", **about)
        raise WrongProtocol("the server's answer has no candidates; is this a Gemini server?")
    candidate = answer.candidates[0]
    parts = (candidate.content.parts if candidate.content else None) or []
    text = "".join(part.text or "" for part in parts if not part.thought)
    reason = candidate.finish_reason
    if reason in _BROKEN:
        raise Retryable(f"the server broke off generating ({reason})")
    return Reply(
        text=text,
        finish_reason=_finish(reason),
        reasoning="".join(part.text or "" for part in parts if part.thought) or None,
        **about,
    )


def _finish(reason: types.FinishReason | None) -> FinishReason:
    """SAFETY, RECITATION, BLOCKLIST, LANGUAGE, OTHER and their kin are all filters."""
    if reason in _FINE:
        return "stop"
    return "length" if reason in _LENGTH else "content_filter"


def _details(error: errors.APIError) -> list[dict[str, Any]]:
    body = error.details if isinstance(error.details, dict) else {}
    inner = body.get("error", body)
    details = inner.get("details") if isinstance(inner, dict) else None
    return [item for item in details or [] if isinstance(item, dict)]


def _quotas(details: list[dict[str, Any]]) -> list[str]:
    return [
        str(violation.get("quotaId", ""))
        for detail in details
        for violation in detail.get("violations") or []
    ]


def _retry_delay(details: list[dict[str, Any]]) -> float | None:
    """Seconds in google.rpc.RetryInfo (``"17s"``, ``"0.25s"``)."""
    for detail in details:
        if str(detail.get("@type", "")).endswith("google.rpc.RetryInfo"):
            found = re.fullmatch(r"(\d+(?:\.\d+)?)s", str(detail.get("retryDelay", "")))
            return float(found[1]) if found else None
    return None
