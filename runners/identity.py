"""What a server says of itself: engine, version, model, context. Asked once, before anything else.

Nothing here fails a run: a server that has no such pages says nothing, and one that cannot be
reached is dispatch's to report.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import httpx2

from ..support.http import client
from ..support.secrets import find_key

Json = dict[str, Any]

_TIMEOUT_S = 10.0
# How servers call the most tokens of prompt and answer together, in their list of models.
_CONTEXT = (
    *("max_model_len", "context_length", "context_window", "max_context_length"),
    "max_input_tokens",
)
_OF_THE_MODEL = ("root", "owned_by", "quantization", "dtype", "revision")


@dataclass(frozen=True, slots=True)
class Served:
    """What a server says of a model and of itself.

    Attributes:
        models: the names that it serves; empty where it has no list.
        numerics: what can change an answer: engine, version, weights, fingerprint.
        context_length: the most tokens of prompt and answer together.
        vllm: whether it is vLLM, or at least tells its version as only vLLM does.
    """

    models: tuple[str, ...] = ()
    numerics: Mapping[str, Any] = field(default_factory=dict)
    context_length: int | None = None
    vllm: bool = False


NEUTRAL: Mapping[str, float] = {
    "repetition_penalty": 1.0,
    "repeat_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "top_k": 0,
    "min_p": 0.0,
}
"""What keeps a server's own defaults, or a model's ``generation_config.json``, from changing an
answer that is to be greedy: vLLM's names and llama.cpp's. ``top_k: 0`` is the whole vocabulary."""


def server_client(
    base_url: str,
    *keys: str,
    headers: Mapping[str, str] | None = None,
    direct: bool = False,
) -> httpx2.Client:
    """A client for what a server has beside the protocol.

    Args:
        base_url: the server, with its ``/v1``.
        keys: environment variables that may hold the key.
        headers: sent with every request.
        direct: past all proxies, to a server that we started ourselves.
    """
    key = find_key(*keys)
    sent = {"Authorization": f"Bearer {key}"} if key else {}
    return client(root_of(base_url), sent | dict(headers or {}), _TIMEOUT_S, direct=direct)


def root_of(base_url: str) -> str:
    """The address without the ``/v1``."""
    return base_url.rstrip("/").removesuffix("/v1")


def get_json(server: httpx2.Client, path: str) -> Json:
    """A JSON object from the server, or an empty one where it has no such page."""
    try:
        answer = server.get(path)
        body = answer.json() if answer.status_code == 200 else {}
    except (httpx2.HTTPError, ValueError):
        return {}
    return body if isinstance(body, dict) else {}


def identify(server: httpx2.Client, name: str) -> Served:
    """What the server behind a client says of itself and of a model.

    Of a server that serves one model under another name, the one it serves is meant: some take
    any name.
    """
    cards = _cards(get_json(server, "/v1/models"))
    if not cards:
        return Served()
    card = cards.get(name) or (next(iter(cards.values())) if len(cards) == 1 else {})
    version = get_json(server, "/version").get("version")
    vllm = "vllm" in (card.get("owned_by"), *(c.get("owned_by") for c in cards.values()))
    numerics = {k: card[k] for k in _OF_THE_MODEL if isinstance(card.get(k), str)}
    if numerics.get("root") == name:
        del numerics["root"]
    if isinstance(version, str):
        numerics["version"] = version
    if vllm:
        numerics |= {"engine": "vllm"} | _cache_settings(server)
        if fingerprint := _fingerprint(server, str(card.get("id", name))):
            numerics["fingerprint"] = fingerprint
    if card.get("owned_by") == "llamacpp":
        return Served(tuple(cards), *_of_llama_cpp(server, numerics))
    return Served(tuple(cards), numerics, _context(card), vllm or isinstance(version, str))


def _of_llama_cpp(server: httpx2.Client, numerics: Json) -> tuple[Json, int | None]:
    """Build, quantization, file and context from llama.cpp's page of properties."""
    said = get_json(server, "/props")
    names = {"build_info": "version", "model_ftype": "quantization", "model_path": "root"}
    found = {ours: said[name] for name, ours in names.items() if isinstance(said.get(name), str)}
    if "root" in found:
        found["root"] = PurePath(found["root"]).name  # where it lies changes no answer
    settings = said.get("default_generation_settings")
    size = settings.get("n_ctx") if isinstance(settings, dict) else None
    return numerics | {"engine": "llama.cpp"} | found, _context({"max_model_len": size})


def _cards(body: Json) -> dict[str, Json]:
    listed = body.get("data")
    cards = [card for card in listed if isinstance(card, dict)] if isinstance(listed, list) else []
    return {card["id"]: card for card in cards if isinstance(card.get("id"), str)}


def _context(card: Json) -> int | None:
    found = (card.get(name) for name in _CONTEXT)
    sizes = (size for size in found if isinstance(size, int) and not isinstance(size, bool))
    return next((size for size in sizes if size > 0), None)


def _fingerprint(server: httpx2.Client, name: str) -> str | None:
    """What vLLM puts beside every answer, from an answer of one token.

    It differs by version, weights, dtype and engine settings, which no other page tells of.
    """
    body = {"model": name, "prompt": "1", "max_tokens": 1, "temperature": 0.0}
    try:
        answer = server.post("/v1/completions", json=body)
        said = answer.json() if answer.status_code == 200 else {}
    except (httpx2.HTTPError, ValueError):
        return None
    found = said.get("system_fingerprint") if isinstance(said, dict) else None
    return found if isinstance(found, str) else None


def _cache_settings(server: httpx2.Client) -> dict[str, str]:
    """Prefix caching and the cache's dtype, from vLLM's metrics."""
    try:
        text = server.get("/metrics").text
    except httpx2.HTTPError:
        return {}
    found = re.search(r"^vllm:cache_config_info\{(.*?)\}", text, re.MULTILINE)
    labels = dict(re.findall(r'(\w+)="([^"]*)"', found[1])) if found else {}
    names = {"enable_prefix_caching": "enable_prefix_caching", "cache_dtype": "kv_cache_dtype"}
    return {ours: labels[theirs] for theirs, ours in names.items() if theirs in labels}
