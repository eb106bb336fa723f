"""Gemini through Google's official async SDK."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import httpx2
from google import genai
from google.auth.exceptions import GoogleAuthError, TransportError
from google.genai import errors, types

from ...errors import InputError, ModelRefused
from ...support.http import root_cause, turned_away
from ...support.secrets import refuse_secrets
from ...support.urls import check_headers
from ..dispatch.provider import Rejected, Retryable, WrongProtocol
from ..meaning import waits
from ..meaning.body import CutShort, read_body, unwrapped
from ..meaning.complaint import Complaint, is_error, read_json
from ..meaning.complaint import read as read_error
from ..meaning.connection import TRANSPORT_ERRORS, broken, redirected
from ..meaning.said import Teller, moderated, settle
from ..meaning.settings import refused_setting
from ..meaning.table import Meaning
from ..meaning.verdict import Asked, as_exception, instead_of_json, is_known, meaning_of
from ..protocol import Reply, Request
from .answers import NoCandidates, read
from .chunks import whole_of
from .client import KEYS, connect, find_place
from .settings import (
    EFFORTS,
    FLAGS,
    FORM,
    NAMES,
    THINKING,
    config_of,
    contents_of,
    thinking_of,
)

_ADAPTATIONS = 8  # settings that one request may have to do without


class Gemini:
    """A Gemini model; a :class:`~snellen.runners.dispatch.provider.Provider`.

    ``reasoning_effort`` is a word (``minimal``, ``low``, ``medium``, ``high``; ``none`` to think
    not at all) or a number of tokens (``-1`` lets the model decide). Thinking counts against
    ``max_tokens`` here.
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare to ask; nothing is sent yet.

        Args:
            name: the model as Google calls it.
            base_url: another server that speaks this protocol, with or without its version.
            extra_body: further fields of every request; part of the identity.
            extra_headers: further headers of every request; part of the identity.

        Raises:
            InputError: no key, or not one of Google's; the base URL is not one; a secret among
                what is sent with every request.
        """
        self.model = f"gemini/{name}"
        self._place = find_place(self.model, base_url)
        self.base_url = self._place.base_url
        self._extra_body, self._extra_headers = dict(extra_body or {}), dict(extra_headers or {})
        refuse_secrets("--extra-body", self._extra_body)
        refuse_secrets("--header", self._extra_headers)
        check_headers(self._extra_headers)
        extra = {"extra_body": self._extra_body, "extra_headers": self._extra_headers}
        given = {setting: value for setting, value in extra.items() if value}
        self.numerics: Mapping[str, Any] = self._place.numerics | given
        self.context_length: int | None = None
        self.dropped: dict[str, str] = {}
        self.resume_at = 0.0
        self._name = name
        self._levels = True  # does it take thinking levels, or budgets only?
        self._client: genai.Client | None = None
        self._connections: httpx2.AsyncClient | None = None
        self._answered = False  # in this protocol
        self._asked = Asked(
            model=self.model,
            base_url=self.base_url,
            key_names=" or ".join(KEYS),
            protocol="a Gemini server",
            hint="its URL goes without the version",
            key=self._place.key,
        )
        self._teller = Teller(self._asked)

    async def answer(self, request: Request) -> Reply:
        """Ask once (again only without a setting that the server says it does not take)."""
        if request.raw:
            raise ModelRefused(f"{self.model} takes conversations only: use the chat template")
        for _ in range(_ADAPTATIONS):
            config = config_of(request, self.dropped, self._thinking(request))
            result, headers = await self._post(request, config)
            if isinstance(result, Complaint):
                complaint = result
            elif (instead := _instead(result)) is not None:
                complaint = instead
            else:
                return self._read(result, request)
            meaning = meaning_of(complaint)
            if meaning is Meaning.MODERATED:
                return moderated(complaint)
            if not self._adapt(complaint, meaning, config, request):
                raise as_exception(complaint, meaning, self._asked, self.base_url, headers)
        raise Rejected(f"{self.base_url} keeps refusing the settings of this request", status=400)

    def count_tokens(self, text: str) -> int | None:
        """Unknown: Google's tokenizer is a service."""
        return None

    async def close(self) -> None:
        """Close the connections."""
        if self._connections is not None:
            await self._connections.aclose()
        if self._client is not None:
            self._client.close()

    async def _post(
        self, request: Request, config: types.GenerateContentConfig
    ) -> tuple[dict[str, Any] | Complaint, Mapping[str, str]]:
        """The JSON that the server answers with, or its complaint; and its headers.

        Raises:
            Unreachable, Retryable: nobody answers, or the connection broke.
            WrongProtocol: it answers with a web page.
            ModelRefused: the certificate does not fit, or there are no credentials.
        """
        if self._client is None:
            self._client, self._connections = connect(
                self._place, self._extra_body, self._extra_headers
            )
        try:
            answer = await self._client.aio.models.generate_content(
                model=self._name, contents=contents_of(request), config=config
            )
        except errors.APIError as error:
            if isinstance(error.response, httpx2.Response):
                if elsewhere := turned_away(error.response):
                    raise redirected(self.base_url, elsewhere) from None
                return read_error(error.response.content, error.code), error.response.headers
            return read_json(error.details, error.code), {}
        except TRANSPORT_ERRORS as error:
            raise broken(error, self.base_url) from None
        except GoogleAuthError as error:
            reason = f"no credentials for {self.model}: {root_cause(error)}"
            if isinstance(error, TransportError) or error.retryable:
                raise Retryable(reason) from None
            raise ModelRefused(f"{reason}; check GOOGLE_APPLICATION_CREDENTIALS") from None
        except (UnicodeError, json.JSONDecodeError, RecursionError):
            raise Retryable("the server's answer is not JSON: cut short, or garbled") from None
        http = answer.sdk_http_response or types.HttpResponse()
        headers = httpx2.Headers(http.headers or {})
        if wait := waits.rest_s(headers):
            self.resume_at = time.monotonic() + wait
        return self._json(http.body or ""), headers

    def _json(self, text: str) -> dict[str, Any]:
        try:
            body = unwrapped(whole_of(read_body(text)), ("candidates", "promptFeedback"))
        except CutShort as error:
            raise Retryable(f"the server's answer is cut short: {error}") from None
        except ValueError:
            if text.lstrip()[:1] == "<":
                words = read_error(text, None).text.removeprefix("a web page: ")[:120]
                raise WrongProtocol(
                    f"the answer of {self.base_url} is not one of Gemini's: a web page: {words}"
                ) from None
            return instead_of_json(text)
        return body if isinstance(body, dict) else {"error": body}

    def _read(self, body: dict[str, Any], request: Request) -> Reply:
        """Gemini's answer in our words: blocked prompts and stopped answers are answers too.

        Raises:
            WrongProtocol, Retryable: there is neither an answer nor a reason for its absence.
        """
        oddities: list[str] = []
        try:
            said = read(body, oddities)
        except NoCandidates as error:
            raise Retryable(str(error)) from None
        except LookupError as error:
            if self._answered:
                raise Retryable(f"the server's answer has {error}") from None
            raise WrongProtocol(
                f"the server's answer has {error}; is {self.base_url} {self._asked.protocol}?"
            ) from None
        self._answered = True
        self._teller.odd_fields(oddities)
        return settle(said, request, self._teller)

    def _thinking(self, request: Request) -> types.ThinkingConfig | None:
        effort = request.sampling.reasoning_effort
        if effort is None or "reasoning_effort" in self.dropped:
            return None
        thinking = thinking_of(effort, levels=self._levels)
        if thinking is None:
            raise InputError(
                f"--reasoning-effort {effort}: {self.model} takes {', '.join(EFFORTS)}, or a "
                "number of tokens"
            )
        return thinking

    def _adapt(
        self,
        complaint: Complaint,
        meaning: Meaning,
        config: types.GenerateContentConfig,
        request: Request,
    ) -> bool:
        """Learn from a refusal what this model takes; ``True`` if asking again makes sense.

        By what *this* request sent: others may have learnt meanwhile.

        Raises:
            InputError: the user asked for something that the model does not have.
        """
        if meaning is not Meaning.REJECTED or complaint.status not in (400, 422):
            return False
        own = {name: name for name in self._extra_body}
        form = {name: name for name in FORM} if config.response_mime_type else {}
        sent = {field: name for field, name in NAMES.items() if getattr(config, name) is not None}
        thinking = {name: name for name in THINKING} if config.thinking_config else {}
        refused = refused_setting(complaint, own | form | sent | thinking)
        if refused is None:
            return False
        field = "reasoning_effort" if refused.field in thinking else refused.field
        if field in own:
            raise self._no(f"{field!r} of --extra-body: {complaint.reason}")
        if field in form:
            raise self._no(f"forced answers: {complaint.reason}; use --answer free")
        by_level = config.thinking_config is not None and config.thinking_config.thinking_level
        if field == "reasoning_effort" and by_level and "level" in complaint.text.lower():
            self._levels = False
            return True
        value = getattr(request.sampling, field)
        if field == "max_tokens" and not refused.value_only:
            return False
        if refused.value_only and (field, value) != ("temperature", 0.0):
            raise self._no(f"{FLAGS.get(field, field)} {value}: {complaint.reason}")
        self.dropped[field] = complaint.reason
        return True

    def _no(self, words: str) -> InputError:
        return InputError(f"{self.model} at {self.base_url} does not take {words}")


def _instead(body: dict[str, Any]) -> Complaint | None:
    """What a body with status 200 says that is no answer: an error, or what the table knows."""
    answers = "candidates" in body or "promptFeedback" in body
    complaint = read_json(body, None)
    return complaint if is_error(body) or (not answers and is_known(complaint)) else None
