"""The two sides of a gate: a server that is asked, or a run that is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ...errors import InputError
from ...runners.dispatch.breaker import NothingAnswered
from ...store.answers import Failure, Reply
from ...store.curve_key import CurveKey
from ...store.pairing import LoadedRun
from ...store.texts import texts_of
from ...tasks.registry import find_task
from ...tasks.trial import TrialId, can_rebuild, rebuild_trial
from ..keeping import keep
from ..session import Session


@dataclass(frozen=True, slots=True)
class Said:
    """What one side said to one trial.

    Attributes:
        right: the answer was correct.
        outcome: of the trial (docs/scoring.md).
        text: the answer as it was written; the answer that was read where the text is not kept.
        finish: why it ended.
        prompt_tokens: of the prompt, as the server counts them.
        reason: why there is no answer, of a failure.
    """

    right: bool
    outcome: str
    text: str = ""
    finish: str | None = None
    prompt_tokens: int | None = None
    reason: str = ""


class Asked(Protocol):
    """Who answers trials."""

    def ask(self, trials: Sequence[TrialId], at_once: int | None = None) -> dict[TrialId, Said]:
        """The answers, asked for where they are not known; at most so many at once."""
        ...


class LiveSide:
    """A server, asked through a session; the answers are kept in its run directory.

    Attributes:
        session: who is asked.
        judged: whether falling silent is this side's failure, rather than the end of the gate.
        silent: why the server is not asked any more, empty while it is.
        sent: requests so far.
    """

    def __init__(self, session: Session, *, judged: bool = False) -> None:
        self.session = session
        self.judged = judged
        self.silent = ""
        self.sent = 0
        self._said: dict[TrialId, Said] = {}

    def ask(self, trials: Sequence[TrialId], at_once: int | None = None) -> dict[TrialId, Said]:
        """The answers. A server that answers nothing more fails every trial, with the reason."""
        new = [trial for trial in dict.fromkeys(trials) if trial not in self._said]
        step = at_once or len(new) or 1
        for start in range(0, len(new), step):
            part = new[start : start + step]
            try:
                if not self.silent:
                    self.sent += len(part)
                    self.session.ask(self.session.plan_trials(map(rebuild_trial, part)))
            except NothingAnswered as reason:
                if not self.judged:
                    raise
                self.silent = str(reason)
            self._said.update((trial, self._one(trial)) for trial in part)
        return {trial: self._said[trial] for trial in trials}

    def _one(self, trial: TrialId) -> Said:
        row, result = self.session.row(trial), self.session.answers.get(trial)
        if row is None or result is None:
            return Said(False, "failed", reason=self.silent or "not asked")
        return said_of(row, result)

    @property
    def tokens(self) -> int:
        """Tokens of all prompts and answers so far, as far as the server states them."""
        replies = [r for r in self.session.answers.values() if isinstance(r, Reply)]
        return sum((r.prompt_tokens or 0) + (r.completion_tokens or 0) for r in replies)

    def keep(self) -> Path:
        """Write the table of trials and the manifest; gives the run directory."""
        return keep(self.session)


def said_of(row: Mapping[str, Any], result: Reply | Failure) -> Said:
    """What an answer comes to, from its row of the table."""
    if isinstance(result, Failure):
        return Said(False, "failed", reason=result.reason)
    outcome = str(row["outcome"])
    return Said(
        outcome == "correct", outcome, result.text, result.finish_reason, result.prompt_tokens
    )


class KeptSide:
    """A run that is kept: its answers are what they are.

    Attributes:
        run: the run.
        asked: how many trials each curve has at each length.
    """

    def __init__(self, run: LoadedRun, tasks: Iterable[str] = ()) -> None:
        """Read the answers of a run.

        Args:
            run: the run.
            tasks: which of its tasks; none: all.

        Raises:
            InputError: it lacks one of the tasks, or holds no answer, or was asked in another
                version.
        """
        self.run = run
        self.asked: dict[CurveKey, Counter[int]] = {}
        self._said: dict[TrialId, Said] = {}
        wanted = [find_task(name).name for name in tasks]
        missing = [name for name in wanted if name not in run.manifest.plan.tasks]
        if missing:
            raise InputError(
                f"{run.path} has no trials of {', '.join(missing)}: its tasks are "
                f"{', '.join(run.manifest.plan.tasks)}; leave --tasks out, or make another baseline"
            )
        kept, texts = run.trials, texts_of(run.path)
        rows = kept[kept["task"].isin(wanted or run.manifest.plan.tasks)]
        checked = set()
        for row in rows.to_dict("records"):
            fields = {str(name): value for name, value in row.items()}
            trial = TrialId.from_dict(fields)
            curve = CurveKey(trial.task, trial.mode, trial.answer, trial.lens)
            if (curve, trial.length) not in checked:
                checked.add((curve, trial.length))
                _check_version(run, trial, fields["prompt_sha256"], texts)
            outcome = str(row["outcome"])
            self._said[trial] = Said(
                outcome == "correct",
                outcome,
                texts.get(trial, ("", _plain(row["answer"])))[1],
                _plain(row["finish_reason"]),
                _whole(row["prompt_tokens"]),
            )
            self.asked.setdefault(curve, Counter())[trial.length] += 1
        if not self._said:
            raise InputError(f"{run.path} holds no trials to gate against")

    def ask(self, trials: Sequence[TrialId], at_once: int | None = None) -> dict[TrialId, Said]:
        """The answers, as they are kept."""
        return {trial: self._said[trial] for trial in trials}

    def indices(self, curve: CurveKey, length: int) -> list[int]:
        """Which trials of a curve there are at a length."""
        return sorted(
            trial.index
            for trial in self._said
            if trial.length == length
            and (trial.task, trial.mode, trial.answer, trial.lens) == tuple(curve)
        )


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _check_version(
    run: LoadedRun, trial: TrialId, sha256: str, texts: Mapping[TrialId, tuple[str, str]]
) -> None:
    """Make sure that this version of Snellen asks what the run was asked."""
    older = [
        known
        for known in texts
        if (known.task, known.mode, known.lens) == (trial.task, trial.mode, trial.lens)
        and known.version != trial.version
    ]
    there = f"version {older[0].version}" if older else "another prompt (prompt_sha256)"
    if older or not can_rebuild(trial) or rebuild_trial(trial).prompt_sha256 != sha256:
        made = run.manifest.versions.get("snellen", "unknown")
        raise InputError(
            f"{run.path}: {trial.task} was asked as {there}, and this Snellen asks version "
            f"{trial.version} (the baseline is by snellen {made}); make the baseline again"
        )
