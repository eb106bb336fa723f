"""API keys: from the environment only, and nowhere else afterwards."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from dotenv import dotenv_values

from ..errors import InputError

_SECRET_NAME = re.compile(r"(API_?KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$", re.IGNORECASE)
_SHORTEST = 8  # characters; a shorter value is no secret, and would be found everywhere
_SECRET_ARGUMENT = re.compile(
    r"api.?key|^key$|auth|secret|password|credential|header|cookie"
    r"|^((hf|access|bearer|session).?)?token$",
    re.IGNORECASE,
)
_KEY_FORMS = {
    # How the keys of providers begin; the longest beginning that fits says whose it is.
    "sk-ant-": "Anthropic",
    "sk-or-": "OpenRouter",
    "sk-": "OpenAI or a compatible provider",
    "AIza": "Google",
    "gsk_": "Groq",
    "xai-": "xAI",
    "hf_": "Hugging Face",
    "fw_": "Fireworks",
    "nvapi-": "NVIDIA",
    "pplx-": "Perplexity",
}
_CREDENTIALS_IN_URL = re.compile(r"(?<=://)[^/@\s:]*:[^/@\s]+(?=@)")


def secret_among(names: Iterable[str]) -> str | None:
    """The first of some settings' names that says it holds a secret, or ``None``.

    Settings are written to disk; secrets come from the environment and are not.
    """
    return next((name for name in names if _SECRET_ARGUMENT.search(name)), None)


def load_env_file(path: Path) -> None:
    """Add the variables of a ``.env`` file to the environment; those that hold a value stay.

    Raises:
        InputError: there is no such file.
    """
    if not path.is_file():
        raise InputError(f"no such .env file: {path}")
    for name, value in dotenv_values(path).items():
        if value is not None and not os.environ.get(name):
            os.environ[name] = value


def find_key(*names: str) -> str | None:
    """The value of the first of these environment variables that is set and not blank.

    Raises:
        InputError: it holds characters that no key has, such as typographic quotes.
    """
    for name in names:
        if value := os.environ.get(name, "").strip():
            for character in value:
                if not "!" <= character <= "~":
                    raise InputError(
                        f"{name} holds {character!r}, which no key has: copy the key again, "
                        "without quotes or white space around or within it"
                    )
            if value[0] in "\"'`":
                raise InputError(f"{name} begins with a quotation mark: set it without quotes")
            return value
    return None


def require_key(model: str, *names: str) -> str:
    """The value of the first of these variables that is set.

    Raises:
        InputError: none is, or it cannot be a key; the message names the variable.
    """
    if key := find_key(*names):
        return key
    raise InputError(
        f"no API key for {model}: set {' or '.join(names)} in the environment, or name a file "
        "that holds it with --env-file"
    )


def owner_of_key(key: str) -> str | None:
    """Whose key this is, by the way it begins, or ``None`` where it does not say."""
    for start in sorted(_KEY_FORMS, key=len, reverse=True):
        if key.startswith(start):
            return _KEY_FORMS[start]
    return None


def refuse_secrets(where: str, values: Mapping[str, object]) -> None:
    """Refuse settings that hold a key: settings are written into manifests and results.

    Args:
        where: the flag they were given with, for the message.
        values: names and values, nested as they may be.

    Raises:
        InputError: a name or a value is that of a secret.
    """
    for name, value in values.items():
        if isinstance(value, Mapping):
            refuse_secrets(where, value)
            continue
        text = value if isinstance(value, str) else ""
        bearer = text.removeprefix("Bearer ").strip()
        known = redact(text) != text or (len(bearer) > 16 and owner_of_key(bearer))
        if secret_among([name]) or known or text.startswith("Bearer "):
            raise InputError(
                f"{name!r} in {where} looks like a key, which would be written into the results: "
                "keys come from the environment (OPENAI_API_KEY, OPENAI_CUSTOM_HEADERS)"
            )


def redact(text: str) -> str:
    """The text without any secret of the environment: ``[NAME]`` stands in its place."""
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST and _SECRET_NAME.search(name):
            text = text.replace(value, f"[{name}]")
    for line in os.environ.get("OPENAI_CUSTOM_HEADERS", "").splitlines():
        value = line.partition(":")[2].strip()
        if len(value) >= _SHORTEST:
            text = text.replace(value, "[OPENAI_CUSTOM_HEADERS]")
    return _CREDENTIALS_IN_URL.sub("[credentials]", text)


class _RedactedRecord(logging.LogRecord):
    def getMessage(self) -> str:  # noqa: N802 - the name is logging's
        return redact(super().getMessage())


def redact_logs() -> None:
    """Keep secrets out of every log record made from now on, whoever makes it."""
    logging.setLogRecordFactory(_RedactedRecord)
