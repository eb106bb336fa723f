"""What the chaos test runs in processes that it kills."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from snellen.runners.batch.runner import BatchRunner
from snellen.runners.cached import CachedRunner
from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.dispatch.provider import Limits
from snellen.runners.gemini.batches import GeminiBatches
from snellen.runners.gemini.provider import Gemini
from snellen.runners.openai.batches import OpenAIBatches
from snellen.runners.openai.provider import OpenAI
from snellen.runners.protocol import Message, Sampling
from snellen.store.journal import Journal

LIMITS = Limits(concurrency=8, attempt_s=30.0, faults=30)


def ask_all(path: str, root: str, prompts: list[str], gemini: bool) -> None:
    """Ask every prompt that the journal does not know; may be killed at any moment."""
    os.environ["OPENAI_API_KEY"] = os.environ["GEMINI_API_KEY"] = "good-key-123456"
    provider = (
        Gemini("wire-1", base_url=root) if gemini else OpenAI("wire-1", base_url=root + "/v1")
    )
    with Journal(Path(path)) as journal, closing(Dispatch(provider, LIMITS)) as runner:
        cached = CachedRunner(runner, journal)
        cached.ask(
            [cached.request((Message("user", p),), Sampling(16), {"prompt": p}) for p in prompts]
        )
        if cached.failures:
            raise SystemExit(f"failed: {cached.failures}")


def ask_in_batches(path: str, root: str, prompts: list[str], gemini: bool) -> None:
    """The same by batches."""
    os.environ["OPENAI_API_KEY"] = os.environ["GEMINI_API_KEY"] = "good-key-123456"
    service: GeminiBatches | OpenAIBatches
    if gemini:
        service = GeminiBatches("wire-1", base_url=root)
    else:
        service = OpenAIBatches("wire-1", base_url=root + "/v1")
    runner = BatchRunner(service, poll_s=(0.01, 0.02), patience=Limits(faults=1000))
    with Journal(Path(path)) as journal, closing(runner):
        runner.log_into(Path(path).parent)
        cached = CachedRunner(runner, journal)
        cached.ask(
            [cached.request((Message("user", p),), Sampling(16), {"prompt": p}) for p in prompts]
        )
        if cached.failures:
            raise SystemExit(f"failed: {cached.failures}")
