"""Numbers that are not the answer: each kind by what stands around it.

The masks work one after another on a sentence of plain text. A number that one of them knows is
replaced by a sign that no later pattern takes for a number; what is left may be the answer.
"""

from __future__ import annotations

import re

from .numbers import LIST, PLAIN

ASKED, OTHER, GONE = "\ue000", "\ue001", "\ue002"
"""What stands for a mention of the asked symbol, of another symbol, of a number not meant."""

N = rf"(?<![\w.,/]){PLAIN}"
_GROUPS = (
    r"(?:full |complete |whole |equal |more |such )*(?:groups?|rows?|lines?|sets?"
    r"|blocks?|batch(?:es)?|chunks?|bundles?"
    r"|segments?|sections?|parts?|pairs?|triples?|columns?|clusters?|runs?|gruppen?"
    r"|reihen?|zeilen?"
    r"|grupos?|filas?|bloques?|groupes?|lignes?|组|組|行|グループ|그룹|줄)(?![a-z])"
)
_ITEMS = (
    r"(?:total |consecutive |individual |single |separate |given )*(?:digits?|characters?|chars?"
    r"|items?|elements?|numbers?|numerals?|symbols?|entries|entry|tokens?|terms?"
    r"|addends?|words?|letters?"
    r"|values?|figures?|bits?|positions?|spaces?|ziffern?|zeichen|zahlen|stellen"
    r"|wörtern?|dígitos?|números?"
    r"|caracteres|palabras|chiffres?|nombres?|caractères|mots|数字|数値|桁|文字|字符|位数|位|자리|글자|자)(?![a-z])"
)
_LABEL = (
    r"digits?|numbers?|items?|elements?|words|terms|characters|positions?|places?|index|indices|steps?|lines?"
    r"|rows?|groups?|blocks?|parts?"
    r"|sets?|chunks?|sections?|segments?|examples?|attempts?|tries|try|pass|rounds?"
    r"|stages?|columns?|paragraphs?"
    r"|pages?|tasks?|no\.|nr\.|cases?|batch|iterations?|trials?|options?|tables?"
    r"|versions?|method|approach|schritt"
    r"|zeile|gruppe|reihe|paso|línea|grupo|fila|étape|ligne|groupe|步骤|ステップ|グループ|그룹|단계"
)
_BOUND = (
    r"more than|over|(?:a )?(?:maximum|minimum) of|no less than|at the (?:most|least)|in excess of"
    r"|upwards? of|as (?:many|few) as|close to|at least|greater than|larger than|less than|fewer than|lower than"
    r"|under|(?<!add )(?<!adds )(?<!added )(?<!adding )(?<!sums )(?<!sum )up to|above"
    r"|below|at most|no more than|no fewer than|exceed(?:s|ing)?|beyond|almost|nearly"
    r"|mehr als|über"
    r"|mindestens|höchstens|weniger als|plus de|moins de|au moins|au plus|más de|menos de|al menos"
    r"|超过|超過|多于|少于|至少|至多|不到|超える|以上の|적어도|최소"
)
_NOT = (
    r"not|isn't|wasn't|aren't|never|rather than|instead of|nor|as opposed to|nicht|statt"
    r"|anstatt|pas|no es|no son"
    r"|en lugar de|en vez de|au lieu de|不是|并非|並非|而不是|而非"
)
_FILLER = (
    r"(?:(?:a|an|the|just|exactly|equal to|be|quite|about|digit|number|es|de|la|el|die"
    r"|der)\s+)*[\"'(]*"
)

