"""How sentences say that a number is the answer: the patterns that ``claims`` reads with."""

from __future__ import annotations

import re

from ..text.vocabulary import either
from .masks import ASKED, GONE, OTHER, N

_WORDS = (
    r"(?:(?!(?:and|or|but|plus|minus|while|with|than|is|are|und|et|y|out"
    r"|followed)\b)[^\W\d]+[ ]+){0,5}?"
)
_FAR = (
    rf"(?:(?!\b(?:and|but|while|because|since|out of|followed|whereas|so|thus|therefore"
    rf"|hence|leav(?:es|ing)|und|pero"
    rf"|mais)\b)[^\d\n{ASKED}{OTHER}{GONE};]){{0,80}}?"
)
_LABELLED = (
    rf"{{sign}}\s*(?:count|total|times)?\s*(?::|=(?!=)(?!\s*{N}\s*[{ASKED}{OTHER}])|→|->"
    rf"|=>|\||\((?=\d+ times))\s*(?P<n>{N})"
)
_BEFORE = (
    rf"(?P<n>{N})\s*(?:times |[x×*]\s*)?[\"'(]?{_WORDS}(?:个|個|次|回|개의?|번)?\s*(?:的"
    rf"|の)?\s*{{sign}}"
)
# "42 or 43", "40-45", "between 40 and 45": two readings.
EITHER = re.compile(
    rf"(?:\b(?:between|zwischen|entre)\s+(?:about\s+)?)?(?P<a>{N})\s*[,(]?\s*(?:\b(?:or"
    rf"|oder|ou|o|to|bis|à|a)\b|-|~|/|到|至|或|か|から|에서|또는|내지)(?:\s*(?:maybe|possibly|perhaps"
    rf"|even|about))?\s*"
    rf"(?P<b>{N})|\b(?:between|zwischen|entre)\s+(?P<c>{N})\s+(?:and|und|et"
    rf"|y)\s+(?P<d>{N})|(?P<e>{N})\s*[,(]\s*(?:maybe|possibly|perhaps|or maybe"
    rf"|could be)\s+(?P<f>{N})",
    re.IGNORECASE,
)
_ARE = (
    rf"(?P<n>{N})(?:[ ]+(?:of|out|them|these|those|which|the|digits?|numbers?|positions?"
    rf"|{GONE}))*[ ]+(?:is|are|were|equal|have the value|show)[ ]+(?:all[ ]+)?{{sign}}"
)
_AFTER = rf"{{sign}}{_FAR}(?<!\()(?P<n>{N})"
BINDINGS = tuple(
    (sign, re.compile(pattern.replace("{sign}", sign), re.IGNORECASE))
    for pattern in (_LABELLED, _ARE, _BEFORE, _AFTER)
    for sign in (ASKED, OTHER)
)
TERMS = re.compile(
    rf"{N}\s*{OTHER}|\b(?:sum|total|product|adding|add) (?:of |up )?(?:the (?:numbers"
    rf"|digits) )?{N}(?:(?:,| and| to| \+)+ {N})+(?= (?:is|are|gives?|equals?|makes?"
    rf"|to)\b|:)"
)
NONE = re.compile(
    rf"n't (?:any|(?:a|one) single)\s+{ASKED}|n't (?:contain|include|have|see|find)\s+(?:(?:any|a"
    rf"|single|occurrences?|instances?"
    rf"|of|the|digits?)\s+)*{ASKED}|"
    rf"\b(?:no|zero|not a single|not any|without any|none of the \w+ (?:is|are)|kein\w*"
    rf"|keine\w*|aucune?|ningún|ninguna?"
    rf"|not (?:contain|include|have|any)|no hay|il n'y a pas de)\s+(?:(?:any|a|the"
    rf"|occurrences?|instances?|appearances?"
    rf"|of|digits?|copies|single|ocurrencias|del?|des?)\s+)*{ASKED}"
    rf"|{ASKED}\s*(?:(?:digit|symbol|word)?\s*)(?:(?:does|do|did)(?:n't| not)|never"
    rf"|is(?:n't| not)|are(?:n't| not)|was(?:n't| not)|cannot|no |n'"
    rf"|kommt (?:\w+ )*?nicht|erscheint nicht|taucht nicht)"
    rf"\s*(?:appear|occur|present|found|in|exist|contained|show|be found|here|part"
    rf"|aparece|está|apparaît|vor|auf|there|at all)?"
    rf"|{ASKED}\s*(?:digit )?is (?:absent|missing|nowhere)\b|\b(?:found|find|see|saw|counted?"
    rf"|there (?:are|were|is)|contains?) none\b|{ASKED}[^\n\d]{{0,12}}?(?:没有|未出现|不出现"
    rf"|ありません|ない|出現しません|出てきません"
    rf"|없습니다|없다|나타나지 않)"
    rf"|(?:没有|没出现|不包含|不含)(?:任何)?\s*{ASKED}",
    re.IGNORECASE,
)
_SAYING = either(
    r"\b(?:it|that|there|answer|count|total|number|sum|result)'s",
    r"\bthere(?:'s| is| are| was| were) | \btotal(?:s|ing)?(?: of| is| to|:)*",
    r"\b(?:final |total |sub)?count(?:s|ed|ing)?(?: them)?(?: is| of| as| to| was|=|:)*",
    r"\bsum(?: is| of| total)? | \bresult(?: is)? | \bequals?(?: to)? | =",
    r"\b(?:get|gives?|gave|gets|got|makes?|making|made|yields?|reach\w*)(?: us| me| you"
    r"| a total of| a count of)?",
    r"\bwhich (?:is|are|gives|makes|equals) | \bis | \bare | \bwas",
    r"\bcomes? (?:out )?(?:to|at) | \barrived? at | \badd(?:s|ed|ing)? up to | \bfind",
    r"\bfound | \bsee | \bhave | \bhas | \bcontain(?:s|ed|ing)? | \binclud(?:es|ing)",
    r"\bappear(?:s|ed|ing)? | \boccur(?:s|red|ring)? | \brepeated | \bused",
    r"\b(?:so|thus|hence|therefore|i say|answer(?:ed)?|reply|respond with|amounts? to"
    r"|ends? (?:up )?at)[,:]?",
    ": | → | -> | => | ⇒ | ∴",
    "共有 | 总共有? | 一共有? | 共计 | 共 | 总计 | 总数[是为]? | 合计 | 有 | 是 | 为 | 出现了?",
    "出现 | 出現 | 合計で?は?",
    "全部で | 合わせて | は | が | 총 | 모두 | 합계는? | 합은 | 결과는",
    r"\bes gibt | \bsind | \bist | \binsgesamt | \bgenau | \bergibt | \bbeträgt | \bsumme",
    r"\bergebnis | \bhay | \bson | \bes | \btotal(?: es)?(?: de)? | \bsuma | \bresultado",
    r"\bcontiene | \bil y a | \best(?: de)? | \bau total | \bdonne | \bsomme | \brésultat",
    r"\bcontient | \bfigure | \bvaut | \bégale?(?: à)? | \baparece | \bkommt | \berscheint",
    r"\bapparaît | \bmal",
)
COUNTED_BEFORE = re.compile(
    rf"(?:{_SAYING})"
    r"[\s\"'(]*(?:(?:a total of|a|an|the|exactly|about|approximately|approx\.?|around"
    r"|roughly|just|only|precisely|still|now|actually|indeed|in total|altogether|number"
    r"|genau|exactamente|exactement|约|大约|恰好|正好|約|de|zu|in)[\s:]+)*$",
    re.IGNORECASE,
)
COUNTED_AFTER = re.compile(
    r"\s*[\"')]?\s*(?:separate |individual |consecutive |distinct |total )?(?:times"
    r"|time\b|occurrences?|instances?|appearances?|copies|repetitions|repeats|of them"
    r"|in total|in all|total"
    r"|altogether|overall|个|個|次|回|개|번|つ|-?mal\b|veces|vez\b|fois|ocurrencias|apariciones"
    r"|vorkommen|en total|au total|insgesamt|is (?:right|correct)|is the (?:answer|total|sum"
    r"|result|count"
    r"|number))",
    re.IGNORECASE,
)
# "…, so 42 sevens in total", "…, for a total of 42": what a sentence comes to.
CONCLUDES = re.compile(
    r"\b(?:total|altogether|overall|in all)\b|="
    r"|\b(?:giving|making|gives|makes|so(?! far)|therefore|thus|hence)\b",
    re.IGNORECASE,
)
COMES_TO = re.compile(
    r"\b(?:for a total of|so|hence|thus|therefore|making|giving|i\.e\.),?"
    r"(?: (?:the (?:sum|total|count|answer) is|that's|that is|it's|it is|there are|we have"
    r"|a total of))?"
    r" (\d{1,7})(?![\w]|[.,]\d)",
    re.IGNORECASE,
)
SUPPOSED = re.compile(r"\W*(?:if|suppose|supposing|imagine)\b.*(?:\bwould\b|'d\b)", re.IGNORECASE)
# "Adding them up gives 42": of counts of parts, what they come to.
SUMMED = re.compile(
    rf"\b(?:adding|summing|combining|tallying|(?:add|sum|put)(?:ting)? (?:them|these|it"
    rf"|all))\b[^.\n]{{0,40}}?"
    rf"\b(?:gives?|gets?|makes?|yields?|have|comes? to|totals?|is|results? in)\b[^.\d\n]{{0,20}}"
    rf"(?P<n>{N})",
    re.IGNORECASE,
)
# "then 2 more → 32", "2 left over makes 42"
RUNNING_END = re.compile(
    rf"\b(?:add(?:ing)? (?:the )?(?:{GONE}|{N})|(?:last|final|next) (?:{GONE}"
    rf"|{N})(?: {ASKED})?|more|extra|left ?over|remaining"
    rf"|additional)\b[^.\d\n]{{0,20}}"
    rf"(?:→|(?<=extra):|(?<=more):|(?<=over):|\bis|\bto get|\bwe get|\bmak(?:es?|ing)"
    rf"|\bgiv(?:es?|ing)"
    rf"|\bbrings?\b[^.\d\n]{{0,30}}\bto)\s*(?P<n>{N})",
    re.IGNORECASE,
)
TOTAL_BEFORE = re.compile(
    r"\b(?:total|count|result|sum|answer|times)\W*(?:is|of|was|=|:)?\W*$", re.IGNORECASE
)
WHOLE = re.compile(
    r"\bthere (?:are|is|were) (?:exactly |only )?\d|\b(?:total|altogether|overall|in all"
    r"|therefore|thus|hence|so|final\w*|result|sum|conclu\w+|entire|whole|sequence|text"
    r"|sentence|list|string|insgesamt|also|daher"
    r"|en total|au total|por lo tanto|donc)\b|总|共|所以|因此|合計|全部|よって|따라서|총",
    re.IGNORECASE,
)
PARTIAL = re.compile(
    r"\b(?:row|line|group|block|batch|chunk|segment|section|half|part|set|column|quarter"
    r"|portion)s?\b"
    r"|\b(?:first|second|third|fourth|fifth|sixth|next|last|remaining|another|then)\b"
    r"|\bso far\b|组|行目|グループ|그룹",
    re.IGNORECASE,
)
# What is counted there is only a part of it: "in the first half there are 20".
PART_OF = re.compile(
    r"\b(?:first|second|third|fourth|fifth|next|last|other)\s+(?:\d+ |ten |five |twenty )?"
    r"(?:half|quarter|row|line|group|block|batch|chunk|segment|section|part|portion|column|set"
    r"|digits|items|numbers|words)\b|\bso far\b"
    r"|^\W*(?:row|line|group|block|part|section|segment|chunk|batch|half)\s*\w{1,3}\s*[:(=→-]",
    re.IGNORECASE,
)
REFUSED = re.compile(
    r"\b(?:can't|cannot|can not|unable|lost count|not able|too (?:long|many)|could you"
    r"|please provide|would need)\b|无法|不能|できません|할 수 없",
    re.IGNORECASE,
)
ASIDE = re.compile(
    r"\((?:[^()]{0,200})\)|\b(?:assuming|provided|if|unless|although|even though|note"
    r"|caveat)\b[^.;]*",
    re.IGNORECASE,
)
