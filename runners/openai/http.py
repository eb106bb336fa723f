"""One server of OpenAI's protocol, through the official SDK, without paying for it each time.

The SDK builds a request from scratch every time: options, URL, headers, key; that is most of
what a short request costs its client. They are the same for every request to an endpoint, so
the SDK builds and sends the first, and what it built carries the bodies of all later ones.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import aiohttp
import httpx2
import openai
from multidict import CIMultiDict
from yarl import URL

from ...support.secrets import redact
from ..dispatch.provider import Retryable, Unreachable

_CONNECT_S = 15.0
# Set anew for each request, or by the transport.
_OF_ONE_REQUEST = {"host", "connection", "content-length", "accept-encoding"}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, whatever its status."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes


class Channel:
    """Connections to one server; lives on one event loop."""

    def __init__(self, base_url: str, key: str) -> None:
        self.base_url = base_url
        self._path = urlsplit(base_url).path.rstrip("/")
        self._built: dict[str, tuple[URL, CIMultiDict[str]]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._sdk = openai.AsyncOpenAI(
            api_key=key,
            base_url=base_url,
            max_retries=0,
            timeout=httpx2.Timeout(None, connect=_CONNECT_S),
            http_client=openai.DefaultAioHttpClient(event_hooks={"request": [self._note]}),
        )

    async def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Send a body to an endpoint.

        Raises:
            Unreachable: nobody answers there.
            Retryable: the connection broke.
        """
        built = self._built.get(self._path + path)
        try:
            if built is None:
                return await self._first(path, body)
            return await self._next(*built, body)
        except (openai.APIConnectionError, aiohttp.ClientError) as error:
            raise self._broken(error) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._sdk.close()
        if self._session is not None:
            await self._session.close()

    async def _first(self, path: str, body: Mapping[str, Any]) -> Answer:
        try:
            response = await self._sdk.post(path, cast_to=httpx2.Response, body=body)
        except openai.APIStatusError as error:
            response = error.response
        return Answer(
            str(response.url), response.status_code, response.headers, await response.aread()
        )

    async def _next(self, url: URL, headers: CIMultiDict[str], body: Mapping[str, Any]) -> Answer:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ssl=self._ssl()),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S),
                # Not always: aiohttp looks the proxy up in a thread, for every request.
                trust_env=bool(getproxies()),
            )
        data = json.dumps(body).encode()
        async with self._session.post(url, data=data, headers=headers) as response:
            return Answer(str(url), response.status, response.headers, await response.read())

    def _ssl(self) -> ssl.SSLContext | bool:
        """The SDK's trust in certificates; reading them takes a while, so only where needed."""
        return httpx2.create_ssl_context() if self.base_url.startswith("https") else True

    async def _note(self, request: httpx2.Request) -> None:
        """Keep what the SDK built."""
        kept = {k: v for k, v in request.headers.items() if k not in _OF_ONE_REQUEST}
        self._built[request.url.path] = (URL(str(request.url)), CIMultiDict(kept))

    def _broken(self, error: BaseException) -> Retryable:
        # The transport's own exception: what the SDK makes of it calls every reset a timeout.
        while error.__cause__ is not None and not isinstance(error, aiohttp.ClientError):
            error = error.__cause__
        why = redact(str(error)) or type(error).__name__
        if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)):
            return Unreachable(
                f"cannot reach {self.base_url}: {why}; is the server up, and the URL right?"
            )
        return Retryable(f"the connection to {self.base_url} broke: {why}")
