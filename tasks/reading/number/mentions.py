"""Mentions of the question's own symbols, which are no numbers: the 7 in "42 occurrences of 7"."""

from __future__ import annotations

import re
from functools import lru_cache

from ..facts import Facts
from ..text.number_words import ENGLISH, FRENCH, GERMAN, SPANISH
from ..text.vocabulary import either
from ..text.words import DIGIT_NAMES
from .masks import ASKED, OTHER

_NOUN = either(
    "digits? | numbers? | numerals? | symbols? | characters? | values? | integers? | figures?",
    "elements? | words? | items? | letters? | tokens? | entries | entry | ziffern? | zahl",
    "zeichen | wort | chiffres? | nombre | caractère | mot | número | cifra | dígito",
    "palabra | símbolo",
    "数字 | 数値 | 数 | 单词 | 字符 | 单字 | 文字 | 単語 | 숫자 | 단어 | 수",
)
_VERB = (
    r"(?:(?:appears?|occurs?|comes? up|shows? up|is (?:repeated|present|found|used"
    r"|listed|written|included|the only"
    r"|not|never|absent|missing|shown)|repeats?|(?:is|was|are)n't|does(?:n't| not)|do(?:n't"
    r"| not)|never"
    r"|was (?:found|repeated|not)|is repeated|erscheint|kommt|tritt|taucht|apparaît"
    r"|apparait"
    r"|figure|aparece|se repite|ocurre|está)(?![a-z])"
    r"|出现|出現|重复|重複|が|は(?!全部で)|이 |가 |은 |는 )"
)
_COUNT_OF = (
    r"(?:occurrences?|instances?|appearances?|counts?|number|frequency|copies"
    r"|repetitions|anzahl(?: der)?|vorkommen|mal"
    r"|apariciones|ocurrencias|veces|occurrences|nombre|how many|个|個|回|次|개의?|번)"
)


_NUMBER_WORD = "|".join(sorted({*ENGLISH, *GERMAN, *FRENCH, *SPANISH}, key=len, reverse=True))
_LABEL = re.compile(
    r"(?:(?m:^)[ \t>*|#-]*|[,;|] #?|\band )(?:digits?\s+)?\d"
    r"(?=\s*(?:(?::|=|→|->|\||=>)\s*\d|-\s*\d+ times|\(\s*\d+ times))"
)
_PLURAL = re.compile(r"(?<![\w.,/])\d'?s(?!\w)")
_PLURAL_DIGIT = re.compile(r"(?<![\w.,/])(?:\d'?s(?!\w)|[\"']\d[\"'](?:'?s\b)?)")


