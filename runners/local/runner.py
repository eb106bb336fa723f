"""The bundled model and any Hugging Face decoder, answered in this process through transformers.

Prompts are sorted by length and answered in batches of near-equal length, so that little of the
work is padding, and each batch is kept as soon as it is done.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...store.bundled import CONVERSION, bundled_model_path
from ...store.journal import digest
from ...support.model_folder import model_folder
from ..choices import ChoiceEncoder, scored_reply
from ..protocol import Deliver, Failure, Message, Reply, Request, Runner
from .batches import BATCH_ROWS, batches
from .forced import Forms
from .generation import take_over
from .scoring import score_after, score_texts

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

CACHE_BYTES = 2**30
"""Memory for the keys and values of one batch."""


class LocalRunner(Runner):
    """A decoder-only model in this process. See :class:`snellen.runners.protocol.Runner`."""

    base_url: str | None = None
    parallel = BATCH_ROWS

    def __init__(
        self,
        model: str,
        source: str | Path,
        *,
        dtype: str = "auto",
        device: str | None = None,
        revision: str | None = None,
        weights: str | None = None,
    ) -> None:
        """Load a model.

        Args:
            model: the name to record.
            source: a hub name or a folder.
            dtype: ``float32``, ``bfloat16``, ``float16``, or ``auto`` for float32 on a CPU (where
                it is the fastest) and the model's own on a GPU.
            device: ``cpu``, ``cuda``, …; default: a GPU where there is one.
            revision: a commit or tag on the hub.
            weights: what to record as the identity of the weights; default: the hub's commit.

        Raises:
            InputError: the packages are missing, or there is no such model.
        """
        try:
            import torch
            import transformers
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as error:
            raise InputError(
                f"model {model!r} runs in this process and needs {error.name}: "
                "pip install 'snellen[local]'"
            ) from error
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        self.model = model
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        source = model_folder(source) or source
        wanted = "float32" if dtype == "auto" and self._device == "cpu" else dtype
        try:
            self._tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
                source, revision=revision
            )
            self._model: PreTrainedModel = (
                AutoModelForCausalLM.from_pretrained(source, revision=revision, dtype=wanted)
                .to(self._device)
                .eval()
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            reason = str(error).strip().splitlines()[0]
            raise InputError(
                f"cannot load a causal language model from {source}: {reason}"
            ) from error
        self.context_length = getattr(self._model.config, "max_position_embeddings", None)
        self._stop_ids = _stop_ids(self._model, self._tokenizer)
        set_aside = take_over(self._model)
        self.generation: Mapping[str, Any] = {"set_aside": set_aside} if set_aside else {}
        self.numerics: Mapping[str, Any] = {
            "engine": "transformers",
            "transformers": transformers.__version__,
            "torch": torch.__version__,
            "dtype": str(self._model.dtype).removeprefix("torch."),
            "device": self._device,
            "attention": self._model.config._attn_implementation,
            "weights": weights or getattr(self._model.config, "_commit_hash", None) or str(source),
            # Absent where the model has none, as in every key of earlier versions.
            **({"generation_set_aside": set_aside} if set_aside else {}),
        }
        self.dropped: dict[str, str] = {}
        self.notices: list[str] = []
        self._chat = self._tokenizer.chat_template is not None
        self._forms: Forms | None = None
        self._stop_texts: dict[tuple[str, ...], Any] = {}
        self._choices = ChoiceEncoder(self._tokenize, self._render)
        self._bytes_per_token = _bytes_per_token(self._model)
        self._pad_id = self._tokenizer.pad_token_id
        if self._pad_id is None:
            self._pad_id = self._stop_ids[0] if self._stop_ids else 0

    def answer(self, requests: Iterable[Request], deliver: Deliver) -> None:
        """Answer in batches, the shortest prompts first. See the protocol."""
        encoded = [(request, self._encode(request)) for request in requests]
        encoded.sort(key=lambda pair: len(pair[1]) + pair[0].sampling.max_tokens)
        for batch in batches(encoded, CACHE_BYTES // self._bytes_per_token):
            started = time.perf_counter()
            texts = self._generate(batch)
            share = (time.perf_counter() - started) / len(batch)
            deliver(
                [
                    (request, self._reply(request, prompt, ids, share))
                    for (request, prompt), ids in zip(batch, texts, strict=True)
                ]
            )

    def loglikelihood(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        """Score continuations. See the protocol."""
        return score_texts(self._model, self._tokenizer, self.context_length, pairs)

    def score(self, requests: Sequence[Request]) -> list[Reply | Failure]:
        """Score alternatives, one request at a time: its scores depend on nothing else."""
        return [self._score(request) for request in requests]

    def count_tokens(self, text: str) -> int | None:
        """Tokens of a text, without special tokens."""
        return len(self._tokenizer.encode(text, add_special_tokens=False))

    def close(self) -> None:
        """Nothing outlives the process."""

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
        before, after = self._choices.encode(request, raw=request.raw or not self._chat)
        longest = len(before) + max(map(len, after))
        if self.context_length is not None and longest > self.context_length + 1:
            return Failure(
                f"prompt and answer need {longest:,} tokens, the context is {self.context_length:,}"
            )
        scores = score_after(self._model, before, after)
        return scored_reply(
            request,
            scores,
            len(before) + sum(map(len, after)),
            round(time.perf_counter() - started, 6),
        )

    def _generate(self, batch: Sequence[tuple[Request, list[int]]]) -> list[list[int]]:
        import torch

        first = batch[0][0].sampling
        if first.reasoning_effort is not None:
            self.dropped["reasoning_effort"] = "transformers has no such setting"
        width = max(len(ids) for _, ids in batch)
        inputs = torch.full((len(batch), width), self._pad_id, device=self._device)
        mask = torch.zeros_like(inputs)
        for row, (_, ids) in enumerate(batch):
            inputs[row, width - len(ids) :] = torch.tensor(ids, device=self._device)
            mask[row, width - len(ids) :] = 1
        sampling: dict[str, Any] = {"do_sample": False}
        if first.temperature:
            # By the batch's first trial, or every batch would draw the same numbers.
            torch.manual_seed(int(digest([first.seed, batch[0][0].key])[:15], 16))
            sampling = {
                "do_sample": True,
                "temperature": first.temperature,
                "top_p": first.top_p if first.top_p is not None else 1.0,
                "top_k": 0,
            }
        with torch.inference_mode():
            out: torch.Tensor = self._model.generate(
                input_ids=inputs,
                attention_mask=mask,
                max_new_tokens=max(request.sampling.max_tokens for request, _ in batch),
                eos_token_id=self._stop_ids or None,
                pad_token_id=self._pad_id,
                logits_processor=self._forced(batch),
                stopping_criteria=self._stops(first.stop),
                **sampling,
            )
        return [row[width:] for row in out.tolist()]

    def _forced(self, batch: Sequence[tuple[Request, list[int]]]) -> list[Any] | None:
        """What keeps forced answers to their form, where there are any."""
        forms = [request.form for request, _ in batch]
        if not any(forms):
            return None
        if self._forms is None:
            vocabulary = self._model.get_output_embeddings().weight.shape[0]
            self._forms = Forms(self._tokenizer, vocabulary, self._stop_ids)
        return [self._forms.processor(forms)]

    def _stops(self, stop: tuple[str, ...]) -> list[Any] | None:
        """What ends a row at a stop text: a base model says no end of its own."""
        if not stop:
            return None
        if stop not in self._stop_texts:
            from transformers import StopStringCriteria

            self._stop_texts[stop] = StopStringCriteria(self._tokenizer, list(stop))
        return [self._stop_texts[stop]]

    def _until(self, ids: list[int], stop: tuple[str, ...]) -> list[int]:
        """The tokens up to and with the one that completes a stop text; all if none does."""
        if not any(text in self._tokenizer.decode(ids) for text in stop):
            return ids
        return next(
            ids[:end]
            for end in range(1, len(ids) + 1)
            if any(text in self._tokenizer.decode(ids[:end]) for text in stop)
        )

    def _reply(
        self, request: Request, prompt: Sequence[int], ids: list[int], latency_s: float
    ) -> Reply:
        ids = ids[: request.sampling.max_tokens]  # the batch ran as long as its longest row
        ended = next((i for i, token in enumerate(ids) if token in self._stop_ids), None)
        kept = self._until(ids if ended is None else ids[:ended], request.sampling.stop)
        text = str(self._tokenizer.decode(kept, skip_special_tokens=True))
        cut = [at for stop in request.sampling.stop if (at := text.find(stop)) >= 0]
        stopped = ended is not None or bool(cut)
        return Reply(
            text=text[: min(cut)] if cut else text,
            finish_reason="stop" if stopped else "length",
            prompt_tokens=len(prompt),
            completion_tokens=len(kept) + (ended is not None),
            latency_s=round(latency_s, 6),
        )


def _stop_ids(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    found = model.generation_config.eos_token_id if model.generation_config else None
    ids = found if isinstance(found, list) else [found]
    return sorted({i for i in [*ids, tokenizer.eos_token_id] if i is not None})


def _bytes_per_token(model: PreTrainedModel) -> int:
    """Memory of one token's keys and values, over all layers."""
    config = model.config
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return int(2 * config.num_hidden_layers * heads * width * model.dtype.itemsize)


def bundled_runner(**options: Any) -> LocalRunner:
    """The bundled SmolLM2-135M-Instruct."""
    return LocalRunner("bundled", bundled_model_path(), weights=CONVERSION, **options)
