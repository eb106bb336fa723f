"""OpenAI, and every server that speaks its protocol, through the official async SDK."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from ...support.secrets import find_key, require_key
from ...support.urls import check_url
from ..dispatch.provider import Rejected, Retryable, WrongProtocol
from ..protocol import Reply, Request
from .errors import Blocked, Refusal, refill_s, refused_setting, translate
from .http import Answer, Channel
from .tiktokens import count_tokens
from .wire import CHAT, CHAT_OPENAI, COMPLETIONS, RESPONSES, Endpoint, Json

_HOME = "https://api.openai.com/v1"
_ADAPTATIONS = 8  # settings and endpoints that one request may have to do without


class OpenAI:
    """A model behind OpenAI's protocol; a :class:`~snellen.runners.dispatch.provider.Provider`.

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
        self._channel = Channel(self.base_url, key)

    async def answer(self, request: Request) -> Reply:
        """Ask once (again only without a setting, or at an endpoint, that the server names)."""
        for _ in range(_ADAPTATIONS):
            endpoint = COMPLETIONS if request.raw else self._endpoint
            body = endpoint.body(self._name, request, self.dropped)
            answer = await self._channel.post(endpoint.path, body)
            if answer.status < 400:
                return self._stopped(self._parse(endpoint, answer), request)
            refusal = Refusal.read(answer)
            if not self._adapt(refusal, endpoint, request):
                trouble = self._translate(answer, refusal)
                if isinstance(trouble, Blocked):
                    return Reply(text="", finish_reason="content_filter")
                raise trouble
        raise Rejected(f"{self.base_url} keeps refusing the settings of this request", status=400)

    def count_tokens(self, text: str) -> int | None:
        """Tokens of ``text`` under OpenAI's own tokenizer, if its vocabulary is at hand."""
        return count_tokens(self._name, text)

    async def close(self) -> None:
        """Close the connections."""
        await self._channel.close()

    async def _ask(self, path: str, body: Json) -> Json:
        """The JSON that the server answers with, or our exception for its refusal."""
        answer = await self._channel.post(path, body)
        if answer.status >= 400:
            raise self._translate(answer, Refusal.read(answer))
        return self._json(answer)

    def _parse(self, endpoint: Endpoint, answer: Answer) -> Reply:
        try:
            return endpoint.parse(self._json(answer))
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise Retryable(f"the server's answer lacks a part: {error!r}") from None

    def _json(self, answer: Answer) -> Json:
        if wait := refill_s(answer.headers):
            self.resume_at = time.monotonic() + wait
        try:
            body: Json = json.loads(answer.content)
        except ValueError:
            if "html" in answer.headers.get("content-type", ""):
                raise WrongProtocol(
                    f"{self.base_url} answers with a web page: not such a server"
                ) from None
            raise Retryable("the server's answer is not JSON: cut short, or garbled") from None
        return body

    def _translate(self, answer: Answer, refusal: Refusal) -> Exception:
        return translate(answer, refusal, self.model, self.base_url, self._key_name)

    def _adapt(self, refusal: Refusal, endpoint: Endpoint, request: Request) -> bool:
        """Learn from a refusal what this model takes; ``True`` if asking again makes sense."""
        message = refusal.message
        if endpoint.path == CHAT.path and "v1/responses" in message:
            self._endpoint = RESPONSES
            for lost in set(CHAT.names) - set(RESPONSES.names):
                if getattr(request.sampling, lost) not in (None, ()):
                    self.dropped[lost] = "the responses API has no such setting"
            return True
        field = refused_setting(refusal, endpoint.names)
        if field == "max_tokens":
            # The other name for the limit, once: a limit cannot be left out.
            other = CHAT if endpoint is CHAT_OPENAI else CHAT_OPENAI
            changed = endpoint.path == CHAT.path and other.names[field] in message
            if changed:
                self._endpoint = other
            return changed
        if field is None or getattr(request.sampling, field) in (None, ()):
            return False
        self.dropped[field] = message
        return True

    def _stopped(self, reply: Reply, request: Request) -> Reply:
        """Cut at the stop strings ourselves where the model does not take them."""
        if "stop" not in self.dropped:
            return reply
        ends = [at for stop in request.sampling.stop if (at := reply.text.find(stop)) >= 0]
        return replace(reply, text=reply.text[: min(ends)], finish_reason="stop") if ends else reply