_MASKS: tuple[tuple[str, str], ...] = (
    ("date or time", r"\d{4}-\d\d?-\d\d?|\d{1,2}:\d\d(?!\d)"),
    ("percentage", rf"{N}\s*(?:%|percent\b|per ?cent\b|prozent\b|por ciento|pour ?cents?)"),
    ("span", rf"\bfrom\s+{N}\s+(?:up )?to\s+{N}"),
    (
        "hedge",
        rf"\b(?:by|within|give or take|plus or minus|margin of(?: error of)?|error of|um"
        rf"|accuracy of)\s+(?:about\s+|up to\s+|maybe\s+)?"
        rf"{N}(?:\s*(?:or|to|-|oder|bis)\s*{N})?|(?:±|\+/-|\+-)\s*{N}",
    ),
    (
        "tally",
        rf"\b(?:count|check|verif|went|go|read|look|tri|did|counted it|recount"
        rf"|re-read)\w*(?:\s+(?:it|them|this|that|through|over|again"
        rf"|the\s+\w+))*\s+{N}\s+times\b",
    ),
    (
        "not this, in Japanese or Korean",
        rf"{N}\s*(?:個|回|개|번)?\s*(?:ではなく|じゃなく|でなく|이 ?아니라|가 ?아니라)",
    ),
    ("not this, in Spanish", rf"\bno\s+{N}(?=,?\s+sino\b)"),
    ("not this", rf"(?:\b(?:{_NOT})(?![a-z])|不是|而不是)\s*{_FILLER}{N}"),
    (
        "bound",
        rf"(?:(?<![a-z])(?:{_BOUND})|>=?|≥|<=?|≤)\s*(?:the |a "
        rf"|a total of )?{N}(?:\s*(?:or|to)\s*{N})?|{N}\s*(?:\+|or more|or so more"
        rf"|or fewer|plus)(?=[\s.,;)]|$)(?!\s*\d)|{N}\s*(?:个|個|回|次)?(?:以上|以下|多个|余)",
    ),
    ("vague", rf"{N}[ -]?(?:ish|odd|something)\b"),
    (
        "ordinal",
        r"(?<!\w)\d+(?:st|nd|rd|th|ste[rns]?|te[rns]?|er|e|ème|[ºª])(?!\w)|\d+\s*(?:番目"
        r"|번째)|第\s*\d+",
    ),
    (
        "term of a formula",
        rf"\b[A-Za-z]\([a-z][^()\n]{{0,20}}\)|{N}\s*[*×/]\s*(?=\(?[a-z])|\b(?:terms?"
        rf"|after|until|before|by dividing|divided by)\s+(?:of\s+)?{N}",
    ),
    (
        "label",
        rf"\b(?:{_LABEL})\s*(?:number|numbers|no\.?|nr\.?|#)?\s*[(#]?{N}(?:\s*(?:-|to"
        rf"|through|and|,)\s*{N}){{0,4}}(?!\s*(?:times|occurrences|instances))|#\s*{N}",
    ),
    (
        "group",
        rf"{N}\s*(?:个|個|つの)?\s*{_GROUPS}(?:\s*(?:of|à|de|von|mit|with|×|x"
        rf"|zu)\s*(?:size\s*|up to\s*)?{N})?(?!\w)",
    ),
    (
        "size of groups",
        rf"{_GROUPS}\s*(?:of|à|de|von|with|zu)\s+(?:size\s+)?{N}s?(?!\w)|\b(?:in|by|into"
        rf"|en|per)\s+{N}(?:s|'s)?(?!\w)(?!\s*(?:total|all|of|out))|\bsize\s+(?:of\s+)?{N}",
    ),
    (
        "part of a sum",
        rf"{N}(?=\s*,?\s*(?:plus|and then|und dann|más|加上|足す)\s+(?:the\s+|a\s+"
        rf"|another\s+)*(?:\w+\s+)?(?:{N}|one\b|two\b))|\bplus\s+(?:the\s+|a\s+"
        rf"|another\s+|a further\s+|final\s+|last\s+|remaining\s+)*{N}",
    ),
    (
        "what is left over",
        rf"{N}\s+(?:more|extra|left(?:\s*-?over)?|remaining|additional|leftover|further"
        rf"|others?|rest)\b|\b(?:remaining|remainder|left ?over|another|additional|extra"
        rf"|rest|first|next|last|other|further)\s+(?:is\s+|are\s+|of\s+|the\s+|:\s*)?{N}"
        rf"|\b(?:remainder|rest|remaining)\b[^.\d]{{0,20}}?{N}",
    ),
    (
        "share",
        rf"{N}\s*(?:each|apiece|per\b|at a time)|\beach\s+(?:is|being|equal to|equals"
        rf"|worth)\s+{N}|\beach\s+(?:\w+\s+){{0,3}}?(?:of|with"
        rf"|has|have|contains?|containing)\s+{N}",
    ),
    (
        "length",
        rf"(?<![\w.,/]){PLAIN}?\d*-(?:digits?|characters?|items?|elements?|numbers?"
        rf"|symbols?|words?|tokens?|bits?|long|stellig\w*|place|step|member)\b",
    ),
    (
        "length",
        rf"\blength\w*(?:\s+(?:of|is|was|being|equals?|the|this|given|sequence"
        rf"|text))*\s*[:=]?\s*{N}|\b(?:länge|longitud|longueur|长度|長さ|길이)\D{{0,12}}?{N}",
    ),
    (
        "length",
        rf"{N}\s*(?:个|個|つの|개의)?\s*{_ITEMS}(?!\s*(?:of|are|is|that (?:are"
        rf"|is))\s*{ASKED})(?:\s+long)?",
    ),
    (
        "whole",
        rf"\b(?:out of|von insgesamt|sur un total de|de un total de|from (?:the"
        rf"|a total of))\s+(?:the\s+|all\s+|a total of\s+|total\s+)*{N}|\ball\s+{N}"
        rf"|(?<=\d)\s+(?:of|von|de|sur)\s+(?:the\s+|all\s+|a total of\s+)*{N}|{N}\s*(?:个"
        rf"|個)?\s*(?:中的|のうち|중에?)",
    ),
)
_COMPILED = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _MASKS)
_IDIOM = re.compile(
    r"\bone (?:by one|at a time|after (?:another|the other)|another|more time|or more)\b"
    r"|\bone-by-one\b"
    rf"|\b(?:no|each|every|any|this|that|which|another|last|first|other|only|final|right|correct|same|next"
    rf"|previous|second|third|extra|wrong|new) one\b(?!\s*{ASKED})"
    r"|\b(?:at|all at) once\b|\bonce (?:again|more|i|you|we|the)\b|\bone of (?:the|them"
    r"|these|those)\b"
    r"|\bone or two\b|\btwo or three\b|\ba (?:\w+ )?one\b|\bone can\b|\bas one\b"
    r"|\beins nach dem ander\w+"
    r"|\bun(?:o)? (?:por|a) uno?\b|\bun(?:e)? (?:par|à) une?\b|\bof one\b"
    r"|\b[bd]y (?:ones|tens|fives)\b"
    r"|一个一个|一一|一つずつ|ひとつずつ|一下|一共|一起|一样|一種|统一|唯一|一致|一定|一次性|逐一|一定|同一|万一|第[一二三四五六七八九十]+"
    r"|하나씩|하나하나",
    re.IGNORECASE,
)
_MARKER = re.compile(r"^[ \t]*(?:[-•*][ \t]*)?\(?(\d{1,3})[.):][ \t]+(?=\S)", re.MULTILINE)


