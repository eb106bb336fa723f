"""Addresses of servers."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from ..errors import InputError


def check_url(url: str) -> None:
    """Refuse what cannot be a server's address.

    Raises:
        InputError: not an http or https URL with a host.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"not a server's URL: {url!r}; it looks like http://127.0.0.1:8000/v1")


def is_near(url: str) -> bool:
    """Whether a server is on this machine or in a private network, as far as its name says."""
    host = urlsplit(url).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        local = (".local", ".internal", ".lan", ".localhost")
        return "." not in host or host.endswith(local)
    return address.is_private or address.is_loopback or address.is_link_local
