"""Whether prompt and answer fit a model's context."""

from __future__ import annotations

from ..errors import InputError
from ..runners.protocol import Request, Runner
from ..runners.tokens import approximate_tokens
from ..tasks.trial import Trial

_FEWEST = 4
"""An approximate count of tokens is at most so many times the true one."""


def check_context(runner: Runner, trial: Trial, request: Request) -> None:
    """Make sure that a prompt and its answer fit the model's context, where that is known.

    Raises:
        InputError: they do not.
    """
    if needed := too_long(runner, trial, request):
        raise InputError(
            f"length {trial.id.length} of {trial.id.task} does not fit: prompt and answer need "
            f"{needed} tokens, the context of {runner.model} is {runner.context_length:,}; lower "
            "--lengths or --max-tokens"
        )


def too_long(runner: Runner, trial: Trial, request: Request) -> str:
    """How many tokens a trial needs, in words, if the model's context is too short; else empty."""
    if runner.context_length is None:
        return ""
    tokens, about = runner.count_tokens(trial.prompt), ""
    if tokens is None:  # at least so many, for no tokenizer is known that needs fewer
        tokens, about = approximate_tokens(trial.prompt) // _FEWEST, "at least "
    needed = tokens + request.sampling.max_tokens
    return f"{about}{needed:,}" if needed > runner.context_length else ""
