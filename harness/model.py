"""The bridge to lm-eval: an ``LM`` that keeps every answer in a journal and asks only for the rest.

lm-eval hands over all requests of a kind at once and takes back strings. This class turns them
into requests with an identity, and has each answer in the journal before lm-eval hears of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from ..errors import InputError
from ..runners.cached import CachedRunner
from ..runners.protocol import Message, Request, Sampling
from ..store.answers import Failure, Reply
from ..tasks.judging import AnswerText
from ..tasks.trial import TrialId


class HarnessLM(LM):  # type: ignore[misc]  # lm-eval is untyped
    """Any runner as an lm-eval model."""

    def __init__(
        self,
        asker: CachedRunner,
        *,
        chat: bool = True,
        sampling: Callable[[TrialId], Sampling] | None = None,
    ) -> None:
        """Wrap a runner.

        Args:
            asker: the runner and its journal.
            chat: send a plain prompt as a user's turn; otherwise as raw text to continue.
            sampling: how the answers to Snellen's own trials are drawn, instead of as lm-eval
                was told; it knows only one token limit per task.
        """
        super().__init__()
        self.asker = asker
        self.chat = chat
        self._plan = sampling

    @property
    def tokenizer_name(self) -> str:
        """What lm-eval files cached requests under."""
        return self.asker.runner.model

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
        built = self._build(requests)
        answers = self.asker.ask(built)
        texts = [_text(answers[request.key]) for request in built]
        for instance, text in zip(requests, texts, strict=True):
            if text.finish_reason != "failed":
                self.cache_hook.add_partial("generate_until", instance.args, text)
        return texts

    def loglikelihood(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[tuple[float, bool]]:
        """Log-likelihoods, where the runner can score a given text."""
        return self.asker.runner.loglikelihood([instance.args for instance in requests])

    def loglikelihood_rolling(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[float]:
        """Log-likelihoods of whole texts, where the runner can score a given text."""
        pairs = [("", instance.args[0]) for instance in requests]
        return [total for total, _ in self.asker.runner.loglikelihood(pairs)]

    def get_model_info(self) -> dict[str, Any]:
        """What lm-eval writes into its results beside the scores."""
        runner = self.asker.runner
        return {
            "snellen_model": runner.model,
            "base_url": runner.base_url,
            "numerics": dict(runner.numerics),
        }

    def _build(self, requests: Sequence[Instance]) -> list[Request]:
        seen: Counter[tuple[str, int, int]] = Counter()
        built = []
        for instance in requests:
            place = (instance.task_name, instance.doc_id, instance.idx)
            built.append(self._request(instance, repeat=seen[place]))
            seen[place] += 1
        return built

    def _request(self, instance: Instance, repeat: int) -> Request:
        context, gen_kwargs = instance.args
        trial = _trial(instance.doc)
        identity: dict[str, Any] = (
            {"harness_task": instance.task_name, "doc": instance.doc_id}
            if trial is None
            else trial.as_dict()
        )
        if repeat:
            identity["repeat"] = repeat
        return self.asker.request(
            _messages(context), _sampling(gen_kwargs), identity, chat=self.chat
        )


_TURNS = '[{"role"'
"""How a context that :meth:`HarnessLM.apply_chat_template` made begins."""


def _trial(doc: Any) -> TrialId | None:
    try:
        return TrialId.from_dict(doc)
    except (KeyError, TypeError, AttributeError, ValueError, InputError):
        return None


def _messages(context: str) -> tuple[Message, ...]:
    if context.startswith(_TURNS):
        return tuple(Message(turn["role"], turn["content"]) for turn in json.loads(context))
    return (Message("user", context),)


def _sampling(gen_kwargs: Mapping[str, Any]) -> Sampling:
    """Read lm-eval's generation settings, in all the names that its tasks use."""
    names = ("max_gen_toks", "max_tokens", "max_new_tokens", "max_completion_tokens")
    limit = next((gen_kwargs[name] for name in names if name in gen_kwargs), 256)
    temperature = gen_kwargs.get("temperature")
    if gen_kwargs.get("do_sample") is False or temperature is None:
        temperature = 0.0
    until = gen_kwargs.get("until") or ()
    return Sampling(
        max_tokens=int(limit),
        temperature=float(temperature),
        top_p=gen_kwargs.get("top_p"),
        seed=gen_kwargs.get("seed"),
        stop=(until,) if isinstance(until, str) else tuple(until),
        reasoning_effort=gen_kwargs.get("reasoning_effort"),
    )


def _text(result: Reply | Failure) -> AnswerText:
    if isinstance(result, Failure):
        return AnswerText("", "failed")
    return AnswerText(result.text, result.finish_reason)
