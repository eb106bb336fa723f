"""One way to every server: the same proxies, certificates and time limits for every caller.

Proxies come from ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` (upper or lower
case), certificates from ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``, as httpx reads them and therefore
as the official SDKs do.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from urllib.request import getproxies, proxy_bypass

import httpx2

from ..errors import InputError
from .secrets import redact
from .unzip import UnzippingClient

CONNECT_S = 15.0
"""Seconds in which a connection must stand, with the proxy's tunnel and TLS; answers may take
longer."""

_CONNECTIONS = 1 << 20  # the dispatcher decides how many are in flight, not the pool
_TOO_SLOW = {"ConnectionTimeoutError", "ConnectTimeout", "PoolTimeout"}


def async_client(*, direct: bool = False) -> httpx2.AsyncClient:
    """Connections for an event loop, for the SDK of either provider.

    Over OpenAI's own aiohttp transport where it is installed, which costs half the time of the
    other.

    Args:
        direct: past all proxies, to a server that we started ourselves.

    Raises:
        InputError: a proxy of the environment cannot be used.
    """
    kind: type[httpx2.AsyncClient] = UnzippingClient
    with suppress(ImportError):
        from .quick_client import QuickClient

        kind = QuickClient
    limits = httpx2.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
    try:
        return kind(
            verify=trusted(),
            limits=limits,
            timeout=httpx2.Timeout(None, connect=CONNECT_S),
            follow_redirects=True,
            trust_env=not direct,
            event_hooks={"request": [_limit_connecting]},
        )
    except (ImportError, RuntimeError, ValueError, OSError) as error:
        raise _unusable(error) from None


def client(
    base_url: str, headers: Mapping[str, str], timeout_s: float = 30.0, *, direct: bool = False
) -> httpx2.Client:
    """Connections for questions beside the answers: what a server is and serves.

    Args:
        base_url: the server.
        headers: sent with every request.
        timeout_s: seconds for an answer.
        direct: past all proxies, to a server that we started ourselves.

    Raises:
        InputError: a proxy or a certificate file of the environment cannot be used.
    """
    try:
        return httpx2.Client(
            verify=trusted(),
            base_url=base_url,
            headers=headers,
            timeout=httpx2.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            follow_redirects=True,
            trust_env=not direct,
        )
    except (ImportError, RuntimeError, ValueError, OSError) as error:
        raise _unusable(error) from None


def trusted() -> ssl.SSLContext:
    """The authorities that are trusted, as httpx finds them: read once, for it takes 30 ms."""
    return _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _trusted(file: str | None, folder: str | None) -> ssl.SSLContext:
    return httpx2.create_ssl_context()


def bad_certificate(error: BaseException) -> str | None:
    """What is wrong with a server's certificate, and how to mend it, where that is why."""
    why = root_cause(error)
    if "CERTIFICATE_VERIFY_FAILED" not in why:  # the SDKs wrap it in what is none of ssl's
        return None
    if "mismatch" in why:
        return f"{why}; name the server as its certificate does"
    if "expired" in why or "not yet valid" in why:
        return f"{why}; the server needs a new one, or the clock here is wrong"
    return f"{why}; name the file of its authority in SSL_CERT_FILE"


def bad_proxy(error: BaseException) -> str | None:
    """What is wrong with the proxy, where that is why a connection broke."""
    for cause in causes(error):
        name = type(cause).__name__
        if "Proxy" in name:
            return redact(str(cause)) or name
    return None


def proxy_of(url: str) -> str | None:
    """The proxy of the environment that stands before a URL, without its password."""
    parts = httpx2.URL(url)
    found = getproxies()
    proxy = found.get(parts.scheme) or found.get("all")
    return None if not proxy or proxy_bypass(parts.host) else redact(proxy)


def root_cause(error: BaseException) -> str:
    """The words of the exception that began it, in one line."""
    found = causes(error)
    words = next((str(cause) for cause in reversed(found) if str(cause)), type(found[-1]).__name__)
    return redact(" ".join(words.split())[:300])


def causes(error: BaseException) -> list[BaseException]:
    """An exception and what it came from, outermost first."""
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return found


@cache
def speaks_tls(url: str) -> bool:
    """Whether the port of a URL without TLS speaks it: such a server hangs up without a word.

    Tried once for each URL, within a second.
    """
    parts = httpx2.URL(url)
    context = httpx2.create_ssl_context(verify=False)
    try:
        with (
            socket.create_connection((parts.host, parts.port or 80), timeout=1) as plain,
            context.wrap_socket(plain, server_hostname=parts.host),
        ):
            return True
    except OSError:  # ssl's errors are among them
        return False


def turned_away(response: httpx2.Response) -> str | None:
    """Where a request was sent on to as a mere question, after a redirect that loses its body.

    301, 302 and 303 do so; 307 and 308 keep it.
    """
    lost = bool(response.history) and response.request.method == "GET"
    return str(response.url) if lost else None


def never_connected(error: BaseException) -> bool:
    """Whether nobody answers there, as against a connection that stood and broke.

    By the transport's own exceptions: what the SDKs make of them calls every reset a timeout.
    """
    names = {type(cause).__name__ for cause in causes(error)}
    broke = {"ServerDisconnectedError", "ClientOSError", "ClientPayloadError", "ReadError"}
    return not names & broke and any("Connect" in name for name in names - {"APIConnectionError"})


def too_slow_to_connect(error: BaseException) -> bool:
    """Whether a connection did not stand within :data:`CONNECT_S`.

    The aiohttp transport calls every broken connection a ``ConnectTimeout``.
    """
    kinds = {type(cause) for cause in causes(error)}
    if any(kind.__module__.startswith("aiohttp.") for kind in kinds):
        kinds = {kind for kind in kinds if kind.__module__.startswith("aiohttp.")}
    return any(kind.__name__ in _TOO_SLOW for kind in kinds)


async def _limit_connecting(request: httpx2.Request) -> None:
    """Google's SDK sends its own timeout with each request, or none at all.

    *connect* is the time for one address, and for what a proxy answers to CONNECT there is none
    in it. The aiohttp transport takes *pool* for the time in which the connection must stand.
    """
    timeout = request.extensions.setdefault("timeout", {})
    for name in ("connect", "pool"):
        if timeout.get(name) is None:
            timeout[name] = CONNECT_S


def _unusable(error: Exception) -> InputError:
    file = os.environ.get("SSL_CERT_FILE")
    if file and not Path(file).is_file():
        return InputError(f"SSL_CERT_FILE names no file: {file}")
    if isinstance(error, ssl.SSLError):
        return InputError(f"SSL_CERT_FILE ({file}) holds no certificates: {root_cause(error)}")
    return InputError(
        f"the proxy or certificates of the environment cannot be used: {root_cause(error)}; "
        "check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE"
    )
