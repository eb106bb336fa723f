"""What a connection that failed means, the same for every SDK."""

from __future__ import annotations

import httpx2

from ...errors import ModelRefused
from ...support.http import (
    CONNECT_S,
    bad_certificate,
    bad_proxy,
    causes,
    never_connected,
    proxy_of,
    root_cause,
    speaks_tls,
    too_slow_to_connect,
)
from ...support.secrets import redact
from ..dispatch.provider import Retryable, Unreachable, WrongProtocol

try:
    import aiohttp
except ImportError:  # without OpenAI's transport all is httpx's
    CLIENT_ERRORS: tuple[type[Exception], ...] = ()
else:
    # What comes back is no HTTP; the SDK's transport lets this through as it is.
    CLIENT_ERRORS = (aiohttp.ClientResponseError, aiohttp.InvalidURL)

TRANSPORT_ERRORS: tuple[type[Exception], ...] = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    *CLIENT_ERRORS,
)
"""What a request may end in beside an answer, whatever the SDK."""


def broken(error: BaseException, base_url: str) -> Exception:
    """What a connection that failed means."""
    if why := bad_certificate(error):
        return ModelRefused(f"the certificate of {base_url} is not trusted: {why}")
    if why := bad_proxy(error):
        return Unreachable(
            f"the proxy on the way to {base_url} cannot be used: {why}; check HTTPS_PROXY, "
            "HTTP_PROXY and NO_PROXY"
        )
    reason, proxy = root_cause(error), proxy_of(base_url)
    by_proxy = f" (asked through the proxy {proxy})" if proxy else ""
    if any(type(cause).__name__ == "LineTooLong" for cause in causes(error)):
        return WrongProtocol(
            f"{base_url} answers with a header of more than 8 KB{by_proxy}, which is not read; "
            "let the server, or what stands before it, send less"
        )
    if isinstance(error, CLIENT_ERRORS):
        return WrongProtocol(f"{base_url} does not speak HTTP{by_proxy}: {reason}")
    if "WRONG_VERSION_NUMBER" in reason or "record layer" in reason:
        return Unreachable(f"{base_url} does not speak https: {reason}; try http")
    if too_slow_to_connect(error):
        reason = f"no connection within {CONNECT_S:g} s, TLS and proxy included"
    elif not never_connected(error):
        if not proxy and base_url.startswith("http://") and speaks_tls(base_url):
            return WrongProtocol(f"{base_url} speaks https, and was asked by http: name it so")
        return Retryable(f"the connection to {base_url} broke: {reason}")
    hint = "is the server up, and the URL right?"
    if proxy:  # httpx does not say at whose door it knocked
        hint = f"is the server up, the URL right, and {proxy} the proxy to ask?"
    return Unreachable(f"cannot reach {base_url}: {reason}; {hint}")


def redirected(base_url: str, elsewhere: str) -> WrongProtocol:
    """What it means that a request was sent on and lost its body on the way."""
    return WrongProtocol(
        f"{base_url} redirects to {redact(elsewhere)} and drops what was asked: name that server"
    )
