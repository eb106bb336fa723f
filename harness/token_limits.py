"""The token limit of a trial by every road: the same through lm-eval as in ``snellen run``.

lm-eval has one limit per task, that of the longest standard length. Our models set it per trial,
as ``snellen run`` does, unless the user asked for another with ``--gen_kwargs``.
"""

from __future__ import annotations

from ..tasks.answer_length import answer_tokens
from ..tasks.registry import find_task
from ..tasks.trial import TrialId
from ..tasks.yaml_files import file_limit


def trial_limit(trial: TrialId, given: int) -> int:
    """The tokens that an answer to a trial may take.

    Args:
        trial: the trial.
        given: the limit that lm-eval was told.
    """
    task = find_task(trial.task)
    if given != file_limit(task, trial.mode):
        return given
    return answer_tokens(task, trial.mode, trial.length)
