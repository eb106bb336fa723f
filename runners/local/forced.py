"""Forced answers in this process: at each step only tokens that keep to the form can come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

    def processor(self, forms: Sequence[AnswerForm | None]) -> Processor:
        """What keeps each row of a batch to its form; ``None`` leaves a row free."""
        return Processor([self._matcher(form) for form in forms], self._vocabulary, self._ends)

    def _matcher(self, form: AnswerForm | None) -> Any:
        if form is None:
            return None
        from llguidance import LLMatcher

        if form.regex not in self._grammars:
            self._grammars[form.regex] = LLMatcher.grammar_from_regex(form.regex)
        matcher = LLMatcher(self._tokenizer, self._grammars[form.regex])
        if fault := matcher.get_error():
            raise ValueError(f"not a regular expression: {form.regex!r}: {fault}")
        return matcher


class Processor:
    """Masks the scores of a batch; called by ``generate`` before each token is chosen.

    Once a form is complete only the end of the text is allowed.
    """

    def __init__(self, matchers: Sequence[Any], vocabulary: int, ends: Sequence[int]) -> None:
        self._matchers: Mapping[int, Any] = {
            row: matcher for row, matcher in enumerate(matchers) if matcher is not None
        }
        self._vocabulary = vocabulary
        self._mask = np.zeros((1, -(-vocabulary // 32)), dtype=np.int32)
        self._ends = list(ends)
        self._started = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """The scores, with ``-inf`` for every token that the form does not allow.

        Args:
            input_ids: shape (rows, tokens so far).
            scores: shape (rows, vocabulary).
        """
        import llguidance.numpy as masks  # its torch part wants a C++ compiler
        import torch

        last = input_ids[:, -1].tolist()
        for row, matcher in self._matchers.items():
            if self._started and not matcher.is_stopped():
                matcher.consume_token(last[row])
            if matcher.is_stopped():
                end = scores[row, self._ends].clone()
                scores[row] = NEVER
                scores[row, self._ends] = end
                continue
            masks.fill_next_token_bitmask(matcher, self._mask, 0)
            allowed = np.unpackbits(self._mask.view(np.uint8), bitorder="little")
            refused = torch.from_numpy(allowed[: self._vocabulary] == 0).to(scores.device)
            scores[row].masked_fill_(refused, NEVER)
        self._started = True
        return scores
