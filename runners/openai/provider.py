"""OpenAI, and every server that speaks its protocol, through the official async SDK."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import Any

import openai

from ...errors import InputError
from ...support.secrets import find_key, owner_of_key, refuse_secrets, require_key
from ...support.urls import check_headers, check_url, host_of
from ..dispatch.provider import Empty, Rejected, Retryable, WrongProtocol
from ..meaning.complaint import Complaint, read
from ..meaning.said import moderated
from ..meaning.settings import refused_setting
from ..meaning.table import Meaning
from ..meaning.verdict import Asked, as_exception, meaning_of
from ..protocol import Reply, Request
from .client import Answer, post, sdk_settings
from .neutral import Neutral, Refusal
from .reader import Reader
from .tiktokens import count_tokens
from .wire import CHAT, CHAT_OPENAI, COMPLETIONS, RESPONSES, Endpoint, Json

_HOME = "https://api.openai.com/v1"
_ADAPTATIONS = 12  # settings and endpoints that one request may have to do without
_FLAGS = {
    "max_tokens": "--max-tokens",
    "temperature": "--temperature",
    "top_p": "--top-p",
    "seed": "--sampling-seed",
    "reasoning_effort": "--reasoning-effort",
}


class OpenAI:
    """A model behind OpenAI's protocol; a :class:`~snellen.runners.dispatch.provider.Provider`.

    Asks chat completions, or completions for a raw prompt; goes over to the responses API where
    the server says that the model needs it, and to streams where it only streams. Settings that
    the server says the model does not take are dropped, recorded, and the request is sent again
    without them; a *value* that it does not have is the user's to change.
    """

    _PROTOCOL = "an OpenAI-compatible server"
    _HINT = "such URLs mostly end in /v1"

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None = None,
        model: str | None = None,
        key_name: str = "OPENAI_API_KEY",
        numerics: Mapping[str, Any] | None = None,
        context_length: int | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        neutral: Mapping[str, Any] | None = None,
        sdk: openai.AsyncOpenAI | None = None,
        direct: bool = False,
    ) -> None:
        """Prepare to ask; nothing is sent yet.

        Args:
            name: the model as the server calls it.
            base_url: any compatible server, with the ``/v1`` that most have; by default
                ``OPENAI_BASE_URL``, or OpenAI itself.
            model: the model as the user calls it, ``openai/<name>`` by default.
            key_name: the environment variable that holds the key. A server of one's own needs
                none; OpenAI does.
            numerics: what else can change an answer.
            context_length: tokens of prompt and answer together, if known.
            extra_body: further fields of every request; part of the identity.
            extra_headers: further headers of every request; part of the identity.
            neutral: fields that keep a server's own defaults from changing greedy answers
                (``repetition_penalty``, …); one that it does not take is dropped and recorded.
            sdk: a client of the SDK's that is made already (Azure's).
            direct: past all proxies, to a server that we started ourselves.

        Raises:
            InputError: no key, or not one of this provider; the base URL is not one; a secret
                among what is sent with every request.
        """
        self.model = model or f"openai/{name}"
        self.base_url = base_url or os.environ.get("OPENAI_BASE_URL") or _HOME
        if sdk is None:
            check_url(self.base_url)
        extra = {"extra_body": dict(extra_body or {}), "extra_headers": dict(extra_headers or {})}
        refuse_secrets("--extra-body", extra["extra_body"])
        refuse_secrets("--header", extra["extra_headers"])
        check_headers(extra["extra_headers"])
        given = {setting: value for setting, value in extra.items() if value}
        self.numerics: Mapping[str, Any] = dict(numerics or {}) | given
        self.context_length = context_length
        self.dropped: dict[str, str] = {}
        self.resume_at = 0.0
        self._name = name
        self._extra_body = extra["extra_body"]
        ours = {k: v for k, v in (neutral or {}).items() if k not in self._extra_body}
        self._neutral = Neutral(ours, self.dropped)
        self._stream = False  # does the server only stream?
        self._stream_usage = True  # does it take stream_options?
        at_home = host_of(self.base_url) == host_of(_HOME)
        self._endpoint = CHAT_OPENAI if at_home else CHAT
        key, self._root = "", ""
        if sdk is None:
            key = self._key(key_name, at_home)
            settings = sdk_settings(extra["extra_headers"], direct=direct)
            sdk = openai.AsyncOpenAI(api_key=key, base_url=self.base_url, **settings)
            # A whole URL: for a path alone the SDK takes its base apart for every request.
            self._root = str(sdk.base_url).rstrip("/")
        self._sdk = sdk
        self._asked = Asked(
            model=self.model,
            base_url=self.base_url,
            key_names=key_name,
            protocol=self._PROTOCOL,
            hint=self._HINT,
            key=key,
        )
        self._reader = Reader(self._asked)

    async def answer(self, request: Request) -> Reply:
        """Ask once (again only without a setting, or at an endpoint, that the server names)."""
        for _ in range(_ADAPTATIONS):
            endpoint = COMPLETIONS if request.raw else self._endpoint
            if request.form is not None and endpoint.form is None:
                raise InputError(
                    f"{self.model}: a forced answer needs the chat endpoint; leave out --raw"
                )
            body = self._body(endpoint, request)
            said = await self._once(endpoint, request, body)
            if isinstance(said, Reply):
                self._neutral.answered(body)
                return said
            if said.meaning is Meaning.MODERATED:
                return moderated(said.complaint)
            if self._adapt(said.complaint, said.meaning, endpoint, request, body):
                continue
            if self._neutral.suspected(body, said):
                ask = partial(self._once, endpoint, request)
                if reply := await self._neutral.examine(body, said, ask):
                    return reply
            raise said.error
        raise Rejected(f"{self.base_url} keeps refusing the settings of this request", status=400)

    def count_tokens(self, text: str) -> int | None:
        """Tokens of ``text`` under OpenAI's own tokenizer, if its vocabulary is at hand."""
        return count_tokens(self._name, text)

    async def close(self) -> None:
        """Close the connections."""
        await self._sdk.close()

    async def _post(self, path: str, body: Json) -> Answer:
        return await post(self._sdk, self.base_url, self._root + path, body)

    async def _once(self, endpoint: Endpoint, request: Request, body: Json) -> Reply | Refusal:
        """Ask once; an answer that cannot be read is a refusal too."""
        answer = await self._post(endpoint.path, body)
        if answer.status < 300:
            try:
                reply = self._reader.reply(answer, endpoint, request)
            except Empty:
                raise
            except Retryable as error:
                strange = isinstance(error, WrongProtocol)
                meaning = Meaning.WRONG_PLACE if strange else Meaning.WAIT
                return Refusal(Complaint(text=error.reason), meaning, error)
            self.resume_at = max(self.resume_at, self._reader.resume_at)
            if isinstance(reply, Reply):
                return reply
            complaint = reply
        else:
            complaint = read(answer.content, answer.status)
        meaning = meaning_of(complaint)
        stands_for = as_exception(complaint, meaning, self._asked, answer.url, answer.headers)
        return Refusal(complaint, meaning, stands_for)

    async def _ask(self, path: str, body: Json) -> Json:
        """The JSON that the server answers with, or our exception for its refusal."""
        answer = await self._post(path, body)
        if answer.status < 400:
            body = self._reader.json(answer)
            complaint = self._reader.complaint(body)
            if complaint is None:
                return body
        else:
            complaint = read(answer.content, answer.status)
        raise as_exception(
            complaint, meaning_of(complaint), self._asked, answer.url, answer.headers
        )

    def _key(self, key_name: str, at_home: bool) -> str:
        if not at_home:
            return find_key(key_name) or "none"
        key = require_key(self.model, key_name)
        owner = owner_of_key(key)
        if owner is not None and not owner.startswith("OpenAI"):
            raise InputError(
                f"{key_name} holds a key of {owner}: set OpenAI's, or name the server with "
                "--base-url"
            )
        return key

    def _body(self, endpoint: Endpoint, request: Request) -> Json:
        body = endpoint.body(self._name, request, self.dropped)
        if endpoint is not RESPONSES:
            body |= self._neutral.left()
        if self._stream:
            body["stream"] = True
            if self._stream_usage and endpoint is not RESPONSES:
                body["stream_options"] = {"include_usage": True}
        return body | self._extra_body

    def _adapt(
        self,
        complaint: Complaint,
        meaning: Meaning,
        endpoint: Endpoint,
        request: Request,
        body: Json,
    ) -> bool:
        """Learn from a refusal what this model takes; ``True`` if asking again makes sense.

        By what *this* request sent: others may have learnt meanwhile.

        Raises:
            InputError: the user asked for something that the model does not have.
        """
        if meaning is Meaning.STREAM_ONLY:
            self._stream = True
            return "stream" not in body
        if endpoint.path == CHAT.path and "v1/responses" in complaint.text:
            self._go_to_responses(request)
            return True
        # An engine that stumbles over a setting that it does not know answers 500.
        if meaning is not Meaning.REJECTED and complaint.status not in (500, 501):
            return False
        if "stream_options" in body and "stream_options" in (
            *complaint.params,
            *complaint.text.split(),
        ):
            self._stream_usage = False
            return True
        return self._drop(complaint, endpoint, request, body)

    def _drop(self, complaint: Complaint, endpoint: Endpoint, request: Request, body: Json) -> bool:
        own = {name: name for name in self._extra_body}
        form = {"form": "response_format"} if request.form is not None else {}
        sent = {field: name for field, name in endpoint.names.items()
                if name.partition(".")[0] in body and name not in own}  # fmt: skip
        neutral = {name: name for name in self._neutral.sent(body)}
        refused = refused_setting(complaint, own | form | sent | neutral)
        about_form = form and "schema" in complaint.text
        if refused is None and not about_form:
            return False
        field = refused.field if refused is not None else "form"
        value_only = refused is not None and refused.value_only
        if field in own:
            raise self._no(f"{field!r} of --extra-body: {complaint.reason}")
        if field == "form":
            raise self._no(f"forced answers: {complaint.reason}; use --answer free")
        value = getattr(request.sampling, field, None)
        if field == "max_tokens" and not value_only:
            return self._rename_limit(endpoint, complaint)
        # Greedy is our default, not the user's wish: a server without it has its own.
        if value_only and field in _FLAGS and (field, value) != ("temperature", 0.0):
            raise self._no(f"{_FLAGS[field]} {value}: {complaint.reason}; choose another")
        self.dropped[field] = complaint.reason
        return True

    def _rename_limit(self, endpoint: Endpoint, complaint: Complaint) -> bool:
        """Go over to the other name for the limit, if the server speaks of it: it cannot go."""
        other = CHAT if endpoint is CHAT_OPENAI else CHAT_OPENAI
        if endpoint.path != CHAT.path or other.names["max_tokens"] not in complaint.text:
            return False
        self._endpoint = other
        return True

    def _no(self, words: str) -> InputError:
        return InputError(f"{self.model} at {self.base_url} does not take {words}")

    def _go_to_responses(self, request: Request) -> None:
        self._endpoint = RESPONSES
        for lost in set(CHAT.names) - set(RESPONSES.names):
            if getattr(request.sampling, lost) not in (None, ()):
                self.dropped[lost] = "the responses API has no such setting"
