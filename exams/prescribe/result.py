"""What is prescribed, and on which grounds: ``prescription.json`` (docs/lenses.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...support.files import write_atomically

SCHEMA = 1
NAME = "prescription.json"
_NEEDED = ("task", "mode", "answer", "lens", "why")


@dataclass(frozen=True)
class Prescription:
    """A finished prescription.

    Attributes:
        found: all that ``prescription.json`` holds, field by field as docs/lenses.md says.
        path: its folder.
    """

    found: Mapping[str, Any]
    path: Path

    @property
    def model(self) -> str:
        """Whose sight it is for."""
        return str(self.found["model"])

    @property
    def entries(self) -> Sequence[Mapping[str, Any]]:
        """What is prescribed for each task (and mode, and answer form): lens and grounds."""
        return list(self.found["prescriptions"])

    @property
    def page(self) -> Path:
        """The page."""
        return self.path / "prescription.html"

    @property
    def stopped(self) -> str:
        """Why it was ended early, empty if it was not."""
        return str(self.found.get("stopped", ""))

    @property
    def failed(self) -> int:
        """Requests that failed for good; the next call asks them again."""
        return int(self.found.get("failed", 0))

    def entry(self, task: str | None = None, mode: str | None = None) -> Mapping[str, Any]:
        """What is prescribed for a task in a mode; either may be left out where there is one.

        Raises:
            InputError: there is none of that kind, or there are several.
        """
        name = task.removeprefix("snellen_") if task else None
        found = [
            one
            for one in self.entries
            if name in (None, one["task"]) and mode in (None, one["mode"])
        ]
        if len(found) == 1:
            return found[0]
        listed = "; ".join(", ".join([e["task"], e["mode"], e["answer"]]) for e in self.entries)
        asked = ", ".join(f"{k} {v!r}" for k, v in (("task", task), ("mode", mode)) if v)
        what = "several entries fit; name task and mode" if found else f"there is none for {asked}"
        raise InputError(f"{self.path / NAME}: {what}; it holds: {listed}")

    def lens(self, task: str | None = None, mode: str | None = None) -> str | None:
        """The lens that is prescribed, as `entry`; none where none is shown to help.

        Raises:
            InputError: as `entry`.
        """
        lens = self.entry(task, mode)["lens"]
        return None if lens is None else str(lens)

    def to_json(self) -> str:
        """The text of ``prescription.json``."""
        return json.dumps(self.found, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def write(self) -> None:
        """Write ``prescription.json`` into its folder, whole or not at all."""
        write_atomically(self.path / NAME, self.to_json())

    def __repr__(self) -> str:
        told = ", ".join(f"{one['task']}: {one['lens'] or 'no lens'}" for one in self.entries)
        return f"Prescription({self.model!r}, {told})"


def load_prescription(path: Path | str) -> Prescription:
    """Read a prescription from its file or its folder.

    Raises:
        InputError: there is none, it is of another version, or something is missing.
    """
    file = Path(path)
    file = file / NAME if file.is_dir() else file
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read the prescription {file}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{file} is not a prescription: it is not JSON ({error})") from error
    version = found.get("schema_version") if isinstance(found, dict) else None
    entries = found.get("prescriptions") if isinstance(found, dict) else None
    if type(version) is not int or entries is None:
        raise InputError(
            f"{file} is not a prescription: schema_version or prescriptions is missing; "
            "'snellen prescribe' writes one"
        )
    if version != SCHEMA:
        newer = "upgrade snellen" if version > SCHEMA else "prescribe again"
        raise InputError(
            f"{file} is a prescription of version {version}, this Snellen reads {SCHEMA}: {newer}"
        )
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"{file} is not a prescription: prescriptions is no list of entries")
    for number, entry in enumerate(entries):
        missing = [name for name in _NEEDED if name not in entry]
        if missing or "model" not in found:
            what = missing[0] if missing else "model"
            raise InputError(f"{file}: prescriptions[{number}]: {what} is missing; prescribe again")
    return Prescription(found, file.parent)
