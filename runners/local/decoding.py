"""Answers to many prompts at once, whose rows come and go.

A row that has ended leaves the batch with its keys and values, and others take its place; what
prompts begin with alike is read once, of one group or of several.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .batches import Batch, next_group
from .beginnings import Beginnings, shared_with_another
from .cache import make_cache
from .cache_rows import begin, close_gaps
from .rows import Row

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SHARED = 16
"""Tokens from which on what several prompts begin with is read once."""


class Decoder:
    """Writes answers with one model as it is now, lens and all."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        ends: Sequence[int],
        pad: int,
        kept_in: str | None = None,
    ) -> None:
        """Look at what a model takes.

        Args:
            model: the model.
            tokenizer: its tokenizer.
            ends: the tokens that end a text.
            pad: the token that stands where nothing is.
            kept_in: what keys and values are kept in; none: the model's own type.
        """
        self._model = model
        self._tokenizer = tokenizer
        self._ends = frozenset(ends)
        self._pad = pad
        self._kept_in = kept_in
        taken = inspect.signature(model.forward).parameters
        # transformers 5.2x on, and before
        self._name = "cache" if "cache" in taken else "past_key_values"
        self._places = "position_ids" in taken
        self._last = {"logits_to_keep": 1} if "logits_to_keep" in taken else {}
        self._beginnings = Beginnings()
        # A window counts the places between, which a gap makes more.
        made = make_cache(model, kept_in)
        self._windowed = made is None or any(layer.is_sliding for layer in made.layers)

    def write(self, rows: Sequence[Row], at_once: int, most_tokens: int) -> Iterator[list[Row]]:
        """Write every row's answer, the longest prompts first: few wait at the end for one.

        Args:
            rows: the prompts.
            at_once: rows in a batch.
            most_tokens: tokens that the keys and values of a batch may have.

        Yields:
            The rows that have just ended.
        """
        import torch

        waiting = sorted(rows, key=lambda row: (len(row.prompt), row.longest))
        self._beginnings.room = most_tokens // 2
        if not self._windowed:
            for row, shared in zip(
                rows, shared_with_another([row.prompt for row in rows]), strict=True
            ):
                row.shared = shared if shared >= SHARED else 0
        batch = Batch()
        while waiting or batch.rows:
            # Some at a time, for a group costs a pass.
            free = at_once - len(batch.rows) >= max(at_once // 4, 1)
            group = next_group(waiting, batch.rows, at_once, most_tokens) if free else []
            started = time.perf_counter()
            with torch.inference_mode():
                if group:
                    cache, mask, scores = self._read(group)
                    now = Batch(group, cache, mask)
                else:
                    now, scores = batch, self._step(batch)
                left = self._choose(now.rows, scores)
                spent = (time.perf_counter() - started) / len(now.rows)
                for row in now.rows:
                    row.seconds += spent
                going = set(left)
                ended = [row for at, row in enumerate(now.rows) if at not in going]
                now.keep(left)
                if group and left:
                    batch.join(now)
            if ended:
                yield ended

    def _choose(self, rows: Sequence[Row], scores: torch.Tensor) -> list[int]:
        """Add a token to every row; the places of those that go on."""
        for at, row in enumerate(rows):
            row.hold(scores[at])
        best = scores.argmax(dim=-1).tolist()
        left = []
        for at, row in enumerate(rows):
            token = row.draw(scores[at]) if row.drawn else best[at]
            if not row.take(token, self._ends, self._tokenizer):
                left.append(at)
        return left

    def _step(self, batch: Batch) -> torch.Tensor:
        """One token more of every row."""
        import torch

        where = self._model.device
        last = torch.tensor([[row.said[-1]] for row in batch.rows], device=where)
        place = torch.tensor([[row.length - 1] for row in batch.rows], device=where)
        batch.mask = torch.cat([batch.mask, batch.mask.new_ones(len(batch.rows), 1)], dim=1)
        return self._forward(last, batch.mask, place, batch.cache)

    def _read(self, group: Sequence[Row]) -> tuple[Any, torch.Tensor, torch.Tensor]:
        """Read prompts: their cache, what of it is no padding, and the scores that follow."""
        import torch

        where = self._model.device
        cache = make_cache(self._model, self._kept_in)
        beginnings = [self._beginning(row) for row in group]
        width = begin(cache, beginnings)
        rest = [row.prompt[tokens:] for row, (tokens, _) in zip(group, beginnings, strict=True)]
        wide = max(map(len, rest))
        ids = torch.full((len(rest), wide), self._pad)
        begun = torch.tensor([tokens for tokens, _ in beginnings])
        gaps = torch.tensor([wide - len(part) for part in rest])
        for at, part in enumerate(rest):
            ids[at, wide - len(part) :] = torch.tensor(part)
        places, known = torch.arange(wide)[None], torch.arange(width)[None]
        mask = torch.cat([known >= width - begun[:, None], places >= gaps[:, None]], dim=1)
        place = (begun[:, None] + places - gaps[:, None]).clamp(min=0)
        scores = self._forward(ids.to(where), mask.long().to(where), place.to(where), cache)
        if width:
            close_gaps(cache, gaps.tolist(), width)
            mask = torch.arange(width + wide)[None] >= (width - begun + gaps)[:, None]
        return cache, mask.long().to(where), scores

    def _beginning(self, row: Row) -> tuple[int, Any]:
        """What a prompt begins with as others do: how many tokens, and a cache that has them."""
        import torch

        if not row.shared:
            return 0, None
        known, kept = self._beginnings.find(row.prompt[: row.shared])
        if row.shared - known < max(SHARED, row.shared // 4):
            return known, kept
        made = make_cache(self._model, self._kept_in)
        begin(made, [(known, kept)])
        where = self._model.device
        ids = torch.tensor([row.prompt[known : row.shared]], device=where)
        place = torch.arange(known, row.shared, device=where)[None]
        self._forward(ids, ids.new_ones(1, row.shared), place, made)
        self._beginnings.keep(row.prompt[: row.shared], made)
        return row.shared, made

    def _forward(
        self, ids: torch.Tensor, mask: torch.Tensor, place: torch.Tensor, cache: Any
    ) -> torch.Tensor:
        """Scores of the token after the last one: shape (rows, vocabulary)."""
        more: dict[str, Any] = {self._name: cache, **self._last}
        if self._places:
            more["position_ids"] = place
        said = self._model(input_ids=ids, attention_mask=mask, use_cache=True, **more)
        scores: torch.Tensor = said.logits[:, -1].float()
        return scores
