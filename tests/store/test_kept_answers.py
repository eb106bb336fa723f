"""A journal that is only read stays as it is, and so does the folder that it lies in."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from snellen.errors import InputError
from snellen.store.answers import Entry, Failure
from snellen.store.journal import Journal
from snellen.store.kept_answers import kept_entries
from snellen.store.migrations import MIGRATIONS

MakeEntry = Callable[..., Entry]

# One commit that no checkpoint has folded into the file, by a process that is never told to stop.
WRITER = """
import sys
from pathlib import Path
from snellen.store.answers import Entry, Reply
from snellen.store.journal import Journal
journal = Journal(Path(sys.argv[1]))
journal.append([Entry(f"k{i}", {}, "0" * 64, Reply("x" * 200)) for i in range(60)])
print("written", flush=True)
sys.stdin.read()
"""


def left_in(folder: Path) -> object:
    """All that can be told of a folder; its own time changes with any file made or taken away."""
    files = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}
    return files, folder.stat().st_mtime_ns


def read_untouched(path: Path) -> list[Entry]:
    before = left_in(path.parent)
    found = kept_entries(path)
    assert left_in(path.parent) == before
    return found


@pytest.fixture
def writer(journal_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has 60 answers in the log beside the journal, and goes on."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(journal_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        yield process
        process.kill()


def test_reading_a_journal_leaves_its_folder_as_it_is(
    journal_path: Path, make_entry: MakeEntry
) -> None:
    entries = [make_entry(0), make_entry(1), make_entry(2, Failure("500", 500))]
    with Journal(journal_path) as journal:
        journal.append(entries)
    assert read_untouched(journal_path) == entries
    # and a plain connection would not have: the test can fail
    before = left_in(journal_path.parent)
    Journal(journal_path).close()
    assert left_in(journal_path.parent) != before


def test_a_journal_that_is_being_written_is_read_as_far_as_it_is(
    journal_path: Path, writer: subprocess.Popen[str]
) -> None:
    assert len(read_untouched(journal_path)) == 60
    assert writer.poll() is None


@pytest.mark.parametrize("index", [True, False], ids=["with its index", "copied without"])
def test_what_a_killed_run_left_in_its_log_is_read(
    journal_path: Path, writer: subprocess.Popen[str], tmp_path: Path, index: bool
) -> None:
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    there = tmp_path / "copy"
    there.mkdir()
    for end in ("", "-wal", *(["-shm"] if index else [])):
        shutil.copy(f"{journal_path}{end}", there)
    found = read_untouched(there / journal_path.name)
    assert [entry.key for entry in found] == [f"k{i}" for i in range(60)]
    # none of them is in the file itself yet
    db = sqlite3.connect(f"{(there / journal_path.name).as_uri()}?mode=ro&immutable=1", uri=True)
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        db.execute("SELECT * FROM answers")
    db.close()


def test_an_old_journal_is_read_and_stays_old(journal_path: Path) -> None:
    db = sqlite3.connect(journal_path)
    MIGRATIONS[0](db)
    db.execute("PRAGMA user_version = 1")
    db.execute(
        "INSERT INTO answers VALUES ('k','{}','','{}','42','stop',1,2,NULL,0.5,NULL,NULL,'2026')"
    )
    db.commit()
    db.close()
    (old,) = read_untouched(journal_path)
    assert (old.key, old.result.text) == ("k", "42")  # type: ignore[union-attr]


def test_a_place_that_needs_quoting_in_an_address(tmp_path: Path, make_entry: MakeEntry) -> None:
    folder = tmp_path / "50% of #1?mode=rwc"
    folder.mkdir()
    with Journal(folder / "journal.sqlite") as journal:
        journal.append([make_entry(0)])
    assert read_untouched(folder / "journal.sqlite") == [make_entry(0)]


def test_what_is_no_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no journal .*journal\.sqlite"):
        kept_entries(tmp_path / "journal.sqlite")
    path = tmp_path / "notes.sqlite"
    path.write_bytes(b"not a database" * 999)
    before = left_in(tmp_path)
    with pytest.raises(InputError, match="cannot read the journal"):
        kept_entries(path)
    assert left_in(tmp_path) == before
