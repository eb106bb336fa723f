"""OpenAI's three request and answer formats, as plain JSON.

Plain dictionaries rather than the SDK's models: compatible servers bend the format (``usage:
null``, ``reasoning`` beside ``content``, finish reasons of their own), and building the models
costs more client time than all the rest of a request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..dispatch.provider import Rejected, Retryable, WrongProtocol
from ..protocol import FinishReason, Reply, Request

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way to ask.

    Attributes:
        path: below the base URL.
        names: how each field of ``Sampling`` is called there; a missing one is not taken.
        prompt: the part of the body that holds the conversation.
        parse: the answer's body, as a reply.
    """

    path: str
    names: Mapping[str, str]
    prompt: Callable[[Request], Json]
    parse: Callable[[Json], Reply]

    def body(self, model: str, request: Request, dropped: Mapping[str, str]) -> Json:
        """The request's body, with the settings that are set, taken here and not dropped."""
        body: Json = {"model": model, **self.prompt(request)}
        for field, name in self.names.items():
            value = getattr(request.sampling, field)
            if value is None or value == () or field in dropped:
                continue
            if isinstance(value, tuple):
                value = list(value)
            # The responses endpoint nests the effort: "reasoning.effort".
            *parents, leaf = name.split(".")
            body |= {parents[0]: {leaf: value}} if parents else {leaf: value}
        return body


def _messages(request: Request) -> list[Json]:
    return [{"role": turn.role, "content": turn.content} for turn in request.messages]


def _finish(reason: str | None) -> FinishReason:
    """The provider's finish reason in our words.

    Raises:
        Retryable: the server broke off (vLLM's ``abort``, a gateway's ``error``).
    """
    if reason in ("abort", "error"):
        raise Retryable(f"the server broke off generating (finish_reason {reason})")
    if reason == "length":
        return "length"
    return "content_filter" if reason == "content_filter" else "stop"


def _first_choice(body: Json) -> Json:
    """The first choice of an answer.

    Raises:
        WrongProtocol, Rejected, Retryable: there is none; gateways put errors into a body with status 200.
    """
    if choices := body.get("choices"):
        choice: Json = choices[0]
        return choice
    error = body.get("error")
    if not isinstance(error, dict):
        raise WrongProtocol(
            "the server's answer has no choices; is this an OpenAI-compatible server?"
        )
    code = error.get("code")
    reason = str(error.get("message") or error)
    if isinstance(code, int) and (code in (408, 409, 429) or code >= 500):
        raise Retryable(reason, status=code)
    raise Rejected(reason, status=code if isinstance(code, int) else None)


def _fingerprint(body: Json) -> str | None:
    """The model that the server says it ran, and its system fingerprint."""
    words = [word for word in (body.get("model"), body.get("system_fingerprint")) if word]
    return " ".join(words) or None


def _usage(body: Json) -> Json:
    usage: Json = body.get("usage") or {}
    details: Json = usage.get("completion_tokens_details") or {}
    return {
        "prompt_tokens": usage.get("prompt_tokens"),
        "completion_tokens": usage.get("completion_tokens"),
        "reasoning_tokens": details.get("reasoning_tokens"),
    }


def _parse_chat(body: Json) -> Reply:
    choice = _first_choice(body)
    message: Json = choice["message"]
    refusal: str | None = message.get("refusal")
    return Reply(
        text=message.get("content") or refusal or "",
        finish_reason="content_filter" if refusal else _finish(choice.get("finish_reason")),
        # vLLM says `reasoning` (once `reasoning_content`); OpenAI keeps it to itself.
        reasoning=message.get("reasoning") or message.get("reasoning_content"),
        fingerprint=_fingerprint(body),
        **_usage(body),
    )


def _parse_completion(body: Json) -> Reply:
    choice = _first_choice(body)
    return Reply(
        text=choice.get("text") or "",
        finish_reason=_finish(choice.get("finish_reason")),
        fingerprint=_fingerprint(body),
        **_usage(body),
    )


def _parse_response(body: Json) -> Reply:
    if body.get("object") != "response":
        raise WrongProtocol(
            "the answer is not a response object; is this an OpenAI-compatible server?"
        )
    if body.get("status") == "failed":
        error: Json = body.get("error") or {}
        raise Retryable(f"the server failed: {error.get('message') or error}", status=500)
    parts = [
        part
        for item in body["output"]
        if item["type"] == "message"
        for part in item.get("content") or []
    ]
    refused = any(part["type"] == "refusal" for part in parts)
    thoughts = [
        thought["text"]
        for item in body["output"]
        if item["type"] == "reasoning"
        for thought in item.get("summary") or []
    ]
    cut = (body.get("incomplete_details") or {}).get("reason")
    usage: Json = body.get("usage") or {}
    return Reply(
        text="".join(part.get("text") or part.get("refusal") or "" for part in parts),
        finish_reason="content_filter"
        if refused
        else _finish("length" if cut == "max_output_tokens" else cut),
        reasoning="\n".join(thoughts) or None,
        fingerprint=_fingerprint(body),
        prompt_tokens=usage.get("input_tokens"),
        completion_tokens=usage.get("output_tokens"),
        reasoning_tokens=(usage.get("output_tokens_details") or {}).get("reasoning_tokens"),
    )


_COMMON = {name: name for name in ("max_tokens", "temperature", "top_p", "seed", "stop")}

CHAT = Endpoint(
    "/chat/completions",
    _COMMON | {"reasoning_effort": "reasoning_effort"},
    lambda request: {"messages": _messages(request)},
    _parse_chat,
)
"""Chat completions as most servers take them."""

CHAT_OPENAI = Endpoint(
    CHAT.path, {**CHAT.names, "max_tokens": "max_completion_tokens"}, CHAT.prompt, CHAT.parse
)
"""Chat completions with the name for the token limit that OpenAI's reasoning models insist on."""

COMPLETIONS = Endpoint(
    "/completions",
    _COMMON,
    lambda request: {"prompt": "".join(turn.content for turn in request.messages)},
    _parse_completion,
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
    _parse_response,
)
"""The responses API, which some of OpenAI's models answer only through."""
