"""The token limit of a trial by every road: the same through lm-eval as in ``snellen run``.

lm-eval has one limit per task, that of the longest standard length. Our models set it per trial,
as ``snellen run`` does, unless the user asked for another with ``--gen_kwargs``.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..runners.sampling import sampling_of
from ..store.plan import Plan
from ..tasks.registry import find_task
from ..tasks.trial import TrialId
from ..tasks.yaml_files import file_limit


@dataclass(frozen=True, slots=True)
class TrialLimits:
    """The token limits of trials, as a model is given them.

    Attributes:
        model: the model's full name.
        base_url: the server that was named, if one was.
    """

    model: str
    base_url: str | None

    def __call__(self, trial: TrialId, given: int) -> int:
        """The tokens that an answer to a trial may take.

        Args:
            trial: the trial.
            given: the limit that lm-eval was told.
        """
        if given != file_limit(find_task(trial.task), trial.mode):
            return given
        plan = Plan(model=self.model, base_url=self.base_url, tasks=(trial.task,))
        return sampling_of(plan, trial).max_tokens
