"""Models for the tests that read the prompts of three tasks as they stand, and servers for them.

Nothing here knows a trial: a prompt that was spoiled on its way is answered as it arrived.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

from aiohttp import web

Json = dict[str, Any]
Answer = Callable[[str], str]
RECORD = re.compile(r"\b([a-z]{6}): (\d{5})\b")
DIGITS = re.compile(r"\d(?: \d)+")


def read(prompt: str) -> str:
    """The right answer to a prompt of lookup, copy_sequence or count_ones_bernoulli."""
    records: list[tuple[str, str]] = RECORD.findall(prompt)
    if records:
        outside = re.findall(r"\b[a-z]{6}\b", RECORD.sub("", prompt))
        values = dict(records)
        found = [values[word] for word in outside if word in values]
        return found[0] if found else records[0][1]
    runs: list[str] = DIGITS.findall(prompt)
    sequence = max(runs, key=len) if runs else ""
    question = prompt.replace(sequence, " ")
    asked = re.search(r"(?<!\d)(\d)(?:s\b|\b)", question)
    if asked is None:
        return sequence
    return str(sequence.split().count(asked[1]))


def noisy(answer: Answer, share: float, seed: int) -> Answer:
    """A model whose answers are wrong, at random, in a share of all requests."""
    dice = random.Random(seed)
    return lambda prompt: answer(prompt) if dice.random() >= share else "7"


class Server:
    """An OpenAI-compatible server around a model.

    Attributes:
        prompts: what it was asked.
        forced: how many of the requests held the answer to a form.
    """

    def __init__(
        self,
        answer: Answer = read,
        *,
        context: int | None = None,
        finish: Callable[[str], str] = lambda prompt: "stop",
        status: Callable[[str], int] = lambda prompt: 200,
        counts: Callable[[str], int] = lambda prompt: len(prompt.split()),
        name: str = "m",
    ) -> None:
        self.answer, self.context, self.finish = answer, context, finish
        self.status, self.counts, self.name = status, counts, name
        self.prompts: list[str] = []
        self.forced = 0

    def app(self) -> web.Application:
        """The server as an aiohttp application."""
        app = web.Application(client_max_size=1 << 28)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._chat)
        return app

    async def _models(self, request: web.Request) -> web.Response:
        card: Json = {"id": self.name, "object": "model"}
        if self.context is not None:
            card["max_model_len"] = self.context
        return web.json_response({"object": "list", "data": [card]})

    async def _chat(self, request: web.Request) -> web.Response:
        body = await request.json()
        prompt = body["messages"][-1]["content"]
        self.prompts.append(prompt)
        self.forced += "response_format" in body
        status = self.status(prompt)
        if status != 200:
            words = "This model's maximum context length is 100 tokens." if status == 400 else "no"
            return web.json_response({"error": {"message": words}}, status=status)
        message = {"role": "assistant", "content": self.answer(prompt)}
        choice = {"index": 0, "message": message, "finish_reason": self.finish(prompt)}
        tokens = self.counts(prompt)
        usage = {"prompt_tokens": tokens, "completion_tokens": 3, "total_tokens": tokens + 3}
        return web.json_response(
            {"id": "x", "object": "chat.completion", "created": 1, "model": self.name,
             "choices": [choice], "usage": usage}
        )  # fmt: skip
