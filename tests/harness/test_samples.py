"""Sample files of stock lm-eval runs: trials come back from them alone, and others are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from snellen.errors import InputError
from snellen.harness.samples import read_samples
from snellen.tasks.documents import documents


def sample(doc: dict[str, Any], answer: str) -> dict[str, Any]:
    """A row as lm-eval 0.4.13 writes it, without the keys that nobody reads."""
    return {"doc_id": 0, "doc": doc, "resps": [[answer]], "filtered_resps": [answer]}


def write(path: Path, *rows: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def docs() -> list[dict[str, Any]]:
    made = documents(snellen_task="count_ones", lengths=[3, 8], trials=2)["test"]
    return [dict(row) for row in made]


def test_trials_come_back(tmp_path: Path, docs: list[dict[str, Any]]) -> None:
    answers = ["3", "7", "no", "The answer is 8.\u2028\x85\x1c"]
    path = write(
        tmp_path / "org__model" / "samples_snellen_count_ones_2026-01-01.jsonl",
        *map(sample, docs, answers),
    )
    table, said = read_samples([path])
    assert table["outcome"].tolist() == ["correct", "wrong", "unparseable", "correct"]
    assert table["length"].tolist() == [3, 8, 3, 8]
    assert table["abs_error"].fillna(-1).tolist() == [0, 1, -1, 0]
    assert set(table["model"]) == {"org__model"}
    assert table["finish_reason"].isna().all()
    assert list(said.values()) == answers


def test_several_files_make_one_table(tmp_path: Path, docs: list[dict[str, Any]]) -> None:
    paths = [write(tmp_path / f"samples_{i}.jsonl", sample(docs[i], "3")) for i in range(2)]
    table, _ = read_samples(paths)
    assert table["run_id"].tolist() == ["0", "1"]


@pytest.mark.parametrize(
    "broken",
    [
        "not json", "[]", "3", "null", '"text"', "{}", '{"doc": {}}', '{"doc": null}',
        '{"doc": {"question": "?"}, "resps": [["4"]]}',
    ],
)  # fmt: skip
def test_a_line_that_is_not_ours_is_named(
    tmp_path: Path, docs: list[dict[str, Any]], broken: str
) -> None:
    path = write(tmp_path / "samples_x.jsonl", sample(docs[0], "3"), broken)
    with pytest.raises(InputError, match="line 2 is not a sample of a Snellen task") as caught:
        read_samples([path])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"task": "gsm8k"}, {"task": 3}, {"task": None}, {"task": ["count_ones"]},
        {"mode": "loud"}, {"lens": "monocle"}, {"length": "3"}, {"length": None},
        {"length": 3.5}, {"truth": "4"}, {"version": 99}, {"truth": None},
    ],
)  # fmt: skip
def test_a_document_that_is_not_ours_is_named(
    tmp_path: Path, docs: list[dict[str, Any]], change: dict[str, Any]
) -> None:
    path = write(tmp_path / "samples_x.jsonl", sample(docs[0] | change, "3"))
    with pytest.raises(InputError, match="line 1 is not a sample of a Snellen task"):
        read_samples([path])


@pytest.mark.parametrize("resps", [[], [[]], None, {}])
def test_a_line_without_an_answer_is_named(
    tmp_path: Path, docs: list[dict[str, Any]], resps: Any
) -> None:
    row = sample(docs[0], "3") | {"resps": resps}
    path = write(tmp_path / "samples_x.jsonl", row)
    with pytest.raises(InputError, match="line 1"):
        read_samples([path])


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.jsonl"):
        read_samples([tmp_path / "none.jsonl"])
    path = tmp_path / "samples_x.jsonl"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"samples_x\.jsonl"):
        read_samples([path])
