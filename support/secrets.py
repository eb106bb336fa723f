"""API keys: from the environment only, and nowhere else afterwards."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable
from pathlib import Path

from dotenv import dotenv_values

from ..errors import InputError

_SECRET_NAME = re.compile(r"(API_?KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$", re.IGNORECASE)
_SHORTEST = 8  # characters; a shorter value is no secret, and would be found everywhere
_SECRET_ARGUMENT = re.compile(
    r"api.?key|auth|secret|password|credential|header|cookie|^((hf|access|bearer).?)?token$",
    re.IGNORECASE,
)


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
    """The value of the first of these environment variables that is set and not blank."""
    for name in names:
        if value := os.environ.get(name, "").strip():
            return value
    return None


def require_key(model: str, *names: str) -> str:
    """The value of the first of these variables that is set.

    Raises:
        InputError: none is; the message names them.
    """
    if key := find_key(*names):
        return key
    raise InputError(
        f"no API key for {model}: set {' or '.join(names)} in the environment, or name a file "
        "that holds it with --env-file"
    )


def redact(text: str) -> str:
    """The text without any secret of the environment: ``[NAME]`` stands in its place."""
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST and _SECRET_NAME.search(name):
            text = text.replace(value, f"[{name}]")
    return text


class _RedactedRecord(logging.LogRecord):
    def getMessage(self) -> str:  # noqa: N802 - the name is logging's
        return redact(super().getMessage())


def redact_logs() -> None:
    """Keep secrets out of every log record made from now on, whoever makes it."""
    logging.setLogRecordFactory(_RedactedRecord)
