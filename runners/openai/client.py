"""One server of OpenAI's protocol, through the official SDK."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import openai

from ...support.http import async_client, turned_away
from ...support.urls import check_headers
from ..meaning.connection import TRANSPORT_ERRORS, broken, redirected

Json = dict[str, Any]
_CUSTOM = "OPENAI_CUSTOM_HEADERS"
_OF_THE_SDK = {"OPENAI_ORG_ID": "OpenAI-Organization", "OPENAI_PROJECT_ID": "OpenAI-Project"}
BROKEN: tuple[type[Exception], ...] = (openai.APIConnectionError, *TRANSPORT_ERRORS)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, whatever its status."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes


def sdk_settings(extra_headers: Mapping[str, str], *, direct: bool = False) -> Json:
    """What the SDK's client is made with here, OpenAI's and Azure's alike.

    Dispatch owns the retries; two layers of them multiply.

    Args:
        extra_headers: sent with every request.
        direct: past all proxies, to a server that we started ourselves.

    Raises:
        InputError: a variable that the SDK sends as a header holds what none may.
    """
    for variable, header in _OF_THE_SDK.items():
        check_headers({header: os.environ.get(variable, "")}, variable)
    lines = (line.partition(":") for line in os.environ.get(_CUSTOM, "").splitlines())
    check_headers({name.strip(): value.strip() for name, colon, value in lines if colon}, _CUSTOM)
    return {
        "max_retries": 0,
        "timeout": httpx2.Timeout(None),  # dispatch has one, and connecting its own
        "http_client": async_client(direct=direct),
        "default_headers": dict(extra_headers) or None,
    }


async def post(sdk: openai.AsyncOpenAI, base_url: str, url: str, body: Json) -> Answer:
    """Send a body to an endpoint (a URL, or a path after the SDK's own), and read the answer whole.

    Raises:
        Unreachable: nobody answers there.
        Retryable: the connection broke.
        WrongProtocol: the request was redirected, and lost its body.
        ModelRefused: the certificate does not fit.
    """
    try:
        try:
            response = await sdk.post(url, cast_to=httpx2.Response, body=body)
        except openai.APIStatusError as error:
            response = error.response
        content = await response.aread()
    except BROKEN as error:
        raise broken(error, base_url) from None
    if elsewhere := turned_away(response):
        raise redirected(base_url, elsewhere)
    return Answer(str(response.url), response.status_code, response.headers, content)
