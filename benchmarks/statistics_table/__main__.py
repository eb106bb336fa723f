"""One table of what the statistics of Snellen hold: every row simulated, on observers of its own.

    python benchmarks/statistics_table [--observers 1000] [--only NAME] [--write]

Rows that fit two joint posteriors or run adaptively take a fifth of the observers. With --write
the table replaces that in docs/statistics.md. tests/stats/test_table.py reruns a part of it.
"""

from __future__ import annotations

import argparse
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--observers", type=int, default=1000)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    options = parser.parse_args()
    lines = ["| what | seen | goal |", "|---|---|---|"]
    print("\n".join(lines))
    for name in ROWS:
        if options.only in name:
            lines.append(line(name, run(name, options.observers)))
            print(lines[-1], flush=True)
    if options.write and not options.only:
        start, end = "<!-- statistics -->\n", "<!-- /statistics -->"
        before, rest = DOC.read_text(encoding="utf-8").split(start)
        text = before + start + "\n".join(lines) + "\n" + end + rest.split(end)[1]
        DOC.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
