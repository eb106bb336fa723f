"""The texts that a run was answered with, from its journal."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..tasks.trial import TrialId
from .answers import Entry, Reply
from .kept_answers import kept_entries


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
    return by_trial(kept_entries(run / "journal.sqlite"))


def by_trial(entries: Iterable[Entry]) -> dict[TrialId, Entry]:
    """Those entries of a journal that are trials of our own, answers before failures."""
    found: dict[TrialId, Entry] = {}
    for entry in entries:
        try:
            identity = TrialId.from_dict(entry.trial)
        except KeyError:
            continue
        if isinstance(entry.result, Reply) or identity not in found:
            found[identity] = entry
    return found
