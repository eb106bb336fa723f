"""What a text says beside its answer: first thoughts, doubts, steps on the way to a result."""

from __future__ import annotations

import re

from ..facts import Facts
from ..text.vocabulary import either
from .masks import ASKED, GONE, OTHER, N

_FIRST_THOUGHT = either(
    "at first | at first glance | initially | originally | earlier | previously | mistakenly",
    "wrongly",
    "(?:my |an? )?(?:first|initial|earlier|previous|quick|rough) (?:count|guess|thought"
    "|estimate|try|attempt|pass|impression)",
    "i (?:first|had|almost|nearly) (?:thought|counted|guessed|said|got|wrote|answered)",
    "i(?:'d| would(?:'ve| have)| could have|'d have) (?:said|guessed|thought|put) | zuerst",
    "anfangs | al principio | primero (?:conté|pensé) | d'abord | au début",
    "一开始 | 起初 | 最初は | 처음에는?",
)
_MAYBE = (
    r"(?:may|might|could)(?: well| also| really| actually| easily| in fact)? "
    r"(?:be|have \w+|miss|skip|differ by|vary by)"
)
# Not without end: of a text that is one long list, each number would be tried with all after it.
_OR_MORE = rf"(?:\s*(?:,|or|to|and|-|/)++\s*{N}){{0,6}}"
_ITEMS = r"(?:digits?|numbers?|items?|elements?|characters?|symbols?|words?|entries|tokens?)"

_SETTLES = either(
    "probably | most likely | likely | best (?:guess|estimate) | closest | closer to",
    "specifically | precisely | i(?:'d| would|'ll| will) (?:say|go with|guess|answer|settle)",
    "going with | my (?:guess|answer)",
)

_PASSING = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # "At first I thought there were 40, but …"
        rf"\b(?:{_FIRST_THOUGHT})(?![a-z])[^.;:\d\n]{{0,60}}?{N}(?!\s*{_ITEMS})",
        rf"\bnot {N}(?=[;,] *{N})",
        # "let count = 0", "starting at 0"
        r"\b(?:count\w*|total|sum|n) ?(?:=|to|at) ?0\b(?=[^\0]{0,400}\d)",
        r"\b(?:start|begin)(?:s|ing|ning)? (?:with|at|from) \d+\b",
        # "of the 50, 32 are …"
        rf"\bof (?:the |these |those )?{N}(?=, *\d)",
        # "41 was my first guess"
        rf"{N} (?:was|is) (?:my|the|an?) (?:first|initial|earlier|previous|original|quick"
        rf"|rough) \w+",
        # "1 added 42 times"
        rf"{N} (?:is |being )?(?:added|repeated|summed|taken)\b[^.:=\d\n]{{0,20}}{N} times\b",
        # "I thought it was 41, but it's 42"
        rf"\bi (?:had )?thought (?:it|there|that|they|the)\b[^.;:\d\n]{{0,40}}?{N}(?=[^\n]*\d)",
        # "I said 41, it's 42"
        rf"\bi (?:said|wrote|put|typed)\s+{N}(?=[^\n]*\d)",
        # "it may be 41 or 43", "the real number could be 43"
        rf"\b{_MAYBE}\s+(?:about |around |either |as (?:high|low|many) as )?{N}{_OR_MORE}",
        # "between 35 and 50, probably 42"
        rf"(?:\bbetween\s+{N}\s+and\s+{N}|{N}\s*(?:-|~|or|to)\s*{N})"
        rf"(?=[^.\d\n]{{0,30}}\b(?:{_SETTLES})\b[^.\d\n]{{0,30}}\d)",
        # "41 or 43 are also possible", "40 would be wrong"
        rf"{N}{_OR_MORE}\s+(?:is|are|was|were|would be|seems?)\s+(?:also |still |clearly )?"
        r"(?:possible|plausible|wrong|incorrect|not right|too (?:low|high|many|few|small|large))\b",
        # "10 times more than the ones"
        rf"{N} (?:times )?(?:more|fewer|less)\b(?: \S+){{0,3}}? than\b",
        # "60, minus 18 zeros, is 42"
        rf"{N}(?=,?\s*(?:minus|less|without)\b)",
        rf"\b(?:minus|less|subtract(?:ing)?|remov(?:e|ing)|without|excluding|take away)"
        rf"\s+(?:the\s+)?{N}(?:\s*{OTHER})?",
        # "60 - zeros": an operand
        rf"{N} *[-+×*] *(?=[{ASKED}{OTHER}{GONE}] *=)",
        # "more often than 0", "other than 0"
        rf"\bthan\s+{N}",
    )
)
# "Every one of the 42 digits is a 7" counts, although "42 digits" alone is only the length.
_ALL_ARE = re.compile(
    rf"\b(?:all|every|each)(?: single)?(?: one)?(?: of)?(?: the| these| those)* (?P<n>{N})"
    rf"(?: {_ITEMS})?(?: of (?:them|these|those|which))?(?: in the \w+| here| given)? (?:is"
    rf"|are|were|being)(?: all| indeed| exactly)?"
    rf"(?: equal to| the digit| the same:?)?(?: an?)? *{ASKED}",
    re.IGNORECASE,
)
_ALL_THE_SAME = re.compile(
    rf"(?P<n>{N}) {_ITEMS},?(?: and| which are| that are| —| -)*(?: all| each| every one)"
    rf"(?: of (?:them|which))?(?: is| are| being)?(?: the same:?)?(?: an?)? *{ASKED}",
    re.IGNORECASE,
)
# "8 fives and 2" of a sequence without fives: groups and what is left over.
_FIVES_AND = re.compile(rf"{N}\s*{OTHER}(?:,? (?:and|plus) (?:a |another )?{N}(?!\s*{ASKED}))?")
_A_SINGLE = re.compile(
    rf"(?<!not )(?<!never )(?<!n't )\b(?:a|one) single\s+{ASKED}"
    rf"|\b(?:only|just|exactly) one(?: of (?:the|these|those)(?: {N})?(?: {_ITEMS})?)?"
    rf" (?:is|equals)(?: an?)? *{ASKED}",
    re.IGNORECASE,
)
_TIMES = re.compile(rf"({N}) ?[x×](?!\w)(?! *[\d(])|(?<![\w.,/])(\d{{1,7}})[x×](?!\w)(?! *[\d(])")
# "64 (8 × 8)": how it came about.
_WORKING = re.compile(r"(?<=\d) ?\((?=[^()]{0,80}[+*×·x-])\d[\d +*×·x=-]{0,80}\)")
_COMES_OUT = re.compile(
    r"(?<![\w.,])(\d+ ?[+*×-] ?\d+) (?:is|are|makes?|gives?|equals?|yields?) (?=\d)(\d+)(?!\w"
    r"|[.,]\d)"
)
_PLUS = re.compile(rf"({N}),? plus ({N})(?= ?(?:=|is|are|makes?|gives?|equals?)(?![a-z]))")
# "is a run of 31 fives": a group that is the whole.
_IS_A_RUN = re.compile(
    r"\b(?:is|as|just|consists of|contains|has) (?:a|one) (?:\w+ )?"
    rf"(?:run|string|series|stretch|list|sequence|chain|row|line|block) of (?={N} *{ASKED})",
    re.IGNORECASE,
)
_IN_PLACES = re.compile(
    rf"({ASKED})[^.\d\n]{{0,30}}\b(?:in|at) (?=(?:exactly |all )?{N} "
    r"(?:places|positions|spots|slots|locations)\b)",
    re.IGNORECASE,
)
# "10 ones + 8 ones = 18 ones": terms of a sum.
_TERM = re.compile(rf"(?<![\w.,/])(\d+) *{ASKED} *(?=[+=])")
_NUMBERED = re.compile(
    rf"([{ASKED}{OTHER}])(?: +in the \w+)? +number(?:s|ed)? (?=\d)", re.IGNORECASE
)
# "= 40" where an equation that begins with 40 comes next.
_STEP = re.compile(
    r"(= ?)(\d{1,7})(?!\w|[.,]\d)(?=[^=]{0,80}?(?<![\w.,])\2 ?[+*×·-] ?[(\d][^=\n]{0,80}=)"
)


