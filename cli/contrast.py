"""Comparisons on the screen: for ``snellen compare`` and ``snellen prescribe``."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from ..stats.compare import Comparison, compare
from ..store.pairing import Pairing
from ..tasks.registry import find_task

Contrast = tuple[Pairing, Comparison]


def contrast(pairing: Pairing, margin: float, alpha: float) -> Contrast:
    """Compare the two curves of a pair."""
    chance = find_task(pairing.a[0]).chance
    result = compare(
        pairing.answers_a, pairing.answers_b, chance=chance, margin=margin, alpha=alpha
    )
    return pairing, result


def show(found: Sequence[Contrast], *, per_length: bool = False) -> None:
    """Print a row per curve, the grounds of each verdict, and the lengths if asked for."""
    console = Console()
    table = Table(
        "curve", "pairs", "only A", "only B", "p", "accuracy B - A", "L50 B / A", "shows", "verdict"
    )
    for pairing, result in found:
        pairs = result.pairs
        low, high = result.ratio_interval
        ratio = "–" if result.ratio is None else f"{result.ratio:.2f} "
        table.add_row(
            pairing.name,
            str(pairs.total),
            str(int(pairs.only_a.sum())),
            str(int(pairs.only_b.sum())),
            f"{result.p_pooled:.3g}",
            f"{result.difference:+.1%}",
            f"{ratio}({low:.2f} to {high:.2f})",
            f"{result.detectable_difference:.1%}",
            str(result.verdict),
        )
    console.print(table)
    console.print(
        "only A, only B: trials that only that run answered correctly; p: exact McNemar; shows: "
        "the smallest difference of accuracy that this many pairs show with a power of 80 %"
    )
    for pairing, result in found:
        console.print(f"• {pairing.name}: {result.verdict}: {result.why}", highlight=False)
        if per_length:
            console.print(_lengths(result))


def _lengths(result: Comparison) -> Table:
    table = Table("length", "pairs", "only A", "only B", "p", "p (Holm)")
    pairs = result.pairs
    for i, length in enumerate(pairs.lengths):
        table.add_row(
            str(int(length)),
            str(int(pairs.both[i] + pairs.only_a[i] + pairs.only_b[i] + pairs.neither[i])),
            str(int(pairs.only_a[i])),
            str(int(pairs.only_b[i])),
            f"{result.p_lengths[i]:.3g}",
            f"{result.p_holm[i]:.3g}",
        )
    return table
