"""Compare two runs, B against A: same questions, exact tests, a verdict per curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..reports.catalogue import chance
from ..stats.compare import Comparison, ComparisonVerdict, Pool, pool
from ..stats.compare import compare as compare_answers
from ..store.curve_key import CurveKey
from ..store.pairing import LoadedRun, Pairing, pairings
from ..store.results.finding import run_folders
from ..store.results.folder import ResultsFolder
from ..store.results.pairing import folder_pairings
from ..store.texts import texts_of
from ..tasks.trial import TrialId
from .loaded import load_run

MARGIN = 1.25
ALPHA = 0.05
_NAMED = 3

Side = LoadedRun | ResultsFolder
"""What is compared: one run, or all runs of a folder."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two curves that asked the same questions, and what their difference shows.

    Attributes:
        pairing: the two curves and their answers.
        result: the tests and the verdict.
        identical: how many answers are the same in both, word for word.
        texts: of how many pairs both texts are kept, for that count.
    """

    pairing: Pairing
    result: Comparison
    identical: int = 0
    texts: int = 0

    @property
    def name(self) -> str:
        """The task, and what differs between the two curves."""
        return self.pairing.name

    @property
    def verdict(self) -> ComparisonVerdict:
        """What is shown."""
        return self.result.verdict


def compare(
    a: Side | Path | str,
    b: Side | Path | str,
    *,
    margin: float = MARGIN,
    alpha: float = ALPHA,
    looks: int = 1,
) -> list[Contrast]:
    """Compare two runs, or two results folders, curve by curve; B is judged against A.

    Pairs are made by task, mode, answer form and lens; where a task has one curve on each side,
    that pair is compared even if the rest differs. Of two results folders all runs count: their
    trials are paired by model (where there are several), length, index and seed, and of several
    answers to one question that of the run which was created first stands.

    Args:
        a: the run to compare with, or its folder, or a folder of runs.
        b: what is judged, likewise.
        margin: the ratio of L50 that matters.
        alpha: the level of the tests.
        looks: how often growing runs are to be compared; 0 for as often as one likes.

    Raises:
        InputError: one of them is not a run and holds none, or they asked different questions.
    """
    check_design(margin, alpha)
    one, other = side(a), side(b)
    if isinstance(one, LoadedRun) and isinstance(other, LoadedRun):
        texts = _by_curve(one), _by_curve(other)
        return [contrast(each, margin, alpha, looks, texts) for each in pairings(one, other)]
    pairs = folder_pairings(_folder(one), _folder(other))
    return [contrast(each, margin, alpha, looks) for each in pairs]


def side(given: Side | Path | str) -> Side:
    """What is compared: a run, or a folder of runs.

    Raises:
        InputError: it is neither.
    """
    if isinstance(given, LoadedRun | ResultsFolder):
        return given
    path = Path(given)
    if (path / "manifest.json").exists() or not path.is_dir() or not run_folders(path):
        return load_run(path)
    return ResultsFolder(path)


def _folder(given: Side) -> ResultsFolder:
    return ResultsFolder(given.path) if isinstance(given, LoadedRun) else given


Texts = Mapping[CurveKey, Mapping[tuple[int, int], str]]


def contrast(
    pairing: Pairing,
    margin: float,
    alpha: float,
    looks: int = 1,
    texts: tuple[Texts, Texts] = ({}, {}),
) -> Contrast:
    """Compare the two curves of a pair; the texts of both runs count what is identical."""
    result = compare_answers(
        pairing.answers_a,
        pairing.answers_b,
        chance=lambda length: max(chance(pairing.a, length), chance(pairing.b, length)),
        margin=margin,
        alpha=alpha,
        looks=looks,
        unreadable=(pairing.unread_a, pairing.unread_b),
    )
    of_a, of_b = texts[0].get(pairing.a, {}), texts[1].get(pairing.b, {})
    both = [
        key
        for key in of_a.keys() & of_b.keys()
        if key in pairing.answers_a and key in pairing.answers_b
    ]
    return Contrast(pairing, result, sum(of_a[key] == of_b[key] for key in both), len(both))


def pooled(found: Sequence[Contrast], alpha: float = ALPHA) -> Pool:
    """All curves as one comparison, over tasks and lengths.

    Raises:
        ValueError: there is no curve.
    """
    return pool({one.name: one.result for one in found}, alpha)


def worse(found: Sequence[Contrast], alpha: float = ALPHA) -> bool:
    """Whether B is shown to be worse, on any curve or over all of them."""
    verdicts = {one.verdict for one in found} | {pooled(found, alpha).verdict}
    return ComparisonVerdict.WORSE in verdicts


def differences(a: Side | Path | str, b: Side | Path | str) -> list[str]:
    """In what the runs differ beside their answers, and what was noticed of the answers of either.

    Model, server, numerics, settings, and what the servers said answered.

    Of folders of runs, how many there are, of which models, and which were left out.
    """
    of_a, of_b = side(a), side(b)
    if not (isinstance(of_a, LoadedRun) and isinstance(of_b, LoadedRun)):
        return [*_of_folder("A", _folder(of_a)), *_of_folder("B", _folder(of_b))]
    one, other = of_a.manifest, of_b.manifest
    sides = [
        {
            "model": each.plan.model,
            "server": each.endpoint or each.plan.base_url,
            **each.numerics,
            **{f"sent {name}": value for name, value in each.generation.items()},
            "not taken by the server": ", ".join(each.dropped) or None,
        }
        for each in (one, other)
    ]
    said = [" and ".join(sorted(each.fingerprints)) for each in (one, other)]
    if all(said):  # an older manifest does not know
        for facts, fingerprints in zip(sides, said, strict=True):
            facts["answered by"] = fingerprints
    notices = [f"{name}: {line}" for name, run in zip("AB", (one, other), strict=True)
               for line in run.notices]  # fmt: skip
    return notices + [
        f"{name}: A {sides[0].get(name)}, B {sides[1].get(name)}"
        for name in dict.fromkeys((*sides[0], *sides[1]))
        if sides[0].get(name) != sides[1].get(name)
    ]


def _of_folder(name: str, folder: ResultsFolder) -> list[str]:
    models = list(dict.fromkeys(folder.runs["model"]))
    more = f", … ({len(models):,} models)" if len(models) > _NAMED else ""
    lines = [f"{name}: {len(folder.runs):,} runs of {', '.join(models[:_NAMED])}{more}"]
    return lines + [f"{name}: left out {run}: {why}" for run, why in folder.left_out.items()]


def _by_curve(run: LoadedRun) -> Texts:
    found: dict[CurveKey, dict[tuple[int, int], str]] = {}
    for trial, (_, text) in texts_of(run.path).items():
        found.setdefault(_curve(trial), {})[trial.length, trial.index] = text
    return found


def _curve(trial: TrialId) -> CurveKey:
    return CurveKey(trial.task, trial.mode, trial.answer, trial.lens)


def check_design(margin: float, alpha: float) -> None:
    """Make sure that a margin and a level are what they must be.

    Raises:
        InputError: they are not.
    """
    if not margin > 1:
        raise InputError(f"--margin {margin:g}: a ratio above 1, such as {MARGIN}")
    if not 0 < alpha < 1:
        raise InputError(f"--alpha {alpha:g}: a level between 0 and 1, such as {ALPHA}")
