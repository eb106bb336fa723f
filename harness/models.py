"""Our models under the stock harness: ``--model snellen-gemini --model_args model=…``.

lm-eval builds a model from a name and ``--model_args``; these classes turn those into a runner
and are :class:`~snellen.harness.model.HarnessLM` otherwise. With ``journal=PATH`` among the
arguments every answer is kept there as it arrives, and the next run asks only for the rest.
"""

from __future__ import annotations

import atexit
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import lm_eval.models  # noqa: F401 - first: registering before it would hide all built-ins
from lm_eval.api.registry import register_model

from ..errors import InputError
from ..runners.cached import CachedRunner
from ..runners.registry import Options, open_runner
from ..store.journal import Journal
from ..support.secrets import secret_among
from .model import HarnessLM

_OF_EVERY_MODEL = ("base_url", "concurrency", "requests_per_minute", "tokens_per_minute")


class SnellenLM(HarnessLM):
    """What the models have in common: reading lm-eval's arguments."""

    scheme: ClassVar[str]

    def __init__(
        self,
        model: str = "",
        *,
        pretrained: str = "",
        journal: str | None = None,
        batch_size: Any = None,
        max_batch_size: Any = None,
        device: str | None = None,
        **model_args: Any,
    ) -> None:
        """Make the model.

        Args:
            model: its name, without ``openai/`` and the like.
            pretrained: another word for it, which ``hf`` and ``vllm`` use.
            journal: a file that keeps every answer.
            batch_size: not heeded, like the next two: lm-eval passes them to every model.
            max_batch_size: not heeded; a server batches by itself.
            device: not heeded; lm-eval's default is ``cuda:0``, whatever the machine.
            model_args: base_url, concurrency, requests_per_minute, tokens_per_minute, dtype;
                the rest goes to the engine, where there is one.

        Raises:
            InputError: the model cannot be reached, or an argument is wrong.
        """
        if secret := secret_among(model_args):
            raise InputError(
                f"{secret} in --model_args would be written into the results: set the "
                "provider's environment variable instead"
            )
        taken = {name: model_args.pop(name) for name in _OF_EVERY_MODEL if name in model_args}
        name = model or pretrained
        options = Options(
            dtype=model_args.pop("dtype", None),
            model_args=model_args,
            log_folder=Path(tempfile.gettempdir()) / "snellen",
            **taken,
        )
        if not name and self.scheme != "bundled":
            raise InputError(f"snellen-{self.scheme} needs model=… among the --model_args")
        full = f"{self.scheme}/{name}" if name else self.scheme
        runner = open_runner(full, options)
        atexit.register(runner.close)  # lm-eval never closes a model
        kept = Journal(Path(journal)) if journal else None
        super().__init__(CachedRunner(runner, kept))


@register_model("snellen-bundled")
class SnellenBundled(SnellenLM):
    """The bundled SmolLM2-135M-Instruct."""

    scheme = "bundled"


@register_model("snellen-openai")
class SnellenOpenAI(SnellenLM):
    """OpenAI, or any compatible server by ``base_url``."""

    scheme = "openai"


@register_model("snellen-gemini")
class SnellenGemini(SnellenLM):
    """Gemini."""

    scheme = "gemini"


@register_model("snellen-vllm")
class SnellenVLLM(SnellenLM):
    """A vLLM server: a running one by ``base_url``, or one that is started and stopped."""

    scheme = "vllm"
