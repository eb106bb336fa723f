"""Nothing of one machine, and no secret, is under version control."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

BINARY = {".png", ".parquet", ".sqlite", ".npz", ".pdf"}
# Written in parts, so that this file does not find itself.
FOLDERS = "|".join(("work", "tmp", "opt", "root", "home", "mnt", "srv"))
MACHINE_PATH = re.compile(rf"(?<![\w.~}})>/-])/(?:{FOLDERS})(?:/[\w.-]+)+")
INDEX = re.compile(r"index[_-]ur" r"l\b|/simple/?(?=[\s\"']|$)|PIP_INDE" "X")
ADDRESS = re.compile(r"https?://(?!127\.0\.0\.1|0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}")
SECRET = re.compile(r"\bsk-[A-Za-z0-9_-]{24,}|\bAIza[\w-]{30,}|\bhf_[A-Za-z0-9]{30,}")


def findings(text: str) -> list[str]:
    patterns = (MACHINE_PATH, INDEX, ADDRESS, SECRET)
    return [match[0] for pattern in patterns for match in pattern.finditer(text)]


def test_tracked_files_name_no_machine_index_or_secret(root: Path, tracked: list[Path]) -> None:
    found = {}
    for path in tracked:
        if path.suffix in BINARY:
            continue
        text = (root / path).read_text(encoding="utf-8")
        if bad := findings(text):
            found[str(path)] = bad
    assert not found


@pytest.mark.parametrize(
    "text",
    [
        "cache = '" + "/wor" + "k/main/x'",
        "see " + "/ro" + "ot/.cache/snellen",
        "pip install --index" + "-url https://example.org/x",
        "http://10" + ".0.0.7:8080/v1",
        "key = 'sk" + "-" + "a" * 40 + "'",
    ],
)
def test_the_patterns_see_what_they_should(text: str) -> None:
    assert findings(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://arxiv.org/abs/2406.04267",
        "http://127.0.0.1:8000/v1",
        "results/home/of/curves.csv",
        "sk-...",
    ],
)
def test_the_patterns_leave_the_rest_alone(text: str) -> None:
    assert not findings(text)


def test_no_weights_or_caches_are_tracked(tracked: list[Path]) -> None:
    heavy = {".gguf", ".safetensors", ".bin", ".pt", ".pyc", ".whl"}
    assert [str(path) for path in tracked if path.suffix in heavy] == []
