"""Which numbers are not the answer: a table of patterns, each kind by what stands around it."""

from __future__ import annotations

from ..text.vocabulary import either
from .numbers import PLAIN

ASKED, OTHER, GONE = "\ue000", "\ue001", "\ue002"
"""What stands for a mention of the asked symbol, of another symbol, of a number not meant."""

N = rf"(?<![\w.,/]){PLAIN}"
_GROUP_WORDS = either(
    "dozens? | tens | hundreds | groups? | rows? | lines? | sets? | blocks? | batch(?:es)?",
    "chunks? | bundles?",
    "segments? | sections? | parts? | pairs? | triples? | columns? | clusters? | runs?",
    "gruppen? | reihen? | zeilen? | grupos? | filas? | bloques? | groupes? | lignes?",
    "组 | 組 | 行 | グループ | 그룹 | 줄",
)
_GROUPS = rf"(?:full |complete |whole |equal |more |such )*(?:{_GROUP_WORDS})(?![a-z])"
_ITEM_WORDS = either(
    "digits? | characters? | chars? | items? | elements? | numbers? | numerals? | symbols?",
    "entries | entry | tokens? | terms? | addends? | words? | letters? | values? | figures?",
    "bits? | positions? | spaces? | ziffern? | zeichen | zahlen | stellen | wörtern?",
    "dígitos? | números? | caracteres | palabras | chiffres? | nombres? | caractères | mots",
    "数字 | 数値 | 桁 | 文字 | 字符 | 位数 | 位 | 자리 | 글자 | 자",
)
_ITEMS = (
    "(?:total |consecutive |individual |single |separate |given )*"
    rf"(?:{_ITEM_WORDS})(?![a-z])"
)
_LABEL = either(
    "digits? | numbers? | items? | elements? | words | terms | characters | positions?",
    "places? | index | indices | steps? | lines? | rows? | groups? | blocks? | parts? | sets?",
    "chunks? | sections? | segments? | examples? | attempts? | tries | try | pass | rounds?",
    r"stages? | columns? | paragraphs? | pages? | tasks? | no\. | nr\. | cases? | batch",
    "iterations? | trials? | options? | tables? | versions? | method | approach | schritt",
    "zeile | gruppe | reihe | paso | línea | grupo | fila | étape | ligne | groupe",
    "步骤 | ステップ | グループ | 그룹 | 단계",
)
_BOUND = either(
    "more than | over | (?:a )?(?:maximum|minimum) of | no less than | at the (?:most|least)",
    "in excess of | upwards? of | as (?:many|few) as | close to | at least | greater than",
    "larger than | less than | fewer than | lower than | under",
    "(?<!add )(?<!adds )(?<!added )(?<!adding )(?<!sums )(?<!sum )up to | above | below",
    "at most | no more than | no fewer than | exceed(?:s|ing)? | beyond | almost | nearly",
    "mehr als | über | mindestens | höchstens | weniger als | plus de | moins de | au moins",
    "au plus | más de | menos de | al menos",
    "超过 | 超過 | 多于 | 少于 | 至少 | 至多 | 不到 | 超える | 以上の | 적어도 | 최소",
)
_NOT = either(
    "not | isn't | wasn't | aren't | never | rather than | instead of | nor | as opposed to",
    "nicht | statt | anstatt | pas | no es | no son | en lugar de | en vez de | au lieu de",
    "不是 | 并非 | 並非 | 而不是 | 而非",
)
_FILLER = (
    r"(?:(?:a|an|the|just|exactly|equal to|be|quite|about|digit|number|es|de|la|el|die"
    r"|der)\s+)*[\"'(]*"
)

MASKS: tuple[tuple[str, str], ...] = (
    ("date or time", r"\d{4}-\d\d?-\d\d?|\d{1,2}:\d\d(?!\d)"),
    ("percentage", rf"{N}\s*(?:%|percent\b|per ?cent\b|prozent\b|por ciento|pour ?cents?)"),
    ("span", rf"\bfrom\s+{N}\s+(?:up )?to\s+{N}"),
    (
        "hedge",
        rf"\b(?:by|within|give or take|plus or minus|margin of(?: error(?: of|:)?)?|error of|um"
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
    ("tens and ones", rf"{N} (?:tens|dozens?|hundreds) (?:and|plus) {N}(?!\s*{ASKED})"),
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
        rf"|rest|first|next|last|further)\s+(?:is\s+|are\s+|of\s+|the\s+|:\s*)?{N}"
        rf"|\bother\s+{N}(?!\s*(?:digits )?(?:are|is)\s*{ASKED})"
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
