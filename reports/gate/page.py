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
        f"## {found['verdict']}: {_headline(found)}",
        f"{_first_upper(found['why'])}.",
        "\n".join(
            [
                "| | model | server | judged |",
                "|---|---|---|---|",
                *(_side(side, found) for side in ("a", "b")),
            ]
        ),
    ]
    if found["onset"] is not None:
        low, high = found["onset_interval"]
        parts.append(
            f"**Onset:** {_worst(found)} is worse from {found['onset']:,} {unit} on; with a "
            f"probability of 95 % between {low:,} and {high:,}."
        )
    if found["kinds"]:
        rows = [
            f"- **{kind['kind']}**{_times(kind['count'])}: {_cell(kind['said']) or '(nothing)'}"
            for kind in found["kinds"]
        ]
        parts.append("\n".join([f"How the trials ended that {_worst(found)} lost:", *rows]))
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


def _headline(found: Mapping[str, Any]) -> str:
    if found["worse"]:
        good = "B" if found["worse"][0] == "a" else "A"
        return f"{_worst(found)} does not see as far as {good}"
    judged = found["judged"]
    return {
        "either": "do A and B see equally far?",
        "model": "does A see as far as B?",
        "against": "does B see as far as A?",
    }[judged]


def _worst(found: Mapping[str, Any]) -> str:
    return str(found["worse"][0]).upper() if found["worse"] else "B"


def _side(side: str, found: Mapping[str, Any]) -> str:
    about = found[side]
    option = "--baseline" if about.get("baseline") else {"a": "--model", "b": "--against"}[side]
    if side == "b" and found["a"].get("baseline"):
        option = "the live one"
    where = about.get("baseline") or about.get("base_url") or "–"
    judged = found["judged"] in ("either", {"a": "model", "b": "against"}[side])
    said = "**worse**" if side in found["worse"] else "yes" if judged else "no"
    return f"| {side.upper()} ({option}) | {_cell(about['model'])} | {_cell(where)} | {said} |"


def _levels(levels: Sequence[Mapping[str, Any]], unit: str) -> str:
    head = (
        f"| {unit} | pairs | A right | B right | only A | upheld | only B | upheld | same answer | "
        "noise floor | drop from A to B, 95 % | drop excluded from | rise excluded from |\n|"
        + "---|"
        * 13
    )
    rows = [_row(level) for level in levels if level["pairs"]]
    blind = [level for level in levels if level["blind"]]
    lines = [
        f"At {level['at']:,} {unit} there is nothing to lose in {', '.join(level['blind'])} (no "
        "better than guessing): not counted there."
        for level in blind
    ]
    told = (
        "*only A*: A alone was right; *upheld*: and a second asking says so too, which is what "
        "counts against B; *only B* likewise against A, where A is judged; *same answer*: word for "
        "word; *noise floor*: answers of one side that were right once and wrong once, of those "
        "asked twice; *excluded from*: the smallest drop (or rise) in accuracy that is excluded."
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
        f"{level['upheld_only_b']}",
        percent(share(level["same_answer"], pairs)),
        f"{level['floor_flips']} of {level['floor']}",
        f"{level['drop_low']:+.0%} to {level['drop_high']:+.0%}",
        f"{level['drop_excluded']:.0%}",
        f"{level['rise_excluded']:.0%}",
    ]
    return f"| {' | '.join(cells)} |"


def _excluded(found: Mapping[str, Any]) -> str:
    unit = found["unit"]
    if not found["excluded"]:
        return "No drop is excluded at any length."
    drop, alpha = found["margin"], found["alpha"]
    at = ", ".join(f"{one['at']:,}" for one in found["excluded"])
    both = " in either direction" if found["judged"] == "either" else ""
    return f"A drop of {drop:.0%} or more{both} is excluded at {alpha:.0%} at {at} {unit}."


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
