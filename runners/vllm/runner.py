"""A vLLM server behind dispatch, started by us or running already; log-likelihoods."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import getproxies

from ...errors import SnellenError
from ...support.model_folder import model_folder
from ..dispatch.dispatcher import Dispatch
from ..dispatch.provider import Limits
from ..identity import NEUTRAL
from ..protocol import Failure, Reply, Request
from .provider import Vllm
from .server import VllmServer

_PLACE = {"host", "port", "api_key", "served_model_name"}  # of no consequence for an answer


class VllmRunner(Dispatch):
    """A vLLM server behind dispatch, which can also score given texts.

    A server that we started is named by what it serves and how, not by its passing port: its
    answers are found again by the next run.
    """

    def __init__(
        self, provider: Vllm, limits: Limits | None = None, server: VllmServer | None = None
    ) -> None:
        super().__init__(provider, limits, generation=NEUTRAL)
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
        work = [(partial(self._vllm.score, context, text), 0) for context, text in pairs]
        return [_score_of(result) for result in self._run(self._all(work))]

    def score(self, requests: Sequence[Request]) -> list[Reply | Failure]:
        """Score alternatives, many requests at once. See the protocol."""
        work = [(partial(self._timed, request), self._tokens(request)) for request in requests]
        return self._run(self._all(work))

    def log_into(self, folder: Path) -> None:
        """Move the log of our own server into a folder; the server continues to write it there."""
        super().log_into(folder)
        if self._server is not None:
            self._server.move_log(folder)

    async def _timed(self, request: Request) -> Reply:
        began = time.monotonic()
        reply = await self._vllm.score_choices(request)
        return replace(reply, latency_s=time.monotonic() - began)

    async def _all(self, work: list[tuple[Any, int]]) -> list[Any]:
        tasks = [self._loop.create_task(self._pursue(ask, tokens)) for ask, tokens in work]
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


def serve_vllm(
    model: str,
    name: str,
    engine_args: Mapping[str, Any],
    log_folder: Path,
    limits: Limits,
    *,
    extra_body: Mapping[str, Any] | None = None,
    extra_headers: Mapping[str, str] | None = None,
) -> VllmRunner:
    """Start a server for a model and stand ready to ask it.

    Args:
        model: the model as the user calls it.
        name: a hub name or a folder.
        engine_args: vLLM's own settings.
        log_folder: where the server writes its log.
        limits: how hard to drive it.
        extra_body: further fields of every request.
        extra_headers: further headers of every request.

    Raises:
        InputError: the server cannot be started; see :class:`VllmServer`.
    """
    name = str(model_folder(name) or name)
    # Scoring a text from its beginning needs to know the tokenizer's first token.
    args = {"enable_tokenizer_info_endpoint": True, **engine_args}
    server = VllmServer(name, args, log_folder)
    _pass_proxies_by()
    numerics = {k: str(v) for k, v in engine_args.items() if k not in _PLACE}
    numerics |= server.resolved()
    numerics["batch_invariant"] = os.environ.get("VLLM_BATCH_INVARIANT", "0")
    try:
        served = str(engine_args.get("served_model_name") or name)
        provider = Vllm(
            served,
            base_url=server.base_url,
            model=model,
            numerics=numerics,
            extra_body=extra_body,
            extra_headers=extra_headers,
            direct=True,
        )
    except BaseException:
        server.stop()
        raise
    return VllmRunner(provider, limits, server)


def _score_of(result: tuple[float, bool] | Failure) -> tuple[float, bool]:
    if isinstance(result, Failure):
        raise SnellenError(f"a text could not be scored: {result.reason}")
    return result


def _pass_proxies_by() -> None:
    """Reach a server of our own directly: it is on this machine, whatever proxy is set."""
    if not getproxies():
        return
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host.strip()]
        if "127.0.0.1" not in hosts and "*" not in hosts:
            os.environ[name] = ",".join([*hosts, "127.0.0.1"])
