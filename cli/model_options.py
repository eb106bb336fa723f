"""The options that say which model is asked and how: shared by every command that asks."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..exams.settings import Settings, Silent, Watcher
from ..support.secrets import load_env_file, secret_among

DTYPES = ("auto", "float32", "bfloat16", "float16", "float64")


def add_model_arguments(
    parser: argparse.ArgumentParser,
    *,
    one: bool = True,
    default: str | None = "bundled",
    budget: Callable[[str], Any] = float,
    batch: bool = False,
) -> None:
    """Add ``--model``, unless the command takes several, and what goes with it.

    Args:
        parser: the command's.
        one: whether it takes one model.
        default: which, if none is named.
        budget: reads ``--budget``.
        batch: whether all that is asked is known from the start, so that it may go into batches.
    """
    group = parser.add_argument_group("the model")
    if one:
        group.add_argument(
            "--model",
            default=default,
            help="'snellen models' lists the kinds of model"
            + (f" (default: {default})" if default else ""),
        )
    group.add_argument("--base-url", help="address of a running server to ask")
    group.add_argument(
        "--dtype",
        choices=DTYPES,
        help="precision of weights and arithmetic (models in this process and vLLM)",
    )
    group.add_argument("--device", help="cpu, cuda, … (models in this process)")
    group.add_argument(
        "--model-args",
        default="",
        metavar="K=V,… | JSON",
        help="more settings of the engine: vLLM's flags, an lm-eval backend's arguments",
    )
    group.add_argument(
        "--extra-body", default="", metavar="JSON", help="more fields for the body of every request"
    )
    group.add_argument(
        "--header",
        action="append",
        default=[],
        metavar="'NAME: VALUE'",
        help="one more header for every request (never a key: keys come from the environment)",
    )
    group.add_argument(
        "--concurrency", type=int, help="at most this many requests in flight at once"
    )
    group.add_argument("--rpm", type=float, help="at most this many requests per minute")
    group.add_argument("--tpm", type=float, help="at most this many tokens per minute")
    group.add_argument("--env-file", type=Path, help="read API keys from this file")
    group.add_argument(
        "--budget",
        type=budget,
        metavar="USD",
        help="stop when this much is spent"
        + ("" if budget is float else "; or 600requests or 2Mtokens, or several joined by +"),
    )
    group.add_argument(
        "--prices", type=Path, help="a file with prices of your own (see docs/runners.md)"
    )
    if batch:
        group.add_argument(
            "--batch",
            action="store_true",
            help="use the provider's batch API: answers within a day, at half the price (OpenAI, "
            "Azure, Gemini)",
        )
    else:
        group.add_argument("--batch", action=_NoBatch, nargs=0, help=argparse.SUPPRESS)


class _NoBatch(argparse.Action):
    """Says why a command takes no batches, where argparse would say that it knows no such word."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        raise InputError(
            f"--batch: {parser.prog} asks in steps, each after the answers to the one before, and "
            "a batch takes up to a day; 'snellen run --batch' asks lengths that you choose"
        )


def add_sampling_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how an answer is drawn."""
    group = parser.add_argument_group("how answers are drawn")
    group.add_argument(
        "--max-tokens",
        type=int,
        help="token limit of an answer (default: what mode and length need)",
    )
    group.add_argument(
        "--temperature", type=float, default=0.0, help="sampling temperature (default: 0, greedy)"
    )
    group.add_argument("--top-p", type=float, help="nucleus sampling (default: not sent)")
    group.add_argument("--sampling-seed", type=int, help="sampling seed to send to the provider")
    group.add_argument("--reasoning-effort", help="for models that think: low, medium, high, …")
    group.add_argument(
        "--raw", action="store_true", help="send the prompt as raw text, without a chat template"
    )


def settings_of(args: argparse.Namespace, watcher: Watcher | None = None) -> Settings:
    """How a run is carried out, as the options say.

    Raises:
        InputError: a limit is not positive, or the file of keys cannot be read.
    """
    for name in ("concurrency", "rpm", "tpm", "budget"):
        value = getattr(args, name)
        if value is not None and value <= 0:
            raise InputError(f"--{name} {value:g}: a limit is above 0")
    if args.env_file is not None:
        load_env_file(args.env_file)
    return Settings(
        out=args.out,
        run_id=args.run_id,
        budget=args.budget,
        prices=args.prices,
        concurrency=args.concurrency,
        requests_per_minute=args.rpm,
        tokens_per_minute=args.tpm,
        batch=getattr(args, "batch", False),
        watcher=watcher or Silent(),
    )


def parse_model_args(text: str) -> Mapping[str, Any]:
    """Read ``k=v,k=v`` or a JSON object; values are JSON where they can be.

    >>> parse_model_args("tensor_parallel_size=2,dtype=float16,enforce_eager=true")
    {'tensor_parallel_size': 2, 'dtype': 'float16', 'enforce_eager': True}

    Raises:
        InputError: it is neither, or names a key (keys come from the environment only).
    """
    if text.lstrip().startswith("{"):
        try:
            found = dict(json.loads(text))
        except json.JSONDecodeError as error:
            raise InputError(f"--model-args is not JSON: {error}") from error
    else:
        found = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, equals, value = part.partition("=")
            if not equals:
                raise InputError(f"--model-args: {part!r} is not name=value")
            found[name.strip()] = _value(value)
    if secret := secret_among(found):
        raise InputError(
            f"--model-args: {secret!r} would be written to disk; put the key in the environment"
        )
    return found


def parse_extra_body(text: str) -> Mapping[str, Any]:
    """Read the JSON object of ``--extra-body``.

    Raises:
        InputError: it is not one.
    """
    try:
        found = json.loads(text) if text.strip() else {}
    except json.JSONDecodeError as error:
        raise InputError(f"--extra-body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise InputError(f"--extra-body {text}: a JSON object, such as '{{\"top_k\": 1}}'")
    return found


def parse_headers(lines: Sequence[str]) -> Mapping[str, str]:
    """Read the headers of ``--header``.

    Raises:
        InputError: one is not ``Name: value``.
    """
    found = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise InputError(f"--header {line!r} is not 'Name: value'")
        found[name.strip()] = value.strip()
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
