"""The journal keeps what it acknowledged: through kill -9, full disks, other versions."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snellen.errors import InputError, StoreError
from snellen.store.answers import Entry, Failure, Reply
from snellen.store.journal import Journal, answer_key, canonical, digest

MakeEntry = Callable[..., Entry]

FULL = Reply("42", "length", 10, 20, 5, 0.125, "fp_1", "I think.")


def test_what_goes_in_comes_out(journal_path: Path, make_entry: MakeEntry) -> None:
    entries = [
        make_entry(0, FULL, task="count_ones", length=3),
        make_entry(1, Reply("")),
        make_entry(2, Reply("κόσμε\0\u2028 \U0001f441")),
        make_entry(3, Failure("500 from the server", 500)),
        make_entry(4, Failure("timed out")),
    ]
    with Journal(journal_path) as journal:
        journal.append(entries[:2])
        journal.append(entries[2:])
    with Journal(journal_path) as journal:
        assert list(journal.entries()) == entries
        assert journal.get("key-0") == FULL
        assert journal.known(f"key-{i}" for i in range(9)) == {"key-0", "key-1", "key-2"}


def test_half_a_character_is_kept_as_a_replacement(
    journal_path: Path, make_entry: MakeEntry
) -> None:
    # "\ud83d" alone, as a provider's JSON may hold it when it cuts between two surrogates.
    with Journal(journal_path) as journal:
        journal.append([make_entry(0, Reply("4\ud83d2", reasoning="\udc00"))])
        journal.append([make_entry(1, Failure("said \ud800"))])
        assert journal.get("key-0") == Reply("4\ufffd2", reasoning="\ufffd")


def test_a_failure_is_no_answer_and_gives_way_to_one(
    journal_path: Path, make_entry: MakeEntry
) -> None:
    with Journal(journal_path) as journal:
        journal.append([make_entry(0, Failure("first", 500))])
        journal.append([make_entry(0, Failure("second", 503))])
        assert journal.get("key-0") is None
        assert journal.known(["key-0"]) == set()
        assert [e.result for e in journal.entries()] == [Failure("second", 503)]
        journal.append([make_entry(0, Reply("42"))])
        assert [e.result for e in journal.entries()] == [Reply("42")]


def test_the_first_answer_under_a_key_stays(journal_path: Path, make_entry: MakeEntry) -> None:
    with Journal(journal_path) as journal:
        journal.append([make_entry(0, Reply("first"))])
        journal.append([make_entry(0, Reply("second"))])
        assert journal.get("key-0") == Reply("first")


def test_a_batch_is_kept_whole_or_not_at_all(journal_path: Path, make_entry: MakeEntry) -> None:
    broken = make_entry(1, Reply("x"), bad=object())
    with Journal(journal_path) as journal:
        with pytest.raises(TypeError):
            journal.append([make_entry(0), broken])
        assert list(journal.entries()) == []
        journal.append([make_entry(0)])
        assert journal.known(["key-0"]) == {"key-0"}


WRITER = """
import sys
from pathlib import Path
from snellen.store.answers import Entry, Reply
from snellen.store.journal import Journal
journal = Journal(Path(sys.argv[1]))
for number in range(100_000):
    rows = [Entry(f"{number}-{i}", {}, "0" * 64, Reply("x" * 200)) for i in range(3)]
    journal.append(rows)
    print(number, flush=True)
