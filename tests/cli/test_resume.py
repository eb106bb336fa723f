"""A run that was killed or interrupted continues where it stopped, with the same result."""

from __future__ import annotations

import resource
import shlex
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

# Several batches of rows: 240 trials, of which at most 64 are answered at once.
LONG = ("--tasks", "count_ones", "--lengths", "1,3,9,20", "--trials", "60", "--max-tokens", "20")
ALL = 240
# The command line, keeping rows as soon as they end and halted once the first are kept: how far
# a run came by a given moment would depend on the machine.
HALTED = """
import time
from snellen.cli.main import main
from snellen.runners.local import runner
from snellen.store.journal import Journal

def append_and_halt(self, *rows, append=Journal.append, **more):
    append(self, *rows, **more)
    time.sleep(60)

runner._KEPT_EVERY_S = 0
Journal.append = append_and_halt
raise SystemExit(main())
"""


def answers(out: Path) -> list[tuple[str, str]]:
    """The journal's rows, as another process may read them at any time."""
    found = list(out.glob("*/*/journal.sqlite"))
    if not found:
        return []
    try:
        with closing(sqlite3.connect(f"file:{found[0]}?mode=ro", uri=True)) as db:
            return db.execute("SELECT key, answered_at FROM answers ORDER BY rowid").fetchall()
    except sqlite3.OperationalError:  # not there yet
        return []


@contextmanager
def stopped_midway(
    start: Callable[..., Any], words: tuple[str, ...], how: signal.Signals
) -> Iterator[subprocess.Popen[str]]:
    """A run that got a signal once some of its answers were kept, and not all."""
    process = start("run", *words, script=HALTED)
    with process:
        while not answers(Path("results")):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.02)
        process.send_signal(how)
        yield process


@pytest.fixture
def command(tiny: Path) -> tuple[str, ...]:
    return ("--model", f"hf/{tiny}", *LONG)


def table(out: Path) -> str:
    (path,) = out.glob("*/*/trials.csv")
    kept = pd.read_csv(path, dtype=str, keep_default_na=False)
    return str(kept.drop(columns="latency_s").to_csv(index=False))


def test_a_killed_run_asks_only_what_is_missing(
    command: tuple[str, ...], start: Callable[..., Any], snellen: Callable[..., Any]
) -> None:
    with stopped_midway(start, command, signal.SIGKILL) as process:
        assert process.wait() == -signal.SIGKILL
    kept = answers(Path("results"))
    assert 0 < len(kept) < ALL
    assert not list(Path("results").glob("*/*/trials.csv"))
    said = snellen("run", *command)
    assert said.code == 0, said.err
    everything = answers(Path("results"))
    assert everything[: len(kept)] == kept  # the same answers at the same moments
    assert len(everything) == ALL
    assert snellen("run", *command, "--out", "whole").code == 0
    assert table(Path("results")) == table(Path("whole"))


def test_an_interrupted_run_says_how_to_go_on(
    command: tuple[str, ...], start: Callable[..., Any], snellen: Callable[..., Any]
) -> None:
    with stopped_midway(start, command, signal.SIGINT) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "every answer is kept in results" in err
    (again,) = (line for line in err.splitlines() if line.startswith("to resume: "))
    words = shlex.split(again.removeprefix("to resume: "))
    assert words == ["snellen", "run", *command]
    kept = len(answers(Path("results")))
    assert 0 < kept < ALL
    assert snellen(*words[1:]).code == 0
    assert len(answers(Path("results"))) == ALL


def test_a_full_disk_ends_a_run_with_one_line(
    command: tuple[str, ...], start: Callable[..., Any], snellen: Callable[..., Any]
) -> None:
    # The journal outgrows the limit midway.
    command, every = (*command, "--trials", "150", "--max-tokens", "200"), 600

    def no_file_above_200_kb() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    with start("run", *command, preexec_fn=no_file_above_200_kb) as process:
        _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "Traceback" not in err
    (line,) = (line for line in err.splitlines() if line.startswith("snellen: "))
    assert "cannot write to" in line
    assert "every answer before this one is kept" in line
    kept = len(answers(Path("results")))
    assert kept < every  # how many came in before depends on how they were gathered
    assert snellen("run", *command).code == 0
    assert len(answers(Path("results"))) == every
