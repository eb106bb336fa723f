"""Models served by vLLM: what its server says beyond OpenAI's protocol, and log-likelihoods."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import httpx2

from ...errors import InputError, ModelRefused, SnellenError
from ...support.model_folder import model_folder
from ...support.secrets import find_key
from ...support.urls import check_url
from ..dispatch.dispatcher import Dispatch
from ..dispatch.provider import Limits, Rejected, Retryable
from ..openai.provider import OpenAI
from ..protocol import Failure
from .server import VllmServer

_KEY = "VLLM_API_KEY"
_PLACE = {"host", "port", "api_key", "served_model_name"}  # of no consequence for an answer


class VllmRunner(Dispatch):
    """A vLLM server behind dispatch, which can also score given texts.

    A server that we started is named by what it serves and how, not by its passing port: its
    answers are found again by the next run.
    """

    def __init__(
        self, provider: Vllm, limits: Limits | None = None, server: VllmServer | None = None
    ) -> None:
        super().__init__(provider, limits)
        self._vllm = provider
        self._server = server
        if server is not None:
            self.base_url = None

    def loglikelihood(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        """Score continuations.

        Args:
            pairs: a context and its continuation, each; an empty context stands for the
                beginning of a text.

        Returns:
            For each pair the log-probability of the continuation (nats), and whether greedy
            decoding would have produced it.

        Raises:
            SnellenError: a pair could not be scored (it is longer than the context, say).
        """
        work = (partial(self._vllm.score, context, text) for context, text in pairs)
        return [_score_of(result) for result in self._run(self._all(list(work)))]

    def log_into(self, folder: Path) -> None:
        """Move the log of our own server into a folder; it goes on being written there."""
        if self._server is not None:
            self._server.move_log(folder)

    async def _all(self, work: list[Any]) -> list[Any]:
        tasks = [self._loop.create_task(self._pursue(ask)) for ask in work]
        self._tasks.update(tasks)
        for task in tasks:
            task.add_done_callback(self._tasks.discard)
        return list(await asyncio.gather(*tasks))

    def close(self) -> None:
        """Close the connections, and stop the server if it is ours."""
        try:
            super().close()
        finally:
            if self._server is not None:
                self._server.stop()


class Vllm(OpenAI):
    """A model on a running vLLM server; a :class:`~snellen.runners.dispatch.provider.Provider`."""

    def __init__(
        self, name: str, *, base_url: str, model: str, numerics: Mapping[str, Any] | None = None
    ) -> None:
        """Ask the server what it serves.

        Args:
            name: the model as the server calls it.
            base_url: the server, with its ``/v1``.
            model: the model as the user calls it.
            numerics: what is known of the engine beside what the server says.

        Raises:
            InputError: nobody answers there, it is not vLLM, or it serves other models.
            ModelRefused: the server wants another key.
        """
        check_url(base_url)
        key = find_key(_KEY)
        self._meta = httpx2.Client(
            base_url=base_url.rstrip("/").removesuffix("/v1"),
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=30.0,
            trust_env=False,
        )
        try:
            card = self._find(name, base_url)
            said = {"engine": "vllm", "version": self._get("/version").get("version")}
            said |= self._cache_settings()
        except BaseException:
            self._meta.close()
            raise
        super().__init__(
            name,
            base_url=base_url,
            model=model,
            key_name=_KEY,
            numerics=said | {"root": card.get("root")} | dict(numerics or {}),
            context_length=card.get("max_model_len"),
        )
        self._count = lru_cache(maxsize=4096)(lambda text: len(self.tokenize(text)))
        self._counts = True

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
        answer = self._meta.post("/tokenize", json=body)
        answer.raise_for_status()
        return list(answer.json()["tokens"])

    async def score(self, context: str, text: str) -> tuple[float, bool]:
        """Log-probability of ``text`` after ``context``, and whether greedy decoding gives it.

        The two are tokenized together, as the model reads them, and split where the context
        alone ends; white space at its end belongs to the text (as lm-eval has it).
        """
        before, tokens = await asyncio.to_thread(self._split, context, text)
        body = {
            "model": self._name,
            "prompt": tokens,
            "max_tokens": 1,
            "temperature": 0.0,
            "prompt_logprobs": 0,
        }
        answer = await self._ask("/completions", body)
        try:
            places = answer["choices"][0]["prompt_logprobs"][before:]
            said = [place[str(token)] for place, token in zip(places, tokens[before:], strict=True)]
            return (
                sum(float(token["logprob"]) for token in said),
                all(token["rank"] == 1 for token in said),
            )
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise Retryable(f"the server's log-probabilities lack a part: {error!r}") from None

    async def close(self) -> None:
        """Close the connections."""
        self._meta.close()
        await super().close()

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
        except httpx2.HTTPStatusError as error:
            raise Rejected(f"scoring needs the server's /tokenize: {error.response}") from None
        except httpx2.HTTPError as error:
            raise Retryable(f"the connection to {self.base_url} broke: {error}") from None

    def _first_token(self) -> int:
        """The token that stands before a text: the tokenizer's BOS, or its EOS."""
        info = self._get("/tokenizer_info")
        for name in ("bos_token", "eos_token"):
            if info.get(name):
                return self.tokenize(info[name])[0]
        raise InputError(
            f"{self.model}: scoring a text from its beginning needs the tokenizer's first token; "
            "start the server with --enable-tokenizer-info-endpoint"
        )

    def _find(self, name: str, base_url: str) -> dict[str, Any]:
        """The server's card of the model.

        Raises:
            InputError: nobody answers, it is not such a server, or it serves other models.
            ModelRefused: the key is wrong.
        """
        try:
            answer = self._meta.get("/v1/models")
            if answer.status_code in (401, 403):
                raise ModelRefused(f"{base_url} refused the key: check {_KEY}")
            cards = {card["id"]: card for card in answer.raise_for_status().json()["data"]}
        except httpx2.TransportError as error:
            raise InputError(f"cannot reach {base_url}: {error}; is the server up?") from None
        except (httpx2.HTTPError, ValueError, KeyError, TypeError):
            raise InputError(f"{base_url} is not an OpenAI-compatible server") from None
        if name not in cards:
            raise InputError(
                f"no model {name!r} at {base_url}; it serves {', '.join(sorted(cards))}"
            )
        card: dict[str, Any] = cards[name]
        return card

    def _get(self, path: str) -> dict[str, Any]:
        """A JSON object from the server, or an empty one where it has no such page."""
        try:
            answer = self._meta.get(path)
            body = answer.json() if answer.status_code == 200 else {}
        except (httpx2.HTTPError, ValueError):
            return {}
        return body if isinstance(body, dict) else {}

    def _cache_settings(self) -> dict[str, str]:
        """Prefix caching and the cache's dtype, from the server's metrics."""
        try:
            text = self._meta.get("/metrics").text
        except httpx2.HTTPError:
            return {}
        found = re.search(r"^vllm:cache_config_info\{(.*?)\}", text, re.MULTILINE)
        labels = dict(re.findall(r'(\w+)="([^"]*)"', found[1])) if found else {}
        names = {"enable_prefix_caching": "enable_prefix_caching", "cache_dtype": "kv_cache_dtype"}
        return {ours: labels[theirs] for theirs, ours in names.items() if theirs in labels}


