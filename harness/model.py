"""Our runners as lm-eval models: every answer is kept, and only the rest is asked for.

lm-eval hands over all requests of a kind at once and takes back strings. This class turns them
into requests with an identity, and has each answer in the journal before lm-eval sees it.
What goes to the model is the context that lm-eval made, word for word: with the system
instruction, description, worked examples and prefix that the user asked lm-eval for.
"""

from __future__ import annotations

import json
import logging
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lm_eval.api.instance import Instance

from ..errors import InputError, RequestsFailed, SnellenError
from ..runners.cached import CachedRunner
from ..runners.protocol import Request
from ..store.answers import Failure, Reply
from ..tasks.judging import AnswerText
from ..tasks.modes import base_mode
from ..tasks.trial import TrialId
from .failures import AnsweringLM, FailedDocuments
from .request_parts import (
    UNDERSTOOD,
    Conversation,
    limit_of,
    messages_of,
    sampling_of,
    trial_of,
)

log = logging.getLogger(__name__)

_CHUNK = 256
"""Texts scored at a time; of a chunk with a failure all are scored again."""


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
            SnellenError: a text could not be scored, and nobody leaves it out of the scores.
        """
        if any(isinstance(instance.args[0], Conversation) for instance in requests):
            raise InputError(
                f"{self.cached.runner.model} scores given texts without a chat template only: "
                "leave out --apply_chat_template, or choose tasks that generate"
            )
        return self._score(requests, [instance.args for instance in requests])

    def loglikelihood_rolling(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[float]:
        """Log-likelihoods of whole texts, where the runner can score a given text.

        Raises:
            InputError: it cannot.
            SnellenError: a text could not be scored, and nobody leaves it out of the scores.
        """
        pairs = [("", instance.args[0]) for instance in requests]
        return [total for total, _ in self._score(requests, pairs)]

    def _score(
        self, requests: Sequence[Instance], pairs: Sequence[tuple[str, str]]
    ) -> list[tuple[float, bool]]:
        """Score pairs; of a chunk in which one fails, each by itself, so that it fails alone."""
        runner = self.cached.runner
        found: list[tuple[float, bool]] = []
        chunk = max(_CHUNK, runner.parallel)
        for start in range(0, len(pairs), chunk):
            some = pairs[start : start + chunk]
            try:
                found += runner.loglikelihood(some)
            except InputError:
                raise
            except SnellenError:
                if self.failed is None:
                    raise
                found += [
                    self._score_alone(instance, pair, self.failed)
                    for instance, pair in zip(requests[start:], some, strict=False)
                ]
        return found

    def _score_alone(
        self, instance: Instance, pair: tuple[str, str], failed: FailedDocuments
    ) -> tuple[float, bool]:
        try:
            (score,) = self.cached.runner.loglikelihood([pair])
        except InputError:
            raise
        except SnellenError as error:
            failed.note(instance.task_name, instance.doc_id, str(error))
            return math.nan, False
        return score

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
        if (trial := trial_of(instance.doc)) is None:
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
        return self.cached.request(messages_of(context), sampling_of(settings), identity, chat=chat)

    def _name_unknown(self, settings: Mapping[str, Any]) -> None:
        for name in settings.keys() - UNDERSTOOD - self._not_sent:
            self._not_sent.add(name)
            log.warning("the generation setting %s is not sent: there is none by that name", name)


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
