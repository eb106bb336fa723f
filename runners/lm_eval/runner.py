"""Any stock lm-eval backend as a runner: asked in chunks, so that each chunk is kept.

lm-eval hands a backend everything at once and gets all at the end; one failure loses it all.
Here a chunk that fails is asked again one request at a time, so that only the culprit fails.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from itertools import islice
from typing import Any

from lm_eval.api.instance import Instance

from ...errors import InputError, ModelRefused, SnellenError
from ...support.secrets import redact, secret_among
from ..protocol import Deliver, Failure, Reply, Request, Runner

log = logging.getLogger(__name__)

_CHUNK = 64  # requests; backends sort and batch within a chunk
_NOT_PASSED = {
    "seed": "lm-eval's backends take a seed as a model argument, not per request",
    "reasoning_effort": "lm-eval's backends have no such setting",
}


class BackendRunner(Runner):
    """A model behind an lm-eval backend. See :class:`snellen.runners.protocol.Runner`."""

    base_url: str | None = None
    parallel = _CHUNK

    def __init__(self, model: str, backend: str, model_args: Mapping[str, Any]) -> None:
        """Make the backend.

        Args:
            model: the name to record.
            backend: lm-eval's name for it (``vllm``, ``local-chat-completions``, …).
            model_args: what its constructor takes.

        Raises:
            InputError: there is no such backend, or it cannot be made from these arguments.
        """
        if secret := secret_among(model_args):
            raise InputError(
                f"{secret} in --model-args would be written into the results: set the "
                "backend's environment variable instead (OPENAI_API_KEY, for one)"
            )
        import lm_eval.models  # noqa: F401 - or lm-eval would know no backend but ours
        from lm_eval.api.registry import get_model, model_registry

        if backend not in model_registry:
            known = ", ".join(sorted(name for name in model_registry if "snellen" not in name))
            raise InputError(f"lm-eval has no backend {backend!r}; it has {known}")
        try:
            self._lm = get_model(backend).create_from_arg_obj(dict(model_args))
        except Exception as error:  # whatever its constructor makes of bad arguments
            raise InputError(
                f"lm-eval's backend {backend} cannot be made: {_line(error)}"
            ) from error
        self.model = model
        self.numerics: Mapping[str, Any] = {
            "engine": f"lm-eval/{backend}",
            "lm_eval": version("lm_eval"),
            "model_args": {name: str(value) for name, value in sorted(model_args.items())},
        }
        # Backends that ask a server say a context of 2048 whatever the truth.
        remote = hasattr(self._lm, "_create_payload")
        self._local_tokens = not remote and hasattr(self._lm, "tok_encode")
        self.context_length: int | None = self._lm.max_length if self._local_tokens else None
        self.dropped: dict[str, str] = {}
        self.generation: Mapping[str, Any] = {}
        self.notices: list[str] = []

    def answer(self, requests: Iterable[Request], deliver: Deliver) -> None:
        """Answer in chunks, in order; each chunk is delivered as it is done.

        Raises:
            ModelRefused: the first chunk failed, every request of it.
        """
        source = iter(requests)
        proven = False
        while chunk := list(islice(source, _CHUNK)):
            if any(request.form for request in chunk):
                raise InputError(
                    f"{self.model}: answers of lm-eval's backends cannot be forced; use "
                    "--answer free"
                )
            self._note_dropped(chunk)
            results = self._chunk(chunk)
            failures = [result for result in results if isinstance(result, Failure)]
            if len(failures) == len(chunk) and not proven:
                raise ModelRefused(f"{self.model} answers nothing: {failures[0].reason}")
            proven = True
            deliver(list(zip(chunk, results, strict=True)))

    def loglikelihood(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        """Score continuations, as the backend does.

        Raises:
            InputError: it does not.
            SnellenError: it failed.
        """
        asked = [_instance("loglikelihood", pair, index) for index, pair in enumerate(pairs)]
        try:
            return list(self._lm.loglikelihood(asked))
        except NotImplementedError as error:
            raise InputError(
                f"{self.model} gives no log-probabilities of a given text: {_line(error)}"
            ) from error
        except Exception as error:  # whatever a backend makes of a text
            raise SnellenError(f"a text could not be scored: {_line(error)}") from error

    def count_tokens(self, text: str) -> int | None:
        """Tokens of ``text``, where the backend has the tokenizer in this process."""
        return len(self._lm.tok_encode(text)) if self._local_tokens else None

    def close(self) -> None:
        """Let go of the backend."""
        self._lm = None

    def _chunk(self, chunk: list[Request]) -> list[Reply | Failure]:
        try:
            return list(self._generate(chunk))
        except Exception as error:
            if len(chunk) == 1:
                return [Failure(_line(error))]
            log.warning("a chunk of %d requests failed (%s): one by one", len(chunk), _line(error))
        # Two in a row that fail at the start fail alike: spare the rest of the first chunk.
        results: list[Reply | Failure] = []
        for request in chunk:
            results += self._chunk([request])
            if len(results) == 2 and all(isinstance(result, Failure) for result in results):
                return results + [results[0]] * (len(chunk) - 2)
        return results

    def _generate(self, chunk: list[Request]) -> Iterator[Reply]:
        asked = [
            _instance("generate_until", (self._context(request), _settings(request)), index)
            for index, request in enumerate(chunk)
        ]
        texts = self._lm.generate_until(asked)
        for request, text in zip(chunk, texts, strict=True):
            yield self._reply(request, text or "")

    def _context(self, request: Request) -> Any:
        if request.raw:
            return "".join(turn.content for turn in request.messages)
        turns = [{"role": turn.role, "content": turn.content} for turn in request.messages]
        return self._lm.apply_chat_template(turns)

    def _reply(self, request: Request, text: str) -> Reply:
        """A backend returns text only: the finish reason is counted, where tokens can be."""
        tokens = self.count_tokens(text)
        if tokens is None:
            return Reply(text, "unknown")
        cut = tokens >= request.sampling.max_tokens
        return Reply(text, "length" if cut else "stop", completion_tokens=tokens)

    def _note_dropped(self, chunk: list[Request]) -> None:
        for field, reason in _NOT_PASSED.items():
            if any(getattr(request.sampling, field) is not None for request in chunk):
                self.dropped[field] = reason


def _instance(kind: Any, arguments: tuple[Any, ...], index: int) -> Instance:
    return Instance(kind, {}, arguments, index, (None, index, 1))


def _settings(request: Request) -> dict[str, Any]:
    """Sampling in lm-eval's words: some backends heed ``do_sample``, others the temperature."""
    sampling = request.sampling
    settings: dict[str, Any] = {"until": list(sampling.stop), "max_gen_toks": sampling.max_tokens}
    if sampling.temperature is not None:
        settings |= {"do_sample": sampling.temperature > 0, "temperature": sampling.temperature}
    if sampling.top_p is not None:
        settings["top_p"] = sampling.top_p
    return settings


def _line(error: Exception) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return redact(words[:300])