def serve_vllm(
    model: str, name: str, engine_args: Mapping[str, Any], log_folder: Path, limits: Limits
) -> VllmRunner:
    """Start a server for a model and stand ready to ask it.

    Args:
        model: the model as the user calls it.
        name: a hub name or a folder.
        engine_args: vLLM's own settings.
        log_folder: where the server writes its log.
        limits: how hard to drive it.

    Raises:
        InputError: the server cannot be started; see :class:`VllmServer`.
    """
    name = str(model_folder(name) or name)
    # Scoring a text from its beginning needs to know the tokenizer's first token.
    args = {"enable_tokenizer_info_endpoint": True, **engine_args}
    server = VllmServer(name, args, log_folder)
    numerics = {k: str(v) for k, v in engine_args.items() if k not in _PLACE}
    numerics |= server.resolved()
    numerics["batch_invariant"] = os.environ.get("VLLM_BATCH_INVARIANT", "0")
    try:
        served = str(engine_args.get("served_model_name") or name)
        provider = Vllm(served, base_url=server.base_url, model=model, numerics=numerics)
    except BaseException:
        server.stop()
        raise
    return VllmRunner(provider, limits, server)


def _score_of(result: tuple[float, bool] | Failure) -> tuple[float, bool]:
    if isinstance(result, Failure):
        raise SnellenError(f"a text could not be scored: {result.reason}")
    return result
