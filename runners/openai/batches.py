"""OpenAI's batches through the official SDK: a file of requests in, files of answers out.

https://platform.openai.com/docs/guides/batch
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence, Set
from functools import partial
from typing import Any, TypeVar

import httpx2
import openai
from openai.types import FileObject

from ...errors import ModelRefused
from ...support.http import client
from ..batch.service import Again, Line, NoBatches, Result, State
from ..dispatch.provider import Rejected
from ..meaning.complaint import read, read_json
from ..meaning.connection import broken
from ..meaning.said import moderated
from ..meaning.table import Meaning
from ..meaning.verdict import as_exception, meaning_of
from ..protocol import Reply, Request
from .client import BROKEN, Answer
from .provider import OpenAI
from .wire import COMPLETIONS, Json

_T = TypeVar("_T")
_OURS = "snellen"  # the field of a batch's metadata that holds our name for it
_LOOK_BACK = 1000  # batches of the account among which one of ours is looked for
_ENDINGS = {"completed": "completed", "expired": "expired", "cancelled": "cancelled",
            "canceled": "cancelled", "failed": "failed"}  # fmt: skip
_TIMEOUT_S = 600.0


class OpenAIBatches(OpenAI):
    """A model behind OpenAI's batch API; a :class:`~snellen.runners.batch.service.BatchService`."""

    most_lines = 50_000
    most_bytes = 150_000_000  # of 200 MB

    def __init__(self, name: str, **options: Any) -> None:
        """Prepare to ask, as :class:`~snellen.runners.openai.provider.OpenAI` does."""
        super().__init__(name, **options)
        self._client = self._open(
            max_retries=0,
            timeout=httpx2.Timeout(_TIMEOUT_S, connect=15.0),
            default_headers=options.get("extra_headers") or None,
            http_client=client(self.base_url, {}, _TIMEOUT_S),
        )

    def _open(self, **settings: Any) -> openai.OpenAI:
        """The SDK's client."""
        return openai.OpenAI(api_key=self._asked.key, base_url=self.base_url, **settings)

    def _url(self, path: str) -> str:
        """The endpoint of a line, as the file of requests names it."""
        return f"/v1{path}"

    def line(self, request: Request) -> Line:
        """A request as a line, without the settings that the model is known not to take."""
        endpoint = COMPLETIONS if request.raw else self._endpoint
        return Line(endpoint.path, self._body(endpoint, request), endpoint)

    def submit(self, name: str, lines: Sequence[tuple[str, Line]]) -> str:
        """Upload the file, and make the batch of it."""
        path = self._url(lines[0][1].path)
        rows = (
            {"custom_id": key, "method": "POST", "url": path, "body": line.body}
            for key, line in lines
        )
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        file = (f"{name}.jsonl", io.BytesIO(content.encode("utf-8", "replace")))
        uploaded = self._call(lambda: self._client.files.create(file=file, purpose="batch"))
        self._settle(uploaded)
        return self._call(
            lambda: self._client.batches.create(
                input_file_id=uploaded.id,
                endpoint=path,  # type: ignore[arg-type]
                completion_window="24h",
                metadata={_OURS: name},
            )
        ).id

    def find(self, name: str) -> str | None:
        """A batch by the name in its metadata, or by the file of requests that bears it."""
        files = self._call(lambda: self._files(name))

        def look() -> str | None:
            for at, batch in enumerate(self._client.batches.list(limit=100)):
                ours = isinstance(batch.metadata, dict) and batch.metadata.get(_OURS) == name
                if ours or batch.input_file_id in files:
                    return batch.id
                if at >= _LOOK_BACK:
                    break
            return None

        return self._call(look)

    def _files(self, name: str) -> Set[str]:
        """Files of requests that bear our name, where batches may have lost their metadata."""
        return set()

    def _settle(self, uploaded: FileObject) -> None:
        """Wait until a file that was uploaded may be used; here it may at once."""

    def state(self, batch: str) -> State:
        """How far a batch has come."""
        found = self._call(lambda: self._client.batches.retrieve(batch))
        counts = found.request_counts
        errors = (found.errors.data if found.errors else None) or []
        return State(
            ending=_ENDINGS.get(found.status),  # type: ignore[arg-type]
            word=str(found.status).replace("_", " "),
            done=counts.completed if counts else None,
            failed=counts.failed if counts else None,
            total=counts.total if counts else None,
            reason="; ".join(dict.fromkeys(error.message or error.code or "" for error in errors)),
            codes=frozenset(error.code for error in errors if error.code),
        )

    def results(self, batch: str) -> Iterator[Result]:
        """What became of the requests, from the file of answers and the file of errors."""
        found = self._call(lambda: self._client.batches.retrieve(batch))
        for file in (found.output_file_id, found.error_file_id):
            if not file:
                continue
            content = self._call(partial(self._content, file))
            yield from filter(None, map(_result, content.decode("utf-8", "replace").split("\n")))

    def read(self, result: Result, request: Request, line: Line) -> Reply:
        """A result as a reply, by the same tables as a live one."""
        endpoint = line.given
        if result.status is None:
            complaint = read_json({"error": result.body}, None)
            if "batch_expired" in complaint.codes or "batch_cancelled" in complaint.codes:
                raise Again(complaint.reason)
        elif result.status < 400:
            content = json.dumps(result.body).encode()
            answer = Answer(self.base_url, result.status, {}, content)
            reply = self._reader.reply(answer, endpoint, request)
            if isinstance(reply, Reply):
                return reply
            complaint = reply
        else:
            complaint = read_json(result.body, result.status)
        meaning = meaning_of(complaint)
        if meaning is Meaning.MODERATED:
            return moderated(complaint)
        if self._adapt(complaint, meaning, endpoint, request, line.body):
            raise Again(complaint.reason)
        raise as_exception(complaint, meaning, self._asked, self.base_url, {})

    def hang_up(self) -> None:
        """Close the connections."""
        self._client.close()

    def _content(self, file: str) -> bytes:
        return self._client.files.content(file).read()

    def _call(self, what: Callable[[], _T]) -> _T:
        """Ask the SDK, with our exceptions for its refusals."""
        try:
            return what()
        except openai.APIStatusError as error:
            complaint = read(error.response.content, error.status_code)
            if error.status_code in (404, 405, 501) and "model" not in complaint.text.lower():
                raise NoBatches(
                    f"{self.base_url} takes no batches ({complaint.reason}): leave out --batch"
                ) from None
            url, headers = str(error.response.url), error.response.headers
            refusal = as_exception(complaint, meaning_of(complaint), self._asked, url, headers)
            if isinstance(refusal, Rejected):
                refusal = ModelRefused(f"{self.base_url} refused a batch: {refusal.reason}")
            raise refusal from None
        except BROKEN as error:
            raise broken(error, self.base_url) from None


def _result(text: str) -> Result | None:
    """A line of a file of results; none where it is not one."""
    try:
        row = json.loads(text)
        key = row["custom_id"]
    except (ValueError, TypeError, KeyError):
        return None
    response: Json | None = row.get("response")
    if isinstance(response, dict) and response.get("body") is not None:
        return Result(key, int(response.get("status_code") or 200), response["body"])
    return Result(key, None, row.get("error") or {"message": "no response"})
