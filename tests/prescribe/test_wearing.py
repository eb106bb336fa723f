"""A prescription read back and worn on somebody's own data; files that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import snellen


def kept(folder: Path, lens: str | None, task: str = "copy_last", **more: Any) -> Path:
    """A prescription as it lies on disk."""
    entry = {"task": task, "mode": "direct", "answer": "free", "lens": lens, "why": "because"}
    found = {"schema_version": 1, "model": "openai/m", "prescriptions": [entry]} | more
    path = folder / "prescription.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("lens", "expected"),
    [
        ("comma", "7, 7, 3, 1\nWhich comes last?"),
        ("comma:3", "7 7 3, 1\nWhich comes last?"),
        ("question_first", "Which comes last?\n7 7 3 1"),
        ("comma+question_first", "Which comes last?\n7, 7, 3, 1"),
        ("repeat", "7 7 3 1\nWhich comes last?\n\n7 7 3 1\nWhich comes last?"),
        (None, "7 7 3 1\nWhich comes last?"),
    ],
)
def test_a_sequence_is_written_as_the_lens_writes_it(
    lens: str | None, expected: str, tmp_path: Path
) -> None:
    found = snellen.load_prescription(kept(tmp_path, lens))
    for given in ("7 7 3 1", ["7", "7", "3", "1"]):
        assert snellen.apply_lens(given, found, question="Which comes last?") == expected
    assert snellen.apply_lens("7 7 3 1", tmp_path, question="Which comes last?") == expected


def test_a_text_is_taken_apart_where_it_can_be(tmp_path: Path) -> None:
    path = kept(tmp_path, "newline")
    assert snellen.apply_lens("a, b c, d", path) == "a\nb c\nd"
    assert snellen.apply_lens("a,b", path) == "a\nb"
    assert snellen.apply_lens("ab", path) == "a\nb"
    assert snellen.apply_lens("a  b", path) == "a\nb"
    assert snellen.apply_lens("a|b|", path, separator="|") == "a\nb"
    lines = kept(tmp_path, "comma")
    assert snellen.apply_lens("a b\nc d\n", lines) == "a b, c d"
    with pytest.raises(snellen.InputError, match="no items"):
        snellen.apply_lens(" ", path)


def test_a_question_is_the_user_s_own_whatever_it_holds(tmp_path: Path) -> None:
    asked = snellen.apply_lens("1 2", kept(tmp_path, "comma"), question="What of {x} and {}?")
    assert asked == "1, 2\nWhat of {x} and {}?"


def test_a_hint_is_the_task_s_unless_one_is_given(tmp_path: Path) -> None:
    path = kept(tmp_path, "hint")
    assert "Hint" in snellen.apply_lens("1 2", path, question="Last?")
    assert snellen.apply_lens("1 2", path, question="Last?", hint="Look!") == "1 2\nLast?\nLook!"


@pytest.mark.parametrize("lens", ["letters", "effort:high"])
def test_what_no_text_can_hold_is_refused(lens: str, tmp_path: Path) -> None:
    with pytest.raises(snellen.InputError, match="lens"):
        snellen.apply_lens("1 2", kept(tmp_path, lens))


def test_the_task_is_named_where_there_are_several(tmp_path: Path) -> None:
    path = kept(tmp_path, "comma")
    whole = json.loads(path.read_text())
    whole["prescriptions"].append({**whole["prescriptions"][0], "task": "count_ones", "lens": None})
    path.write_text(json.dumps(whole))
    found = snellen.load_prescription(tmp_path)
    assert (found.lens("snellen_copy_last"), found.lens("count_ones")) == ("comma", None)
    assert snellen.apply_lens("1 2", found, task="count_ones") == "1 2"
    for task, said in ((None, "several entries fit"), ("sum_ones", "none for task 'sum_ones'")):
        with pytest.raises(snellen.InputError, match=said):
            found.lens(task)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema_version": 2}, "version 2, this Snellen reads 1: upgrade snellen"),
        ({"schema_version": 0}, "version 0.*prescribe again"),
        ({"schema_version": "one"}, "schema_version or prescriptions is missing"),
        ({"prescriptions": [{"task": "copy_last"}]}, r"prescriptions\[0\]: mode is missing"),
        ({"prescriptions": 3}, "not a prescription"),
        ({"prescriptions": [3]}, "not a prescription"),
    ],
)
def test_a_file_that_is_none_is_refused(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    path = kept(tmp_path, "comma", **change)
    with pytest.raises(snellen.InputError, match=said):
        snellen.load_prescription(path)


def test_no_file_and_no_json(tmp_path: Path) -> None:
    with pytest.raises(snellen.InputError, match="cannot read the prescription"):
        snellen.load_prescription(tmp_path)
    (tmp_path / "prescription.json").write_text("[1, 2")
    with pytest.raises(snellen.InputError, match="not JSON"):
        snellen.load_prescription(tmp_path)
    (tmp_path / "prescription.json").write_text("[1, 2]")
    with pytest.raises(snellen.InputError, match="not a prescription"):
        snellen.load_prescription(tmp_path)
