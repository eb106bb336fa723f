"""An error, read from a body of any shape: an object, a list, a string, a web page, plain text."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...support.secrets import redact
from . import waits
from .body import glimpse, read_body

_LONGEST = 4000  # characters that are read for their meaning
_SHOWN = 300  # and of a message
_DEEPEST = 6
_TEXTS = (
    *("message", "msg", "error_description", "error_message", "detail", "error", "errors"),
    *("description", "title", "fault", "metadata", "raw", "innererror", "inner_error"),
    *("base_resp", "status_msg", "status_message", "error_msg"),
    *("errorMessage", "reasonText"),
)
_CODES = (
    *("code", "type", "status", "reason", "error_code", "errorCode", "error_type", "reasons"),
    *("statusCode", "status_code", "http_status", "httpStatus", "http_status_code"),
)
_PLACES = ("param", "parameter", "field", "property", "pointer", "instancePath", "loc", "path")
_BY_FIELD = ("errors", "error", "detail", "details", "fields", "validation_errors")
_TAG = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


@dataclass(slots=True)
class Complaint:
    """What a server says instead of an answer.

    Attributes:
        status: the HTTP status, or the number that a body with status 200 gives for one.
        text: its own words in one line, without secrets; long.
        body: how the body begins, where there are no words in it.
        codes: all its codes, types and reasons, in lower case.
        params: the parameters that it complains of, and where they stand, as far as it says.
        structured: whether the body is that of an API, not of a web server or proxy.
        page: whether the body is a web page.
        flagged: whether it lists what a moderation found.
        details: Google's ``error.details``.
        wait_s: seconds to wait, as a field of the body names them (``retry_after``), or until the
            model is there, as Hugging Face estimates them.
        headers: headers of the provider behind a gateway, passed on in the body (OpenRouter), by
            name in lower case.
    """

    status: int | None = None
    text: str = ""
    body: str = ""
    codes: set[str] = field(default_factory=set)
    params: list[str] = field(default_factory=list)
    structured: bool = False
    page: bool = False
    flagged: bool = False
    details: list[Mapping[str, Any]] = field(default_factory=list)
    wait_s: float | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """The text with its status, for a message or the journal."""
        text = self.text[:_SHOWN] or self.body or "no reason given"
        return text if self.status is None else f"{text} (HTTP {self.status})"


def read(content: bytes | str, status: int | None) -> Complaint:
    """Read the body of an HTTP answer as an error."""
    try:
        body = read_body(content)
    except ValueError:
        words = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
        return _plain(words.lstrip("\ufeff"), status)
    wrong = (value for value in body.values if is_error(value))
    return read_json(next(wrong, body.values[0]), status)


def read_json(body: object, status: int | None) -> Complaint:
    """Read parsed JSON as an error."""
    found = Complaint(status, structured=isinstance(body, (Mapping, list)))
    said: list[str] = []
    _walk(body, found, said, 0)
    lines: list[str] = []
    for text in said:
        if text and not any(text in known for known in lines):
            lines.append(text)
    found.text = _one_line("; ".join(lines)) or _one_line(", ".join(sorted(found.codes)))
    if not found.text and body:
        found.body = glimpse(json.dumps(body, default=str))
    return found


def is_error(body: object) -> bool:
    """Whether JSON that came with status 200 is an error all the same."""
    if isinstance(body, list):
        return bool(body) and all(is_error(item) for item in body)
    if not isinstance(body, Mapping):
        return True
    if any(body.get(name) for name in ("choices", "candidates", "output")):
        return False
    kind = str(body.get("object") or body.get("type") or "")
    wrong = body.get("error") or body.get("errors") or body.get("detail") or body.get("base_resp")
    words = (body.get(name) for name in ("message", "msg", "error_msg"))  # {"code": 401, "msg": …}
    return bool(wrong) or kind == "error" or any(isinstance(w, str) and w for w in words)


def _plain(words: str, status: int | None) -> Complaint:
    if re.search(r"<html|<!doctype html|<head|<body", words[:2000], re.IGNORECASE):
        title = _TITLE.search(words)
        text = title[1] if title else _TAG.sub(" ", words)
        return Complaint(status, f"a web page: {_one_line(html.unescape(text))}", page=True)
    return Complaint(status, _one_line(_TAG.sub(" ", words)))


def _walk(node: object, found: Complaint, said: list[str], depth: int) -> None:
    if depth > _DEEPEST:
        return
    if isinstance(node, str):
        said.append(_unpacked(node, found, said, depth))
    elif isinstance(node, list):
        for item in node[:8]:
            _walk(item, found, said, depth + 1)
    elif isinstance(node, Mapping):
        node = {_plain_name(name): value for name, value in node.items()}
        _note_codes(node, found)
        for name in _TEXTS:
            if name in node:
                _walk(node[name], found, said, depth + 1)
        for name in _BY_FIELD:
            if isinstance(node.get(name), Mapping):
                _walk_by_field(node[name], found, said, depth + 1)


def _plain_name(name: str) -> str:
    """``Message`` and ``ErrorMessage`` as ``message`` and ``errorMessage``: AWS writes so."""
    return name[:1].lower() + name[1:]


def _walk_by_field(rows: Mapping[str, Any], found: Complaint, said: list[str], depth: int) -> None:
    """Complaints by the name of the field: ``{"errors": {"seed": ["must be positive"]}}``."""
    if rows.keys() & {*_TEXTS, *_CODES}:
        return
    for name, row in rows.items():
        words: list[str] = []
        _walk(row, found, words, depth + 1)
        if words:
            found.params.append(name)
            said.append(f"{name}: {', '.join(words)}")


def _unpacked(text: str, found: Complaint, said: list[str], depth: int) -> str:
    """A text, or what the JSON within it says: gateways wrap the errors of those behind them."""
    start = text.find("{")
    if start < 0:
        return text.strip()
    try:
        inner, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):
        return text.strip()
    known = len(said)
    _walk(inner, found, said, depth + 1)
    return text[:start].strip(" -:") if len(said) > known else text.strip()


def _note_codes(node: Mapping[str, Any], found: Complaint) -> None:
    for name in _CODES:
        value = node.get(name)
        for code in value if isinstance(value, list) else [value]:
            if isinstance(code, (str, int)) and not isinstance(code, bool) and code != "":
                _note_code(str(code).strip().lower(), found)
    for name in _PLACES:
        place = node.get(name)
        parts = place if isinstance(place, list) else [place]  # FastAPI: ["body", "seed"]
        # "reasoning.effort", and pointers into the JSON: "/seed"
        found.params += [p.rpartition("/")[2] for p in parts if isinstance(p, str) and p != "body"]
    if node.get("reasons") or node.get("flagged_input"):
        found.flagged = True
    if isinstance(node.get("details"), list):
        rows = [row for row in node["details"] if isinstance(row, Mapping)]
        found.details += rows
        for row in rows:
            _note_codes(row, found)
            for violation in row.get("fieldViolations") or []:
                if isinstance(violation, Mapping):
                    _note_codes(violation, found)
    if isinstance(node.get("headers"), Mapping):
        found.headers |= {str(name).lower(): str(value) for name, value in node["headers"].items()}
    for name, value in node.items():
        wait = waits.named_s("retry_after" if name == "estimated_time" else name, value)
        found.wait_s = found.wait_s if wait is None else wait


def _note_code(code: str, found: Complaint) -> None:
    if re.fullmatch(r"[1-5]\d\d", code):
        if found.status is None and code >= "400":
            found.status = int(code)
    else:
        found.codes.add(code)


def _one_line(text: str) -> str:
    return redact(" ".join(text.split()))[:_LONGEST]