"""


def test_kill_9_loses_nothing_that_was_acknowledged(journal_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(journal_path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if int(line) == 40:
                os.kill(writer.pid, signal.SIGKILL)
                break
        last = max([int(line) for line in writer.stdout if line.endswith("\n")], default=40)
    assert writer.returncode == -signal.SIGKILL
    with Journal(journal_path) as journal:
        kept = {entry.key for entry in journal.entries()}
    assert {f"{number}-{i}" for number in range(last + 1) for i in range(3)} <= kept
    assert len(kept) % 3 == 0  # and no part of a batch


@pytest.fixture
def version_1(journal_path: Path) -> Path:
    """A journal as the first release wrote it, by hand."""
    db = sqlite3.connect(journal_path)
    db.executescript(
        """
        CREATE TABLE answers (
            key TEXT PRIMARY KEY, trial TEXT NOT NULL, prompt_sha256 TEXT NOT NULL,
            sampling TEXT NOT NULL, text TEXT NOT NULL, finish_reason TEXT NOT NULL,
            prompt_tokens INTEGER, completion_tokens INTEGER, reasoning_tokens INTEGER,
            latency_s REAL, fingerprint TEXT, reasoning TEXT, answered_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE failures (
            key TEXT PRIMARY KEY, trial TEXT NOT NULL, prompt_sha256 TEXT NOT NULL,
            sampling TEXT NOT NULL, reason TEXT NOT NULL, status INTEGER, failed_at TEXT NOT NULL
        ) STRICT;
        PRAGMA user_version = 1;
        """
    )
    values = ("k", '{"task":"t"}', "0" * 64, '{"max_tokens":8}', "42", "stop", 1, 2, None, 0.5)
    db.execute("INSERT INTO answers VALUES (?,?,?,?,?,?,?,?,?,?,NULL,NULL,'2026-01-01')", values)
    db.commit()
    db.close()
    return journal_path


def test_a_journal_of_the_first_version_opens(version_1: Path, make_entry: MakeEntry) -> None:
    with Journal(version_1) as journal:
        (old,) = journal.entries()
        assert old == Entry(
            "k", {"task": "t"}, "0" * 64, Reply("42", "stop", 1, 2, None, 0.5), {"max_tokens": 8}
        )
        journal.append([make_entry(1)])
        assert len(list(journal.entries())) == 2


def test_an_old_journal_gets_the_schema_of_a_new_one(version_1: Path, tmp_path: Path) -> None:
    """What has shipped is never edited, only followed: the old columns stay first."""

    def columns(path: Path) -> dict[str, list[Any]]:
        db = sqlite3.connect(path)
        try:
            return {t: db.execute(f"PRAGMA table_info({t})").fetchall()
                    for t in ("answers", "failures")}  # fmt: skip
        finally:
            db.close()

    old = columns(version_1)
    Journal(tmp_path / "new.sqlite").close()
    Journal(version_1).close()
    new = columns(tmp_path / "new.sqlite")
    assert columns(version_1) == new
    assert {table: new[table][: len(old[table])] for table in old} == old


def test_a_newer_journal_is_refused(version_1: Path) -> None:
    db = sqlite3.connect(version_1)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(InputError, match=r"schema 99.*upgrade snellen"):
        Journal(version_1)


def test_a_database_of_something_else_is_refused_and_left_alone(journal_path: Path) -> None:
    db = sqlite3.connect(journal_path)
    db.execute("CREATE TABLE recipes (name TEXT)")
    db.close()
    with pytest.raises(InputError, match="something else"):
        Journal(journal_path)
    db = sqlite3.connect(journal_path)
    assert [row[0] for row in db.execute("SELECT name FROM sqlite_master")] == ["recipes"]
    db.close()


@pytest.mark.parametrize(
    "content", [b"not a database, whatever it is" * 100, b"SQLite format 3\0?"]
)
def test_a_file_that_is_no_database_is_refused(journal_path: Path, content: bytes) -> None:
    journal_path.write_bytes(content)
    with pytest.raises(InputError, match="cannot read the journal") as caught:
        Journal(journal_path)
    assert "\n" not in str(caught.value)
    assert journal_path.read_bytes() == content


def test_a_damaged_journal_is_refused(journal_path: Path, make_entry: MakeEntry) -> None:
    with Journal(journal_path) as journal:
        journal.append([make_entry(i, Reply("x" * 500)) for i in range(200)])
    content = bytearray(journal_path.read_bytes())
    content[8192:20480] = b"\xff" * 12288
    journal_path.write_bytes(content)
    with pytest.raises(InputError, match="cannot read the journal"):
        Journal(journal_path)


@pytest.mark.parametrize(
    "damage",
    ["trial = 'not json'", "sampling = '{'", "text = CAST(x'ff41' AS TEXT)"],
)
def test_a_damaged_row_is_refused(journal_path: Path, make_entry: MakeEntry, damage: str) -> None:
    with Journal(journal_path) as journal:
        journal.append([make_entry(0)])
    db = sqlite3.connect(journal_path)
    db.execute(f"UPDATE answers SET {damage}")
    db.commit()
    db.close()
    with Journal(journal_path) as journal:
        with pytest.raises(InputError, match="cannot read the journal"):
            list(journal.entries())
        journal.append([make_entry(1)])  # it still takes answers


def test_a_full_disk_is_one_line_and_loses_nothing(
    journal_path: Path, make_entry: MakeEntry
) -> None:
    with Journal(journal_path) as journal:

        def fill() -> None:
            for number in range(10_000):
                journal.append([make_entry(number, Reply("x" * 1000))])

        journal._db.execute("PRAGMA max_page_count = 40")
        with pytest.raises(StoreError, match="every answer before this one is kept") as caught:
            fill()
        assert "\n" not in str(caught.value)
        kept = [entry.key for entry in journal.entries()]
        assert len(kept) > 10
        assert kept == [f"key-{i}" for i in range(len(kept))]
    with Journal(journal_path) as journal:  # space was freed
        assert [entry.key for entry in journal.entries()] == kept
        journal.append([make_entry(len(kept))])


LIMITED = """
import resource, sys
from pathlib import Path
from snellen.errors import StoreError
from snellen.store.answers import Entry, Reply
from snellen.store.journal import Journal
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
journal = Journal(Path(sys.argv[1]))
try:
    for number in range(10_000):
        journal.append([Entry(str(number), {}, "0" * 64, Reply("x" * 1000))])
except StoreError:
    print(number)
"""


def test_a_disk_that_takes_no_more_bytes_is_a_full_disk(journal_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(journal_path)], capture_output=True, text=True
    )
    assert done.stderr == ""
    kept = int(done.stdout)
    assert kept > 10
    with Journal(journal_path) as journal:
        assert {entry.key for entry in journal.entries()} == {str(i) for i in range(kept)}


def test_journals_merge(tmp_path: Path, make_entry: MakeEntry) -> None:
    with Journal(tmp_path / "b") as b:
        b.append([make_entry(i, Reply(f"b{i}")) for i in (1, 2)])
        b.append([make_entry(i, Failure("b")) for i in (0, 3)])
    with Journal(tmp_path / "a") as a:
        a.append([make_entry(i, Reply(f"a{i}")) for i in (0, 1)])
        a.append([make_entry(2, Failure("a"))])
        assert a.merge(tmp_path / "b") == 1
        found = {entry.key: entry.result for entry in a.entries()}
        assert found == {
            "key-0": Reply("a0"), "key-1": Reply("a1"), "key-2": Reply("b2"), "key-3": Failure("b"),
        }  # fmt: skip
        assert a.merge(tmp_path / "b") == 0
        assert a.merge(tmp_path / "a") == 0
    with Journal(tmp_path / "b") as b:
        assert len(list(b.entries())) == 4


def test_merging_what_is_not_there_makes_no_file(tmp_path: Path) -> None:
    with Journal(tmp_path / "a") as a, pytest.raises(InputError, match="no journal"):
        a.merge(tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_threads_may_write_at_once(journal_path: Path, make_entry: MakeEntry) -> None:
    with Journal(journal_path) as journal:

        def write(start: int) -> None:
            for number in range(start, start + 20):
                journal.append([make_entry(number)])
                assert journal.get(f"key-{number}") is not None

        threads = [threading.Thread(target=write, args=(20 * i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(list(journal.entries())) == 80


ASKED: dict[str, Any] = {
    "model": "m",
    "base_url": None,
    "numerics": {"dtype": "float32"},
    "messages": [{"role": "user", "content": "?"}],
    "sampling": {"max_tokens": 8, "temperature": 0.0},
    "trial": {"task": "t", "index": 0},
}


@pytest.mark.parametrize(
    "change",
    [
        {"model": "n"},
        {"base_url": "http://127.0.0.1:1/v1"},
        {"numerics": {"dtype": "bfloat16"}},
        {"messages": [{"role": "user", "content": "? "}]},
        {"messages": [{"role": "system", "content": "?"}]},
        {"sampling": {"max_tokens": 9, "temperature": 0.0}},
        {"sampling": {"max_tokens": 8, "temperature": 0.5}},
        {"trial": {"task": "t", "index": 1}},
    ],
)
def test_whatever_differs_is_another_answer(change: dict[str, Any]) -> None:
    assert answer_key(**ASKED) != answer_key(**(ASKED | change))


def test_the_key_of_an_answer_never_changes() -> None:
    """Journals of earlier versions are found again only under the same keys."""
    assert answer_key(**ASKED) == (
        "6bb15bc0256a65cf06f086e091efb1f94a85ba5a9b8f93f1b47c897cc41d0d25"
    )


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers()))
def test_the_order_of_fields_does_not_matter(record: dict[str, int]) -> None:
    turned = dict(reversed(record.items()))
    assert canonical(record) == canonical(turned)
    assert digest(record) == digest(turned)
