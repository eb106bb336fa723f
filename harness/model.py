"""Our runners as lm-eval models: every answer is kept, and only the rest is asked for.

lm-eval hands over all requests of a kind at once and takes back strings. This class turns them
into requests with an identity, and has each answer in the journal before lm-eval hears of it.
What goes to the model is the context that lm-eval made, word for word: with the system
instruction, description, worked examples and prefix that the user asked lm-eval for.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lm_eval.api.instance import Instance

from ..errors import InputError, RequestsFailed
from ..runners.cached import CachedRunner
from ..runners.protocol import Message, Request, Sampling
from ..store.answers import Failure, Reply
from ..tasks.judging import AnswerText
from ..tasks.modes import base_mode
from ..tasks.trial import TrialId
from .failures import AnsweringLM

log = logging.getLogger(__name__)

LIMITS = ("max_gen_toks", "max_tokens", "max_new_tokens", "max_completion_tokens")
"""The names that tasks give the limit of an answer's tokens, the first found counts."""
_UNDERSTOOD = {*LIMITS, "until", "do_sample", "temperature", "top_p", "seed", "reasoning_effort"}
_DEFAULT_LIMIT = 256
"""lm-eval's own, for tasks that name none."""


class Conversation(str):
    """Turns as JSON: what :meth:`HarnessLM.apply_chat_template` makes of them for lm-eval."""

    __slots__ = ()


