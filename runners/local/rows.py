"""One answer as it is written: its tokens so far, what may come next, and where it ends."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from ...store.journal import digest
from ..protocol import Request
from .forced import Held

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase


class Row:
    """A prompt and its answer.

    Attributes:
        request: what is asked.
        prompt: its tokens.
        shared: how many of them are read once for several prompts.
        said: the tokens of the answer, with the one that ends it.
        seconds: its share of the time that its batches took.
        ended: the model ended the text, or wrote a stop text; not cut by the limit.
    """

    def __init__(self, request: Request, prompt: list[int], held: Held | None = None) -> None:
        self.request = request
        self.prompt = prompt
        self.shared = 0
        self.said: list[int] = []
        self.seconds = 0.0
        self.ended = False
        self._held = held
        self._draws: Any = None

    @property
    def length(self) -> int:
        """Tokens so far."""
        return len(self.prompt) + len(self.said)

    @property
    def own(self) -> int:
        """Tokens of the prompt that are read for it alone."""
        return len(self.prompt) - self.shared

    @property
    def longest(self) -> int:
        """Tokens that it may come to."""
        return len(self.prompt) + self.request.sampling.max_tokens

    @property
    def drawn(self) -> bool:
        """Whether its tokens are drawn, not the likeliest taken."""
        return bool(self.request.sampling.temperature)

    def hold(self, scores: torch.Tensor) -> None:
        """Leave only what keeps to the form of a forced answer; shape (vocabulary,), in place."""
        if self._held is not None:
            self._held.mask(scores)

    def draw(self, scores: torch.Tensor) -> int:
        """The next token as the request draws it, from its own numbers; shape (vocabulary,).

        They depend on the sampling seed and on the question, never on what else is in the batch.
        """
        import torch

        how = self.request.sampling
        assert how.temperature
        if self._draws is None:
            seed = int(digest([how.seed, self.request.key])[:15], 16)
            self._draws = torch.Generator().manual_seed(seed)
        likely = torch.softmax(scores.double().cpu() / how.temperature, dim=-1)
        likely, tokens = likely.sort(descending=True)
        upto = likely.cumsum(dim=-1)
        if how.top_p is not None and how.top_p < 1:
            kept = int((upto < how.top_p).sum()) + 1
            upto, tokens = upto[:kept], tokens[:kept]
        number = torch.rand((), generator=self._draws, dtype=torch.float64) * upto[-1]
        at = int(torch.searchsorted(upto, number, right=True))
        return int(tokens[min(at, len(tokens) - 1)])

    def take(self, token: int, ends: Collection[int], tokenizer: PreTrainedTokenizerBase) -> bool:
        """Add a token; whether the answer is complete."""
        self.said.append(token)
        if token in ends:
            self.ended = True
        elif self._held is not None:
            self._held.consume(token)
        stop = self.request.sampling.stop
        if stop and not self.ended:
            # A stop text of so many bytes is written in at most so many tokens.
            most = max(len(text.encode()) for text in stop) + 4
            tail = str(tokenizer.decode(self.said[-most:]))
            self.ended = any(text in tail for text in stop)
        return self.ended or len(self.said) >= self.request.sampling.max_tokens
