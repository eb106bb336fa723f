"""A running OpenAI-compatible server's ``/v1/completions``, through the official SDK.

The key is the server's own, from ``VLLM_API_KEY``. A key for OpenAI is never sent here: the
address is some other server's, and the SDK, left to itself, would send it.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from ...errors import InputError
from ...support.secrets import find_key, redact
from ...support.urls import check_url

Distribution = dict[str, float]
"""Natural log probabilities by token."""

KEY = "VLLM_API_KEY"


class CompletionServer:
    """An OpenAI-compatible server that is already running."""

    def __init__(self, model: str, base_url: str, *, timeout: float = 120.0):
        """Open connections.

        Args:
            model: The served model's name.
            base_url: Up to and including ``/v1``.
            timeout: Of each request, in seconds.

        Raises:
            InputError: Not a server's address, or the SDK is missing.
        """
        check_url(base_url)
        try:
            import openai
        except ImportError as error:
            raise InputError(
                "a probe through a server needs the openai package: pip install 'snellen[openai]'"
            ) from error
        self.model = model
        self.base_url = base_url.rstrip("/")
        self._errors = (openai.APIStatusError, openai.APIConnectionError)
        # The SDK would take account headers of OpenAI from the environment: none is sent.
        nobody: dict[str, Any] = {
            name: openai.Omit() for name in ("OpenAI-Organization", "OpenAI-Project")
        }
        self._client = openai.OpenAI(
            api_key=find_key(KEY) or "none",
            base_url=self.base_url,
            timeout=timeout,
            default_headers=nobody,
            http_client=openai.DefaultHttpxClient(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def next_token(self, prompt: str, top: int) -> Distribution:
        """Log probabilities of the most likely next tokens.

        Raises:
            InputError: The server cannot be reached, refuses, or gives no log probabilities.
        """
        status_error, connection_error = self._errors
        try:
            answer = self._client.completions.create(
                model=self.model, prompt=prompt, max_tokens=1, temperature=0, logprobs=top
            )
        except status_error as error:
            code = error.status_code
            text = redact(error.response.text).strip().replace("\n", " ")[:200]
            hint = f" (the key comes from {KEY})" if code in (401, 403) else ""
            raise InputError(f"{self.base_url} refuses ({code}){hint}: {text}") from None
        except connection_error as error:
            raise InputError(
                f"no server at {self.base_url} ({error.__cause__ or error}): start it, or fix "
                "--base-url"
            ) from None
        listed = answer.choices[0].logprobs if answer.choices else None
        found = listed.top_logprobs[0] if listed and listed.top_logprobs else None
        if not found:
            raise InputError(
                f"{self.model} at {self.base_url} gives no log probabilities: this probe needs a "
                "server whose /v1/completions honours logprobs"
            )
        return dict(found)

    def identity(self) -> dict[str, Any]:
        """What the server says it is: its version, and the model's own record where it has one."""
        parts = urlsplit(self.base_url)
        root = f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix('/v1')}"
        version = self._get(f"{root}/version")
        listed = (self._get(f"{self.base_url}/models") or {}).get("data") or []
        own = next((m for m in listed if isinstance(m, dict) and m.get("id") == self.model), {})
        # Some servers stamp the moment of the question, or of the permission, into the record.
        model = {k: v for k, v in own.items() if isinstance(v, str | int) and k != "created"}
        return {"server": version, "served_model": model}

    def _get(self, url: str) -> Any:
        """What an address answers with, or None."""
        try:
            answer = self._client.with_options(max_retries=0).get(url, cast_to=object)
        except (*self._errors, ValueError):
            return None
        return answer if isinstance(answer, dict) else None

    def tokens(self, prompt: str) -> int | None:
        """Tokens of a prompt where the server says (vLLM's ``/tokenize``), else None."""
        parts = urlsplit(self.base_url)
        url = f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix('/v1')}/tokenize"
        body = {"model": self.model, "prompt": prompt}
        try:
            answer = self._client.with_options(max_retries=0).post(url, body=body, cast_to=object)
            return int(answer["count"]) if isinstance(answer, dict) else None
        except (*self._errors, KeyError, ValueError):
            return None