def mask(sentence: str) -> str:
    """Replace the numbers of a sentence that are surely not the answer.

    >>> mask("42 of 60 digits, off by 1 or 2").replace(GONE, "_")
    '42 _ digits, off _'
    """
    for _, pattern in _COMPILED:
        sentence = pattern.sub(_gone, sentence)
    return sentence


def mask_idioms(sentence: str) -> str:
    """Remove number words that count nothing ("one by one")."""
    return _IDIOM.sub(GONE, sentence)


def mask_lists(text: str) -> str:
    """Replace echoes of a sequence, over several lines too, and the left sides of equations."""
    text = _INNER.sub(f"{GONE} ", text)
    text = _EQUATION_RUN.sub(_solved, text)
    text = _RUNNING.sub(_ran, text)
    text = LIST.sub(_listed, text)
    return _LIST_TAIL.sub(GONE, text)


# "The running sum: 6 → 12 → 30" ends at what it comes to.
_RUNNING = re.compile(
    r"(\b(?:running|cumulative|increas\w+)\b[^\n\d]{0,30})"
    r"(\d+(?: *[→,] *(?:then )?\d+)+)(?!\w|[.,]\d| *[→,] *\d)",
    re.IGNORECASE,
)


def _ran(match: re.Match[str]) -> str:
    values = [int(value) for value in re.findall(r"\d+", match[2])]
    return f"{match[1]}{GONE} = {values[-1]}" if values == sorted(set(values)) else match[0]


def _listed(match: re.Match[str]) -> str:
    # Of "6, 12, 19 → 19" the list goes, and what it comes to stays.
    comes_to = _COMES_TO.fullmatch(match[0])
    return GONE + "\n" * match[0].count("\n") + (f" → {comes_to[1]}" if comes_to else "")


_COMES_TO = re.compile(r"[^→\n]*\d[^→\n\d]+\d[^→\n]*→ *(\d+)")


_LIST_TAIL = re.compile(rf"{GONE},? (?:and|und|et|y) \d+(?!\w|[.,]\d)(?! times)")
# Numbers and operators; of "8 * 5 + 2 = 40 + 2 = 42" only what follows the last "=" counts.
_EQUATION_RUN = re.compile(r"(?<![\d+*×·/÷().,=-])[\d(][\d +*×x·/÷().,=…-]*+")

_INNER = re.compile(r"(?<=[\d ])\( *\d+(?: *[+*×x·-] *\d+)+ *\)(?! *[*×=/+])")
_PRODUCT = re.compile(
    r"\(?\d[\d.,]*(?:[ ()]*[*×x·÷][ (]*\d[\d.,]*)(?:[ ()]*[+*×x·÷-][ (]*\d[\d.,]*)*\)?"
)


def _solved(match: re.Match[str]) -> str:
    run = match[0]
    left, equals, right = run.rpartition("=")
    if re.search(r"[/÷]", left) and not re.search(r"[+*×x·]", left):
        return f"{GONE} "  # dividing counts nothing
    if equals and not right.strip(" .,"):
        return run  # "42 = the number of ones"
    if not equals:
        return _PRODUCT.sub(f"{GONE} ", run)
    if re.search(r"[+*×x·/÷]", right.strip(" .,)")) and re.fullmatch(r"[\d,. ]+", left):
        return f"{left} = {GONE} "
    return f"{GONE} = {right}"


def mask_markers(text: str) -> str:
    r"""Remove the numbers of a numbered list: those that count up from 1 at the start of lines.

    >>> mask_markers("1. ten\\n2. ten\\n42. That is all.").replace(GONE, "_")
    '_ ten\\n_ ten\\n42. That is all.'
    """
    due = 1

    def marker(match: re.Match[str]) -> str:
        nonlocal due
        number = int(match[1])
        if number not in (1, due):
            return match[0]
        due = number + 1
        return f"{GONE} "

    return _MARKER.sub(marker, text)


def _gone(match: re.Match[str]) -> str:
    # Words stay, for the patterns to come; numbers and whatever clings to them go.
    return re.sub(r"\d[\d,.]*(?<![.,])", GONE, match[0])
