"""Lines and files per room, the median and the longest file, and tests to source.

    python scripts/size.py [REF]

Counts every line of the tracked Python files of the working tree, or those of a commit.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path, PurePosixPath

BESIDE = ("tests", "benchmarks", "examples", "scripts", "docs", "results")
"""Folders of the root that hold no part of the package."""


def git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout


def lines(ref: str | None) -> dict[PurePosixPath, int]:
    """Lines of every Python file, by its path."""
    listed = git("ls-tree", "-r", "--name-only", ref) if ref else git("ls-files")
    paths = [path for path in listed.splitlines() if path.endswith(".py")]
    found = {}
    for path in paths:
        if ref:
            found[PurePosixPath(path)] = len(git("show", f"{ref}:{path}").splitlines())
        elif Path(path).is_file():
            found[PurePosixPath(path)] = len(Path(path).read_text("utf-8").splitlines())
    return found


def main() -> None:
    counted = lines(sys.argv[1] if len(sys.argv) > 1 else None)
    rooms: dict[str, list[int]] = defaultdict(list)
    for path, count in counted.items():
        inside = path.parts[0] if len(path.parts) > 1 else "(root)"
        rooms[f"tests/{path.parts[1]}" if inside == "tests" else inside].append(count)
    source = {path: n for path, n in counted.items() if path.parts[0] not in BESIDE}
    tests = {path: n for path, n in counted.items() if path.parts[0] == "tests"}
    print(f"{'room':20}{'files':>6}{'lines':>8}{'median':>8}{'longest':>9}")
    for room, sizes in sorted(rooms.items()):
        print(f"{room:20}{len(sizes):6}{sum(sizes):8}{statistics.median(sizes):8.0f}{max(sizes):9}")
    for name, part in (("source", source), ("tests", tests)):
        longest = max(part, key=lambda path: part[path])
        print(
            f"{name}: {len(part)} files, {sum(part.values())} lines, "
            f"median {statistics.median(part.values()):.0f}, "
            f"longest {longest} ({part[longest]})"
        )
    print(f"tests to source: {sum(tests.values()) / sum(source.values()):.2f}")


if __name__ == "__main__":
    main()
