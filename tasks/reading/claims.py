"""Claims: what the sentences of a text say that the number is, and how plainly they say it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .asides import mask_asides, mask_steps, say_times
from .facts import Facts, Reading
from .masks import ASKED, GONE, OTHER, N, mask, mask_idioms, mask_lists, mask_markers
from .mentions import mark_mentions
from .numbers import NUMBER, is_echo, to_integer
from .passages import sentences
from .words import name_digits, spell_out

BOUND, COUNTED, BARE = 1, 2, 3
"""How plainly a number is called the answer: bound to the symbol, said to be a count, there."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One number that a text may mean.

    Attributes:
        value: the number.
        level: how plainly it is called the answer (``BOUND``, ``COUNTED`` or ``BARE``).
        whole: the sentence speaks of the whole sequence, or concludes.
    """

    value: int
    level: int
    whole: bool


_MOST_SENTENCES = 200
"""How many sentences are weighed; of more, the first quarter and the last three."""
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
_EITHER = re.compile(
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
_BINDINGS = tuple(
    (sign, re.compile(pattern.replace("{sign}", sign), re.IGNORECASE))
    for pattern in (_LABELLED, _ARE, _BEFORE, _AFTER)
    for sign in (ASKED, OTHER)
)
_TERMS = re.compile(
    rf"{N}\s*{OTHER}|\b(?:sum|total|product|adding|add) (?:of |up )?(?:the (?:numbers"
    rf"|digits) )?{N}(?:(?:,| and| to| \+)+ {N})+(?= (?:is|are|gives?|equals?|makes?"
    rf"|to)\b|:)"
)
_NONE = re.compile(
    rf"n't (?:a|one) single\s+{ASKED}|n't (?:contain|include|have|see|find)\s+(?:(?:any|a|single|occurrences?|instances?"
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
    rf"|there (?:are|were|is)|contains?) none\b|{ASKED}[^\n\d]{{0,12}}?(?:没有|未出现|不出现|ありません|ない|出現しません|出てきません"
    rf"|없습니다|없다|나타나지 않)"
    rf"|(?:没有|没出现|不包含|不含)(?:任何)?\s*{ASKED}",
    re.IGNORECASE,
)
_COUNTED_BEFORE = re.compile(
    r"(?:\bthere(?:'s| is| are| was| were)|\btotal(?:s|ing)?(?: of| is| to|:)*"
    r"|\b(?:final |total |sub)?count(?:s|ed|ing)?(?: them)?(?: is| of| as| to| was|=|:)*"
    r"|\bsum(?: is| of| total)?|\bresult(?: is)?|\bequals?(?: to)?|=|\b(?:get|gives?"
    r"|gave|gets|got|makes?|making|made|yields?|reach\w*)(?: us| me| you| a total of"
    r"| a count of)?"
    r"|\bwhich (?:is|are|gives|makes|equals)|\bis|\bare|\bwas|\bcomes? (?:out )?(?:to"
    r"|at)|\barrived? at|\badd(?:s|ed|ing)? up to"
    r"|\bfind|\bfound|\bsee|\bhave|\bhas|\bcontain(?:s|ed|ing)?|\binclud(?:es|ing)"
    r"|\bappear(?:s|ed|ing)?|\boccur(?:s|red|ring)?|\brepeated|\bused"
    r"|\b(?:so|thus|hence|therefore|i say|answer(?:ed)?|reply|respond with|amounts? to"
    r"|ends? (?:up )?at)[,:]?"
    r"|:|→|->|=>|⇒|∴|共有|总共有?|一共有?|共计|共|总计|总数[是为]?|合计|有|是|为|出现了?|出现|出現|合計で?は?|全部で|合わせて|は"
    r"|が|총|모두|합계는?|합은|결과는"
    r"|\bes gibt|\bsind|\bist|\binsgesamt|\bgenau|\bergibt|\bbeträgt|\bsumme|\bergebnis"
    r"|\bhay|\bson|\bes|\btotal(?: es)?(?: de)?|\bsuma|\bresultado|\bcontiene"
    r"|\bil y a|\best(?: de)?|\bau total|\bdonne|\bsomme|\brésultat|\bcontient|\bfigure"
    r"|\bvaut|\bégale?(?: à)?|\baparece|\bkommt|\berscheint|\bapparaît|\bmal)"
    r"[\s\"'(]*(?:(?:a total of|a|an|the|exactly|about|approximately|approx\.?|around"
    r"|roughly|just|only|precisely|still|now|actually|indeed|in total|altogether|number"
    r"|genau|exactamente|exactement|约|大约|恰好|正好|約|de|zu|in)[\s:]+)*$",
    re.IGNORECASE,
)
_COUNTED_AFTER = re.compile(
    r"\s*[\"')]?\s*(?:separate |individual |consecutive |distinct |total )?(?:times"
    r"|time\b|occurrences?|instances?|appearances?|copies|repetitions|repeats|of them"
    r"|in total|in all|total"
    r"|altogether|overall|个|個|次|回|개|번|つ|-?mal\b|veces|vez\b|fois|ocurrencias|apariciones"
    r"|vorkommen|en total|au total|insgesamt|is the (?:answer|total|sum|result|count"
    r"|number))",
    re.IGNORECASE,
)
# "…, so 42 sevens in total", "…, for a total of 42": what a sentence comes to.
_COMES_TO = re.compile(
    r"\b(?:for a total of|so|hence|thus|therefore|making|giving|i\.e\.),?"
    r"(?: (?:the (?:sum|total|count|answer) is|that's|that is|it's|it is|there are|we have|a total of))?"
    r" (\d{1,7})(?![\w]|[.,]\d)",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(r"\W*(?:if|suppose|supposing|imagine)\b.*(?:\bwould\b|'d\b)", re.IGNORECASE)
# "Adding them up gives 42": of counts of parts, what they come to.
_SUMMED = re.compile(
    rf"\b(?:adding|summing|combining|tallying|(?:add|sum|put)(?:ting)? (?:them|these|it|all))\b[^.\n]{{0,40}}?"
    rf"\b(?:gives?|gets?|makes?|yields?|have|comes? to|totals?|is|results? in)\b[^.\d\n]{{0,20}}"
    rf"(?P<n>{N})",
    re.IGNORECASE,
)
# "then 2 more → 32", "2 left over makes 42"
_RUNNING_END = re.compile(
    rf"\b(?:more|extra|left ?over|remaining|additional)\b[^.\d\n]{{0,20}}"
    rf"(?:→|\bis|\bmak(?:es?|ing)|\bgiv(?:es?|ing)|\bbrings?\b[^.\d\n]{{0,30}}\bto)\s*(?P<n>{N})",
    re.IGNORECASE,
)
_TOTAL_BEFORE = re.compile(
    r"\b(?:total|count|result|sum|answer|times)\W*(?:is|of|was|=|:)?\W*$", re.IGNORECASE
)
_WHOLE = re.compile(
    r"\bthere (?:are|is|were) (?:exactly |only )?\d|\b(?:total|altogether|overall|in all"
    r"|therefore|thus|hence|so|final\w*|result|sum|conclu\w+|entire|whole|sequence|text"
    r"|sentence|list|string|insgesamt|also|daher"
    r"|en total|au total|por lo tanto|donc)\b|总|共|所以|因此|合計|全部|よって|따라서|총",
    re.IGNORECASE,
)
_PARTIAL = re.compile(
    r"\b(?:row|line|group|block|batch|chunk|segment|section|half|part|set|column|quarter"
    r"|portion)s?\b"
    r"|\b(?:first|second|third|fourth|fifth|sixth|next|last|remaining|another|then)\b"
    r"|\bso far\b|组|行目|グループ|그룹",
    re.IGNORECASE,
)
# What is counted there is only a part of it: "in the first half there are 20".
_PART_OF = re.compile(
    r"\b(?:first|second|third|fourth|fifth|next|last|other)\s+(?:\d+ |ten |five |twenty )?"
    r"(?:half|quarter|row|line|group|block|batch|chunk|segment|section|part|portion|column|set"
    r"|digits|items|numbers|words)\b|\bso far\b"
    r"|^\W*(?:row|line|group|block|part|section|segment|chunk|batch|half)\s*\w{1,3}\s*[:(=→-]",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"\b(?:can't|cannot|can not|unable|lost count|not able|too (?:long|many)|could you"
    r"|please provide|would need)\b|无法|不能|できません|할 수 없",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\((?:[^()]{0,200})\)|\b(?:assuming|provided|if|unless|although|even though|note"
    r"|caveat)\b[^.;]*",
    re.IGNORECASE,
)


def prepared(text: str, facts: Facts) -> str:
    """Plain text with mentions, list numbers and echoes replaced by signs.

    The lines stay lines. To be given to :func:`claims` whole: an echo may go over many lines.
    """
    if facts.length:
        text = re.sub(rf"(?<![\w.,/])(\d+) ?/ ?{facts.length}(?![\w/]|[.,]\d)", r"\1", text)
    text = mark_mentions(name_digits(say_times(text, facts)), facts)
    return mask_lists(mask_markers(mask_steps(mask_asides(text, facts))))


def claims(text: str, facts: Facts, *, answered: bool = False) -> list[Claim]:
    """What the sentences of a prepared text say that the number is, in order.

    Words are read only where no digits are left: "one" and "two" are said in passing.

    Args:
        text: as :func:`prepared` gives it.
        facts: what may be known of the question.
        answered: the text stands where the answer is due, so that a number is one even if it looks
            like the asked symbol.
    """
    said = list(sentences(text))
    if len(said) > _MOST_SENTENCES:
        said = said[: _MOST_SENTENCES // 4] + said[-_MOST_SENTENCES * 3 // 4 :]
    found = [
        claim for sentence in said for claim in _claims_of(mask_idioms(sentence), facts, answered)
    ]
    if found:
        return found
    for bold in (False, True):
        spelled = [
            mark_mentions(spell_out(mask_idioms(sentence), bold=bold), facts) for sentence in said
        ]
        found = [claim for sentence in spelled for claim in _claims_of(sentence, facts, answered)]
        if found:
            return found
    return []


def _claims_of(sentence: str, facts: Facts, answered: bool) -> list[Claim]:
    if ASKED not in sentence and not re.search(r"\d| none\b", sentence):
        return []
    if _SUPPOSED.match(sentence):
        return []
    partial = bool(_PARTIAL.search(sentence)) and not re.search(
        r"\b(?:total|altogether|overall|in all)\b|=|\b(?:giving|making|gives|makes|so(?! far)|therefore|thus|hence)\b", sentence, re.I
    )
    whole = bool(_WHOLE.search(sentence)) and not partial
    line = mask(sentence)
    if facts.asked and (summed := _SUMMED.search(line)):
        if (total := _value(summed["n"], facts)) is not None:
            return [Claim(total, BOUND, True)]
    if (ending := _RUNNING_END.search(line)) and (total := _value(ending["n"], facts)) is not None:
        return [Claim(total, COUNTED, True)]
    found: list[Claim] = []
    for either in _EITHER.finditer(line):
        values = [_value(said, facts) for said in either.groups() if said]
        found += [Claim(value, BOUND, whole) for value in values if value is not None]
    line = _EITHER.sub(f" {GONE} ", line)
    if facts.asked and (_NONE.search(line)):
        found.append(Claim(0, BOUND, whole))
    terms = unbound = line
    if not facts.asked:
        line = _TERMS.sub(f" {GONE} ", line)
    for sign, pattern in _BINDINGS if facts.asked else ():

        def bind(match: re.Match[str], sign: str = sign) -> str:
            value = _value(match["n"], facts)
            if sign == ASKED and value is not None:
                found.append(Claim(value, BOUND, whole))
            start, end = match.span("n")
            return match.string[match.start() : start] + GONE + match.string[end : match.end()]

        line = pattern.sub(bind, line)
    found = _concluding(found, unbound)
    if not found and not _REFUSED.search(line):
        outside = _ASIDE.sub(lambda match: " " * len(match[0]), line)
        for shown in (outside, line) if facts.asked else (outside, line, terms):
            found = [
                Claim(value, level, whole)
                for match in NUMBER.finditer(shown)
                if (value := _value(match[0], facts)) is not None
                and (answered or not _in_passing(shown, match, facts))
                for level in (_level(shown, match),)
            ]
            if found:
                break
        found = _concluding(found, shown)
    if partial and _PART_OF.search(sentence):
        return []
    if partial:
        found = [Claim(claim.value, BARE, False) for claim in found]
    return found


def _concluding(found: list[Claim], line: str) -> list[Claim]:
    """Of several counts in one sentence, the one that it comes to ("…, for a total of 42")."""
    totals = {int(match[1]) for match in _COMES_TO.finditer(line)}
    if len(totals) != 1:
        return found
    return [claim for claim in found if claim.value in totals] or found


def _in_passing(line: str, match: re.Match[str], facts: Facts) -> bool:
    """Whether a number may be a symbol of the question: where nothing says that it was counted."""
    symbols = {facts.asked, *facts.symbols} if facts.asked else set()
    if match[0] not in symbols or _COUNTED_AFTER.match(line, match.end()):
        return False
    return not _TOTAL_BEFORE.search(line[max(0, match.start() - 30) : match.start()])


def _level(line: str, match: re.Match[str]) -> int:
    if _COUNTED_AFTER.match(line, match.end()):
        return COUNTED
    return (
        COUNTED
        if _COUNTED_BEFORE.search(line[max(0, match.start() - 60) : match.start()])
        else BARE
    )


def _value(token: str, facts: Facts) -> int | None:
    value = to_integer(token)
    if value is None or is_echo(abs(value), token.lstrip("+-"), facts):
        return None
    return value


def settle(found: Iterable[Claim], rule: str, weakest: str) -> Reading:
    """The one value that claims agree on, of the plainest level that any of them has.

    Args:
        found: the claims.
        rule: the name for a value bound to the symbol or said to be a count.
        weakest: the name for a number that is merely there.
    """
    claims = list(found)
    for level in (BOUND, COUNTED, BARE):
        same = [claim for claim in claims if claim.level == level]
        chosen = [claim for claim in same if claim.whole] or same
        values = list(dict.fromkeys(str(claim.value) for claim in chosen))
        if len(values) == 1:
            return Reading(values[0], weakest if level == BARE else rule)
        if values:
            return Reading(rivals=tuple(values))
    return Reading()
