"""Gemini's batches through Google's official SDK: a file of requests in, a file of answers out.

https://ai.google.dev/gemini-api/docs/batch-mode
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar

import httpx2
from google import genai
from google.auth.exceptions import GoogleAuthError
from google.genai import errors, types

from ...errors import InputError, ModelRefused
from ...support.http import client, root_cause
from ..batch.service import Again, Line, NoBatches, Result, State
from ..dispatch.provider import Rejected, Retryable
from ..meaning.complaint import Complaint, is_error, read_json
from ..meaning.complaint import read as read_error
from ..meaning.connection import TRANSPORT_ERRORS, broken
from ..meaning.said import moderated
from ..meaning.table import Meaning
from ..meaning.verdict import as_exception, meaning_of
from ..protocol import Reply, Request
from .provider import Gemini
from .settings import config_of, contents_of

_T = TypeVar("_T")
_LOOK_BACK = 1000  # batches of the account among which one of ours is looked for
_ENDINGS: Mapping[str, Literal["completed", "expired", "cancelled", "failed"]] = {
    "JOB_STATE_SUCCEEDED": "completed",
    "JOB_STATE_PARTIALLY_SUCCEEDED": "completed",
    "JOB_STATE_EXPIRED": "expired",
    "JOB_STATE_CANCELLED": "cancelled",
    "JOB_STATE_FAILED": "failed",
}
# google.rpc.Code, as errors of single requests are numbered
_STATUS = {1: 499, 3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 9: 400, 13: 500, 14: 503, 16: 401}
_OF_THE_REQUEST = ("systemInstruction", "safetySettings", "tools", "toolConfig", "cachedContent")
_TIMEOUT_S = 600.0


class GeminiBatches(Gemini):
    """A Gemini model behind its batch API; a ``BatchService`` (``runners.batch.service``)."""

    most_lines = 50_000
    most_bytes = 1_500_000_000  # of 2 GB

    def __init__(self, name: str, **options: Any) -> None:
        """Prepare to ask, as :class:`~snellen.runners.gemini.provider.Gemini` does.

        Raises:
            InputError: Vertex AI, whose batches need a bucket of one's own.
        """
        super().__init__(name, **options)
        place = self._place
        if place.vertex:
            raise InputError(
                f"{self.model}: batches of Vertex AI go through a storage bucket, which --batch "
                "does not do; use AI Studio (a key, no GOOGLE_GENAI_USE_VERTEXAI), or leave it out"
            )
        self._http = client(place.base_url, {}, _TIMEOUT_S)  # the SDK leaves it to us to close
        self._sdk = genai.Client(
            api_key=place.key,
            http_options=types.HttpOptions(
                base_url=place.base_url,
                api_version=place.api_version,
                retry_options=types.HttpRetryOptions(attempts=1),
                httpx_client=self._http,
                headers=self._extra_headers or None,
            ),
        )

    def line(self, request: Request) -> Line:
        """A request as a line, in the words of the REST interface."""
        if request.raw:
            raise ModelRefused(f"{self.model} takes conversations only: use the chat template")
        config = config_of(request, self.dropped, self._thinking(request))
        settings = config.model_dump(mode="json", exclude_none=True, by_alias=True)
        settings.pop("shouldReturnHttpResponse", None)
        beside = {name: settings.pop(name) for name in _OF_THE_REQUEST if name in settings}
        if isinstance(system := beside.get("systemInstruction"), str):
            beside["systemInstruction"] = {"parts": [{"text": system}]}
        turns: Any = contents_of(request)
        contents = [
            turn.model_dump(mode="json", exclude_none=True, by_alias=True) for turn in turns
        ]
        body = {"contents": contents, "generationConfig": settings, **beside}
        return Line("generateContent", body | self._extra_body, config)

    def submit(self, name: str, lines: Sequence[tuple[str, Line]]) -> str:
        """Upload the file, and make the batch of it."""
        rows = ({"key": key, "request": line.body} for key, line in lines)
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        file = io.BytesIO(content.encode("utf-8", "replace"))
        config = types.UploadFileConfig(display_name=name, mime_type="application/jsonl")
        uploaded = self._call(lambda: self._sdk.files.upload(file=file, config=config))
        job = self._call(
            lambda: self._sdk.batches.create(
                model=self._name,
                src=uploaded.name or "",
                config=types.CreateBatchJobConfig(display_name=name),
            )
        )
        if not job.name:
            raise Retryable("the server's answer names no batch")
        return job.name

    def find(self, name: str) -> str | None:
        """A batch by its display name."""

        def look() -> str | None:
            config = types.ListBatchJobsConfig(page_size=100)
            for at, job in enumerate(self._sdk.batches.list(config=config)):
                if job.display_name == name:
                    return job.name
                if at >= _LOOK_BACK:
                    break
            return None

        return self._call(look)

    def state(self, batch: str) -> State:
        """How far a batch has come."""
        job = self._call(lambda: self._sdk.batches.get(name=batch))
        word = getattr(job.state, "name", None) or str(job.state)
        counts = job.completion_stats
        return State(
            ending=_ENDINGS.get(word),
            word=word.removeprefix("JOB_STATE_").lower().replace("_", " "),
            done=counts.successful_count if counts else None,
            failed=counts.failed_count if counts else None,
            reason=(job.error.message or "") if job.error else "",
        )

    def results(self, batch: str) -> Iterator[Result]:
        """What became of the requests, from the file of answers."""
        job = self._call(lambda: self._sdk.batches.get(name=batch))
        file = job.dest.file_name if job.dest else None
        if not file:
            return
        content = self._call(lambda: self._sdk.files.download(file=file))
        yield from filter(None, map(_result, content.decode("utf-8", "replace").split("\n")))

    def read(self, result: Result, request: Request, line: Line) -> Reply:
        """A result as a reply, by the same tables as a live one."""
        if result.status is None and isinstance(result.body, dict) and not is_error(result.body):
            return self._read(result.body, request)
        complaint = read_json(result.body, result.status)
        meaning = meaning_of(complaint)
        if meaning is Meaning.MODERATED:
            return moderated(complaint)
        if self._adapt(complaint, meaning, line.given, request):
            raise Again(complaint.reason)
        raise as_exception(complaint, meaning, self._asked, self.base_url, {})

    def hang_up(self) -> None:
        """Close the connections."""
        self._sdk.close()
        self._http.close()

    def _call(self, what: Callable[[], _T]) -> _T:
        """Ask the SDK, with our exceptions for its refusals."""
        headers: Mapping[str, str] = {}
        try:
            return what()
        except errors.APIError as error:
            if isinstance(error.response, httpx2.Response):
                headers = error.response.headers
                complaint = read_error(error.response.content, error.code)
            else:
                complaint = read_json(error.details, error.code)
        except TRANSPORT_ERRORS as error:
            raise broken(error, self.base_url) from None
        except GoogleAuthError as error:
            raise ModelRefused(f"no credentials for {self.model}: {root_cause(error)}") from None
        except KeyError as error:  # an upload that is answered with no address
            raise NoBatches(self._none(str(error))) from None
        except (UnicodeError, json.JSONDecodeError, RecursionError):
            raise Retryable("the server's answer is not JSON: cut short, or garbled") from None
        raise self._refusal(complaint, headers) from None

    def _refusal(self, complaint: Complaint, headers: Mapping[str, str]) -> Exception:
        nowhere = complaint.status in (404, 405, 501)
        if nowhere and "models/" not in complaint.text.lower():
            return NoBatches(self._none(complaint.reason))
        refusal = as_exception(
            complaint, meaning_of(complaint), self._asked, self.base_url, headers
        )
        if isinstance(refusal, Rejected):
            return ModelRefused(f"{self.base_url} refused a batch: {refusal.reason}")
        return refusal

    def _none(self, words: str) -> str:
        return f"{self.base_url} takes no batches ({words}): leave out --batch"


def _result(text: str) -> Result | None:
    """A line of the file of results; none where it is not one."""
    try:
        row = json.loads(text)
        key = row["key"]
    except (ValueError, TypeError, KeyError):
        return None
    if isinstance(row.get("response"), dict):
        return Result(key, None, row["response"])
    error = row.get("error") or row.get("status") or {"message": "no response"}
    code = error.get("code") if isinstance(error, dict) else None
    status = _STATUS.get(code, code) if isinstance(code, int) else None
    return Result(key, status, {"error": error})
