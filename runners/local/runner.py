"""The bundled model and any Hugging Face decoder, answered in this process through transformers.

Prompts of about one length are read together and answers are written together; a row that has
ended makes room for another (:mod:`.decoding`), and is kept as soon as it has.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...store.bundled import CONVERSION, bundled_model_path
from ...tasks.lenses.inside import Inside, read_inside
from ..choices import ChoiceEncoder, scored_reply
from ..protocol import Deliver, Failure, Message, Reply, Request, Runner
from .alone import write_alone
from .attention import worn
from .cache import make_cache
from .decoding import Decoder
from .forced import Forms
from .generation import take_over
from .loading import Precision, load
from .rows import Row
from .scoring import score_after, score_texts

if TYPE_CHECKING:
    from transformers import PreTrainedModel

BATCH_ROWS = 64
"""Answers that are written together."""
CACHE_BYTES = 2**30
"""Memory for the keys and values of one batch."""
_KEPT_EVERY_S = 1.0


class LocalRunner(Runner):
    """A decoder-only model in this process. See :class:`snellen.runners.protocol.Runner`."""

    base_url: str | None = None
    parallel = BATCH_ROWS

    def __init__(
        self,
        model: str,
        source: str | Path,
        *,
        precision: Precision | None = None,
        device: str | None = None,
        revision: str | None = None,
        weights: str | None = None,
    ) -> None:
        """Load a model.

        Args:
            model: the name to record.
            source: a hub name or a folder.
            precision: in what it computes; default: float32 on a CPU, its own on a GPU.
            device: ``cpu``, ``cuda``, …; default: a GPU where there is one.
            revision: a commit or tag on the hub.
            weights: what to record as the identity of the weights; default: the hub's commit.

        Raises:
            InputError: the packages are missing, there is no such model, or it cannot be had at
                this precision.
        """
        precision = precision or Precision()
        loaded = load(model, source, precision, device, revision, weights)
        self.model = model
        self._model, self._tokenizer = loaded.model, loaded.tokenizer
        self._kept_in = precision.kv_cache
        self.context_length = getattr(self._model.config, "max_position_embeddings", None)
        self._stop_ids = _stop_ids(self._model, self._tokenizer)
        set_aside = take_over(self._model)
        self.generation: Mapping[str, Any] = {"set_aside": set_aside} if set_aside else {}
        # Absent where the model has none, as in every key of earlier versions.
        aside = {"generation_set_aside": set_aside} if set_aside else {}
        self.numerics: Mapping[str, Any] = {**loaded.numerics, **aside}
        self.dropped: dict[str, str] = {}
        self.notices: list[str] = []
        self._chat = self._tokenizer.chat_template is not None
        self._forms: Forms | None = None
        self._choices = ChoiceEncoder(self._tokenize, self._render)
        self._pad_id = self._tokenizer.pad_token_id
        if self._pad_id is None:
            self._pad_id = self._stop_ids[0] if self._stop_ids else 0

    def answer(self, requests: Iterable[Request], deliver: Deliver) -> None:
        """Answer in batches of one lens each, the longest prompts first. See the protocol."""
        by_lens = sorted(requests, key=lambda request: request.inside)
        for terms, group in groupby(by_lens, key=lambda request: request.inside):
            lens = read_inside(terms)
            rows = [self._row(request, lens) for request in group]
            kept: list[Row] = []
            since = time.monotonic()
            with worn(self._model, lens):
                for ended in self._write(rows):
                    kept += ended
                    if time.monotonic() - since > _KEPT_EVERY_S:
                        deliver([(row.request, self._reply(row)) for row in kept])
                        kept, since = [], time.monotonic()
            if kept:
                deliver([(row.request, self._reply(row)) for row in kept])

    def loglikelihood(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        """Score continuations. See the protocol."""
        return score_texts(self._model, self._tokenizer, self.context_length, pairs, self._kept_in)

    def score(self, requests: Sequence[Request]) -> list[Reply | Failure]:
        """Score alternatives, one request at a time: its scores depend on nothing else."""
        return [self._score(request) for request in requests]

    def tokens(self, request: Request) -> list[int]:
        """The tokens of a request's prompt, as the model reads them, lens and all."""
        return self._begun(self._encode(request), read_inside(request.inside))

    @contextmanager
    def wearing(self, inside: Sequence[str]) -> Iterator[PreTrainedModel]:
        """The model itself, through a lens inside it, for whoever wants to look.

        Raises:
            InputError: the model takes no such lens.
        """
        with worn(self._model, read_inside(inside)):
            yield self._model

    def count_tokens(self, text: str) -> int | None:
        """Tokens of a text, without special tokens."""
        return len(self._tokenizer.encode(text, add_special_tokens=False))

    def close(self) -> None:
        """Nothing outlives the process."""

    def _write(self, rows: Sequence[Row]) -> Iterator[list[Row]]:
        if make_cache(self._model, self._kept_in) is None:
            for row in rows:
                write_alone(self._model, self._tokenizer, row, self._stop_ids, self._pad_id)
                yield [row]
            return
        decoder = Decoder(self._model, self._tokenizer, self._stop_ids, self._pad_id, self._kept_in)
        yield from decoder.write(rows, BATCH_ROWS, CACHE_BYTES // _bytes_per_token(self._model))

    def _row(self, request: Request, lens: Inside) -> Row:
        if request.sampling.reasoning_effort is not None:
            self.dropped["reasoning_effort"] = "transformers has no such setting"
        held = None
        if request.form is not None:
            if self._forms is None:
                vocabulary = self._model.get_output_embeddings().weight.shape[0]
                self._forms = Forms(self._tokenizer, vocabulary, self._stop_ids)
            held = self._forms.hold(request.form)
        return Row(request, self._begun(self._encode(request), lens), held)

    def _begun(self, ids: list[int], lens: Inside) -> list[int]:
        """A prompt with or without the beginning-of-sequence token, as a lens has it."""
        if lens.bos is None:
            return ids
        first = self._tokenizer.bos_token_id
        if first is None:
            raise InputError(
                f"lens {'bos' if lens.bos else 'no_bos'}: the tokenizer of {self.model} has no "
                "beginning-of-sequence token; leave the lens out"
            )
        has = ids[:1] == [first]
        if has == lens.bos:
            self._note(
                f"lens {'bos' if lens.bos else 'no_bos'} changes nothing where prompts "
                f"{'begin' if has else 'do not begin'} with {self._tokenizer.bos_token} anyway, "
                "as some here do"
            )
            return ids
        return [first, *ids] if lens.bos else ids[1:]

    def _note(self, line: str) -> None:
        if line not in self.notices:
            self.notices.append(line)

    def _encode(self, request: Request) -> list[int]:
        if self._chat and not request.raw:
            # An assistant's turn at the end is the beginning of the answer: it is continued.
            continued = request.messages[-1].role == "assistant"
            return self._render(request.messages, continued=continued)
        return self._tokenize("\n\n".join(m.content for m in request.messages))

    def _tokenize(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text))

    def _render(self, messages: Sequence[Message], continued: bool = False) -> list[int]:
        """A conversation through the chat template."""
        text = self._tokenizer.apply_chat_template(
            [{"role": turn.role, "content": turn.content} for turn in messages],
            tokenize=False,
            add_generation_prompt=messages[-1].role != "assistant",
            continue_final_message=continued,
        )
        # The template writes its own beginning-of-sequence token.
        return list(self._tokenizer.encode(str(text), add_special_tokens=False))

    def _score(self, request: Request) -> Reply | Failure:
        started = time.perf_counter()
        lens = read_inside(request.inside)
        before, after = self._choices.encode(request, raw=request.raw or not self._chat)
        before = self._begun(list(before), lens)
        longest = len(before) + max(map(len, after))
        if self.context_length is not None and longest > self.context_length + 1:
            return Failure(
                f"prompt and answer need {longest:,} tokens, the context is {self.context_length:,}"
            )
        with worn(self._model, lens):
            scores = score_after(self._model, before, after, self._kept_in)
        return scored_reply(
            request,
            scores,
            len(before) + sum(map(len, after)),
            round(time.perf_counter() - started, 6),
        )

    def _until(self, ids: list[int], stop: tuple[str, ...]) -> list[int]:
        """The tokens up to and with the one that completes a stop text; all if none does."""
        if not any(text in self._tokenizer.decode(ids) for text in stop):
            return ids
        return next(
            ids[:end]
            for end in range(1, len(ids) + 1)
            if any(text in self._tokenizer.decode(ids[:end]) for text in stop)
        )

    def _reply(self, row: Row) -> Reply:
        stop = row.request.sampling.stop
        ended = row.said[-1] in self._stop_ids
        kept = self._until(row.said[:-1] if ended else row.said, stop)
        text = str(self._tokenizer.decode(kept, skip_special_tokens=True))
        cut = [at for one in stop if (at := text.find(one)) >= 0]
        return Reply(
            text=text[: min(cut)] if cut else text,
            finish_reason="stop" if ended or cut else "length",
            prompt_tokens=len(row.prompt),
            completion_tokens=len(kept) + ended,
            latency_s=round(row.seconds, 6),
        )


def _stop_ids(model: PreTrainedModel, tokenizer: Any) -> list[int]:
    found = model.generation_config.eos_token_id if model.generation_config else None
    ids = found if isinstance(found, list) else [found]
    return sorted({i for i in [*ids, tokenizer.eos_token_id] if i is not None})


def _bytes_per_token(model: PreTrainedModel) -> int:
    """Memory of one token's keys and values, over all layers."""
    config = model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return int(2 * config.num_hidden_layers * heads * width * model.dtype.itemsize)


def bundled_runner(**options: Any) -> LocalRunner:
    """The bundled SmolLM2-135M-Instruct."""
    return LocalRunner("bundled", bundled_model_path(), weights=CONVERSION, **options)
