"""One table of what the statistics of Snellen hold: every row simulated, on observers of its own.

    python benchmarks/statistics_table [--observers 1000] [--only NAME] [--write]

Rows that fit two joint posteriors or run adaptively take a fifth of the observers. With
--write each row replaces that of its name in docs/statistics.md as soon as it is done, so that the
table can be made in pieces. tests/stats/test_table.py reruns a part of it.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from curves import CURVES
from observers import Share
from pairs import PAIRS

DOC = Path(__file__).parents[2] / "docs" / "statistics.md"
ROWS = CURVES | PAIRS


def run(name: str, observers: int) -> Share | float:
    """One row of the table; slow ones on a fifth of the observers."""
    row = ROWS[name]
    return row.run(max(1, observers // 5) if row.slow else observers)


def line(name: str, found: Share | float) -> str:
    shown = str(found) if isinstance(found, Share) else f"{found:.3g}"
    return f"| {name} | {shown} | {ROWS[name].goal} |"


def write(made: dict[str, str]) -> None:
    """Put lines into the table of the docs, in the order of `ROWS`; others stay as they are."""
    start, end = "<!-- statistics -->\n", "<!-- /statistics -->"
    before, rest = DOC.read_text(encoding="utf-8").split(start)
    table, after = rest.split(end)
    head = table.splitlines()[:2]
    kept = {line.split("|")[1].strip(): line for line in table.splitlines()[2:]} | made
    lines = head + [kept[name] for name in ROWS if name in kept]
    DOC.write_text(before + start + "\n".join(lines) + "\n" + end + after, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--observers", type=int, default=1000)
    parser.add_argument("--only", default="", help="rows whose name contains this, or one of a|b")
    parser.add_argument("--write", action="store_true", help="put the rows into the docs")
    options = parser.parse_args()
    for name in ROWS:
        if any(part in name for part in options.only.split("|")):
            started = time.process_time()
            made = line(name, run(name, options.observers))
            print(f"{made} ({time.process_time() - started:.0f} s)", flush=True)
            if options.write:
                write({name: made})


if __name__ == "__main__":
    main()
