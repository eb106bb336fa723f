"""From the results of a batch to replies: each request once, whatever came, and in any order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from ...errors import InputError
from ..dispatch.provider import Empty, Rejected, Retryable
from ..protocol import Failure, Reply, Request
from .service import Again, BatchService, Result


@dataclass(slots=True)
class Read:
    """What a batch has answered.

    Attributes:
        found: requests with their replies or failures.
        why: why others have none and go into the next batch, by key.
        odd: what is odd about the results, in words.
        refusal: why no request can succeed, or a setting that the user has to change.
    """

    found: list[tuple[Request, Reply | Failure]] = field(default_factory=list)
    why: dict[str, str] = field(default_factory=dict)
    odd: str = ""
    refusal: InputError | None = None


def read_results(
    service: BatchService,
    results: Iterable[Result],
    asked: Mapping[str, Request],
    last: Set[str],
) -> Read:
    """Read the results of a batch; the first answer of a request counts.

    Args:
        service: who took the batch.
        results: what came of it.
        asked: the requests that still want an answer, by key.
        last: keys of those that will not go into another batch: an empty answer is kept.
    """
    read = Read()
    lines = {key: service.line(request) for key, request in asked.items()}  # before it learns
    answered: set[str] = set()
    twice = 0
    for result in results:
        if result.key in answered:
            twice += 1
            continue
        request = asked.get(result.key)
        if request is None:
            continue  # kept by an earlier session
        try:
            answer: Reply | Failure = service.read(result, request, lines[result.key])
        except Empty as error:
            if result.key not in last:
                read.why[result.key] = error.reason
                continue
            answer = error.reply
        except (Again, Retryable) as error:
            read.why[result.key] = error.reason
            continue
        except Rejected as error:
            answer = Failure(error.reason, error.status)
        except InputError as error:  # what was answered beside it is kept first
            read.refusal = read.refusal or error
            continue
        answered.add(result.key)
        read.found.append((request, answer))
    if twice:
        read.odd = f"{twice} answers came twice; the first of each is kept"
    return read
