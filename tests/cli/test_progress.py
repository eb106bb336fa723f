"""Progress in a log: a plain line now and then, also while nothing is answered."""

from __future__ import annotations

import time
from typing import Any

import pytest
from snellen.cli import progress
from snellen.cli.progress import ProgressLine
from snellen.runners.protocol import Message, Request, Sampling
from snellen.store.answers import Failure, Reply


def rows(count: int, result: Any = None) -> list[tuple[Request, Any]]:
    request = Request("k", (Message("user", "1"),), Sampling(1))
    return [(request, result or Reply("1"))] * count


def test_a_log_hears_of_a_run_in_which_nothing_happens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "PLAIN_EVERY_S", 0.1)
    with ProgressLine(300):
        time.sleep(0.35)
    lines = capsys.readouterr().err.splitlines()
    assert 2 <= len(lines) <= 3
    assert lines[0] == "asking: 0 of 300 after 0 s"


def test_a_line_says_what_is_done_what_is_left_and_what_went_wrong() -> None:
    with ProgressLine(1300) as line:
        line.advance(rows(1000), known=True)
        line.advance(rows(30), 0.25)
        line.advance(rows(2, Failure("no")), 0.25)
        line.note("3 of 4 curves settled")
        line._began -= 60
        assert line.plain() == (
            "asking: 1,032 of 1,300 after 60 s, 32.0/min, about 8 min left, $0.2500, 2 failed, "
            "3 of 4 curves settled"
        )


def test_without_a_total_nothing_is_said_of_the_rest() -> None:
    with ProgressLine(None) as line:
        line.advance([])
        line.advance(rows(120))
        line._began -= 60
        assert line.plain().startswith("asking: 120 after 60 s, 2.0/s")
        assert "left" not in line.plain()


def test_a_quick_run_leaves_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    with ProgressLine(10) as line:
        line.advance(rows(10))
    assert capsys.readouterr().err == ""
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("seconds", "words"), [(40, "40 s"), (720, "12 min"), (12_000, "3 h 20 min")]
)
def test_times_are_for_people(seconds: float, words: str) -> None:
    assert progress.span(seconds) == words
