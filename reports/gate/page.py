"""The page of a gate in Markdown: what a reviewer of a change must know, first things first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..formats import percent, share


def markdown(found: Mapping[str, Any], figure: str = "gate.svg", history: str = "") -> str:
    """The page.

    Args:
        found: what gate.json holds.
        figure: where the picture lies, seen from the page.
        history: where the picture of earlier nights lies, if there are any.
    """
    unit = found["unit"]
    parts = [
        f"## {found['verdict']}: does B see as far as A?",
        f"{_first_upper(found['why'])}.",
        f"| | model | server |\n|---|---|---|\n{_side('A', found['a'])}\n{_side('B', found['b'])}",
    ]
    if found["onset"] is not None:
        low, high = found["onset_interval"]
        parts.append(
            f"**Onset:** {found['onset']:,} {unit}; with a probability of 95 % between {low:,} and "
            f"{high:,}."
        )
    if found["kinds"]:
        rows = [
            f"- **{kind['kind']}**{_times(kind['count'])}: {_cell(kind['said']) or '(nothing)'}"
            for kind in found["kinds"]
        ]
        parts.append("\n".join(["How B's lost trials ended:", *rows]))
    parts += [f"![accuracy and drop over length]({figure})", _levels(found["levels"], unit)]
    if history:
        parts.append(f"![earlier nights]({history})")
    parts.append(_excluded(found))
    if found["left_out"]:
        lines = [
            f"- {one['at']:,} {unit}, {one['task']}: {one['why']}" for one in found["left_out"]
        ]
        parts.append("\n".join(["Left out:", *lines]))
    if found["notes"]:
        parts.append("\n".join(["Noticed:", *(f"- {_cell(note)}" for note in found["notes"])]))
    parts.append(_spent(found))
    return "\n\n".join(parts) + "\n"


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _times(count: int) -> str:
    return f" ({count})" if count else ""


def _side(name: str, side: Mapping[str, Any]) -> str:
    where = side.get("baseline") or side.get("base_url") or "–"
    return f"| {name} | {_cell(side['model'])} | {_cell(where)} |"


def _levels(levels: Sequence[Mapping[str, Any]], unit: str) -> str:
    head = (
        f"| {unit} | pairs | A right | B right | only A | upheld | only B | same answer | "
        "noise floor | drop, 95 % | excluded from |\n|" + "---|" * 11
    )
    rows = [_row(level) for level in levels if level["pairs"]]
    blind = [level for level in levels if level["blind"]]
    lines = [
        f"At {level['at']:,} {unit} A itself is no better than guessing in "
        f"{', '.join(level['blind'])}: not counted there."
        for level in blind
    ]
    told = (
        "*only A*: A alone was right; *upheld*: and the second asking says so too, which is what "
        "counts; *noise floor*: answers of one side that were right once and wrong once, of those "
        "asked twice; *excluded from*: the smallest drop that is excluded."
    )
    return "\n".join([head, *rows, "", told, *lines])


def _row(level: Mapping[str, Any]) -> str:
    pairs = level["pairs"]
    cells = [
        f"{level['at']:,}",
        f"{pairs}",
        percent(share(level["right_a"], pairs)),
        percent(share(level["right_b"], pairs)),
        f"{level['only_a']}",
        f"{level['upheld']}",
        f"{level['only_b']}",
        percent(share(level["same_answer"], pairs)),
        f"{level['floor_flips']} of {level['floor']}",
        f"{level['drop_low']:+.0%} to {level['drop_high']:+.0%}",
        f"{level['drop_excluded']:.0%}",
    ]
    return f"| {' | '.join(cells)} |"


def _excluded(found: Mapping[str, Any]) -> str:
    unit = found["unit"]
    if not found["excluded"]:
        return "No drop is excluded at any length."
    drop, alpha = found["margin"], found["alpha"]
    at = ", ".join(f"{one['at']:,}" for one in found["excluded"])
    return f"A drop of {drop:.0%} or more is excluded at {alpha:.0%} at {at} {unit}."


def _spent(found: Mapping[str, Any]) -> str:
    requests = ", ".join(f"{name} {count:,}" for name, count in found["requests"].items())
    cost = "" if found["cost_usd"] is None else f", ${found['cost_usd']:.4f}"
    return (
        f"{found['trials']:,} trials on {', '.join(found['curves'])}; requests: {requests}; "
        f"{found['tokens']:,} tokens{cost}. Error rate {found['alpha']:.0%}, at every look and "
        f"over all lengths together; a drop of {found['margin']:.0%} at one length is found with a "
        f"power of {found['power']:.0%} where answers do not flip."
    )


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")
