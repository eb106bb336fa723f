"""The grounds of a prescription in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...stats.race import BASE, Race

_STEPS = (1.1, 1.25, 1.5, 2.0, 3.0, 4.0, 8.0, 16.0)
"""Factors in which an exclusion is told."""


def why_prescribed(found: Mapping[str, Any]) -> str:
    """Why the lens is prescribed, from the fields of an entry."""
    before, after, pairs = found["before"], found["after"], found["pairs"]
    return (
        f"{found['lens']}: L50 {before['text']} without it, {after['text']} with it "
        f"({told_octaves(found['octaves'])}); of {sum(pairs.values())} fresh questions "
        f"{pairs['only_after']} were right only with it and {pairs['only_before']} only without "
        f"(p = {found['p']:.2g})"
    )


def told_octaves(octaves: Mapping[str, Any]) -> str:
    """Octaves gained in words, with what is open said as such."""
    low, high = octaves["low"], octaves["high"]
    if octaves["value"] is not None:
        ends = ("-∞" if low is None else f"{low:+.2g}", "∞" if high is None else f"{high:+.2g}")
        return f"{octaves['value']:+.2g} octaves, {ends[0]} to {ends[1]}"
    if low is not None:
        return f"{low:+.2g} octaves or more"
    if high is not None:
        return f"{high:+.2g} octaves or less"
    return f"octaves not known: {octaves['reason'] or 'the interval is open at both ends'}"


def why_none(found: Mapping[str, Any], race: Race) -> str:
    """Why no lens is prescribed, and what is excluded."""
    said = ["no lens is shown to help"]
    if found["stopped"]:
        said.append(f"{found['stopped']} before it was decided")
    if found["trials"]["confirmation"]:
        pairs = found["pairs"] or {"only_after": 0, "only_before": 0}
        said.append(
            f"{found['candidate']} led the race and was not confirmed: of fresh questions "
            f"{pairs['only_after']} were right only with it, {pairs['only_before']} only without"
        )
    if race.sees_all(BASE):
        said.append(f"without one half is right up to {race.lengths[-1]:,} items")
    elif all(race.sees_nothing(name) for name in race.sight):
        said.append("half of the answers are right at no length, with and without any of them")
    else:
        said.append(told_exclusions(found["lenses"]))
    return ": ".join([said[0], "; ".join(said[1:])])


def told_exclusions(lenses: Sequence[Mapping[str, Any]]) -> str:
    """Which gains are excluded for which lenses."""
    by: dict[float, list[str]] = {}
    for one in lenses:
        factor = one["excluded_factor"]
        step = next((s for s in _STEPS if factor is not None and factor <= s), float("inf"))
        by.setdefault(step, []).append(one["lens"])
    told = [
        f"a gain of a factor {step:g} or more is excluded for {', '.join(by[step])}"
        for step in sorted(by)
        if step < float("inf")
    ]
    if float("inf") in by:
        told.append(f"nothing is excluded for {', '.join(by[float('inf')])}")
    return "; ".join(told)
