"""How sentences name one item of a sequence, and which items they only mention."""

from __future__ import annotations

import re
from functools import lru_cache

from .text.vocabulary import either

_NOT = either(
    "not | never | rather than | instead of | nor | as opposed to | unlike | nicht | statt",
    "pas | en lugar de | en vez de | au lieu de",
    "不是 | 并非 | 而不是 | 而非",
)
_REST = (
    "其他|其余|其它|剩下|后面|前面|残り|それ以外|ほかは|他は|나머지|다른"
    r"|\b(?:el resto|los demás|las demás|le reste|les autres|der rest|alle anderen|die übrigen)\b"
)
PASSING: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:(?<![a-z])(?:{_NOT})|n't|不是|而不是)\s*(?:(?:a|an|the|another|necessarily|just"
        rf"|digit|number|es|un|eine?|une?|la|el|die)\s+)*[\"'(]*\d+\b",
        r"(?<!\w)\d+\s*(?:ではなく|じゃなく|이 ?아니라|가 ?아니라)",
        r"\bno\s+(?:\d+(?=,?\s+sino)|(?:es |el |la |un )+\d+)",
        # How many, and of what: "41 sevens", "7s", "the 42nd", "a 42-digit sequence".
        r"(?<!\w)\d+\s+(?:consecutive |repeated |other |identical |more )*(?=\d'?s\b)",
        r"(?<!\w)[\"']?\d[\"']?'?s(?!\w)",
        r"(?<!\w)\d+(?:st|nd|rd|th)(?!\w)|\d+-(?:digit|item|character|element|long)\w*",
        r"(?<!\w)\d+\s+(?:digits?|times|items?|characters?|elements?|numbers?|symbols?"
        r"|repetitions|occurrences|instances|consecutive|copies|groups?|个|個|回|次|개|번|桁"
        r"|mal|veces|fois)(?![a-z])",
        r"\b(?:position|index|place|step|line|row|group|item|#|length"
        r"|of length)\s*(?:number|is|of|=|:|\()?\s*\d+",
        r"\bgroups?\s+of\s+\d+|\d+\s*%|\bdigit number \d+|第\s*\d+|\d+\s*番目",
        r"\b(?:last|first|final|ending|closing|opening) (?:two|three|four|five|few|couple of|\d+) "
        r"(?:digits|numbers|items|elements|symbols)\b(?:(?!,? (?:so|thus|and the (?:last|first))"
        r"\b)[^.;\n])*",
        r"[\"']?(?<!\w)\d[\"']?(?:'?s)?,? (?:is |being |are )?"
        r"(?:repeat(?:ed|ing|s)|over and over)\b(?: \d+ times)?",
        # The rest of the sequence.
        rf"(?:{_REST})[^.;,\n]*",
        r"\b(?:followed by|preceded by|after|before|between|alternat\w+(?! (?:sequence|pattern))"
        r"|repeat\w*"
        r"|consist\w*|all|other(?:s)?|rest|remaining|majority|every|each)\b"
        r"(?:(?!\b(?:and|but|then|so) (?:(?:it|the sequence|then) )?(?:is|ends?|starts?"
        r"|begins?|the (?:last|first|final))\b|\bcomes? an?\b|\bthere (?:is|'s)\b)[^.;,\n])*",
        r"\b(?:because|since|given that|even though|although|while|whereas|as (?:the|it"
        r"|there|all)|instead)\b(?:(?!, (?:so|thus|then|the|it)\b)[^.;\n])*",
        r"\b(?:at first|initially|(?:i )?first (?:thought|guess\w*|read)|i (?:thought|said"
        r"|guessed))\b"
        r"[^.;\d\n]{0,40}\d+",
        r"(?<!\w)[\"']?\d[\"']?s? (?:all the (?:way|time)|throughout|from (?:then|there) on)\b",
        r"\([^()\n]*\b(?:not|out of|position|digits?|total|the \d+)[^()\n]*\)",
    )
)
# Of the start of a sequence, what comes "then" is not asked for.
THEN = re.compile(r"\bthen\b(?![^.;\n]{0,30}\b(?:first|answer)\b)[^.;\n]*", re.IGNORECASE)
_FIRST = either(
    r"first | start\w* | begin\w* | initial | leading | opening | erste\w* | primer\w*",
    r"premi\w*",
    "开头 | 第一 | 最初 | 先頭 | 첫",
)
_LAST = either(
    r"last | final | end\w* | closing | letzte\w* | últim\w* | derni\w*",
    "最后 | 最後 | 末尾 | 마지막",
)
_NO_OTHER = "".join(
    rf"(?<!\b{which} )"
    for which in "first last final initial starting ending other repeated second only".split()
)
_LINK = r"(?:is|are|was|with|in|:|=|→|ist|es|est|lautet|mit|con|par|是|为|は|が|은|는)"


@lru_cache(maxsize=256)
def item_patterns(end: str, words: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """An item; an item said to stand at the end that is asked for; the same the other way round."""
    spelled = "|".join(map(re.escape, words))
    item = rf"(?<![\w.,/])(?:\d{{1,3}}|{spelled})(?!\w|[.,/]\d)"
    ends = {"first": _FIRST, "last": _LAST}.get(end, f"{_FIRST}|{_LAST}")
    noun = r"(?:(?:digit|number|ziffer|zahl|dígito|chiffre|word)\s+)?"
    patterns = (
        item,
        rf"\b(?:{ends})(?![a-z])[^.;\d\n]{{0,60}}?{_LINK}\s*(?:the |a |an |das |die "
        rf"|eine? )?{noun}"
        rf"[\"'(]*(?P<item>{item})",
        rf"{_NO_OTHER}\b(?:digit|number|word|output)\s+(?:alone\s+)?(?:is|:)\s*[\"'(]*(?P<item>{item})",
        rf"[\"']?(?P<item>{item})[\"']? (?:(?:at|in) )?the (?:very )?(?:{ends})(?![a-z])",
        rf"[\"']?(?P<item>{item})[\"']?\s+(?:is|was|as|comes|stands|ist|es|est)\s+(?:at\s+)?"
        rf"(?:the\s+|la\s+|el\s+|die\s+|le\s+)?(?:very\s+)?(?:{ends})(?![a-z])",
    )
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
