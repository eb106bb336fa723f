"""Passages of a text: where another question begins, where the model corrects itself."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from .vocabulary import either

# A line that begins like this belongs to a question: the model said it again, or ran on into one
# of its own. What follows the first is read only where nothing was found before it.
_QUESTION = re.compile(
    r"^[ \t]*(?:"
    r"(?:here is|here's|this is|consider|look at|you are given|given|now consider) "
    r"(?:a|an|the|this|another|the following|following|numbers)\b[^\n:]{0,40}"
    r"\b(?:sequence|text|sum|sentence|series|string|list|numbers to add)\b[^\n]*:"
    r"|(?:question|problem|exercise|prompt|instructions?|task|input|example|q)(?: ?\d+)? ?:"
    r"|(?:sequence|text|add up the following) ?: ?(?![^\n]*=[^\n]*\d)\S"
    r"|sum ?: ?\d+ ?[+,](?![^\n]*=[^\n]*\d)"
    r"|(?:please )?(?:count|perform|add up|repeat|copy|reproduce|write|print|give"
    r"|tell me|find|name"
    r"|identify|calculate|work out) (?:me )?(?:how|the|up|out|back)\b[^\n]{0,60}"
    r"\b(?:following|sequence|text|sum|sentence|result|total|exactly|number of)\b[^\n]{0,40}[.:]?$"
    r"|(?:please )?(?:count|perform) [^\n]{0,60}\bfollowing\b"
    r"|(?:how many|how often|how much|what is the (?:first|last|number|result|total|sum)"
    r"|what digit|which digit|what does it)\b[^\n]*\?"
    r"|(?:reply|answer|respond) with (?:just |only )?(?:the|a single)\b"
    r"|(?:give|output) only the\b|write the (?:number|digit|sequence) alone\b"
    r"|let's think step by step, showing me"
    r"|(?:user|human|student|usuario|benutzer)\s*:|<\|(?:im_start|start_header_id)\|>\s*user"
    r"|\[INST\]|#{2,3} ?(?:instruction|question|input|user)"
    r"|(?:这是一个序列|请数一数|请问|问题|質問|問題|질문|문제|pregunta|frage)\s*[:：]?"
    r")",
    re.IGNORECASE | re.MULTILINE,
)

_CORRECTIONS = either(
    "wait | edit(?:ed)?: | update: | hold on | strike that | make that | actually",
    "correction | corrected | oops | hmm+ | scratch that | my mistake | my bad | sorry",
    "apologies | i apologi[sz]e | on second thought",
    r"i (?:mis\w+|made (?:a|an) (?:mistake|error|slip))",
    r"the (?:correct|actual|right|true) (?:count|answer|number|total|sum|value|digit)\b",
    "(?:then|and|but) (?:i |on |after )?re-?(?:count|check)",
    "(?:up)?on (?:re-?count|re-?check|closer|careful) | after (?:re-?count|re-?check|double)",
    r"i mean | or rather | no, (?!\d+ \w+s\b) | no\.(?=\s) | no[:;—]",
    "that(?:'s| is| was)(?: not| in)? ?(?:wrong|right|correct|incorrect) | korrektur | moment",
    "halt | nein | eigentlich | espera | corrección | perdón | en realidad | attends",
    "attendez | pardon | en fait | non,",
    "等等 | 等一下 | 不对 | 不對 | 更正 | 应该是 | 抱歉 | いや | 訂正 | 待って | 間違え",
    "正しくは | 아니 | 잠깐 | 정정",
)
_CORRECTION = re.compile(rf"(?<![\w'])(?:{_CORRECTIONS})", re.IGNORECASE)
_NO = re.compile(r"\Ano[.,:;—]\s*", re.IGNORECASE)
_AFFIRMED = re.compile(
    r"\b(?:yes|correct|right|confirmed?|consistent|matches|indeed|stands|same)\b", re.IGNORECASE
)
_RETRACTED = re.compile(
    r"\b(?:wrong|incorrect|not (?:right|correct)|mis(?:counted|calculated|read)|mistake|error"
    r"|missed|skipped|double[- ]counted|recount|count again|try again|start over)\b",
    re.IGNORECASE,
)
VERIFYING = re.compile(
    r"\b(?:let me|let's|i will|i'll|to|now)\s+(?:double[- ]?check|verify|re-?count|re-?check|check"
    r"|confirm|count (?:again|them|it))|\bverification\b|\bdouble[- ]check",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?;])(?<!\bno\.)(?<!\bvs\.)\s+|\n", re.IGNORECASE)


class Part(NamedTuple):
    """A stretch of text between corrections.

    Attributes:
        text: the stretch.
        end: where it ends in the passage.
        last: nothing of the passage follows it.
    """

    text: str
    end: int
    last: bool


# The format of the prompt, quoted: "a line that says exactly 'The final answer is: xxxx'".
_QUOTED_FORMAT = re.compile(
    r"\b(?:says?|exactly|as|format|form|line)\b[^'\"‘“\n]{0,20}['\"‘“](?:the )?(?:final "
    r")?answer[^'\"’”\n]{0,80}['\"’”]",
    re.IGNORECASE,
)


def passages(text: str) -> list[tuple[str, bool]]:
    r"""Cut a text where a question begins; with each passage, whether another one follows.

    >>> passages("42\\n\\nHere is a sequence: 3 3\\nHow many?")[0]
    ('42\\n\\n', True)
    """
    text = _QUOTED_FORMAT.sub(" ", text)
    starts = [0, *(match.start() for match in _QUESTION.finditer(text)), len(text)]
    cut = [text[a:b] for a, b in itertools.pairwise(starts)]
    cut = [piece for piece in cut if piece.strip()]
    return [(piece, at + 1 < len(cut)) for at, piece in enumerate(cut)]


def without_question(passage: str) -> str:
    """The passage without the question that it begins with."""
    match = _QUESTION.match(passage)
    if match is None:
        return passage
    line, newline, rest = passage.partition("\n")
    _, mark, after = line.partition("?")
    return (after if mark else "") + newline + rest


def corrected(passage: str) -> list[Part]:
    """Cut a passage at each correction ("wait", "actually", "no,"), the last part first.

    A correction that only says that something was wrong takes what stood before it along.
    """
    marks = [match.start() for match in _CORRECTION.finditer(passage)]
    edges = [0, *marks, len(passage)]
    parts = [
        Part(_NO.sub("", passage[a:b]), b, b == len(passage))
        for a, b in itertools.pairwise(edges)
        if passage[a:b].strip()
    ]
    return parts[::-1]


def retracts(part: str) -> bool:
    """Whether a part without an answer of its own takes the answer before it back."""
    return bool(_RETRACTED.search(part)) and not _AFFIRMED.search(_RETRACTED.sub("", part))


# A question that holds another answer against the first: "53... or is it 54?"
_OR_ELSE = re.compile(r"(?:or|oder|ou|o)\b", re.IGNORECASE)


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, questions left out.

    >>> list(sentences("Is it 41? No. 42 of them."))
    ['No.', '42 of them.']
    """
    for sentence in _SENTENCE_END.split(text):
        said = sentence.strip()
        if said and (not said.endswith("?") or _OR_ELSE.match(said)):
            yield said


