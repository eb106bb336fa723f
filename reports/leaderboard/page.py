"""``leaderboard.csv``, ``.md``, ``.html``: models by acuity, with the ranks they may have."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import math
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...errors import InputError
from ...stats.acuity import Acuity
from ...stats.board import RankInterval, RestrictedMean
from ..run.page import environment
from ..run.summary import percent
from ..run.writing import replace
from .standings import Chart, Entry, Refused, Standing, standings


def write_leaderboard(
    folder: Path, entries: Sequence[Entry], chart: Chart
) -> tuple[Path, list[Refused]]:
    """Write leaderboard.csv, leaderboard.md and leaderboard.html into a folder.

    Args:
        folder: where to write; made if need be.
        entries: one per model, from `entry_of`.
        chart: the chart that they must have been asked.

    Returns:
        The path of leaderboard.html, and the runs that were refused, with reasons.

    Raises:
        InputError: a model is there twice, or no run is of this chart.
    """
    placed, refused = standings(entries, chart)
    if not placed:
        why = f": {refused[0].entry.model}: {refused[0].reason}" if refused else ""
        raise InputError(f"no run can be on the leaderboard of chart {chart.version}{why}")
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [t for t in placed[0].entry.acuities if all(t in s.entry.acuities for s in placed)]
    replace(folder / "leaderboard.csv", to_csv(placed, tasks, chart))
    replace(folder / "leaderboard.md", to_markdown(placed, refused, tasks, chart))
    page = to_html(placed, refused, tasks, chart)
    return replace(folder / "leaderboard.html", page), refused


def to_csv(placed: Sequence[Standing], tasks: Sequence[str], chart: Chart) -> str:
    """One line per model; lengths in items, shares from 0 to 1, blank where not known."""
    target = io.StringIO()
    lines = [dict(_fields(s, tasks, chart)) for s in placed]
    writer = csv.DictWriter(target, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return target.getvalue()


def to_markdown(
    placed: Sequence[Standing], refused: Sequence[Refused], tasks: Sequence[str], chart: Chart
) -> str:
    """A table for a README, with the refused runs under it."""
    heads = ["rank", "model", "mean acuity", *tasks, "truncated", "tokens", "cost (USD)"]
    lines = [
        f"Chart {chart.version} (`{chart.sha256[:12]}`). {CAPTION}",
        "",
        "| " + " | ".join(heads) + " |",
        "|" + "---|" * len(heads),
    ]
    for s in placed:
        name = _cell(s.entry.model)
        cells = [
            rank_text(s.rank),
            f"[{name}]({quote(s.entry.report)})" if s.entry.report else name,
            str(s.mean),
            *(str(s.entry.acuities[task]) for task in tasks),
            percent(s.entry.truncated),
            tokens_text(s.entry),
            cost_text(s.entry),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    if refused:
        lines += ["", "Not on this board:", ""]
        lines += [f"- {_cell(r.entry.model)}: {r.reason}" for r in refused]
    return "\n".join(lines) + "\n"


def to_html(
    placed: Sequence[Standing], refused: Sequence[Refused], tasks: Sequence[str], chart: Chart
) -> str:
    """A page that sorts and filters by itself: one file, nothing fetched."""
    script = (files(__package__.rpartition(".")[0]) / "templates" / "leaderboard.js").read_text(
        encoding="utf-8"
    )
    made = environment()
    made.filters |= {
        "rank": rank_text,
        "tokens": tokens_text,
        "cost": cost_text,
        "place": place,
        "lengths": _quote,
    }
    ends = [x for s in placed for x in s.mean.interval if 0 < x < math.inf]
    template = made.get_template("leaderboard.html.j2")
    return template.render(
        placed=placed,
        refused=refused,
        tasks=tasks,
        chart=chart,
        caption=CAPTION,
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        axis=(min([1.0, *ends]), max([2.0, *ends])),
        numerics=lambda entry: "; ".join(f"{k} {v}" for k, v in entry.numerics.items()),
    )


CAPTION = (
    "L50 is the length, in items, at which half of the answers are correct, with its 95 % "
    "interval. The mean acuity is restricted to the chart: the area under accuracy over log2 "
    "length, guessing taken off, averaged over all tasks; answers that failed, or could not be "
    "read, are wrong ones. Ranks are those that the answers cannot rule out."
)


def place(x: float, axis: tuple[float, float]) -> float:
    """Position of a length on a log axis, in per cent, kept inside."""
    low, high = (math.log2(end) for end in axis)
    at = low if x <= 0 else high if math.isinf(x) else math.log2(x)
    return round(100 * min(1.0, max(0.0, (at - low) / (high - low))), 2)


def rank_text(rank: RankInterval) -> str:
    """A rank interval: 3, or 2–5."""
    return str(rank.best) if rank.best == rank.worst else f"{rank.best}–{rank.worst}"


def tokens_text(entry: Entry) -> str:
    """Tokens asked and answered, in thousands."""
    if None in entry.tokens:
        return "–"
    return " + ".join(f"{(n or 0) / 1000:,.0f}k" for n in entry.tokens)


def cost_text(entry: Entry) -> str:
    """Cost in dollars, a dash where it is not known."""
    return "–" if entry.cost_usd is None else f"{entry.cost_usd:,.2f}"


def sort_value(acuity: Acuity | RestrictedMean) -> float:
    """Where a quoted acuity sorts: its value, or the bound that it is shown to be beyond."""
    if isinstance(acuity, RestrictedMean) or acuity.value is not None:
        return float(acuity.value or 0.0)
    low, high = acuity.interval
    return low if acuity.censored == "above" else high if math.isfinite(high) else 0.0


def _quote(acuity: Acuity | RestrictedMean) -> dict[str, Any]:
    return {"text": str(acuity), "sort": sort_value(acuity)}


def _fields(s: Standing, tasks: Sequence[str], chart: Chart) -> Iterator[tuple[str, Any]]:
    e = s.entry
    yield from (("model", e.model), ("rank_best", s.rank.best), ("rank_worst", s.rank.worst))
    yield from _quoted("mean_acuity", s.mean)
    for task in tasks:
        yield from _quoted(f"l50_{task}", e.acuities[task])
    yield from (("trials", e.trials), ("truncated", e.truncated), ("failed", e.failed))
    yield from (("prompt_tokens", e.tokens[0]), ("completion_tokens", e.tokens[1]))
    yield from (("cost_usd", e.cost_usd), ("numerics", json.dumps(e.numerics, default=str)))
    yield from (("run_id", e.run_id), ("report", e.report))
    yield from (("chart_version", chart.version), ("chart_sha256", chart.sha256))


def _quoted(name: str, acuity: Acuity | RestrictedMean) -> Iterator[tuple[str, Any]]:
    low, high = acuity.interval
    yield name, acuity.value
    yield f"{name}_low", low if low > 0 else None
    yield f"{name}_high", high if math.isfinite(high) else None
    yield f"{name}_censored", None if isinstance(acuity, RestrictedMean) else acuity.censored


def _cell(text: str) -> str:
    """Text that cannot break out of a Markdown table."""
    return "".join("\\" + c if c in "|[]<>`*_\\" else c for c in text).replace("\n", " ")
