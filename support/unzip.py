"""Bodies that are compressed and do not say so."""

from __future__ import annotations

import gzip
import zlib

import httpx2

_MAGIC = b"\x1f\x8b\x08"


class UnzippingClient(httpx2.AsyncClient):
    """httpx's client, which reads such bodies too."""

    async def send(self, request: httpx2.Request, **how: object) -> httpx2.Response:
        """Send a request."""
        return unzipped(await super().send(request, **how))  # type: ignore[arg-type]


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
    about = ("content-encoding", "content-length", "transfer-encoding")
    return httpx2.Response(
        response.status_code,
        headers=[row for row in response.headers.multi_items() if row[0].lower() not in about],
        content=content,
        request=response.request,
        extensions=response.extensions,
        history=response.history,
    )
