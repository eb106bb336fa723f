"""The texts that a run was answered with, from its journal."""

from __future__ import annotations

from pathlib import Path

from ..tasks.trial import TrialId
from .answers import Reply
from .journal import Journal


def texts_of(run: Path) -> dict[TrialId, tuple[str, str]]:
    """Hash of the prompt and text of every answer in a run's journal; none where there is none.

    Args:
        run: the run directory.

    Raises:
        InputError: the journal cannot be read.
    """
    if not (run / "journal.sqlite").is_file():
        return {}
    found = {}
    with Journal(run / "journal.sqlite") as journal:
        for entry in journal.entries():
            if isinstance(entry.result, Reply) and {"task", "length"} <= entry.trial.keys():
                found[TrialId.from_dict(entry.trial)] = (entry.prompt_sha256, entry.result.text)
    return found
