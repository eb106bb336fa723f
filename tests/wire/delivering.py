"""The words of these tests: who serves, who asks, and what was delivered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing

from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.dispatch.provider import Limits, Provider
from snellen.runners.protocol import Failure, Reply, Request
from wireserver import Serving, Wire

FAST = Limits(concurrency=4, attempt_s=5.0, give_up_s=20.0, faults=3)
Serve = Callable[[Wire], Serving]
Ask = Callable[..., Request]
Run = Callable[..., tuple[Wire, Dispatch]]


class Delivered(dict[str, Reply | Failure]):
    """What was delivered, by prompt; each prompt once."""

    def __call__(self, answers: Sequence[tuple[Request, Reply | Failure]]) -> None:
        for request, answer in answers:
            assert request.key not in self
            self[request.key] = answer

    def reply(self, prompt: str) -> Reply:
        """The answer to a prompt, which did not fail."""
        answer = self[prompt]
        assert isinstance(answer, Reply)
        return answer

    def failure(self, prompt: str) -> Failure:
        """Why a prompt failed, which it did."""
        answer = self[prompt]
        assert isinstance(answer, Failure)
        return answer

    @property
    def replies(self) -> dict[str, Reply]:
        """All answers; none of them is a failure."""
        return {prompt: self.reply(prompt) for prompt in self}

    @property
    def texts(self) -> dict[str, str | None]:
        """What was answered, by prompt; nothing failed."""
        return {prompt: reply.text for prompt, reply in self.replies.items()}


def asked(
    provider: Provider,
    requests: Iterable[Request],
    delivered: Delivered,
    limits: Limits = FAST,
) -> Dispatch:
    """Who asked a provider all of these; closed, however it went."""
    with closing(Dispatch(provider, limits)) as runner:
        runner.answer(iter(requests), delivered)
    return runner
