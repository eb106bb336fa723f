"""Which batches were handed in, on disk before they are: a death at any moment loses none.

A batch is written down under a name of ours *before* it is handed in under that name, and again
with the provider's name for it. What died in between is looked for at the provider by our name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from ...errors import InputError
from ...support.files import write_atomically

LEDGER_NAME = "batches.json"


@dataclass(slots=True)
class Record:
    """A batch.

    Attributes:
        name: ours.
        keys: the keys of its requests.
        batch: the provider's name for it, once known.
    """

    name: str
    keys: list[str]
    batch: str | None = None


def check_none_under_way(folder: Path) -> None:
    """See that what is asked live is not under way in a batch: it would be paid for twice.

    Raises:
        InputError: there is such a batch.
    """
    records = Ledger(folder).records
    if records:
        names = ", ".join(record.batch or record.name for record in records)
        asked = sum(len(record.keys) for record in records)
        raise InputError(
            f"{asked} requests of this run are under way in a batch ({names}): repeat the command "
            f"with --batch to fetch them, or delete {folder / LEDGER_NAME} to pay for them again"
        )


class Ledger:
    """The batches of a run directory that are not settled; without a folder, of this process."""

    def __init__(self, folder: Path | None) -> None:
        """Read what is known.

        Raises:
            InputError: the file cannot be read.
        """
        self._path = None if folder is None else folder / LEDGER_NAME
        self.records: list[Record] = []
        if self._path is None or not self._path.exists():
            return
        try:
            self.records = [Record(**row) for row in json.loads(self._path.read_text("utf-8"))]
        except (OSError, ValueError, TypeError) as error:
            raise InputError(
                f"cannot read {self._path}: {error}; it names the batches under way, so look at "
                "the provider's list of batches before you move it away"
            ) from error

    def plan(self, name: str, keys: Iterable[str]) -> Record:
        """Write down a batch that is about to be handed in."""
        record = Record(name, list(keys))
        self.records.append(record)
        self._write()
        return record

    def submitted(self, record: Record, batch: str) -> None:
        """Write down the provider's name for a batch."""
        record.batch = batch
        self._write()

    def settled(self, record: Record) -> None:
        """Strike out a batch: all it answered is kept, or it was never handed in."""
        self.records.remove(record)
        self._write()

    def _write(self) -> None:
        if self._path is not None:
            rows = [asdict(record) for record in self.records]
            write_atomically(self._path, json.dumps(rows, indent=1) + "\n")
