"""Plain text: what models write, without markdown, LaTeX, and the typography of numbers."""

from __future__ import annotations

import re
import unicodedata

_SPACES = {
    ord(c): " "
    for c in "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u202f\u205f\u3000"
}
_NOTHING = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u00ad"))
_SIGNS = str.maketrans(
    {
        "：": ":", "，": ", ", "。": ". ", "．": ".", "！": "! ", "？": "? ", "；": "; ",
        "、": ", ", "\u066c": ",",
        "（": " (", "）": ") ", "「": "'", "」": "'", "『": "'", "』": "'", "【": "[", "】": "]",
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "′": "'",
        "−": "-", "–": "-", "—": " — ", "＝": "=", "＋": "+", "～": "~", "〜": "~", "％": "%",
        "\r": "\n", "\x0b": "\n", "\x0c": "\n", "\u2028": "\n", "\u2029": "\n", "\x85": "\n",
    }
)  # fmt: skip
# Between groups of three digits a narrow space (or LaTeX's) is a thousands separator.
_THIN = re.compile(
    r"(?<![\d.])(\d{1,3})((?:(?:[\u00a0\u2009\u202f\u2008\u2007]|\{,\}|\\,|\\!|\\;"
    r"|~)\d{3})+)(?!\d)"
)
_LATEX = (
    (
        re.compile(
            r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|bf|rm|operatorname"
            r"|underline)\s*\{([^{}]*)\}"
        ),
        r"\1",
    ),
    (re.compile(r"\\(?:times|cdot)\b"), "×"),
    (re.compile(r"\\(?:approx|sim)\b"), "about "),
    (re.compile(r"\\(?:rightarrow|to|Rightarrow|implies|longrightarrow)\b"), "→"),
    (re.compile(r"\\(?:pm)\b"), "±"),
    (re.compile(r"\\(?:ldots|dots|cdots)\b"), "…"),
    (re.compile(r"\\(?:quad|qquad|,|;|!|:|left|right|displaystyle)(?![A-Za-z])"), " "),
    (re.compile(r"\\[()\[\]]|\$+"), " "),
)
_STRUCK = re.compile(r"~~[^~\n]{1,60}~~|<(?:s|del|strike)>[^<\n]{1,60}</(?:s|del|strike)>")
_EMPHASIS = re.compile(
    r"\*{2,}|__+|(?<![\d\s*])\*(?!\s)|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])"
    r"|(?m:^[ \t]*#{1,6}[ \t])|(?m:^[ \t]*>[ \t](?![ \t]*\d[\d,.]*[ \t]*$))|~~|`"
)
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_BESIDE_CJK = re.compile(rf"(?<=[{_CJK}])(?=[\d'\"(])|(?<=[\d'\")])(?=[{_CJK}])")
_FENCE = re.compile(
    r"^[ \t]*```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^[ \t]*```[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_DATA = {
    "",
    "json",
    "text",
    "txt",
    "plaintext",
    "plain",
    "output",
    "markdown",
    "md",
    "yaml",
    "xml",
    "csv",
    "jsonc",
}
_CODE = re.compile(
    r"[;{}]\s*$|^\s*(?:import|from|def|for|while|print|return|if|let|const|var"
    r"|#include)\b|\w\(|[+\-]?=(?!\s*\d+\s*$)|^\s*(?:#|//|>>>)",
    re.MULTILINE,
)
_TAG = re.compile(
    r"</?\s*(?:final_?)?(?:answer|result|count|total|sum|output|solution)\s*/?>", re.IGNORECASE
)


def drop_code(text: str) -> str:
    r"""Remove fenced programs; fences that hold an answer (data, a bare number) keep it.

    >>> drop_code("42\\n```python\\nprint(7)\\n```\\n")
    '42\\n\\n'
    """

    def kept(match: re.Match[str]) -> str:
        language, body = match[1].lower(), match[2]
        if language not in _DATA or (language != "json" and "{" not in body and _CODE.search(body)):
            return "\n"
        return f"\n{body}\n"

    return _FENCE.sub(kept, text)


def plain(text: str) -> str:
    """The text with its digits in ASCII, thousands joined, and no marks of layout.

    Line breaks stay; quotes are straight; digits stand apart from Chinese, Japanese and Korean.

    >>> plain("**١٬024** or $1{,}024$"), plain("共有42个1。")
    ('1٬024 or  1,024 ', '共有 42 个 1. ')
    """
    text = re.sub(
        r"[^\x00-\x7f]",
        lambda m: str(unicodedata.decimal(m[0])) if m[0].isdecimal() else m[0],
        text,
    )
    text = text.translate(_NOTHING)
    text = _THIN.sub(lambda m: m[1] + re.sub(r"[^\d]+", ",", m[2]), text)
    text = text.translate(_SPACES).translate(_SIGNS)
    text = text.replace("->", "→").replace("=>", "→")
    text = _TAG.sub(lambda m: "\n" if "/" in m[0] else "\nAnswer: ", text)
    for pattern, plainly in _LATEX:
        text = pattern.sub(plainly, text)
    text = _EMPHASIS.sub("", _STRUCK.sub(" ", text))
    return _BESIDE_CJK.sub(" ", text)


_HEAD, _TAIL = 4_000, 12_000
"""How much of a long text is read: models answer at the start or at the end."""
_ENDLESS = re.compile(r"\d{13,}+")
_WORD_ECHO = re.compile(r"(?<!\w)([^\W\d_]{1,30})(?:[\s,;.|]{1,3}\1(?!\w)){19,}+", re.IGNORECASE)
_ITEM_ECHO = re.compile(r"(?<![\w.])\d(?:[ ,;|+]{1,3}\d(?![\w.])){29,}+")


def shortened(text: str) -> str:
    """The text without long echoes of a sequence, and of what is still long, its start and end.

    For readers of a single value: no number has 13 digits, and no answer is 20 times a word.
    """
    for pattern in (_ENDLESS, _WORD_ECHO, _ITEM_ECHO):
        text = pattern.sub("…", text)
    if len(text) <= _HEAD + _TAIL:
        return text
    return f"{text[:_HEAD]}\n…\n{text[-_TAIL:]}"