def say_times(text: str, facts: Facts) -> str:
    """Write "42x" as "42 times", and a whole text "7 x 42" as a count of the asked 7.

    The latter only where the product would be no count of so few items: "7 x 6" of 42 items may
    also be 42.
    """
    if facts.asked.isdigit():
        whole = re.fullmatch(
            rf"\W*(?:(?:result|answer|count|total)\W+)?{facts.asked} ?[x×*] ?(\d{{1,7}})\W*",
            text,
            re.I,
        )
        if whole and int(facts.asked) * int(whole[1]) > (facts.length or 0):
            return f"{facts.asked}: {whole[1]}"
    text = _WORKING.sub(" ", text)
    text = _COMES_OUT.sub(r"\1 = \2", text)
    text = _PLUS.sub(r"\1 + \2", text)
    return _TIMES.sub(lambda match: f"{match[1] or match[2]} times", text)


def mask_asides(text: str, facts: Facts) -> str:
    """Replace numbers that a text only thought of or doubts; text with mentions marked."""
    if facts.symbols and set(facts.symbols) <= {facts.asked}:
        text = _FIVES_AND.sub(GONE, text)
    text = _ALL_ARE.sub(lambda match: f"{match['n']} {ASKED}", text)
    text = _TERM.sub(r"\1 ", text)
    text = _ALL_THE_SAME.sub(lambda match: f"{match['n']} {ASKED}", text)
    text = _IN_PLACES.sub(r"\1: ", text)
    text = _NUMBERED.sub(r"\1: ", _IS_A_RUN.sub("is ", text))
    text = _A_SINGLE.sub(f"1 {ASKED}", text)
    for pattern in _PASSING:
        text = pattern.sub(_gone, text)
    return text


_ADDED = re.compile(
    rf"\b(?:add(?:ing)?|plus)\s+(?:the\s+)?{N}\s*(?:[:=→,]|\b(?:gives?|makes?|is|to get|we get)\b)"
    rf"[\s:=→]*(?P<result>{N})",
    re.IGNORECASE,
)


def _gone(match: re.Match[str]) -> str:
    return re.sub(rf"\d[\d,.]*(?<![.,])(?:\s*{OTHER})?", GONE, match[0])


def mask_steps(text: str) -> str:
    """Replace results that the next equation takes up: of "3 + 4 = 7, 7 + 5 = 12" 12 is left.

    >>> mask_steps("3 + 4 = 7, 7 + 5 = 12").replace(GONE, "_")
    '3 + 4 = _, 7 + 5 = 12'
    """
    added = list(_ADDED.finditer(text))
    for step in added[-2::-1]:
        text = text[: step.start("result")] + GONE + text[step.end("result") :]
    return _STEP.sub(rf"\1{GONE}", text)
