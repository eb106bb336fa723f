"""Forced answers in this process: at each step only tokens that keep to the form can come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from ..protocol import AnswerForm

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

NEVER = -float("inf")


class Forms:
    """The grammar engine for one tokenizer; made once, shared by all batches."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, vocabulary: int, ends: Sequence[int]
    ) -> None:
        """Read the tokenizer's vocabulary.

        Args:
            tokenizer: the model's own.
            vocabulary: scores per step, which may be more than the tokenizer has tokens.
            ends: the tokens that end a text.

        Raises:
            InputError: the package is missing, or cannot read this tokenizer.
        """
        try:
            import llguidance.hf
        except ImportError as error:
            raise InputError(
                f"forced answers in this process need {error.name}: pip install 'snellen[local]'"
            ) from error
        try:
            self._tokenizer: Any = llguidance.hf.from_tokenizer(tokenizer, n_vocab=vocabulary)
        except (ValueError, TypeError) as error:
            raise InputError(
                f"answers of this model cannot be forced: {error}; use --answer free"
            ) from error
        self._vocabulary = vocabulary
        self._ends = ends
        self._grammars: dict[str, str] = {}

    def hold(self, form: AnswerForm | None) -> Held | None:
        """What keeps an answer to its form; ``None`` leaves it free."""
        if form is None:
            return None
        return Held(self._matcher(form), self._vocabulary, self._ends)

    def _matcher(self, form: AnswerForm) -> Any:
        from llguidance import LLMatcher

        if form.regex not in self._grammars:
            self._grammars[form.regex] = LLMatcher.grammar_from_regex(form.regex)
        matcher = LLMatcher(self._tokenizer, self._grammars[form.regex])
        if fault := matcher.get_error():
            raise ValueError(f"not a regular expression: {form.regex!r}: {fault}")
        return matcher


class Held:
    """Keeps one answer to its form, token by token.

    Once the form is complete only the end of the text is allowed.
    """

    def __init__(self, matcher: Any, vocabulary: int, ends: Sequence[int]) -> None:
        self._matcher = matcher
        self._vocabulary = vocabulary
        self._bits = np.zeros((1, -(-vocabulary // 32)), dtype=np.int32)
        self._ends = list(ends)

    def mask(self, scores: torch.Tensor) -> None:
        """Put ``-inf`` where the form does not allow a token.

        Args:
            scores: shape (vocabulary,), changed in place.
        """
        import llguidance.numpy as masks  # its torch part wants a C++ compiler
        import torch

        if self._matcher.is_stopped():
            end = scores[self._ends].clone()
            scores.fill_(NEVER)
            scores[self._ends] = end
            return
        masks.fill_next_token_bitmask(self._matcher, self._bits, 0)
        allowed = np.unpackbits(self._bits.view(np.uint8), bitorder="little")
        refused = torch.from_numpy(allowed[: self._vocabulary] == 0).to(scores.device)
        scores.masked_fill_(refused, NEVER)

    def consume(self, token: int) -> None:
        """Take the token that was chosen."""
        if not self._matcher.is_stopped():
            self._matcher.consume_token(token)
