"""The command: what it prints, how it is resumed after an interrupt or a kill, what it refuses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from snellen.cli import main

from .lens_server import Seeing, server

pytestmark = pytest.mark.usefixtures("undrawn")

Serve = Callable[[Any], str]


def words(url: str, *more: str) -> list[str]:
    asked = ["--tasks", "copy_sequence", "--lenses", "comma,hint", "--max-length", "128"]
    return ["prescribe", "--model", "openai/m", "--base-url", url, "--concurrency", "4", *asked,
            *more]  # fmt: skip


def test_it_says_what_to_wear_and_why(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    url = serve(server({"none": 10, "comma": 40}))
    assert main(words(url)) == 0
    said = capsys.readouterr().out
    assert "copy_sequence: comma: L50 " in said
    assert "an answer takes" in said
    (kept,) = Path("results/prescribe").glob("*/prescription.json")
    assert f"prescription: {kept}" in said
    assert f"page: {kept.with_suffix('.html')}" in said


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_what_was_stopped_is_resumed_by_the_same_command(
    how: signal.Signals, code: int, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    seeing = Seeing({"none": 10, "comma": 24}, width=2.0)

    def slow(prompt: str) -> str:
        time.sleep(0.02)
        return seeing(prompt)

    model = server({"none": 1})
    model.answer = slow
    command = words(serve(model))
    with subprocess.Popen(
        [sys.executable, "-m", "snellen", *command],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
    ) as process:  # fmt: skip
        while len(model.prompts) < 30:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(how)
        _, said = process.communicate()
    assert process.returncode == code
    if how == signal.SIGINT:
        assert "every answer is kept in" in said
        assert "to resume: snellen prescribe" in said
    model.answer = seeing
    before = len(model.prompts)
    assert main(command) == 0
    assert "copy_sequence: " in capsys.readouterr().out
    again = model.prompts[before:]
    # What was in flight when it ended is asked again, and nothing else.
    assert len(set(model.prompts[:before]) & set(again)) <= 8


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--tasks", "count_ones", "--lenses", "enumerate,comma_everywhere"), "unknown lens"),
        (("--lenses", "none"), "names no lens to try"),
        (("--lenses", ""), "names no lens to try"),
        (
            ("--tasks", "count_ones", "--lenses", "numbered"),
            "through lens 'numbered'",
        ),
        (("--tasks", "paper_count_type1", "--lenses", "comma"), ""),
        (("--alpha", "2"), "--alpha 2"),
        (("--gain", "1"), "--gain 1"),
        (("--precision", "0.5"), "--precision 0.5"),
        (("--max-trials", "3"), "too few for any verdict"),
        (("--max-length", "1"), "--max-length 1"),
        (("--lengths", "4"), "two lengths or more"),
        (("--budget", "9requests"), "too small for any verdict"),
        (("--budget", "some"), "--budget some"),
    ],
)
def test_bad_input_is_one_line(
    more: tuple[str, ...], said: str, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    model = server({"none": 10})
    assert main(words(serve(model), *more)) == 2
    found = capsys.readouterr()
    assert said in found.err
    assert found.err.count("\n") == 1
    assert model.prompts == []
