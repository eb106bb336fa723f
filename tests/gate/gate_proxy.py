"""A proxy for OpenAI-compatible servers that spoils long inputs in known ways.

Tokens are words here. What is shorter than the given number of tokens passes as it is.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import aiohttp
from aiohttp import web

BLOCK = 16
QUESTION = 40
"""Words at either end that hold what is asked; they are left alone."""

Spoil = Callable[[str, int], str]


def drop_middle(prompt: str, start: int) -> str:
    """The middle third is not there."""
    words = prompt.split(" ")
    third = len(words) // 3
    return " ".join(words[:third] + words[-third:])


def shuffle_blocks(prompt: str, start: int) -> str:
    """Blocks of 16 tokens are mixed up: what a fault of a paged cache does."""
    words = prompt.split(" ")
    inner = words[QUESTION:-QUESTION]
    blocks = [inner[i : i + BLOCK] for i in range(0, len(inner), BLOCK)]
    random.Random(prompt).shuffle(blocks)
    mixed = [word for block in blocks for word in block]
    return " ".join(words[:QUESTION] + mixed + words[-QUESTION:])


def only_the_first(prompt: str, start: int) -> str:
    """The answer is given from the first tokens and the question."""
    words = prompt.split(" ")
    return " ".join(words[: start // 2] + words[-QUESTION:])


def coarse(prompt: str, start: int) -> str:
    """Lower precision: of neighbours that are alike, some run together."""
    dice = random.Random(prompt)
    words = prompt.split(" ")
    inner = range(QUESTION, len(words) - QUESTION)
    lost = {i for i in inner if words[i] == words[i - 1] and dice.random() < 0.05}
    swapped = [w for i, w in enumerate(words) if i not in lost]
    for i in range(QUESTION, len(swapped) - QUESTION):
        if dice.random() < 0.01:
            swapped[i], swapped[i + 1] = swapped[i + 1], swapped[i]
    return " ".join(swapped)


def leave(prompt: str, start: int) -> str:
    """Nothing is spoiled."""
    return prompt


class Proxy:
    """Stands before a server; asks another instead for a share of the long requests.

    Attributes:
        spoiled: how many requests were spoiled.
    """

    def __init__(
        self,
        upstream: str,
        spoil: Spoil = leave,
        start: int = 0,
        *,
        other: str | None = None,
        share: float = 0.0,
    ) -> None:
        self.upstream, self.spoil, self.start = upstream, spoil, start
        self.other, self.share = other, share
        self.spoiled = 0
        self._dice = random.Random(1)

    def app(self) -> web.Application:
        """The proxy as an aiohttp application."""
        app = web.Application(client_max_size=1 << 28)
        app.router.add_route("*", "/{path:.*}", self._pass)
        app.cleanup_ctx.append(self._client)
        return app

    async def _client(self, app: web.Application):  # type: ignore[no-untyped-def]
        self._session = aiohttp.ClientSession()
        yield
        await self._session.close()
        await asyncio.sleep(0)

    async def _pass(self, request: web.Request) -> web.Response:
        where, body = self.upstream, None
        if request.method == "POST":
            body = await request.json()
            turn = body["messages"][-1]
            if len(turn["content"].split(" ")) >= self.start:
                before = turn["content"]
                turn["content"] = self.spoil(before, self.start)
                if self.other is not None and self._dice.random() < self.share:
                    where = self.other
                self.spoiled += turn["content"] != before or where != self.upstream
        url = where + request.path_qs
        async with self._session.request(request.method, url, json=body) as answer:
            return web.Response(
                body=await answer.read(), status=answer.status, content_type="application/json"
            )
