"""From a model's name to who answers for it: the kinds that are known, plug-ins included."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from ..errors import InputError
from ..support.secrets import redact_logs
from .builtin import BUILT_IN
from .kinds import ModelKind, Options
from .protocol import Runner

__all__ = [
    "GROUP",
    "Options",
    "check_options",
    "find_kind",
    "kinds",
    "load_plug_ins",
    "open_runner",
]

log = logging.getLogger(__name__)

GROUP = "snellen.models"
"""The entry-point group in which other distributions name their kinds of models."""

_FLAGS = {
    "requests_per_minute": "--rpm",
    "tokens_per_minute": "--tpm",
    "base_url": "--base-url",
    "model_args": "--model-args",
    "extra_body": "--extra-body",
    "extra_headers": "--header",
}


@cache
def kinds() -> Mapping[str, ModelKind]:
    """Every kind of model by its scheme: the built-in ones, then those of plug-ins.

    A plug-in that cannot be used is named in one line of the log, and left out.
    """
    found = {kind.scheme: kind for kind in BUILT_IN}
    plug_ins, faults = load_plug_ins(entry_points(group=GROUP))
    for fault in faults:
        log.warning("%s", fault)
    return MappingProxyType(found | plug_ins)


def load_plug_ins(found: Iterable[EntryPoint]) -> tuple[dict[str, ModelKind], list[str]]:
    """The kinds that entry points name, and a line for each that cannot be used.

    An entry point names a :class:`~snellen.runners.kinds.ModelKind`, or a function without
    arguments that returns one.
    """
    built_in = {kind.scheme for kind in BUILT_IN}
    loaded: dict[str, ModelKind] = {}
    faults: list[str] = []
    for point in sorted(found, key=lambda point: point.name):
        whose = f"the plug-in {point.name!r} ({point.value}) is left out"
        try:
            kind = point.load()
            kind = kind if isinstance(kind, ModelKind) else kind()
        except Exception as error:  # whatever somebody else's code does
            words = " ".join(str(error).split()) or "no reason given"
            faults.append(f"{whose}: {type(error).__name__}: {words}")
            continue
        if not isinstance(kind, ModelKind):
            faults.append(f"{whose}: it is no ModelKind, but of type {type(kind).__name__}")
        elif kind.scheme in built_in or kind.scheme in loaded:
            faults.append(f"{whose}: there is a kind {kind.scheme!r} already")
        elif unknown := kind.takes - {field.name for field in fields(Options)}:
            faults.append(f"{whose}: it takes {min(unknown)!r}, which is no option")
        else:
            loaded[kind.scheme] = kind
    return loaded, faults


def find_kind(model: str) -> ModelKind:
    """The kind of a model.

    Raises:
        InputError: there is no such kind.
    """
    scheme, _, name = model.partition("/")
    kind = kinds().get(scheme)
    if kind is None or bool(name) != kind.named:
        known = ", ".join(known.pattern for known in kinds().values())
        raise InputError(f"unknown model {model!r}; models are named: {known}")
    return kind


def check_options(model: str, options: Options) -> ModelKind:
    """Make sure that every option means something to a model; nothing is opened.

    Returns:
        The kind of the model.

    Raises:
        InputError: there is no such model, or an option means nothing to it.
    """
    kind = find_kind(model)
    for option in fields(Options):
        name = option.name
        if getattr(options, name) and name not in kind.takes and name != "log_folder":
            flag = _FLAGS.get(name, f"--{name}")
            raise InputError(f"{flag} means nothing to model {model!r}; leave it out")
    return kind


def open_runner(model: str, options: Options) -> Runner:
    """Find who answers for a model, and start it if need be.

    Raises:
        InputError: there is no such model, it cannot be reached, an option means nothing to it,
            or something it needs is missing.
    """
    redact_logs()
    kind = check_options(model, options)
    try:
        return kind.open(model, model.partition("/")[2], options)
    except ModuleNotFoundError as error:
        if not error.name or error.name.partition(".")[0] == "snellen":
            raise
        what = kind.install or error.name
        raise InputError(f"model {model!r} needs {error.name}: pip install '{what}'") from error
