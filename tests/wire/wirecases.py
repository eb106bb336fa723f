"""The shared cases of faults that people met, as the wire server sends them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shapes import OpenAIShape
from wireserver import Plan, Raw

SHARED = Path(__file__).with_name("wires.jsonl").read_text().splitlines()
ROWS = {row["case"]: row for row in map(json.loads, SHARED)}


def raw(case: str, *, body: Any = None) -> Raw:
    """A shared case as the server sends it; parts that are missing are those of a normal answer."""
    row = ROWS[case]
    body = row["body"] if body is None else body
    if isinstance(body, dict) and "choices" in body:
        whole = OpenAIShape("chat/completions").answer("q", "x")
        for choice in body["choices"]:
            choice["message"] = {"role": "assistant"} | choice["message"]
        body = whole | body
    return Raw(row["status"], body, row["headers"])


def always(fault: str | Raw | None) -> Plan:
    return lambda call: fault


def for_prompt(prompt: str, fault: str | Raw | None) -> Plan:
    return lambda call: fault if call.prompt == prompt else None
