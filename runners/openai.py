"""OpenAI, and every server that speaks its protocol, through the official async SDK."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai

from .base import Reply, Request
from .keys import find_key, require_key
from .openai_errors import Blocked, refill_s, refused_setting, translate
from .openai_wire import CHAT, CHAT_OPENAI, COMPLETIONS, RESPONSES, Endpoint, Json
from .provider import Alien, Rejected, Retryable
from .tiktokens import count_tokens
from .urls import check_url

_HOME = "https://api.openai.com/v1"
_ADAPTATIONS = 8  # settings and endpoints that one request may have to do without


class OpenAI:
    """A model behind OpenAI's protocol; a :class:`~snellen.runners.provider.Provider`.

    Asks chat completions, or completions for a raw prompt; goes over to the responses API where
    the server says that the model needs it. Settings that the server says the model does not
    take are dropped, recorded, and the request is sent again without them.
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None = None,
        model: str | None = None,
        key_name: str = "OPENAI_API_KEY",
        numerics: Mapping[str, Any] | None = None,
        context_length: int | None = None,
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

        Raises:
            InputError: no key, or the base URL is not a URL.
        """
        self.model = model or f"openai/{name}"
        self.base_url = base_url or os.environ.get("OPENAI_BASE_URL") or _HOME
        check_url(self.base_url)
        self.numerics = numerics if numerics is not None else {}
        self.context_length = context_length
        self.dropped: dict[str, str] = {}
        self.resume_at = 0.0
        self._name = name
        self._key_name = key_name
        at_home = urlsplit(self.base_url).hostname == urlsplit(_HOME).hostname
        self._endpoint = CHAT_OPENAI if at_home else CHAT
        key = require_key(self.model, key_name) if at_home else find_key(key_name) or "none"
        self._client = openai.AsyncOpenAI(
            api_key=key,
            base_url=self.base_url,
            max_retries=0,
            timeout=httpx2.Timeout(None, connect=15.0),
            http_client=openai.DefaultAioHttpClient(),
        )

    async def answer(self, request: Request) -> Reply:
        """Ask once (again only without a setting, or at an endpoint, that the server names)."""
        for _ in range(_ADAPTATIONS):
            endpoint = COMPLETIONS if request.raw else self._endpoint
            body = endpoint.body(self._name, request, self.dropped)
            try:
                reply = await self._post(endpoint, body)
            except openai.APIStatusError as error:
                if not self._adapt(error, endpoint, request):
                    trouble = translate(error, self.model, self.base_url, self._key_name)
                    if isinstance(trouble, Blocked):
                        return Reply(text="", finish_reason="content_filter")
                    raise trouble from None
            except openai.APIError as error:
                raise translate(error, self.model, self.base_url, self._key_name) from None
            else:
                return self._stopped(reply, request)
        raise Rejected(f"{self.base_url} keeps refusing the settings of this request", status=400)

    def count_tokens(self, text: str) -> int | None:
        """Tokens of ``text`` under OpenAI's own tokenizer, if its vocabulary is at hand."""
        return count_tokens(self._name, text)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _post(self, endpoint: Endpoint, body: Json) -> Reply:
        answer = await self._send(endpoint.path, body)
        try:
            return endpoint.parse(answer)
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise Retryable(f"the server's answer lacks a part: {error!r}") from None

    async def _send(self, path: str, body: Json) -> Json:
        """The JSON that the server answers with; the SDK's exceptions where it refuses."""
        response = await self._client.post(path, cast_to=httpx2.Response, body=body)
        if wait := refill_s(response.headers):
            self.resume_at = time.monotonic() + wait
        try:
            answer: Json = json.loads(response.content)
        except ValueError:
            if "html" in response.headers.get("content-type", ""):
                raise Alien(f"{self.base_url} answers with a web page: not such a server") from None
            raise Retryable("the server's answer is not JSON: cut short, or garbled") from None
        return answer

    async def _raw(self, path: str, body: Json) -> Json:
        """Like :meth:`_send`, with our exceptions."""
        try:
            return await self._send(path, body)
        except openai.APIError as error:
            trouble = translate(error, self.model, self.base_url, self._key_name)
            raise trouble from None

    def _adapt(self, error: openai.APIStatusError, endpoint: Endpoint, request: Request) -> bool:
        """Learn from a refusal what this model takes; ``True`` if asking again makes sense."""
        message = str(error.message)
        if endpoint.path == CHAT.path and "v1/responses" in message:
            self._endpoint = RESPONSES
            for lost in set(CHAT.names) - set(RESPONSES.names):
                if getattr(request.sampling, lost) not in (None, ()):
                    self.dropped[lost] = "the responses API has no such setting"
            return True
        field = refused_setting(error, endpoint.names)
        if field == "max_tokens":
            # The other name for the limit, once: a limit cannot be left out.
            other = CHAT if endpoint is CHAT_OPENAI else CHAT_OPENAI
            changed = endpoint.path == CHAT.path and other.names[field] in message
            if changed:
                self._endpoint = other
            return changed
        if field is None or getattr(request.sampling, field) in (None, ()):
            return False
        self.dropped[field] = " ".join(message.split())[:200]
        return True

    def _stopped(self, reply: Reply, request: Request) -> Reply:
        """Cut at the stop strings ourselves where the model does not take them."""
        if "stop" not in self.dropped:
            return reply
        ends = [at for stop in request.sampling.stop if (at := reply.text.find(stop)) >= 0]
        return replace(reply, text=reply.text[: min(ends)], finish_reason="stop") if ends else reply
