"""``leaderboard.csv``, ``.md``, ``.html``: models by acuity, with the ranks they may have."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...errors import InputError
from ...stats.acuity import Acuity
from ...stats.board import RankInterval, RestrictedMean
from ...support.files import write_atomically
from ..acuities import quoted
from ..formats import no_formula, percent, plain_markdown
from ..run.page import environment
from ..scripts import script
from .entries import BoardDesign, BoardEntry, RefusedEntry, without_acuities
from .fitted import FITTED
from .ranking import RankedEntry, rank

CAPTION = (
    "Ranked by restricted mean acuity: the area under accuracy over log2 length, corrected for "
    "guessing, averaged over all tasks, as a length in items. Every model has one, whether it sees "
    "nothing of a task or everything that was asked. Failed requests and answers that could not be "
    "read count as wrong. L50 of a task is the length at which half of the answers are correct. "
    "Intervals are 95 %; ranks are all those that the answers do not rule out; = marks a tie "
    "between models that cannot be told apart."
)


def write_leaderboard(
    folder: Path, entries: Sequence[BoardEntry], design: BoardDesign
) -> tuple[Path, list[RefusedEntry]]:
    """Write leaderboard.csv, leaderboard.md and leaderboard.html into a folder.

    Args:
        folder: where to write; made if need be.
        entries: one per run, from `entry_of`.
        design: what they must have been asked.

    Returns:
        The path of leaderboard.html, and the runs that were refused, with reasons.

    Raises:
        InputError: no run can be on the board.
    """
    placed, refused = rank(entries, design)
    if not placed:
        why = f": {refused[0].entry.model}: {refused[0].reason}" if refused else ""
        raise InputError(f"no run can be on the leaderboard of board {design.version}{why}")
    tasks = list(placed[0].entry.reports)
    later = placed[FITTED:]
    placed = [*placed[:FITTED], *(replace(p, entry=without_acuities(p.entry)) for p in later)]
    write_atomically(folder / "leaderboard.csv", to_csv(placed, tasks, design))
    write_atomically(folder / "leaderboard.md", to_markdown(placed, refused, tasks, design))
    page = to_html(placed, refused, tasks, design)
    return write_atomically(folder / "leaderboard.html", page), refused


def to_csv(placed: Sequence[RankedEntry], tasks: Sequence[str], design: BoardDesign) -> str:
    """One line per run; lengths in items, shares from 0 to 1, blank where not known."""
    target = io.StringIO()
    lines = [dict(_fields(entry, tasks, design)) for entry in placed]
    writer = csv.DictWriter(target, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: no_formula(v) for k, v in line.items()} for line in lines)
    return target.getvalue()


def to_markdown(
    placed: Sequence[RankedEntry],
    refused: Sequence[RefusedEntry],
    tasks: Sequence[str],
    design: BoardDesign,
) -> str:
    """A table for a README, with the warnings and the refused runs under it."""
    shares = ["unread", "truncated", "failed"]
    heads = ["rank", "model", "restricted mean", *tasks, *shares, "tokens", "cost (USD)"]
    lines = [
        f"Board {design.version} (`{design.sha256[:12]}`). {CAPTION}",
        "",
        "| " + " | ".join(heads) + " |",
        "|" + "---|" * len(heads),
    ]
    for placing in placed:
        entry = placing.entry
        name = plain_markdown(entry.model)
        cells = [
            rank_text(placing.rank),
            f"[{name}]({_link(entry.report)})" if entry.report else name,
            str(placing.mean),
            *(str(entry.reports[task].l50) for task in tasks),
            *(percent(getattr(entry, name)) for name in shares),
            tokens_text(entry),
            cost_text(entry),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    warned = [(p.entry.model, "; ".join(p.entry.warnings)) for p in placed if p.entry.warnings]
    lines += _listed("Warnings:", warned)
    lines += _listed("Not on this board:", [(r.entry.model, r.reason) for r in refused])
    return "\n".join(lines) + "\n"


def to_html(
    placed: Sequence[RankedEntry],
    refused: Sequence[RefusedEntry],
    tasks: Sequence[str],
    design: BoardDesign,
) -> str:
    """A page that sorts and filters by itself: one file, nothing fetched."""
    made = environment()
    made.filters |= {
        "rank": rank_text,
        "tokens": tokens_text,
        "cost": cost_text,
        "place": place,
        "lengths": _lengths,
        "link": _link,
    }
    ends = [x for entry in placed for x in entry.mean.interval]
    template = made.get_template("leaderboard.html.j2")
    return template.render(
        placed=placed,
        refused=refused,
        tasks=tasks,
        design=design,
        caption=CAPTION,
        script=script("leaderboard.js"),
        axis=(min([1.0, *ends]), max([2.0, *ends])),
        numerics=lambda entry: "; ".join(f"{k} {v}" for k, v in entry.numerics.items()),
    )


def place(x: float, axis: tuple[float, float]) -> float:
    """Position of a length on a log axis, in per cent, kept inside."""
    low, high = (math.log2(end) for end in axis)
    at = low if x <= 0 else high if math.isinf(x) else math.log2(x)
    return round(100 * min(1.0, max(0.0, (at - low) / (high - low))), 2)


def rank_text(rank: RankInterval) -> str:
    """The ranks that a model may have: 3, or =2–5 where it is tied with others."""
    return str(rank.best) if rank.best == rank.worst else f"={rank.best}–{rank.worst}"


def tokens_text(entry: BoardEntry) -> str:
    """Tokens asked and answered, in thousands."""
    if None in entry.tokens:
        return "–"
    return " + ".join(f"{(n or 0) / 1000:,.0f}k" for n in entry.tokens)


def cost_text(entry: BoardEntry) -> str:
    """Cost in dollars, a dash where it is not known."""
    return "–" if entry.cost_usd is None else f"{entry.cost_usd:,.2f}"


def sort_value(acuity: Acuity | RestrictedMean) -> float:
    """Where a quoted acuity sorts: its value, or the bound that it is shown to be beyond."""
    if isinstance(acuity, RestrictedMean) or acuity.value is not None:
        return float(acuity.value or 0.0)
    low, high = acuity.interval
    censored = getattr(acuity, "censored", None)
    return low if censored == "above" else high if math.isfinite(high) else 0.0


def _lengths(acuity: Acuity | RestrictedMean) -> dict[str, Any]:
    return {
        "text": str(acuity),
        "sort": sort_value(acuity),
        "reason": getattr(acuity, "reason", None) or "",
    }


def _fields(placed: RankedEntry, tasks: Sequence[str], design: BoardDesign) -> Iterator[Any]:
    entry, mean = placed.entry, placed.mean
    yield from (("model", entry.model), ("rank_best", placed.rank.best))
    yield from (("rank_worst", placed.rank.worst), ("restricted_mean", mean.value))
    yield from zip(("restricted_mean_low", "restricted_mean_high"), mean.interval, strict=True)
    for task in tasks:
        l50 = entry.reports[task].l50
        yield from quoted(f"L50_{task}", l50)
        yield f"L50_{task}_reason", l50.reason
    yield "trials", entry.trials
    for name in ("unread", "truncated", "refused", "failed"):
        yield name, getattr(entry, name)
    yield from (("prompt_tokens", entry.tokens[0]), ("completion_tokens", entry.tokens[1]))
    yield from (("cost_usd", entry.cost_usd), ("warnings", "; ".join(entry.warnings)))
    yield from (("numerics", json.dumps(entry.numerics, default=str)), ("run_id", entry.run_id))
    yield from (("report", entry.report), ("board_version", design.version))
    yield "board_sha256", design.sha256


def _link(report: str) -> str:
    """A path below the leaderboard as a link that cannot name a protocol."""
    return f"./{quote(report)}"


def _listed(head: str, items: Sequence[tuple[str, str]]) -> list[str]:
    if not items:
        return []
    return [
        "",
        head,
        "",
        *(f"- {plain_markdown(model)}: {plain_markdown(line)}" for model, line in items),
    ]
