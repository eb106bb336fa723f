"""The table of finish reasons: what providers call the end of an answer, and what it means."""

from __future__ import annotations

import re
from enum import Enum

STOP = "stop"
LENGTH = "length"
FILTERED = "content_filter"
UNKNOWN = "unknown"


class Ending(Enum):
    """What a finish reason means for the answer."""

    STOP = "the model ended it"
    LENGTH = "cut at a limit on tokens"
    FILTERED = "stopped by the provider's filter"
    BROKEN = "the server broke off: ask again"
    MISFIRED = "the model did something else than answer"
    SILENT = "the provider does not say"
    UNKNOWN = "a word that nobody here knows"


# In lower case, without separators: OpenAI and its kin, Anthropic, Gemini, Mistral, Cohere, AI21,
# Bedrock, DeepSeek, Zhipu, xAI, TGI, vLLM, sglang, Ollama, llama.cpp, LM Studio.
_TABLE: dict[Ending, str] = {
    Ending.STOP: """stop stopped eos eostoken eosfound endoftext endturn stopsequence stopword
        stoptoken stopstr stopstring stopcriteria eostokenid normalstop hitstop matchedstop turnend
        complete completed finish finished done end normal natural
        endofsequence endofturn stoppedeos stoppedword stopstringfound s eotid imend endoftoken""",
    Ending.LENGTH: """length maxtokens maxnewtokens maxoutputtokens maxcompletiontokens modellength
        maxlength maxlen lengthlimit tokenlimit maxcontext contextlength contextlimit limit
        contextwindow modelcontextwindow truncated maxcontextlength maxmodellen maxsequencelength
        continuation maxoutput stoppedlimit maxtotaltokens maxoutputlength outputtokenlimit
        maxpredictedtokens errorlimit timelimit truncation outputlimit
        overlength outputtruncated incomplete""",
    Ending.FILTERED: """contentfilter contentfiltered contentpolicy contentpolicyviolation
        contentblocked safety safetyblock recitation blocklist prohibitedcontent spii modelarmor
        refusal refused sensitive moderation blocked guardrail guardrailintervened errortoxic
        policyviolation safetyviolation harmful copyright""",
    Ending.BROKEN: """abort aborted error errored failed failure cancelled canceled timeout
        networkerror servererror internalerror insufficientsystemresource malformedresponse
        modelerror connectionerror overloaded errorfinish usercancel userstopped modelunloaded
        useraborted userabort clientdisconnect clientdisconnected unloaded evicted eviction
        preempted engineerror servershutdown shutdown ratelimit
        upstreamerror providererror""",
    Ending.MISFIRED: """toolcalls toolcall tooluse functioncall malformedfunctioncall
        unexpectedtoolcall toomanytoolcalls malformedtooluse malformedmodeloutput pauseturn
        missingthoughtsignature noimage""",
    Ending.SILENT: "none null unknown finishreasonunspecified unspecified",
}
_PREFIX = re.compile(r"^(finishreason|stopreason|reason|image)(?=.)")  # REASON_STOP, IMAGE_SAFETY
_SUFFIX = re.compile(r"(?<=.)(reached|exceeded|hit)$")  # max_tokens_reached
_ENDINGS = {word: ending for ending, words in _TABLE.items() for word in words.split()}


def ending_of(reason: str | None) -> Ending:
    """What a provider's finish reason means."""
    plain = re.sub(r"[^a-z0-9]", "", (reason or "").lower()).replace("maximum", "max")
    if not plain:
        return Ending.SILENT
    forms = (plain, _PREFIX.sub("", plain), _SUFFIX.sub("", plain))
    return next((_ENDINGS[form] for form in forms if form in _ENDINGS), Ending.UNKNOWN)


def in_our_words(reason: str | None, written: int | None, limit: int | None) -> str:
    """A finish reason as the journal keeps it: ours where it means the same, else as it was said.

    Args:
        reason: the provider's word.
        written: tokens of the answer, if known.
        limit: the most that it might have, if there was a limit.
    """
    ending = ending_of(reason)
    if ending is Ending.SILENT:
        cut = written is not None and limit is not None and written >= limit
        return LENGTH if cut else UNKNOWN
    plain = {Ending.STOP: STOP, Ending.LENGTH: LENGTH, Ending.FILTERED: FILTERED}
    return plain.get(ending) or " ".join(str(reason).split())[:80]
