"""The bridge to lm-eval: an ``LM`` that keeps every answer in a journal and asks only for the rest.

lm-eval hands over all requests of a kind at once and takes back strings. This class gives each
request its identity, looks it up, asks a :class:`Runner` for what is missing, and has each
answer in the journal before lm-eval hears of it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NoReturn

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from ..errors import InputError
from ..store.answers import Entry, Failure, Reply
from ..store.journal import Journal, answer_key, canonical
from ..tasks.answers import AnswerText
from ..tasks.harness import question
from ..tasks.question import TrialId
from .base import Message, Request, Runner, Sampling

Progress = Callable[[Sequence[Reply | Failure]], None]
"""Hears of answers as they are kept."""

TRIAL_FIELDS = tuple(TrialId.__dataclass_fields__)


class HarnessLM(LM):  # type: ignore[misc]  # lm-eval is untyped
    """Any runner as an lm-eval model.

    Attributes:
        failures: the requests of this session that failed for good, by key.
        total: requests lm-eval asked for in this session.
        known: how many of them the journal could already answer.
    """

    def __init__(
        self,
        runner: Runner,
        journal: Journal | None = None,
        *,
        chat: bool = True,
        max_tokens: Callable[[Mapping[str, Any]], int] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Wrap a runner.

        Args:
            runner: who answers.
            journal: where answers are kept; without one they live as long as lm-eval holds them.
            chat: send a plain prompt as a user's turn; otherwise as raw text to continue.
            max_tokens: the token limit for one of Snellen's own documents, instead of the
                task's.
            progress: hears of answers as they are kept.
        """
        super().__init__()
        self.runner = runner
        self.journal = journal
        self.chat = chat
        self.failures: dict[str, Failure] = {}
        self.total = 0
        self.known = 0
        self._max_tokens = max_tokens
        self._progress = progress or (lambda results: None)

    @property
    def tokenizer_name(self) -> str:
        """What lm-eval files cached requests under."""
        return self.runner.model

    def chat_template(self, chat_template: bool | str = False) -> str:
        """Named, not shown: the template is the server's or the tokenizer's own."""
        return "snellen: messages"

    def apply_chat_template(
        self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True
    ) -> str:
        """Pass the conversation through as it is; the runner renders it."""
        return json.dumps(chat_history, ensure_ascii=False)

    def generate_until(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[AnswerText]:
        """Answer all requests; one string per request, in order.

        Raises:
            ModelRefused: no request to this model can succeed; what was answered is kept.
            StoreError: the journal cannot be written.
        """
        built = list(zip(self._build(requests), requests, strict=True))
        self.total += len(built)
        answers = self._look_up(request for request, _ in built)
        self.known += len(answers)
        arguments = {request.key: instance.args for request, instance in built}
        self._progress(list(answers.values()))

        def deliver(results: Sequence[tuple[Request, Reply | Failure]]) -> None:
            if self.journal is not None:
                self.journal.append([_entry(request, result) for request, result in results])
            for request, result in results:
                answers[request.key] = result
                if isinstance(result, Failure):
                    self.failures[request.key] = result
                else:
                    self.cache_hook.add_partial(
                        "generate_until", arguments[request.key], result.text
                    )
            self._progress([result for _, result in results])

        missing = {request.key: request for request, _ in built if request.key not in answers}
        if missing:
            self.runner.answer(missing.values(), deliver)
        return [_text(answers[request.key]) for request, _ in built]

    def loglikelihood(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[tuple[float, bool]]:
        """Log-likelihoods, where the runner can score a given text."""
        score = getattr(self.runner, "loglikelihood", None)
        if score is None:
            self._refuse("loglikelihood")
        return list(score([instance.args for instance in requests]))

    def loglikelihood_rolling(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[float]:
        """Log-likelihood of whole texts, where the runner can score a given text."""
        score = getattr(self.runner, "loglikelihood", None)
        if score is None:
            self._refuse("loglikelihood_rolling")
        return [total for total, _ in score([("", text) for (text,) in (i.args for i in requests)])]

    def get_model_info(self) -> dict[str, Any]:
        """What lm-eval writes into its results beside the scores."""
        return {
            "snellen_model": self.runner.model,
            "base_url": self.runner.base_url,
            "numerics": dict(self.runner.numerics),
        }

    def _refuse(self, kind: str) -> NoReturn:
        raise InputError(
            f"{self.runner.model} gives no log-probabilities of a given text, which tasks of "
            f"type {kind} need; choose tasks that generate, or a vLLM server"
        )

    def _build(self, requests: Sequence[Instance]) -> Iterator[Request]:
        seen: Counter[tuple[str, int, int]] = Counter()
        for instance in requests:
            place = (instance.task_name, instance.doc_id, instance.idx)
            yield self._request(instance, repeat=seen[place])
            seen[place] += 1

    def _request(self, instance: Instance, repeat: int) -> Request:
        context, gen_kwargs = instance.args
        messages = _messages(context)
        identity, notes = self._trial(instance, repeat)
        sampling = _sampling(gen_kwargs)
        if self._max_tokens is not None and "length" in identity:
            sampling = Sampling(**asdict(sampling) | {"max_tokens": self._max_tokens(identity)})
        key = answer_key(
            model=self.runner.model,
            base_url=self.runner.base_url,
            numerics=self.runner.numerics,
            messages=[asdict(message) for message in messages],
            sampling=asdict(sampling) | {"chat": self.chat},
            trial=identity,
        )
        raw = not self.chat and len(messages) == 1
        return Request(key, messages, sampling, raw, identity | notes)

    def _trial(self, instance: Instance, repeat: int) -> tuple[dict[str, Any], dict[str, Any]]:
        doc = instance.doc
        if isinstance(doc, Mapping) and all(name in doc for name in TRIAL_FIELDS):
            identity = {name: doc[name] for name in TRIAL_FIELDS}
            notes = {"tokens": self.runner.count_tokens(question(doc).sequence)}
        else:
            identity = {"harness_task": instance.task_name, "doc": instance.doc_id}
            notes = {}
        if repeat:
            identity["repeat"] = repeat
        return identity, notes

    def _look_up(self, requests: Iterator[Request]) -> dict[str, Reply | Failure]:
        if self.journal is None:
            return {}
        found = ((request.key, self.journal.get(request.key)) for request in requests)
        return {key: reply for key, reply in found if reply is not None}


def _messages(context: str) -> tuple[Message, ...]:
    # apply_chat_template above is the only source of a context that is a JSON list of turns.
    if context.startswith('[{"role"'):
        turns = json.loads(context)
        return tuple(Message(turn["role"], turn["content"]) for turn in turns)
    return (Message("user", context),)


def _sampling(gen_kwargs: Mapping[str, Any]) -> Sampling:
    """Read lm-eval's generation settings, in all the names that its tasks use."""
    limits = ("max_gen_toks", "max_tokens", "max_new_tokens", "max_completion_tokens")
    max_tokens = next((gen_kwargs[name] for name in limits if name in gen_kwargs), 256)
    temperature = gen_kwargs.get("temperature")
    if gen_kwargs.get("do_sample") is False or temperature is None:
        temperature = 0.0
    until = gen_kwargs.get("until") or ()
    return Sampling(
        max_tokens=int(max_tokens),
        temperature=float(temperature),
        top_p=gen_kwargs.get("top_p"),
        seed=gen_kwargs.get("seed"),
        stop=(until,) if isinstance(until, str) else tuple(until),
        reasoning_effort=gen_kwargs.get("reasoning_effort"),
    )


def _entry(request: Request, result: Reply | Failure) -> Entry:
    turns = request.messages
    prompt = turns[0].content if len(turns) == 1 else canonical([asdict(turn) for turn in turns])
    return Entry(
        key=request.key,
        trial=request.trial,
        prompt_sha256=hashlib.sha256(prompt.encode()).hexdigest(),
        result=result,
        sampling=asdict(request.sampling),
    )


def _text(result: Reply | Failure) -> AnswerText:
    if isinstance(result, Failure):
        return AnswerText("", "failed")
    return AnswerText(result.text, result.finish_reason)
