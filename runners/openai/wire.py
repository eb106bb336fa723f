"""How OpenAI's three endpoints are asked, as plain JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..meaning.said import Said
from ..protocol import AnswerForm, Request
from . import answers

Json = dict[str, Any]
MOST_STOPS = 4
"""Stop strings that OpenAI takes; all others are applied here."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way to ask.

    Attributes:
        path: below the base URL.
        names: how each field of ``Sampling`` is called there; a missing one is not taken.
        prompt: the part of the body that holds the conversation.
        form: the part of the body that forces the answer's form, or ``None``: it cannot.
        parse: the answer's body, as our words.
    """

    path: str
    names: Mapping[str, str]
    prompt: Callable[[Request], Json]
    form: Callable[[AnswerForm], Json] | None
    parse: Callable[[Json, list[str]], Said]

    def body(self, model: str, request: Request, dropped: Mapping[str, str]) -> Json:
        """The request's body, with the settings that are set, taken here and not dropped."""
        body: Json = {"model": model, **self.prompt(request)}
        for field, name in self.names.items():
            value = getattr(request.sampling, field)
            if value is None or value == () or field in dropped:
                continue
            if isinstance(value, tuple):
                value = list(value[:MOST_STOPS])
            # The responses endpoint nests the effort: "reasoning.effort".
            *parents, leaf = name.split(".")
            body |= {parents[0]: {leaf: value}} if parents else {leaf: value}
        if request.form is not None and self.form is not None:
            body |= self.form(request.form)
        return body


def _messages(request: Request) -> list[Json]:
    return [{"role": turn.role, "content": turn.content} for turn in request.messages]


def _json_schema(form: AnswerForm) -> Json:
    return {"name": "answer", "strict": True, "schema": dict(form.schema)}


_COMMON = {name: name for name in ("max_tokens", "temperature", "top_p", "seed", "stop")}

CHAT = Endpoint(
    "/chat/completions",
    _COMMON | {"reasoning_effort": "reasoning_effort"},
    lambda request: {"messages": _messages(request)},
    lambda form: {"response_format": {"type": "json_schema", "json_schema": _json_schema(form)}},
    answers.read_chat,
)
"""Chat completions as most servers take them."""

CHAT_OPENAI = Endpoint(
    CHAT.path,
    {**CHAT.names, "max_tokens": "max_completion_tokens"},
    CHAT.prompt,
    CHAT.form,
    CHAT.parse,
)
"""Chat completions with the name for the token limit that OpenAI's reasoning models insist on."""

COMPLETIONS = Endpoint(
    "/completions",
    _COMMON,
    lambda request: {"prompt": "".join(turn.content for turn in request.messages)},
    None,
    answers.read_chat,
)
"""Plain text in, plain text out."""

RESPONSES = Endpoint(
    "/responses",
    {
        "max_tokens": "max_output_tokens",
        "temperature": "temperature",
        "top_p": "top_p",
        "reasoning_effort": "reasoning.effort",
    },
    lambda request: {"input": _messages(request), "store": False},
    lambda form: {"text": {"format": {"type": "json_schema", **_json_schema(form)}}},
    answers.read_response,
)
"""The responses API, which some of OpenAI's models answer only through."""
