"""A model on a running vLLM server: OpenAI's protocol, and what vLLM has beyond it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import httpx2

from ...errors import InputError, ModelRefused
from ...support.urls import check_url
from ..choices import ChoiceEncoder, scored_reply
from ..dispatch.provider import Rejected, Retryable
from ..identity import NEUTRAL, Served, get_json, identify, server_client
from ..meaning.connection import broken
from ..openai.provider import OpenAI
from ..openai.wire import Endpoint, Json
from ..protocol import Message, Reply, Request

_KEY = "VLLM_API_KEY"
_ROUNDING = 1e-3  # above 0, as far as a log-probability may lie there
_TEMPLATE = ("chat_template", "chat_template_kwargs")
"""The fields of a request that change how a conversation is rendered."""


class Vllm(OpenAI):
    """A model on a running vLLM server; a :class:`~snellen.runners.dispatch.provider.Provider`."""

    def __init__(
        self,
        name: str,
        *,
        base_url: str,
        model: str,
        numerics: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        direct: bool = False,
    ) -> None:
        """Ask the server what it serves.

        Args:
            name: the model as the server calls it.
            base_url: the server, with its ``/v1``.
            model: the model as the user calls it.
            numerics: what is known of the engine beside what the server says.
            extra_body: further fields of every request.
            extra_headers: further headers of every request.
            direct: past all proxies, to a server that we started ourselves.

        Raises:
            InputError: nobody answers there, it is not vLLM, or it serves other models.
            ModelRefused: the server wants another key.
        """
        check_url(base_url)
        self._meta = server_client(base_url, _KEY, headers=extra_headers, direct=direct)
        try:
            said = self._identity(name, base_url)
        except BaseException:
            self._meta.close()
            raise
        super().__init__(
            name,
            base_url=base_url,
            model=model,
            key_name=_KEY,
            numerics={**said.numerics, **(numerics or {})},
            context_length=said.context_length,
            extra_body=extra_body,
            extra_headers=extra_headers,
            neutral=NEUTRAL,
            direct=direct,
        )
        self._count = lru_cache(maxsize=4096)(lambda text: len(self.tokenize(text)))
        self._counts = True
        self._choices = ChoiceEncoder(self._raw_tokens, self._render)

    def count_tokens(self, text: str) -> int | None:
        """Tokens of ``text`` under the served model's tokenizer, if the server counts them."""
        if not self._counts:
            return None
        try:
            return self._count(text)
        except httpx2.HTTPStatusError:
            self._counts = False
            return None
        except httpx2.HTTPError:
            return None

    def tokenize(self, text: str) -> list[int]:
        """Token ids of ``text``, without any that the tokenizer adds."""
        body = {"model": self._name, "prompt": text, "add_special_tokens": False}
        return self._tokens(body)

    async def score_choices(self, request: Request) -> Reply:
        """Score the alternatives of a request, all in one go; nothing is written.

        A user's turn is rendered by the server's own template, as its answers are.
        """
        try:
            encoded = await asyncio.to_thread(self._choices.encode, request, raw=request.raw)
        except httpx2.HTTPError as error:
            raise self._no_tokens(error) from None
        except (ValueError, KeyError, TypeError) as error:
            raise Retryable(f"the server's /tokenize lacks a part: {error!r}") from None
        before, after = encoded
        found = await self._score([before + text for text in after], len(before))
        read = len(before) + sum(map(len, after))
        return scored_reply(request, [total for total, _ in found], read)

    async def score(self, context: str, text: str) -> tuple[float, bool]:
        """Log-probability of ``text`` after ``context``, and whether greedy decoding gives it.

        The two are tokenized together, as the model reads them, and split where the context
        alone ends; white space at its end belongs to the text (as lm-eval has it).
        """
        before, tokens = await asyncio.to_thread(self._split, context, text)
        total, greedy = (await self._score([tokens], before))[0]
        if greedy is None:
            raise Rejected(
                f"{self.base_url} gives log-probabilities without a rank, which says whether "
                "greedy decoding would have written the text"
            )
        return total, greedy

    async def close(self) -> None:
        """Close the connections."""
        self._meta.close()
        await super().close()

    async def _score(
        self, prompts: Sequence[Sequence[int]], before: int
    ) -> list[tuple[float, bool | None]]:
        """Log-probability of what follows the first ``before`` tokens of prompts.

        And whether greedy decoding gives it, if the server says.
        """
        body = {
            "model": self._name,
            "prompt": prompts[0] if len(prompts) == 1 else prompts,
            "max_tokens": 1,
            "temperature": 0.0,
            "prompt_logprobs": 0,
        }
        answer = await self._ask("/completions", body)
        try:
            by_place = {int(choice.get("index") or 0): choice for choice in answer["choices"]}
            found = [
                _log_probability(by_place[i]["prompt_logprobs"][before:], tokens[before:])
                for i, tokens in enumerate(prompts)
            ]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise Retryable(f"the server's log-probabilities lack a part: {error!r}") from None
        for total, _ in found:
            if math.isnan(total):
                raise Rejected(
                    f"{self.base_url} gives log-probabilities that are no numbers: {total}"
                )
        return found

    def _tokens(self, body: Json) -> list[int]:
        answer = self._meta.post("/tokenize", json=body)
        answer.raise_for_status()
        return list(answer.json()["tokens"])

    def _raw_tokens(self, text: str) -> list[int]:
        """Token ids of a raw prompt, with those that the server adds to it."""
        return self._tokens({"model": self._name, "prompt": text, "add_special_tokens": True})

    def _render(self, messages: Sequence[Message]) -> list[int]:
        """Token ids of a conversation through the server's chat template."""
        body = {
            "model": self._name,
            "messages": [{"role": turn.role, "content": turn.content} for turn in messages],
            "add_generation_prompt": messages[-1].role != "assistant",
        }
        return self._tokens(body | {k: v for k, v in self._extra_body.items() if k in _TEMPLATE})

    def _no_tokens(self, error: httpx2.HTTPError) -> Exception:
        """What it means that the server was asked for tokens in vain."""
        if isinstance(error, httpx2.HTTPStatusError):
            return Rejected(f"scoring needs the server's /tokenize: {error.response}")
        return Retryable(f"the connection to {self.base_url} broke: {error}")

    def _split(self, context: str, text: str) -> tuple[int, list[int]]:
        """How many tokens the context has, and the tokens of both.

        Raises:
            Rejected: the server does not count tokens.
            Retryable: it could not be asked.
        """
        lead = context.rstrip()
        try:
            if not lead:
                return 1, [self._first_token(), *self.tokenize(context + text)]
            return len(self.tokenize(lead)), self.tokenize(context + text)
        except httpx2.HTTPError as error:
            raise self._no_tokens(error) from None

    def _first_token(self) -> int:
        """The token that stands before a text: the tokenizer's BOS, or its EOS."""
        info = get_json(self._meta, "/tokenizer_info")
        for name in ("bos_token", "eos_token"):
            if info.get(name):
                return self.tokenize(info[name])[0]
        raise InputError(
            f"{self.model}: scoring a text from its beginning needs the tokenizer's first token; "
            "start the server with --enable-tokenizer-info-endpoint"
        )

    def _body(self, endpoint: Endpoint, request: Request) -> Json:
        """The request's body, with what vLLM has beyond OpenAI's protocol.

        A forced answer is one that a regular expression allows: vLLM decodes by it. An
        assistant's turn at the end is the beginning of the answer: it is continued.
        """
        body = super()._body(endpoint, request)
        if "messages" in body and request.messages[-1].role == "assistant":
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        if request.form is not None:
            body.pop("response_format", None)
            body["structured_outputs"] = {"regex": request.form.regex}
        return body

    def _identity(self, name: str, base_url: str) -> Served:
        """What the server says of itself and of the model.

        Raises:
            InputError: nobody answers, it is not vLLM, or it serves other models.
            ModelRefused: the key is wrong.
        """
        try:
            answer = self._meta.get("/v1/models")
        except httpx2.TransportError as error:
            raise InputError(str(broken(error, base_url))) from None
        if answer.status_code in (401, 403):
            raise ModelRefused(f"{base_url} refused the key: check {_KEY}")
        said = identify(self._meta, name)
        if not said.models:
            raise InputError(f"{base_url} is not an OpenAI-compatible server: it lists no models")
        if not said.vllm:
            raise InputError(
                f"the server at {base_url} does not say that it is vLLM; name the model "
                f"openai/{name} to ask it as any compatible server"
            )
        if name not in said.models:
            raise InputError(
                f"no model {name!r} at {base_url}; it serves {', '.join(sorted(said.models))}"
            )
        return said


def _log_probability(places: Sequence[Json], tokens: Sequence[int]) -> tuple[float, bool | None]:
    """Of given tokens, by what the server says of each; and whether greedy decoding gives them.

    NaN where one of them is no log-probability; ``None`` where it does not tell their ranks.
    """
    said = [place[str(token)] for place, token in zip(places, tokens, strict=True)]
    each = [float(token["logprob"]) for token in said]
    total = math.nan if any(value > _ROUNDING for value in each) else sum(each)
    ranks = [token.get("rank") for token in said]
    return total, None if None in ranks else all(int(rank) == 1 for rank in ranks)
