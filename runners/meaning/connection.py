"""What a connection that failed means, the same for every SDK."""

from __future__ import annotations

from ...errors import ModelRefused
from ...support.http import bad_certificate, bad_proxy, never_connected, root_cause
from ..dispatch.provider import Retryable, Unreachable


def broken(error: BaseException, base_url: str) -> Exception:
    """What a connection that failed means."""
    if why := bad_certificate(error):
        return ModelRefused(
            f"the certificate of {base_url} is not trusted: {why}; name the file of its authority "
            "in SSL_CERT_FILE"
        )
    if why := bad_proxy(error):
        return Unreachable(
            f"the proxy on the way to {base_url} cannot be used: {why}; check HTTPS_PROXY, "
            "HTTP_PROXY and NO_PROXY"
        )
    if never_connected(error):
        return Unreachable(
            f"cannot reach {base_url}: {root_cause(error)}; is the server up, and the URL right?"
        )
    return Retryable(f"the connection to {base_url} broke: {root_cause(error)}")
