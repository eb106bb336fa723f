"""Addresses of servers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from ..errors import InputError

_ENDPOINTS = ("/chat/completions", "/completions", "/responses", ":generateContent")


def check_url(url: str, *, query: bool = False) -> None:
    """Refuse what cannot be a server's base URL.

    Args:
        url: what was given.
        query: whether it may be copied from Azure's portal, with an endpoint's path and
            ``?api-version=…``.

    Raises:
        InputError: not an http or https URL with a host; or it holds a password, a query, or an
            endpoint.
    """
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, an unclosed bracket
        sound = False
    if not sound or any(character.isspace() for character in url):
        raise InputError(f"not a server's URL: {url!r}; it looks like http://127.0.0.1:8000/v1")
    if parts.username or parts.password:
        raise InputError(
            f"the URL of {parts.hostname} holds a user name or password, which would be written "
            "into the results; leave it out, and give the key in the environment"
        )
    shown = f"{parts.scheme}://{parts.netloc}{parts.path}"
    if is_azure(url) and not query and "/v1" not in parts.path:
        raise InputError(
            f"{shown} is Azure's: name the model azure/DEPLOYMENT, with AZURE_OPENAI_ENDPOINT, "
            "AZURE_OPENAI_API_KEY and OPENAI_API_VERSION in the environment"
        )
    if (parts.query and not query) or parts.fragment:
        raise InputError(
            f"a base URL has no query: leave out what follows {shown!r}"
            + ("; an Azure server is named azure/DEPLOYMENT" if "api-version" in url else "")
        )
    for endpoint in () if query else _ENDPOINTS:
        if parts.path.rstrip("/").endswith(endpoint):
            raise InputError(
                f"{shown} is an endpoint, not a base URL: leave out {endpoint!r} at its end"
            )


def check_headers(headers: Mapping[str, str], where: str = "--header") -> None:
    """Refuse headers that cannot be sent; ``where`` says what holds them.

    Raises:
        InputError: a name or a value holds characters that no header has.
    """
    for name, value in headers.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            raise InputError(f"{where}: {name!r} is no name of a header")
        odd = [character for character in value if not " " <= character <= "~"]
        if odd:
            raise InputError(f"{where} {name}: its value holds {odd[0]!r}, which no header may")


def host_of(url: str) -> str:
    """The host of a URL; empty where there is none, or the URL is not one."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_azure(url: str) -> bool:
    """Whether a URL is that of an Azure OpenAI resource."""
    host = host_of(url)
    return host.endswith((".openai.azure.com", ".cognitiveservices.azure.com")) or (
        "/openai/deployments/" in urlsplit(url).path
    )


def is_near(url: str) -> bool:
    """Whether a server is on this machine or in a private network, as far as its name says."""
    host = host_of(url)
    try:
        address = ip_address(host)
    except ValueError:
        local = (".local", ".internal", ".lan", ".localhost")
        return "." not in host or host.endswith(local)
    return address.is_private or address.is_loopback or address.is_link_local
