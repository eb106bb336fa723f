"""How the public records name a model, who ran it, and what each curve and result is called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from ...errors import InputError
from ...runners.registry import find_kind
from ...store.curve_key import CurveKey
from ...store.manifest import Manifest
from ...support.urls import is_near

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
"""``ORG/NAME``, as the Hub names models and datasets."""
Deployment = Literal["self_deployed", "externally_managed", "unknown"]
_DEPLOYED: Mapping[bool, Deployment] = {True: "self_deployed", False: "unknown"}
"""Who ran a server that is near, and one that is not."""
_FOREIGN = re.compile(r"[^\w.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class PublicModel:
    """A model as public records know it.

    Attributes:
        id: ``ORG/NAME``.
        deployment: who ran it: ``self_deployed``, ``externally_managed`` or ``unknown``.
        weights: ``open``, ``closed`` or ``unknown``.
        platform: the provider that was asked, if it is one.
    """

    id: str
    deployment: Deployment
    weights: Literal["open", "closed", "unknown"]
    platform: str | None = None


def public_model(manifest: Manifest, given: str | None = None) -> PublicModel:
    """How public records name the model of a run.

    A model that is not published under a name that follows from ours (a folder, a name that a
    server was given) is ``local/NAME``.

    Args:
        manifest: of the run.
        given: the model's name, if the user says it.
    """
    model, plan = manifest.plan.model, manifest.plan
    scheme, _, name = model.partition("/")
    server = manifest.endpoint or plan.base_url
    try:
        kind = find_kind(model)
    except InputError:  # a plug-in's that is not installed here
        return PublicModel(given or _hub_name(model), "unknown", "unknown")
    if kind.hosted and server and not _host(server).endswith(kind.homes):
        near = is_near(server)
        return PublicModel(given or _hub_name(name), _DEPLOYED[near], "unknown")
    found = kind.published_as or "{name}"
    found = found.replace("{name}", _given_name(name, plan.model_args))
    if kind.hosted:
        owner, _, rest = found.partition("/")
        public = f"{owner}/{_word(rest)}" if rest else _hub_name(found)
        return PublicModel(given or public, "externally_managed", kind.weights, owner or scheme)
    weights = kind.weights if HUB_NAME.fullmatch(found) else "unknown"  # a folder's
    near = server is None or is_near(server)
    return PublicModel(given or _hub_name(found), _DEPLOYED[near], weights)


def _host(server: str) -> str:
    return urlsplit(server).hostname or ""


def _given_name(name: str, model_args: Mapping[str, Any]) -> str:
    """The name of what a backend of lm-eval loads stands among its arguments."""
    return str(model_args.get("pretrained") or model_args.get("model") or name)


def _hub_name(found: str) -> str:
    if HUB_NAME.fullmatch(found):
        return found
    return f"local/{_word(found)}"


def _word(path: str) -> str:
    """The last part of a path that says something, as a part of a name on the Hub."""
    parts = [_FOREIGN.sub("_", part).strip("._-") for part in path.split("/")]
    return next((part for part in reversed(parts) if part), "model")


def task_id(key: CurveKey) -> str:
    """A curve's name among a benchmark's tasks.

    >>> task_id(CurveKey("copy_last", "direct", "free", "none"))
    'copy_last'
    >>> task_id(CurveKey("copy_last", "cot", "free", "comma:3+question_first"))
    'copy_last_cot_comma_3_question_first'
    """
    words = [key.task, *key.condition.split(", ")]
    plain = [word for word in words if word != "direct"]
    return re.sub(r"[^A-Za-z0-9]+", "_", "_".join(plain)).strip("_")


def result_id(key: CurveKey, metric: str, length: int | None = None) -> str:
    """The name of a curve's result, by which the samples of a record refer to it.

    >>> result_id(CurveKey("copy_last", "direct", "free", "none"), "accuracy", 64)
    'copy_last.accuracy.64'
    """
    return f"{task_id(key)}.{metric}" + ("" if length is None else f".{length}")
