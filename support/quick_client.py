"""The HTTP client under the official SDK, without the work that is the same for every request.

The SDK takes any httpx client. Of the time that one request costs there, a third goes into
merging the same headers, parsing the same URL and passing layers (authentication, redirects)
that have nothing to do. What is sent is the same byte for byte; whatever is not the usual case
goes the usual way.
"""

from __future__ import annotations

from typing import Any

import httpx2
from openai import DefaultAioHttpClient

from .unzip import read_whole


class QuickClient(DefaultAioHttpClient):
    """The SDK's aiohttp client: the same requests, the same answers, less time."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._own_headers = self.headers.multi_items()
        self._urls: dict[str, httpx2.URL] = {}

    def build_request(self, method: str, url: httpx2.URL | str, **parts: Any) -> httpx2.Request:
        """A request with a body that is all there, to a URL that was asked before, or any other."""
        content, headers, timeout = (parts.pop(n, None) for n in ("content", "headers", "timeout"))
        usual = isinstance(content, bytes) and isinstance(headers, list) and not any(parts.values())
        if not usual or not isinstance(url, str) or not isinstance(timeout, httpx2.Timeout):
            given = {"content": content, "headers": headers, "timeout": timeout}
            parts |= {name: value for name, value in given.items() if value is not None}
            return super().build_request(method, url, **parts)
        if url not in self._urls:
            self._urls[url] = httpx2.URL(url)
        known = self._urls[url]
        names = {name.lower() for name, _ in headers}
        rows = [("Host", known.netloc.decode()), ("Content-Length", str(len(content)))]
        rows = [row for row in rows + self._own_headers if row[0].lower() not in names]
        request = httpx2.Request(
            method,
            known,
            headers=httpx2.Headers(rows + headers, encoding="utf-8"),
            stream=httpx2.ByteStream(content),
            extensions={"timeout": timeout.as_dict()},
        )
        if self.cookies:
            self.cookies.set_cookie_header(request)
        request.read()
        return request

    async def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        """Send a request and read the answer whole, past layers that have nothing to do."""
        usual = not any(how.values()) and not request.url.userinfo and self.auth is None
        if not usual or self.is_closed:
            if how.get("stream"):
                return await super().send(request, **how)
            return await read_whole(await super().send(request, **(how | {"stream": True})))
        for hook in self.event_hooks["request"]:
            await hook(request)
        response = await self._transport_for_url(request.url).handle_async_request(request)
        response.request = request
        try:
            if response.has_redirect_location or self.event_hooks["response"]:
                await response.aread()
                return await read_whole(await super().send(request, **(how | {"stream": True})))
            if "set-cookie" in response.headers:
                self.cookies.extract_cookies(response)
            return await read_whole(response)
        except BaseException:
            await response.aclose()
            raise
