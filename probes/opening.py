"""How every probe of a model begins: the model, its folder, and the parts that are finished."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from .folder import Parts, probe_folder
from .states.subject import Subject, open_subject


class Opened(NamedTuple):
    """A probe that is ready to measure.

    Attributes:
        subject: The model.
        folder: Where the probe writes.
        identity: All beside the plan that can change a number.
        parts: What an earlier run has finished, under plan and identity.
    """

    subject: Subject
    folder: Path
    identity: dict[str, Any]
    parts: Parts


def open_probe(
    name: str, model: str | Subject, record: dict[str, Any], out: Path, device: str
) -> Opened:
    """Open the model of a probe, and its folder.

    Args:
        name: Of the probe.
        model: ``bundled``, ``hf/ORG/NAME``, a folder, or an opened model.
        record: The plan, as the manifest shall have it.
        out: The results folder.
        device: ``cpu``, ``cuda``, ..., or ``auto``.

    Raises:
        InputError: There is no such model, or the folder cannot be written.
    """
    subject = open_subject(model, device) if isinstance(model, str) else model
    folder = probe_folder(out, subject.name, name, record)
    identity = subject.identity()
    return Opened(subject, folder, identity, Parts(folder, {**identity, **record}))
