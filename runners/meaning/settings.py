"""A complaint about a setting: which one, and whether the setting or its value is refused.

Asked of the server's words, never of the model's name: names lie (lm-eval drops ``stop`` and
temperature for every model with a 5 in its name, gpt-3.5-turbo among them).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .complaint import Complaint

_NOT_TAKEN = re.compile(
    r"unsupported|not support|unrecogni[sz]ed|unknown|unexpected|extra inputs|not permitted"
    r"|not allowed|not accept|cannot be used|can ?not find|invalid|must be|should be|at most"
    r"|deprecated|not available|not enabled|cannot both|must not|too (large|small|high|low|many)"
    r"|out of range|exceeds|expected|range: |maximum allowed|lower than|ensure this value"
    r"|not implemented|illegal|not recogni[sz]ed|bad value|(may|can) only"
    r"|must contain|no such (parameter|argument|field|option)",
    re.IGNORECASE,
)
_NOT_TAKEN_CODES = {
    *("unsupported_parameter", "unsupported_value", "unknown_parameter", "invalid_value"),
    *("extra_forbidden", "array_above_max_length", "integer_above_max_value"),
    *("decimal_above_max_value", "integer_below_min_value", "decimal_below_min_value"),
}
_VALUES = re.compile(
    r"(?<!not )support(s|ed)?( values?)?( are)?: |supported values|valid (values|options)"
    r"|one of|expected"
    r"|must be (between|less|greater|at (most|least)|in |positive|strictly|an? |<|>|\d)"
    r"|should be (between|less|greater|at (most|least)|in |an? |<|>|\d|')|at most \d"
    r"|(less|greater) than or equal|out of range|input should|too (large|small|high|low)"
    r"|is (too|over|above|below) |max(imum)? (value|is|of|allowed) |value between|only works in"
    r"|must be -?\d|valid range|range: |exceeds the .{0,20}limit|lower than|ensure this value",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"only the default|(parameter|setting|argument|field) .{0,30}not supported"
    r"|unsupported (parameter|argument|field)|unrecogni[sz]ed|unknown (name|parameter|field)"
    r"|extra inputs|not support (the )?(parameter|argument|setting)",
    re.IGNORECASE,
)
_OTHER_WORDS = (
    ("reasoning_effort", re.compile(r"\b(thinking|reasoning)\b", re.IGNORECASE)),
    ("presence_penalty", re.compile(r"^penalty\b", re.IGNORECASE)),
    ("frequency_penalty", re.compile(r"^penalty\b", re.IGNORECASE)),
)
"""Words that servers use for settings that they do not name."""
_PLAIN_WORDS = {"stop", "seed", "form", "input"}  # words that a message may use for something else


@dataclass(frozen=True, slots=True)
class Refused:
    """A setting that a server complains of.

    Attributes:
        field: its name here.
        value_only: whether it takes the setting, but not this value.
    """

    field: str
    value_only: bool


def refused_setting(complaint: Complaint, names: Mapping[str, str]) -> Refused | None:
    """The setting that a complaint is about, or ``None`` if it is about something else.

    Args:
        complaint: what the server said.
        names: settings that were sent: our names, and theirs.
    """
    if complaint.status not in (None, 400, 404, 422, 500, 501):
        return None
    known = bool(complaint.codes & _NOT_TAKEN_CODES) or _NOT_TAKEN.search(complaint.text)
    placed = _placed(complaint, names)
    if not known:
        # In words that nobody here knows it may as well be the value.
        field = placed or _said(complaint, {k: v for k, v in names.items() if _is_a_name(v)})
        return Refused(field, value_only=True) if field is not None else None
    field = placed or _said(complaint, names)
    if field is None:
        return None
    whole = _WHOLE.search(complaint.text) or "array_above_max_length" in complaint.codes
    of_value = _VALUES.search(complaint.text) or _is_invalid(complaint.text, names[field])
    return Refused(field, value_only=not whole and bool(of_value))


def _is_a_name(name: str) -> bool:
    """Whether a word stands for a setting and nothing else: a limit may be of the prompt."""
    return "_" in name and "tokens" not in name


def _placed(complaint: Complaint, names: Mapping[str, str]) -> str | None:
    """The setting that a complaint names apart from its words."""
    parts = (part for param in complaint.params for part in (param, param.rpartition(".")[2]))
    places = {_plain(part) for part in parts}
    for field, name in names.items():
        if places & {_plain(name), _plain(field), _plain(name.rpartition(".")[2])}:
            return field
    return None


def _said(complaint: Complaint, names: Mapping[str, str]) -> str | None:
    """The setting that a complaint names in its words."""
    # The longest name first: "max_completion_tokens" is not "max_tokens".
    by_length = sorted(names.items(), key=lambda pair: -len(pair[1]))
    for strict in (True, False):
        for field, name in by_length:
            if any(_mentions(complaint.text, word, strict) for word in {name, field}):
                return field
    said = (field for field, words in _OTHER_WORDS if words.search(complaint.text))
    return next((field for field in said if field in names), None)


def _mentions(text: str, name: str, strict: bool) -> bool:
    """Whether a text names a setting: between quotes, or (not strict) as a word of its own."""
    spelt = _spelt(name)
    quoted = rf"['\"`]([\w-]+\.)*{spelt}['\"`]"
    if strict or name in _PLAIN_WORDS:
        plain = (
            rf"^{spelt}(\s*:| (must|should|is|cannot)\b)|: {spelt}\.?$"
            rf"|^{spelt}[ _](sequence|string)s?\b"
            rf"|\b(parameter|setting|argument|field|name)s?:? {spelt}\b"
        )
        return re.search(rf"{quoted}|{plain}", text, re.IGNORECASE) is not None
    return re.search(rf"(?<![a-z_]){spelt}(?![a-z_])", text, re.IGNORECASE) is not None


def _is_invalid(text: str, name: str) -> bool:
    """Whether a text says "invalid reasoning effort": of what it holds, for the name is known."""
    of = r"(value \w+ |value )?['\"`]?([\w-]+\.)*"
    return re.search(rf"invalid {of}{_spelt(name)}", text, re.IGNORECASE) is not None


def _spelt(name: str) -> str:
    """A pattern of a setting's name, however its words are joined."""
    words = ["max(?:imum)?" if w == "max" else re.escape(w) for w in re.split(r"[_.]", name)]
    return r"[_\s-]?".join(words)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
