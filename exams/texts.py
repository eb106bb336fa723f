"""The words of the few trials that a page shows, by row of the table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import InputError
from ..reports.trial_texts import Texts, TrialRow, TrialTexts
from ..store.texts import texts_of
from ..tasks.trial import Trial, TrialId, rebuild_trial


def texts_from(said: Mapping[TrialId, str], built: Mapping[TrialId, Trial] | None = None) -> Texts:
    """The words of trials, from what was said to each.

    Args:
        said: the answers.
        built: trials that are at hand; those without their texts, and all others, are built again.
    """

    def texts(row: TrialRow) -> TrialTexts | None:
        try:
            identity = TrialId.from_dict(row)
            if (text := said.get(identity)) is None:
                return None
            trial = (built or {}).get(identity)
            if trial is None or not trial.prompt:
                trial = rebuild_trial(identity)
        except InputError:  # a task that is not known here: a plug-in's
            return None
        return TrialTexts(trial.prompt, trial.sequence, text)

    return texts


def only_prompts(row: TrialRow) -> TrialTexts | None:
    """What was asked, where what was answered is not kept: enough for the eye chart."""
    try:
        trial = rebuild_trial(TrialId.from_dict(row))
    except InputError:
        return None
    return TrialTexts(trial.prompt, trial.sequence, None)


def kept_texts(folder: Path) -> Texts:
    """The words of the trials of a run directory, from its journal if there is one."""
    if not (folder / "journal.sqlite").is_file():
        return only_prompts
    return texts_from({one: text for one, (_, text) in texts_of(folder).items()})