_ANSWER = either(
    "answer | response | respuesta | réponse | reponse | antwort | risposta | resposta",
    "ответ",
    "答案 | 回答 | 答え | こたえ | 解答 | 정답 | 답변 | 답",
)
# "The final answer to your maths question is: 12", "Answer: 12", "the answer is **12**".
_FINAL_LINE = re.compile(
    rf"(?P<final>\b(?:final|finale|final[ea]?s?|endgültige|finale|最终|最終的?な?|최종)\s*)?"
    rf"(?<![a-z])(?:{_ANSWER})(?!s?ed\b|ing\b)"
    r"(?:(?:(?!\bis\b|\bwould\b)[ \w'\"()]){0,60}?"
    r"\b(?:is(?! not\b|n't)|es|est|ist|lautet|è|é|would be|should be|must be|equals)\b[ _:=]*"
    r"|[ _]*(?:[:=]|->|→|⇒|=>)[ _:=]*"
    r"|\s*(?:是|为|為|は|이?은|는)\s*:?\s*)",
    re.IGNORECASE,
)


class FinalLine(NamedTuple):
    """A place that says what the answer is.

    Attributes:
        rest: what follows on the line, or on the next one where nothing does.
        final: it says "final".
        start: where it begins in the part.
        end: where ``rest`` ends in the part.
    """

    rest: str
    final: bool
    start: int
    end: int


def final_lines(part: str, *, cut: bool = False) -> list[FinalLine]:
    r"""All places of a part that say what the answer is, in order; one ends where the next begins.

    Of several, a last one that a cut left unfinished is left out.

    >>> [line.rest for line in final_lines("The answer is 5.\\nFinal Answer:\\n42")]
    ['5.', '42']
    """
    heads = list(_FINAL_LINE.finditer(part))
    found = []
    limits = [head.start() for head in heads[1:]] + [len(part)]
    for head, limit in zip(heads, limits, strict=False):
        start = head.end()
        end = _line_end(part, start, limit)
        if not part[start:end].strip(" _:"):
            start = end
            while start < limit and part[start].isspace():
                start += 1
            end = _line_end(part, start, limit)
        found.append(FinalLine(part[start:end], bool(head["final"]), head.start(), end))
    if cut and len(found) > 1 and not part[found[-1].end :].strip():
        found.pop()
    return found


def _line_end(part: str, start: int, limit: int) -> int:
    end = part.find("\n", start, limit)
    return limit if end < 0 else end
