"""The manifest: what a run was, in full, so that it can be checked and repeated."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .. import __version__
from ..errors import InputError
from ..support.files import write_atomically
from .plan import KEPT, Plan

SCHEMA = 1
_PACKAGES = (
    "lm_eval", "numpy", "pandas", "scipy", "torch", "transformers", "openai", "google-genai",
)  # fmt: skip


class Manifest(BaseModel):
    """``manifest.json``; described field by field in docs/run-directory.md."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    schema_version: int = SCHEMA
    """Version of this file's layout."""
    run_id: str
    """Name of the run, and of its folder."""
    plan: Plan
    """What was asked, how, and of whom."""
    endpoint: str | None = None
    """The URL that was really asked, wherever it came from; none for a model in this process."""
    documents_sha256: str
    """Hash over every prompt and truth of the plan, in order."""
    numerics: dict[str, Any] = Field(default_factory=dict)
    """What the engine or server is: version, dtype, device, flags."""
    versions: dict[str, str] = Field(default_factory=dict)
    """Snellen, Python, and the packages that can matter."""
    created: str
    """When the run was started (UTC)."""
    finished: str | None = None
    """When every trial last had an answer or a failure (UTC)."""
    asked: int = 0
    """Trials of the plan."""
    answered: int = 0
    """Trials with an answer."""
    failed: int = 0
    """Trials whose request failed for good."""
    usage: dict[str, int] = Field(default_factory=dict)
    """Tokens, summed over all answers: prompt, completion, reasoning."""
    cost_usd: float | None = None
    """What the answers cost, where the price is known."""
    prices: dict[str, Any] = Field(default_factory=dict)
    """Where the prices come from."""
    dropped: dict[str, str] = Field(default_factory=dict)
    """Settings that the provider does not take, with the reason; they were not sent."""
    generation: dict[str, Any] = Field(default_factory=dict)
    """Neutral settings sent or set so that a server's or a model's own do not change an answer."""
    notices: list[str] = Field(default_factory=list)
    """What the runner says of the answers, such as that the server has changed meanwhile."""
    fingerprints: dict[str, int] = Field(default_factory=dict)
    """What the server said answered (model, system fingerprint), and how many answers."""


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """Versions of Snellen, Python and the packages that can change a number."""
    found = {"snellen": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises:
        InputError: it cannot be read, or a newer Snellen wrote it.
    """
    try:
        found = Manifest.model_validate_json(path.read_bytes(), context=KEPT)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(
            f"{path} is not a manifest of this version: {where}: {first['msg']}"
        ) from error
    if found.schema_version > SCHEMA:
        raise InputError(
            f"{path} has schema {found.schema_version}, this Snellen knows {SCHEMA}: "
            "upgrade snellen"
        )
    return found


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write a manifest, atomically."""
    write_atomically(path, json.dumps(manifest.model_dump(mode="json"), indent=2) + "\n")


def first_difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """The first field in which two records differ, in words; ``None`` if they are equal."""
    for name in [*old, *(name for name in new if name not in old)]:
        if old.get(name) != new.get(name):
            return f"{name} was {old.get(name)!r} and is now {new.get(name)!r}"
    return None
