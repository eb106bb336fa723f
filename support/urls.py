"""Addresses of servers."""

from __future__ import annotations

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