class HarnessLM(AnsweringLM):
    """Any runner as an lm-eval model."""

    def __init__(
        self,
        cached: CachedRunner,
        *,
        chat: bool = True,
        limit: Callable[[TrialId, int], int] | None = None,
    ) -> None:
        """Wrap a runner.

        Args:
            cached: the runner and its journal.
            chat: send a plain context (no chat template) as a user's turn; otherwise as raw text
                to continue.
            limit: the token limit of one of Snellen's own trials, from the trial and the limit
                that lm-eval gives; lm-eval itself knows only one limit per task.
        """
        super().__init__()
        self.cached = cached
        self.chat = chat
        self._limit = limit
        self._not_sent: set[str] = set()

    @property
    def tokenizer_name(self) -> str:
        """What lm-eval files cached requests under."""
        return self.cached.runner.model

    def chat_template(self, chat_template: bool | str = False) -> str:
        """Named, not shown: the template is the server's or the tokenizer's own."""
        return "snellen: messages"

    def apply_chat_template(
        self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True
    ) -> str:
        """Pass the conversation through as it is; the runner renders it.

        A prefix of the answer (lm-eval's ``gen_prefix``) is its last turn, the assistant's.
        """
        return Conversation(json.dumps(chat_history, ensure_ascii=False))

    def generate_until(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[AnswerText]:
        """Answer all requests; one string per request, in order.

        Raises:
            ModelRefused: no request to this model can succeed; what was answered is kept.
            RequestsFailed: some failed for good and nobody leaves them out of the scores; what
                was answered is kept.
            StoreError: the journal cannot be written.
        """
        given = [instance.args for instance in requests]
        built = self._build(requests)
        answers = self.cached.ask(built)
        for notice in self.cached.runner.notices:
            log.warning("%s", notice)
        for instance, args, request in zip(requests, given, built, strict=True):
            if isinstance(answer := answers[request.key], Reply):
                text = AnswerText(answer.text, answer.finish_reason)
                # Under what lm-eval asked, or its cache would not find it again.
                self.cache_hook.add_partial("generate_until", args, text)
            elif self.failed is not None:
                self.failed.note(instance.task_name, instance.doc_id, answer.reason)
        failures = {key: found for key, found in answers.items() if isinstance(found, Failure)}
        if failures and self.failed is None:
            raise RequestsFailed(_counted(failures, len(answers)))
        return [_text(answers[request.key]) for request in built]

    def loglikelihood(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[tuple[float, bool]]:
        """Log-likelihoods, where the runner can score a given text.

        Raises:
            InputError: it cannot, or the context is a conversation.
        """
        if any(isinstance(instance.args[0], Conversation) for instance in requests):
            raise InputError(
                f"{self.cached.runner.model} scores given texts without a chat template only: "
                "leave out --apply_chat_template, or choose tasks that generate"
            )
        return self.cached.runner.loglikelihood([instance.args for instance in requests])

    def loglikelihood_rolling(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[float]:
        """Log-likelihoods of whole texts, where the runner can score a given text."""
        pairs = [("", instance.args[0]) for instance in requests]
        return [total for total, _ in self.cached.runner.loglikelihood(pairs)]

    def get_model_info(self) -> dict[str, Any]:
        """What lm-eval writes into its results beside the scores.

        ``not_sent`` names settings that were asked for and not sent, each with the reason.
        """
        runner = self.cached.runner
        unknown = dict.fromkeys(sorted(self._not_sent), "Snellen's models know no such setting")
        return {
            "snellen_model": runner.model,
            "base_url": runner.base_url,
            "numerics": dict(runner.numerics),
            "generation": dict(runner.generation),
            "not_sent": unknown | dict(runner.dropped),
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
        context, settings = instance.args
        identity: dict[str, Any]
        if (trial := _trial(instance.doc)) is None:
            identity = {"harness_task": instance.task_name, "doc": instance.doc_id}
        else:
            identity = trial.as_dict()
            if self._limit is not None:
                settings = settings | {"max_gen_toks": self._limit(trial, limit_of(settings))}
                # The samples that lm-eval writes say what was sent.
                instance.arguments = (context, settings)
        if repeat:
            identity["repeat"] = repeat
        self._name_unknown(settings)
        # Plain examples without a template are a text to continue, as in `snellen run`.
        plain = trial is not None and base_mode(trial.mode) == "fewshot"
        chat = isinstance(context, Conversation) or (self.chat and not plain)
        return self.cached.request(_messages(context), _sampling(settings), identity, chat=chat)

    def _name_unknown(self, settings: Mapping[str, Any]) -> None:
        for name in settings.keys() - _UNDERSTOOD - self._not_sent:
            self._not_sent.add(name)
            log.warning("the generation setting %s is not sent: there is none by that name", name)


def limit_of(settings: Mapping[str, Any]) -> int:
    """The token limit among lm-eval's generation settings, or its default."""
    return int(next((settings[name] for name in LIMITS if name in settings), _DEFAULT_LIMIT))


def _trial(doc: Any) -> TrialId | None:
    try:
        return TrialId.from_dict(doc)
    except (KeyError, TypeError, AttributeError):
        return None


def _messages(context: str) -> tuple[Message, ...]:
    if isinstance(context, Conversation):
        return tuple(Message(turn["role"], turn["content"]) for turn in json.loads(context))
    return (Message("user", context),)


def _sampling(settings: Mapping[str, Any]) -> Sampling:
    temperature = settings.get("temperature")
    if settings.get("do_sample") is False or temperature is None:
        temperature = 0.0
    until = settings.get("until") or ()
    return Sampling(
        max_tokens=limit_of(settings),
        temperature=float(temperature),
        top_p=settings.get("top_p"),
        seed=settings.get("seed"),
        stop=(until,) if isinstance(until, str) else tuple(until),
        reasoning_effort=settings.get("reasoning_effort"),
    )


def _text(result: Reply | Failure) -> AnswerText:
    if isinstance(result, Failure):
        return AnswerText("", "failed")
    return AnswerText(result.text, result.finish_reason)


def _counted(failures: Mapping[str, Failure], asked: int) -> str:
    reasons = Counter(failure.reason for failure in failures.values())
    named = "; ".join(f"{count}x {reason}" for reason, count in reasons.most_common(3))
    more = f"; and {len(reasons) - 3} more reasons" if len(reasons) > 3 else ""
    return (
        f"{len(failures)} of {asked} requests failed for good, so nothing is scored: "
        f"{named}{more}. "
        "With journal=PATH among the --model_args what was answered is kept, and the same command "
        "asks only for the rest; 'snellen lm-eval run' scores what was answered"
    )
