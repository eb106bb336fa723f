"""Answers that are scored and not written: the log probability of each alternative after a prompt.

An alternative is scored together with what ends an answer: the end of the turn, or in raw text the
stop text of the request. Without it the first half of an answer would be likelier than the whole:
"1" than "10".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property

from ..errors import InputError, SnellenError
from ..store.answers import Failure, Reply
from ..store.journal import canonical
from .protocol import Message, Request, Runner

Tokens = list[int]
_DIGITS = 6
"""Decimals of a score that are kept, in nats."""
_LINE = "\n"
"""What ends an answer in raw text where the request has no stop text."""


def scored_reply(
    request: Request, scores: Sequence[float], tokens: int | None, latency_s: float | None = None
) -> Reply:
    """What the scores of a request's alternatives come to.

    Args:
        request: the request.
        scores: the log probability of each alternative, in nats.
        tokens: of the prompt and of all alternatives, if known.
        latency_s: seconds that it took.

    Returns:
        A reply whose text is JSON: ``answer``, the likeliest alternative (null where two are
        equally likely), and ``scores``, the log probability of each (null for minus infinity).
    """
    kept = [round(score, _DIGITS) if math.isfinite(score) else None for score in scores]
    said = dict(zip(request.choices, kept, strict=True))
    known = [score for score in kept if score is not None]
    best = [text for text, score in said.items() if known and score == max(known)]
    answer = best[0] if len(best) == 1 else None
    return Reply(
        canonical({"answer": answer, "scores": said}),
        "stop",
        prompt_tokens=tokens,
        completion_tokens=0,
        latency_s=latency_s,
    )


def raw_parts(request: Request) -> tuple[str, list[str]]:
    """The raw text of a request, and what may follow it: each alternative with its end."""
    prompt = "\n\n".join(turn.content for turn in request.messages)
    end = request.sampling.stop[0] if request.sampling.stop else _LINE
    space = "" if prompt[-1:].isspace() else " "
    return prompt, [f"{space}{choice}{end}" for choice in request.choices]


def score_raw(runner: Runner, requests: Sequence[Request]) -> list[Reply | Failure]:
    """Score alternatives after raw texts, by a runner that scores pairs of texts.

    Raises:
        InputError: a request is a user's turn, or the runner scores no texts.
    """
    if not all(request.raw for request in requests):
        raise InputError(
            f"{runner.model} scores what follows a raw text, not a user's turn; use --mode "
            "fewshot, or --raw"
        )
    parts = [raw_parts(request) for request in requests]
    try:
        found = runner.loglikelihood([(prompt, text) for prompt, texts in parts for text in texts])
    except InputError:
        raise
    except SnellenError as error:
        if len(requests) == 1:
            return [Failure(str(error))]
        return [result for request in requests for result in score_raw(runner, [request])]
    scores = iter(found)
    return [
        scored_reply(request, [next(scores)[0] for _ in request.choices], None)
        for request in requests
    ]


class ChoiceEncoder:
    """The tokens of alternatives after a prompt, as a model's own tokenizer and template give them.

    Prompt and alternative are tokenized together, as the model reads them, and split where the
    alternatives of a request begin to differ from the prompt alone. A conversation is closed by the
    template, with the alternative for the assistant's turn; what the template writes beyond the
    token that ends the turn is left out.
    """

    def __init__(
        self,
        tokenize: Callable[[str], Tokens],
        render: Callable[[Sequence[Message]], Tokens],
    ) -> None:
        """Prepare to encode.

        Args:
            tokenize: the tokens of a raw text, as it is generated from.
            render: the tokens of a conversation: closed after an assistant's turn, and after a
                user's with the beginning of the answer to it.
        """
        self._tokenize = tokenize
        self._render = render

    def encode(self, request: Request, *, raw: bool) -> tuple[Tokens, list[Tokens]]:
        """The tokens before the alternatives, and those of each alternative with its end."""
        if raw:
            prompt, texts = raw_parts(request)
            before = self._tokenize(prompt)
            wholes = [self._tokenize(prompt + text) for text in texts]
        else:
            before = self._render(request.messages)
            wholes = [
                self._closed([*request.messages, Message("assistant", choice)])
                for choice in request.choices
            ]
        shared = _shared([before, *wholes])
        return wholes[0][:shared], [whole[shared:] for whole in wholes]

    def _closed(self, turns: Sequence[Message]) -> Tokens:
        tokens = self._render(turns)
        return tokens[: len(tokens) - self._beyond_end]

    @cached_property
    def _beyond_end(self) -> int:
        """How many tokens the template writes after the one that ends an assistant's turn."""
        one, other = (
            self._render([Message("user", "?"), Message("assistant", answer)]) for answer in "01"
        )
        return max(0, _shared([one[::-1], other[::-1]]) - 1)


def _shared(texts: Sequence[Tokens]) -> int:
    """How many tokens all of them begin with."""
    alike = (len(set(tokens)) == 1 for tokens in zip(*texts, strict=False))
    return next((place for place, same in enumerate(alike) if not same), min(map(len, texts)))
