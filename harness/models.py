"""Our models in lm-eval: ``--model snellen-gemini --model_args model=…``.

lm-eval builds a model from a name and ``--model_args``; there is one class for every kind of
model that Snellen knows, made from what it knows of the kind. Each turns the arguments into a
runner and is :class:`~snellen.harness.model.HarnessLM` otherwise. With ``journal=PATH`` among the
arguments every answer is kept there as it arrives, and the next run asks only for the rest.
"""

from __future__ import annotations

import atexit
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar

import lm_eval.models  # noqa: F401 - first: registering before it would hide all built-ins
from lm_eval.api.registry import register_model

from ..errors import InputError
from ..runners.cached import CachedRunner
from ..runners.kinds import Options
from ..runners.registry import kinds, open_runner
from ..store.journal import Journal
from ..support.secrets import secret_among
from .model import HarnessLM
from .token_limits import TrialLimits

PREFIX = "snellen-"
_OPTIONS = {option.name for option in fields(Options)} - {"model_args", "log_folder", "device"}


class SnellenLM(HarnessLM):
    """What the models have in common: reading lm-eval's arguments.

    Attributes:
        scheme: how the names of these models begin in Snellen.
    """

    scheme: ClassVar[str]

    def __init__(
        self,
        model: str = "",
        *,
        pretrained: str = "",
        journal: str | None = None,
        chat: bool = True,
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
            chat: without ``--apply_chat_template``, ask as a user's turn; false: send the text
                as it is, to be continued.
            batch_size: not heeded, like the next two: lm-eval passes them to every model.
            max_batch_size: not heeded; a server batches by itself.
            device: not heeded; lm-eval's default is ``cuda:0``, whatever the machine.
            model_args: how the model is reached (base_url, concurrency, requests_per_minute,
                tokens_per_minute, dtype, …); the rest goes to the engine, where there is one.

        Raises:
            InputError: the model cannot be reached, or an argument is wrong.
        """
        if secret := secret_among(model_args):
            raise InputError(
                f"{secret} in --model_args would be written into the results: set the "
                "provider's environment variable instead"
            )
        taken = {name: model_args.pop(name) for name in _OPTIONS & model_args.keys()}
        options = Options(
            model_args=model_args, log_folder=Path(tempfile.gettempdir()) / "snellen", **taken
        )
        full = self._full_name(model or pretrained)
        runner = open_runner(full, options)
        atexit.register(runner.close)  # lm-eval never closes a model
        kept = Journal(Path(journal)) if journal else None
        super().__init__(
            CachedRunner(runner, kept), chat=chat, limit=TrialLimits(full, options.base_url)
        )

    def _full_name(self, name: str) -> str:
        if not kinds()[self.scheme].named:
            return self.scheme
        if not name:
            raise InputError(f"{PREFIX}{self.scheme} needs model=… among the --model_args")
        return f"{self.scheme}/{name}"


def class_name(scheme: str) -> str:
    """The name of the class of a kind of model, which entry points name.

    >>> class_name("openai"), class_name("my-server")
    ('SnellenOpenai', 'SnellenMyServer')
    """
    return "Snellen" + "".join(word.capitalize() for word in scheme.replace("_", "-").split("-"))


def _register() -> None:
    for scheme, kind in kinds().items():
        if scheme == "lm-eval":  # its own backends need no help from us
            continue
        name = class_name(scheme)
        body = {"scheme": scheme, "__doc__": f"{kind.summary}.", "__module__": __name__}
        globals()[name] = register_model(PREFIX + scheme)(type(name, (SnellenLM,), body))


_register()