@lru_cache(maxsize=4096)
def _patterns(symbol: str) -> tuple[re.Pattern[str], ...]:
    names = [re.escape(symbol)]
    if symbol.isalpha():
        return (
            re.compile(
                rf"(?:\bthe\s+)?(?:\b(?:{_NOUN})\s+)?[\"'(]?(?<!\w){names[0]}(?!\w)"
                rf"(?:'?s\b)?[\"')]?",
                re.I,
            ),
        )
    spoken = "|".join([*names, *DIGIT_NAMES.get(symbol, ())])
    one = rf"(?<![\w.,/]){names[0]}(?![\w.,/]*\d)"
    patterns = [
        rf"(?:\b(?:the|die|der|das|le|la|el|los"
        rf"|las)\s+)?(?:\b(?:{_NOUN})\s*[:=]?\s+)?[\"']{names[0]}[\"'](?:s\b|'s\b|-s\b)?",
        rf"(?:\bthe\s+)?(?:\b(?:{_NOUN})\s+)?{one}(?:'s|s|er|en)(?!\w)",
        rf"(?P<lead>^[ \t>*|#-]*|[,;|]\s*#?|\band\s+)(?:(?:{_NOUN})\s+)?{one}\s*(?=(?::|=|→"
        rf"|->|\||=>)\s*\d|-\s*\d+ times|\(\s*\d+ times|,\s*\d+ times)",
        rf"(?P<lead>^[ \t>*|#-]*|[,;|]\s*|\band\s+)(?:{spoken})(?=\s*(?::|=|→|\|)\s*\w)",
        rf"(?<!\w)(?:{spoken})\s*(?={_VERB})",
        rf"\b(?:the|die|der|das|le|la|el)\s+{one}(?=\s+(?:\d+|[^\W\d]+(?:[ -][^\W\d]+)?)"
        rf"[ -]?(?:times|mal|veces|fois)\b|\s+[^\W\d]+mal\b)",
        rf"\b(?:count|n|num|number|freq\w*|occurrences)\([\"' ]*{one}[\"' ]*\)",
        rf"(?<!\w)n_{names[0]}(?=\s*=)",
        rf"(?P<lead>(?<!\bin )\ball\s+){one}(?=\s*(?:[.,;!)]|$))",
        rf"(?P<lead>\b(?:an?|eine?|une?|una)\s+){one}(?![-\w])",
        rf"\bfor\s+(?:the\s+)?(?:(?:{_NOUN})\s+)?{one}(?=\s*(?:is|are|it|i|we|there|the|:|=|,)"
        rf"(?![a-z]))",
    ]
    patterns += [
        rf"(?:\bthe\s+)?(?:\b(?:{_NOUN})|数字|数"
        rf"|숫자)\s*[\"'(]*(?<!\d)(?<!\w)(?:{spoken})(?![\w]|[.,]\d)[\"')]?(?!\s*(?:times"
        rf"|occurrences|instances)\b)",
        rf"{one}\s*(?={_VERB})",
        rf"\b(?<=of )(?:{spoken})(?=\s+(?:in|is|are|was|occurs?|appears?)\b)",
        rf"(?:(?<={{0}}))?(?P<lead>\b{_COUNT_OF}\s*(?:of|der|de|des|von|del|的|の|か"
        rf"|に)?\s*(?:the\s+|la\s+|el\s+|le\s+|die\s+)?)(?:{spoken})(?![\w]|[.,]\d)".replace(
            "(?:(?<={0}))?", ""
        ),
        rf"(?P<lead>\b(?:consist\w*|made up|composed|comprised|besteht"
        rf"|contains?)\s+(?:\w+\s+){{0,3}}?(?:of|only"
        rf"|aus)\s+(?:\w+\s+){{0,2}}?)(?:{spoken})(?![\w]|[.,]\d)",
        rf"(?P<lead>\b(?:all|none|only|just|every \w+|each \w+) (?:of (?:them|which"
        rf"|the \w+) )?(?:is|are|being) (?:an? |the )?)(?:{spoken})(?![\w]|[.,]\d)",
        rf"(?P<lead>\d\s*(?:个|個|つの|개의|×|x|\*)\s*){names[0]}(?!\d)(?! ?[+=*×·-] ?\d)",
        rf"(?P<lead>\b(?:no|kein\w*|ning[uú]n\w*|aucune?)\s+|(?:没有|不含|不包含|没出现)(?:任何)?\s*|\b(?:{_NUMBER_WORD}"
        rf"|single)\s+){names[0]}(?![\w.,/]*\d)",
        rf"(?P<lead>(?<!\d)\d{{1,7}}\s+(?:(?:of|out|them|these|those|which|the|digits?"
        rf"|numbers?|\d{{1,7}})\s+){{0,6}}(?:is|are|were|equal|have the value"
        rf"|show)\s+(?:a |an |all |the )?)[\"'(]*(?:{spoken})(?![\w]|[.,]\d)[\"')]?",
    ]
    return tuple(re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns)


def mark_mentions(text: str, facts: Facts) -> str:
    """Put signs in the place of the question's symbols wherever they stand for themselves.

    Other digits count as symbols where they are quoted or in the plural ("18 0s").

    >>> mark_mentions("42 of the digit 7, 18 0s", Facts("number", "7")).replace(ASKED, "A")[:7]
    '42 of A'
    """
    others: set[str] = set()
    if facts.asked and " " not in facts.asked:
        text = _marked(text, facts.asked, ASKED)
        # Where the sequence is not known, any digit may be one of its symbols.
        present = facts.symbols[:64] or (tuple(DIGIT_NAMES) if facts.asked.isdigit() else ())
        others = {symbol for symbol in present if symbol != facts.asked}
    for symbol in sorted(others):
        text = _marked(text, symbol, OTHER)
    if not facts.asked:
        # Of a sum, "9 = 12", "'9'" and "the number 9" may be anything: only plurals are sure.
        return _PLURAL.sub(f" {OTHER} ", text)
    return _LABEL.sub(f" {OTHER} ", _PLURAL_DIGIT.sub(f" {OTHER} ", text))


def _marked(text: str, symbol: str, sign: str) -> str:
    for pattern in _patterns(symbol):
        text = pattern.sub(lambda match: (match.groupdict().get("lead") or "") + f" {sign} ", text)
    return text
