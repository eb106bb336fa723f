"""The one atomic writer: whole files or none, whoever writes and whatever breaks."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from snellen.errors import InputError
from snellen.support.files import make_folder, whole_file, write_atomically


def test_text_and_bytes_arrive_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.txt"
    assert write_atomically(path, "é\r\n") == path
    assert path.read_bytes() == "é\r\n".encode()
    write_atomically(path, b"\x00\xff")
    assert path.read_bytes() == b"\x00\xff"
    assert list(path.parent.iterdir()) == [path]


def test_a_block_that_breaks_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_atomically(tmp_path / "a.csv", "old")

    def broken() -> None:
        with whole_file(path) as scratch:
            assert scratch.suffix == ".csv"
            assert scratch.parent == tmp_path
            scratch.write_text("half of the n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    path = write_atomically(tmp_path / "a", "old")
    with pytest.raises(FileNotFoundError), whole_file(path):
        pass
    assert path.read_text() == "old"


def test_new_files_have_the_rights_that_the_user_s_umask_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        path = write_atomically(tmp_path / "a", "x")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640


def test_readers_and_many_writers_see_whole_files_only(tmp_path: Path) -> None:
    path = write_atomically(tmp_path / "a", "0" * 100_000)
    torn: list[str] = []

    def write(digit: str) -> None:
        for _ in range(20):
            write_atomically(path, digit * 100_000)

    threads = [threading.Thread(target=write, args=(str(i),)) for i in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        text = path.read_text()
        if len(text) != 100_000 or len(set(text)) != 1:
            torn.append(text[:10])
    for thread in threads:
        thread.join()
    assert not torn
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_made_or_refused_with_what_to_do(tmp_path: Path) -> None:
    assert make_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot write to .*file: .*; choose another --results"):
        make_folder(tmp_path / "file", "--results")
