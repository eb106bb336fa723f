"""A provider's batch API as a runner: hand in, wait, fetch; die at any moment, and go on."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from ...errors import InputError, ModelRefused
from ..dispatch.attempts import Attempts
from ..dispatch.provider import Limits, Retryable, Unreachable
from ..dispatch.signals import uninterrupted
from ..dispatch.waits import Waits
from ..protocol import Deliver, Failure, Request, Runner
from .ledger import Ledger, Record
from .reading import read_results
from .service import HALF, BatchService, Line, NoBatches, Result, State

log = logging.getLogger(__name__)

_T = TypeVar("_T")
_ROUNDS = 5  # batches that one request may go into
_TELL_S = 60.0  # between two lines on the same state
_KEEP = 500  # answers per disk flush
_TOO_MUCH = frozenset({"token_limit_exceeded", "enqueued_token_limit_exceeded"})
_WITHOUT = {"expired": "the batch expired", "completed": "the batch has no answer", "failed": ""}
_PATIENCE = Limits(faults=1000)  # looks at a batch that takes a day: 30 minutes of failures
_GOES_ON = "the batch goes on at the provider, and the same command fetches it"


class BatchRunner(Runner):
    """Answers requests through a provider's batch API; a ``Runner``.

    What a batch leaves without an answer (it expired, a line failed for the server's fault, a
    setting was refused) goes into the next one, a few times at most.
    """

    price_share = HALF
    all_at_once = True

    def __init__(
        self,
        service: BatchService,
        *,
        generation: Mapping[str, Any] | None = None,
        poll_s: tuple[float, float] = (5.0, 60.0),
        patience: Limits = _PATIENCE,
    ) -> None:
        """Prepare to ask; nothing is sent yet.

        Args:
            service: who takes the batches.
            generation: what is sent beside each request's own sampling.
            poll_s: seconds between two looks at a batch, at first and at most.
            patience: how long a provider that does not answer is asked again.
        """
        self.model, self.base_url = service.model, service.base_url
        self.numerics, self.context_length = service.numerics, service.context_length
        self.dropped, self.parallel = service.dropped, service.most_lines
        self.generation = dict(generation or {})
        self.notices: list[str] = []
        self._service = service
        self._poll_s = poll_s
        self._limits = patience
        self._waits = Waits()
        self._folder: Path | None = None
        self._proven = False  # has the provider ever answered?
        self._most_lines = service.most_lines

    def count_tokens(self, text: str) -> int | None:
        """Tokens of ``text``, or ``None`` when the provider has no tokenizer at hand."""
        return self._service.count_tokens(text)

    def log_into(self, folder: Path) -> None:
        """Keep the list of batches under way, and what is said of them, in a folder."""
        self._folder = folder
        self._waits.log_into(folder)

    def close(self) -> None:
        """Let go of the connections; batches go on."""
        self._waits.close_log()
        self._service.hang_up()

    def answer(self, requests: Iterable[Request], deliver: Deliver) -> None:
        """Answer every request: by batches that are under way already, then by new ones.

        Raises:
            InputError: the provider takes no batches, cannot be reached any more, or a batch was
                cancelled there.
            ModelRefused: no request to this model can succeed.
        """
        pending = {request.key: request for request in requests}
        ledger = Ledger(self._folder)
        rounds: Counter[str] = Counter()
        try:
            self._take_up(ledger, pending)
            while pending:
                covered = {key for record in ledger.records for key in record.keys}
                self._hand_in([r for k, r in pending.items() if k not in covered], ledger)
                rounds.update(key for key in pending if key not in covered)
                record, state = self._next_to_end(ledger)
                try:
                    self._fetch(record, state, pending, rounds, deliver)
                except ModelRefused:
                    ledger.settled(record)
                    raise
                ledger.settled(record)
        except KeyboardInterrupt:
            if ledger.records:
                log.warning("interrupted: %s", _GOES_ON)
            raise

    # Handing in

    def _take_up(self, ledger: Ledger, pending: Mapping[str, Request]) -> None:
        """Find the batches that an earlier session handed in, or died over."""
        for record in list(ledger.records):
            if not pending.keys() & set(record.keys):
                ledger.settled(record)
                continue
            if record.batch is None:
                found = self._find(record.name)
                if found is None:
                    ledger.settled(record)  # it died before handing in
                    continue
                ledger.submitted(record, found)
            log.info("batch %s is under way since an earlier session", record.batch)

    def _find(self, name: str) -> str | None:
        """A batch by our name; the provider's list may lag a little behind."""
        for pause in (0.0, self._poll_s[0], self._poll_s[0]):
            time.sleep(pause)
            if (found := self._patiently(lambda: self._service.find(name))) is not None:
                return found
        return None

    def _hand_in(self, requests: list[Request], ledger: Ledger) -> None:
        for lines in self._batches(requests):
            record = ledger.plan(f"snellen-{uuid4().hex[:20]}", (key for key, _ in lines))
            tried = False

            def submit(name: str = record.name, lines: list[tuple[str, Line]] = lines) -> str:
                nonlocal tried
                # The answer to handing in may be lost: then it is there, and is not sent twice.
                found = self._service.find(name) if tried else None
                tried = True
                return found or self._service.submit(name, lines)

            try:
                batch = self._patiently(submit)
            except (NoBatches, ModelRefused):
                ledger.settled(record)  # there is no such batch
                raise
            ledger.submitted(record, batch)
            log.info(
                "batch %s: %d requests handed in to %s, to be answered within 24 hours; Ctrl-C "
                "stops waiting, and the same command goes on", batch, len(lines), self.model,
            )  # fmt: skip

    def _batches(self, requests: list[Request]) -> Iterator[list[tuple[str, Line]]]:
        """Requests in batches of one endpoint and a size that the provider takes."""
        by_path: dict[str, list[tuple[str, Line]]] = {}
        for request in requests:
            line = self._service.line(request)
            by_path.setdefault(line.path, []).append((request.key, line))
        for lines in by_path.values():
            batch: list[tuple[str, Line]] = []
            size = 0
            for key, line in lines:
                bytes_of = len(json.dumps(line.body)) + len(key) + 100
                if batch and (
                    len(batch) >= self._most_lines or size + bytes_of > self._service.most_bytes
                ):
                    yield batch
                    batch, size = [], 0
                batch.append((key, line))
                size += bytes_of
            yield batch

    # Waiting

    def _next_to_end(self, ledger: Ledger) -> tuple[Record, State]:
        """Wait for a batch to end, and say how far all of them have come."""
        pause, began = self._poll_s[0], time.monotonic()
        told: dict[str, tuple[str, float]] = {}
        while True:
            for record in ledger.records:
                batch = record.batch or ""
                state = self._patiently(partial(self._service.state, batch))
                words, said_at = told.get(batch, ("", 0.0))
                now = time.monotonic()
                if state.ending or (state.word != words or now - said_at >= _TELL_S):
                    told[batch] = (state.word, now)
                    log.info("batch %s: %s", batch, _progress(state, len(record.keys), began))
                if state.ending:
                    return record, state
            time.sleep(pause)
            pause = min(self._poll_s[1], pause * 1.5)

    def _patiently(self, call: Callable[[], _T]) -> _T:
        """Call the provider until it answers, or patience ends.

        Raises:
            InputError: it has not answered for too long.
        """
        attempts = Attempts(self._limits)
        while True:
            try:
                found = call()
            except Retryable as error:
                wait = attempts.wait(error)
                never = isinstance(error, Unreachable) and not self._proven
                if never and attempts.made >= 3:
                    raise ModelRefused(error.reason) from None
                if wait is None:
                    raise InputError(f"{attempts.verdict(error)}; {_GOES_ON}") from None
                with self._waits.waiting(wait, error.reason, all_wait=True):
                    time.sleep(wait)
            else:
                self._proven = True
                return found

    # Fetching

    def _fetch(
        self,
        record: Record,
        state: State,
        pending: dict[str, Request],
        rounds: Counter[str],
        deliver: Deliver,
    ) -> None:
        """Keep what a batch that ended has answered; the rest stays pending.

        Raises:
            InputError: it was cancelled, or refused as a whole.
            ModelRefused: no request to this model can succeed.
        """
        asked = {key: pending[key] for key in record.keys if key in pending}
        results: list[Result] = []
        if state.ending != "failed":
            batch = record.batch or ""
            results = self._patiently(lambda: list(self._service.results(batch)))
        last = {key for key in asked if rounds[key] >= _ROUNDS}
        read = read_results(self._service, results, asked, last)
        for start in range(0, len(read.found), _KEEP):
            with uninterrupted():
                deliver(read.found[start : start + _KEEP])
        for request, _ in read.found:
            del pending[request.key]
        if read.odd:
            self.notices.append(f"batch {record.batch}: {read.odd}")
            log.warning("%s", self.notices[-1])
        if read.refusal is not None:
            raise read.refusal
        missing = asked.keys() & pending.keys()
        if missing and state.ending == "failed":
            self._divide(record, state)
        elif missing and state.ending == "cancelled":
            raise InputError(
                f"batch {record.batch} was cancelled at the provider with {len(missing)} requests "
                "unanswered; what it answered is kept, repeat the command to ask the rest"
            )
        why = {key: read.why.get(key, _WITHOUT[state.ending or ""]) for key in missing}
        for key in missing & last:
            deliver([(pending.pop(key), Failure(f"{why[key]} (in {_ROUNDS} batches)"))])
        if left := missing - last:
            said = why[min(left)]
            log.info("batch %s left %d requests, asked again: %s", record.batch, len(left), said)

    def _divide(self, record: Record, state: State) -> None:
        """Make smaller batches, if that is why one was refused.

        Raises:
            ModelRefused: it is not.
        """
        self._most_lines = len(record.keys) // 2
        if not state.codes & _TOO_MUCH or not self._most_lines:
            raise ModelRefused(f"batch {record.batch} was refused: {state.reason or state.word}")


def _progress(state: State, lines: int, began: float) -> str:
    counts = "" if state.done is None else f", {state.done} of {state.total or lines} done"
    counts += f", {state.failed} failed" if state.failed else ""
    return f"{state.word}{counts} (after {(time.monotonic() - began) / 60:.0f} min)"
