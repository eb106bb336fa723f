"""The client under the SDK: what it sends is what the SDK's own client would have sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx2
import openai
import pytest
from openai import DefaultAioHttpClient
from snellen.runners.openai.client import sdk_settings
from snellen.support.quick_client import QuickClient

ANSWER = b'{"choices": [{"message": {"content": "3"}, "finish_reason": "stop"}]}'


class Recorder:
    """Answers every request alike, and keeps its bytes."""

    def __init__(self, *heads: str) -> None:
        self.heads = list(heads)
        self.requests: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(httpx2.Headers(_lines(head))["content-length"])
        self.requests.append(head + await reader.readexactly(length))
        status = self.heads.pop(0) if self.heads else "200 OK"
        answer = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(ANSWER)}\r\n\r\n"
        writer.write(answer.encode() + ANSWER)
        await writer.drain()
        writer.close()


def _lines(head: bytes) -> list[tuple[str, str]]:
    rows = head.decode().split("\r\n")[1:]
    return [(name, value) for name, _, value in (row.partition(": ") for row in rows) if name]


def ask(kind: Callable[..., httpx2.AsyncClient], recorder: Recorder, times: int = 1) -> list[bytes]:
    """The bodies of some answers, one after another."""

    async def go() -> list[bytes]:
        server = await asyncio.start_server(recorder, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        settings = sdk_settings({"X-Tier": "two"}) | {"http_client": kind(follow_redirects=True)}
        sdk = openai.AsyncOpenAI(api_key="k", base_url=f"http://127.0.0.1:{port}/v1", **settings)
        body = {"model": "m", "messages": [{"role": "user", "content": "é\U0001f600"}]}
        got = []
        async with server, sdk:
            for _ in range(times):
                response = await sdk.post("/chat/completions", cast_to=httpx2.Response, body=body)
                got.append(await response.aread())
        return got

    return asyncio.run(go())


def sent(request: bytes) -> tuple[bytes, set[tuple[str, str]], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    rows = {(name.lower(), value) for name, value in _lines(head) if name.lower() != "host"}
    return head.split(b"\r\n")[0], rows, body


def test_the_same_is_sent_and_read() -> None:
    usual, quick = Recorder(), Recorder()
    assert ask(DefaultAioHttpClient, usual, 2) == ask(QuickClient, quick, 2) == [ANSWER] * 2
    assert [sent(r) for r in quick.requests] == [sent(r) for r in usual.requests]
    assert b"x-tier: two" in quick.requests[1]


def test_cookies_and_redirects_are_kept() -> None:
    moved = "307 Moved\r\nLocation: /v1/elsewhere"  # said twice: it is asked again the usual way
    recorder = Recorder("200 OK\r\nSet-Cookie: lane=7; Path=/", moved, moved)
    assert ask(QuickClient, recorder, 2) == [ANSWER] * 2
    assert b"lane=7" not in recorder.requests[0]
    assert all(b"lane=7" in request for request in recorder.requests[1:])
    assert recorder.requests[-1].startswith(b"POST /v1/elsewhere")


def test_an_error_is_the_sdks_to_read() -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        ask(QuickClient, Recorder("418 Teapot"))
    assert caught.value.response.content == ANSWER
