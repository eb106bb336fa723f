"""The texts that a run was answered with, from its journal."""

from __future__ import annotations

from pathlib import Path

from ..tasks.trial import TrialId
from .answers import Entry, Reply
from .journal import Journal


def texts_of(run: Path) -> dict[TrialId, tuple[str, str]]:
    """Hash of the prompt and text of every answer in a run's journal; none where there is none.

    Args:
        run: the run directory.

    Raises:
        InputError: the journal cannot be read.
    """
    return {
        trial: (entry.prompt_sha256, entry.result.text)
        for trial, entry in entries_of(run).items()
        if isinstance(entry.result, Reply)
    }


def entries_of(run: Path) -> dict[TrialId, Entry]:
    """What a run's journal holds of each trial; nothing where there is no journal.

    Args:
        run: the run directory.

    Raises:
        InputError: the journal cannot be read.
    """
    if not (run / "journal.sqlite").is_file():
        return {}
    with Journal(run / "journal.sqlite") as journal:
        return by_trial(journal)


def by_trial(journal: Journal) -> dict[TrialId, Entry]:
    """The journal's entries of our own trials, answers before failures."""
    found: dict[TrialId, Entry] = {}
    for entry in journal.entries():
        try:
            identity = TrialId.from_dict(entry.trial)
        except KeyError:
            continue
        if isinstance(entry.result, Reply) or identity not in found:
            found[identity] = entry
    return found
