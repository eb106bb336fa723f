"""OpenAI's tokenizer, if its vocabulary is on this machine or can be had quickly."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

from ...support.http import root_cause

if TYPE_CHECKING:
    import tiktoken

log = logging.getLogger(__name__)


@cache
def encoding_of(name: str) -> tiktoken.Encoding | None:
    """The tokenizer of an OpenAI model, or ``None`` when its vocabulary is not at hand."""
    try:
        import tiktoken

        try:
            return tiktoken.encoding_for_model(name)
        except KeyError:
            return None  # a model of somebody else's
    except Exception as error:  # no tiktoken, no network, a proxy's page for a vocabulary
        reason = root_cause(error)
        log.info("token counts of %s are approximate: no tokenizer for it (%s)", name, reason)
        return None


def count_tokens(name: str, text: str) -> int | None:
    """Tokens of ``text`` for an OpenAI model, or ``None`` when its vocabulary is not at hand."""
    encoding = encoding_of(name)
    return None if encoding is None else len(encoding.encode_ordinary(text))
