"""Reasoning that models write before they answer: which marks surround it, family by family."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Family:
    """How one family of models marks its reasoning.

    Attributes:
        name: of the markup.
        models: who writes it.
        opens: pattern of the mark before the reasoning.
        closes: pattern of the mark after it. A chat template may have written the opening mark
            into the prompt, so a lone closing mark ends reasoning that began with the text.
        prose: the opening mark could be ordinary English; without a closing mark it counts only
            in a text that was cut.
    """

    name: str
    models: str
    opens: str
    closes: str
    prose: bool = False


_TAGS = (
    "think|thinking|thoughts?|thought_process|reasoning|reason|reflection|scratch_?pad"
    "|inner_monologue|analysis|seed:think|longcat_think"
)
# Models and their front ends set these in bold or in backticks now and then.
_AROUND = r"[*_`]{0,3}"

FAMILIES: tuple[Family, ...] = (
    Family(
        "tags",
        "DeepSeek-R1, Qwen3, QwQ, GLM, EXAONE, Seed-OSS, LongCat, MiniMax, SmolLM3, Nemotron, …",
        rf"{_AROUND}<\s*(?:{_TAGS})\s*>{_AROUND}",
        rf"{_AROUND}<\s*/\s*(?:{_TAGS})\s*>{_AROUND}",
    ),
    Family(
        "harmony",
        "gpt-oss, with its special tokens",
        r"(?:<\|start\|>assistant)?<\|channel\|>\s*(?:analysis|commentary)[^<\n]{0,80}"
        r"(?:<\|constrain\|>[^<\n]{0,40})?<\|message\|>",
        r"(?:<\|start\|>assistant)?<\|channel\|>\s*final[^<\n]{0,80}"
        r"(?:<\|constrain\|>[^<\n]{0,40})?<\|message\|>",
    ),
    Family(
        "harmony_bare",
        "gpt-oss, its special tokens lost on the way",
        r"\A\s*(?-i:analysis|commentary)(?-i:(?=[A-Z\"'“0-9]))",
        r"(?-i:assistantfinal)",
    ),
    Family("think_brackets", "Magistral", r"\[THINK\]", r"\[/THINK\]"),
    Family("think_triangles", "Kimi", r"◁\s*think\s*▷", r"◁\s*/\s*think\s*▷"),
    Family("channel_tokens", "Gemma", r"<\|channel>\s*(?:thought|analysis)\b", r"<channel\|>"),
    Family(
        "command",
        "Command A Reasoning",
        r"<\|START_THINKING\|>",
        r"<\|END_THINKING\|>",
    ),
    Family(
        "thought_tokens",
        "OpenThinker, Sky-T1",
        r"<\|begin_of_thought\|>",
        r"<\|end_of_thought\|>",
    ),
    Family(
        "granite",
        "Granite 3.2",
        r"^[*#\s]{0,6}Here(?:['’]s| is) my thought process\s*:",
        r"^[*#\s]{0,6}Here(?:['’]s| is) my response\s*:",
        prose=True,
    ),
    Family(
        "apriel",
        "Apriel",
        r"^[*#\s]{0,6}Here are my reasoning steps\s*:",
        r"\[BEGIN FINAL RESPONSE\]",
        prose=True,
    ),
)
_HARMONY = {"harmony": "harmony", "harmony_bare": "harmony"}
_MARKS = re.compile(
    "|".join(
        f"(?P<{side}_{family.name}>{pattern})"
        for family in FAMILIES
        for side, pattern in (("open", family.opens), ("close", family.closes))
    ),
    re.MULTILINE | re.IGNORECASE,
)
# What is left of a model's own tokens and of the tags around its answer.
_TOKENS = re.compile(
    r"<\|(?:end|return|call|im_end|eot_id|eom_id|endoftext|end_of_text|end_of_turn"
    r"|(?:START|END)_(?:RESPONSE|TEXT|ACTION)|(?:begin|end)_of_solution"
    r"|start\|>assistant<\|channel\|>final<\|message)\|>"
    r"|<turn\|>|</?s>|<eos>|<end_of_turn>|<｜end▁of▁sentence｜>"
    r"|</?response>|\[/?(?:BEGIN|END) FINAL RESPONSE\]|</?output>",
    re.IGNORECASE,
)


class Visible(NamedTuple):
    """What a text says outside its reasoning.

    Attributes:
        text: without reasoning and special tokens.
        thinking: the text ended inside its reasoning.
    """

    text: str
    thinking: bool


def strip_reasoning(text: str, *, cut: bool = False) -> Visible:
    """Remove reasoning; a block that is never closed takes the rest of the text with it.

    Args:
        text: what the model wrote.
        cut: the text ended at a token limit.

    >>> strip_reasoning("<think>7? 8?</think>The answer is 9").text
    'The answer is 9'
    >>> strip_reasoning("<think>7? 8?").thinking
    True
    """
    families = {family.name: family for family in FAMILIES}
    kept: list[str] = []
    at = 0
    inside = ""
    unsure = 0
    for mark in _MARKS.finditer(text):
        side, _, name = (mark.lastgroup or "").partition("_")
        family = _HARMONY.get(name, name)
        if side == "open" and not inside:
            kept.append(text[at : mark.start()])
            inside, at = family, mark.end()
            unsure = mark.start() if families[name].prose else -1
        elif side == "close" and inside in ("", family):
            if not inside:
                kept.clear()
            inside, at = "", mark.end()
    if inside and unsure >= 0 and not cut:
        inside, at = "", unsure
    if not inside:
        kept.append(text[at:])
    return Visible(_TOKENS.sub("\n", "".join(kept)).strip(), bool(inside))
