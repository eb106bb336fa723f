"""Bodies that are compressed and do not say so, or say so and are not."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import httpx2

_MAGIC = b"\x1f\x8b\x08"


class UnzippingClient(httpx2.AsyncClient):
    """httpx's client, which reads such bodies too."""

    async def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        """Send a request."""
        if how.pop("stream", False):
            return await super().send(request, stream=True, **how)
        return await read_whole(await super().send(request, stream=True, **how))


async def read_whole(response: httpx2.Response) -> httpx2.Response:
    """Read an answer to its end, however its body is compressed; its connection is free then.

    Raises:
        httpx2.HTTPError: the connection broke.
    """
    if "content-encoding" not in response.headers:
        await response.aread()
        return unzipped(response)
    content = b"".join([part async for part in response.aiter_raw()])
    try:
        return unzipped(_with(content, response, response.headers.multi_items()))
    except httpx2.DecodingError:  # a proxy decompressed it, and left the header
        return _with(content, response, _plain_headers(response))


def unzipped(response: httpx2.Response) -> httpx2.Response:
    """An answer that was read, with its body decompressed if that is gzip without a header.

    Some proxies compress, or compress once more, what they pass on, and drop or keep the header
    that says so once.
    """
    if not response.is_stream_consumed or not response.content.startswith(_MAGIC):
        return response
    try:
        content = gzip.decompress(response.content)
    except (OSError, EOFError, zlib.error):
        return response  # cut short, or something else: whoever reads it will say so
    return _with(content, response, _plain_headers(response))


def _plain_headers(response: httpx2.Response) -> list[tuple[str, str]]:
    """The headers of an answer, without those of how its body was sent."""
    about = ("content-encoding", "content-length", "transfer-encoding")
    return [row for row in response.headers.multi_items() if row[0].lower() not in about]


def _with(
    content: bytes, response: httpx2.Response, headers: list[tuple[str, str]]
) -> httpx2.Response:
    """The same answer with another body."""
    return httpx2.Response(
        response.status_code,
        headers=headers,
        content=content,
        request=response.request,
        extensions=response.extensions,
        history=response.history,
    )
