"""How a run is carried out: what decides where, how fast and for how much, never what is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..errors import InputError
from ..runners.cached import Results
from ..runners.registry import Options
from ..store.plan import Plan

RESULTS = Path("results")


class Watcher(Protocol):
    """Is told how a run is going."""

    def opened(self, path: Path, total: int | None) -> None:
        """The run directory is known; so many answers are wanted, if that is known."""
        ...

    def answered(self, results: Results, known: bool, spent: float | None) -> None:
        """Answers are kept (``known``: from an earlier session); US dollars spent so far."""
        ...

    def note(self, text: str) -> None:
        """Something worth a word, such as how many curves are settled."""
        ...

    def closed(self) -> None:
        """Nothing more will be asked."""
        ...


class Silent:
    """A watcher that says nothing."""

    def opened(self, path: Path, total: int | None) -> None:
        """Say nothing."""

    def answered(self, results: Results, known: bool, spent: float | None) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

    def closed(self) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is carried out.

    Attributes:
        out: the results folder.
        run_id: the run's name; none: made from the plan and the engine.
        budget: US dollars that the run may cost.
        prices: a file of prices of the user's own.
        concurrency: most requests in flight at once.
        requests_per_minute: most requests per minute.
        tokens_per_minute: most tokens per minute.
        batch: ask through the provider's batch API, which takes up to a day and half the price.
        watcher: is told how it is going.
    """

    out: Path = RESULTS
    run_id: str | None = None
    budget: float | None = None
    prices: Path | None = None
    concurrency: int | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    batch: bool = False
    watcher: Watcher = field(default_factory=Silent)

    def __post_init__(self) -> None:
        object.__setattr__(self, "out", Path(self.out))
        for name in ("budget", "concurrency", "requests_per_minute", "tokens_per_minute"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"{name.replace('_', ' ')} {value:g}: a limit is above 0")

    def options(self, plan: Plan, log_folder: Path | None) -> Options:
        """How the plan's model is reached."""
        args = dict(plan.model_args)
        return Options(
            base_url=plan.base_url,
            dtype=args.pop("dtype", None),
            device=args.pop("device", None),
            concurrency=self.concurrency,
            requests_per_minute=self.requests_per_minute,
            tokens_per_minute=self.tokens_per_minute,
            model_args=args,
            extra_body=plan.extra_body,
            extra_headers=plan.extra_headers,
            batch=self.batch,
            log_folder=log_folder,
        )
