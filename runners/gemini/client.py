"""Google's SDK, with the environment that it honours."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import google.auth
import httpx2
from google import genai
from google.auth.exceptions import GoogleAuthError
from google.genai import types
from google.oauth2.credentials import Credentials

from ...errors import InputError
from ...support.http import async_client, trusted
from ...support.secrets import find_key, owner_of_key, redact, require_key
from ...support.urls import check_url

KEYS = ("GOOGLE_API_KEY", "GEMINI_API_KEY")
"""The variables that hold the key, in the SDK's order."""

HOME = "https://generativelanguage.googleapis.com"
_VERTEX_HOME = "https://aiplatform.googleapis.com"
_VERSION = "v1beta"  # thinking and JSON schemas are in no other; everybody's servers speak it


@dataclass(frozen=True, slots=True)
class Place:
    """Who is asked, and how.

    Attributes:
        base_url: the server, without its version.
        api_version: the version of the API.
        vertex: Vertex AI, with a project or a key of its own, instead of AI Studio.
        key: the key that is sent, if one is.
    """

    base_url: str
    api_version: str
    vertex: bool
    key: str

    @property
    def numerics(self) -> dict[str, Any]:
        """What else can change an answer: which of Google's services it is, and where."""
        if not self.vertex:
            return {}
        return {"vertex": os.environ.get("GOOGLE_CLOUD_LOCATION") or "global"}


def find_place(model: str, base_url: str | None) -> Place:
    """Where the SDK's environment points to.

    Args:
        model: the model as the user calls it, for messages.
        base_url: a server that goes before those of the environment.

    Raises:
        InputError: no key, or not one of Google's; the base URL is not one.
    """
    vertex = _is_set("GOOGLE_GENAI_USE_ENTERPRISE", "GOOGLE_GENAI_USE_VERTEXAI")
    variable = "GOOGLE_VERTEX_BASE_URL" if vertex else "GOOGLE_GEMINI_BASE_URL"
    url = base_url or os.environ.get(variable) or (_VERTEX_HOME if vertex else HOME)
    check_url(url)
    url = url.rstrip("/")
    named = os.environ.get("GOOGLE_GENAI_API_VERSION", "")
    version = named if named not in ("", "beta") else ("v1beta1" if vertex else _VERSION)
    for known in ("v1", "v1beta", "v1beta1", "v1alpha"):
        if url.endswith(f"/{known}"):
            url, version = url.removesuffix(f"/{known}"), known
    if vertex:
        return Place(url, version, vertex, find_key(*KEYS) or "")
    if url != HOME:
        return Place(url, version, vertex, find_key(*KEYS) or "none")
    key = require_key(model, *KEYS)
    owner = owner_of_key(key)
    if owner not in (None, "Google"):
        raise InputError(
            f"{' or '.join(KEYS)} holds a key of {owner}: set Google's, or name the server with "
            "--base-url"
        )
    return Place(url, version, vertex, key)


def connect(
    place: Place, extra_body: Mapping[str, Any], extra_headers: Mapping[str, str]
) -> tuple[genai.Client, httpx2.AsyncClient]:
    """The SDK's client and the connections that it uses, which are the caller's to close.

    Raises:
        InputError: Vertex finds no credentials.
    """
    connections = async_client()
    at_home = place.base_url in (_VERTEX_HOME, HOME)
    options = types.HttpOptions(
        base_url=None if place.vertex and at_home else place.base_url,
        api_version=place.api_version,
        # The SDK sleeps up to ten seconds and asks again by itself unless told to try once.
        retry_options=types.HttpRetryOptions(attempts=1),
        httpx_async_client=connections,
        # Or it reads all certificates three times over. On Vertex it may add one of the machine's.
        async_client_args=None if place.vertex else {"verify": trusted(), "ssl": trusted()},
        headers=dict(extra_headers) or None,
        extra_body=dict(extra_body) or None,
    )
    who: dict[str, Any] = {"api_key": place.key}
    try:
        if place.vertex:
            who = _who_on_vertex(place, at_home=at_home)
        client = genai.Client(vertexai=place.vertex, http_options=options, **who)
    except (ValueError, GoogleAuthError) as error:
        raise InputError(
            f"Vertex AI cannot be asked: {redact(' '.join(str(error).split()))[:300]}; set "
            "GOOGLE_API_KEY, or GOOGLE_CLOUD_PROJECT and GOOGLE_CLOUD_LOCATION with credentials"
        ) from None
    return client, connections


def _who_on_vertex(place: Place, *, at_home: bool) -> dict[str, Any]:
    """Project, location and credentials, where the SDK does not find them by itself.

    Told of another server than Google's, it forgets the project and location of the environment,
    and would ask that server for no model and without credentials.

    Raises:
        InputError: there is neither a project nor a key.
    """
    project = os.environ.get("GOOGLE_CLOUD_PROJECT", "").strip()
    if at_home or (place.key and not project):
        return {}
    if not project:
        raise InputError(
            f"Vertex AI at {place.base_url} is asked for a project's models: set "
            "GOOGLE_CLOUD_PROJECT and GOOGLE_CLOUD_LOCATION, or GOOGLE_API_KEY"
        )
    who: dict[str, Any] = {"project": project, "location": place.numerics["vertex"]}
    try:
        google.auth.default()
    except GoogleAuthError:
        if os.environ.get("GOOGLE_APPLICATION_CREDENTIALS"):
            raise
        who["credentials"] = Credentials("none")  # type: ignore[no-untyped-call]
    return who


def _is_set(*names: str) -> bool:
    for name in names:
        if value := os.environ.get(name):
            return value.lower() in ("true", "1")
    return False
