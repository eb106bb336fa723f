"""Azure OpenAI: a deployment instead of a model, asked through the SDK's own Azure client."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import openai

from ...errors import InputError
from ...support.secrets import find_key, refuse_secrets
from ...support.urls import check_headers, check_url
from ..openai.client import sdk_settings
from ..openai.provider import OpenAI

_KEY = "AZURE_OPENAI_API_KEY"
_TOKEN = "AZURE_OPENAI_AD_TOKEN"
_ENDPOINT = "AZURE_OPENAI_ENDPOINT"
_VERSION = "OPENAI_API_VERSION"


class Azure(OpenAI):
    """A deployment on Azure; a :class:`~snellen.runners.dispatch.provider.Provider`.

    The environment is the SDK's: ``AZURE_OPENAI_ENDPOINT``, ``OPENAI_API_VERSION``, and
    ``AZURE_OPENAI_AD_TOKEN`` (an Entra token, which goes first) or ``AZURE_OPENAI_API_KEY``.
    """

    _PROTOCOL = "an Azure OpenAI resource"
    _HINT = "such URLs look like https://NAME.openai.azure.com; the API version must be one it has"

    def __init__(
        self,
        deployment: str,
        *,
        base_url: str | None = None,
        numerics: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        neutral: Mapping[str, Any] | None = None,
    ) -> None:
        """Prepare to ask; nothing is sent yet.

        Args:
            deployment: its name on Azure.
            base_url: the resource (``https://NAME.openai.azure.com``), by default that of the
                environment; it may be copied from the portal, with its path and
                ``?api-version=…``.
            numerics: what else can change an answer.
            extra_body: further fields of every request; part of the identity.
            extra_headers: further headers of every request; part of the identity.
            neutral: as :class:`~snellen.runners.openai.provider.OpenAI` has it.

        Raises:
            InputError: no endpoint, no key, no API version; the endpoint is of another
                deployment.
        """
        model = f"azure/{deployment}"
        given = base_url or os.environ.get(_ENDPOINT, "").strip()
        if not given:
            raise InputError(
                f"no endpoint for {model}: set {_ENDPOINT} to https://NAME.openai.azure.com, or "
                "give it with --base-url"
            )
        check_url(given, query=True)
        parts = urlsplit(given)
        resource = f"{parts.scheme}://{parts.netloc}{parts.path.partition('/openai')[0]}"
        found = re.search(r"/deployments/([^/]+)", parts.path)
        if found and unquote(found[1]) != deployment:
            raise InputError(
                f"{model} is asked of the endpoint of another deployment: name the model "
                f"azure/{unquote(found[1])}, or leave out all that follows {resource}"
            )
        named = parse_qs(parts.query).get("api-version", [""])[0]
        version = named or os.environ.get(_VERSION, "").strip()
        if not version:
            raise InputError(
                f"no API version for {model}: set {_VERSION} (such as 2024-10-21) in the "
                "environment"
            )
        # The SDK reads the same two variables; asking first gives a line that names them.
        token, key = find_key(_TOKEN), find_key(_KEY)
        if not token and not key:
            raise InputError(f"no key for {model}: set {_KEY} or {_TOKEN} in the environment")
        refuse_secrets("--header", extra_headers or {})
        check_headers(extra_headers or {})
        self._resource: dict[str, Any] = {
            "azure_endpoint": resource,
            "api_version": version,
            **({"azure_ad_token": token} if token else {"api_key": key}),
        }
        sdk = openai.AsyncAzureOpenAI(
            azure_deployment=deployment, **self._resource, **sdk_settings(extra_headers or {})
        )
        super().__init__(
            deployment,
            base_url=resource.rstrip("/"),
            model=model,
            key_name=f"{_TOKEN} or {_KEY}",
            numerics={"api_version": version} | dict(numerics or {}),
            extra_body=extra_body,
            extra_headers=extra_headers,
            neutral=neutral,
            sdk=sdk,
        )
