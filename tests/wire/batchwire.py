"""A loopback server that speaks the batch APIs of OpenAI and Gemini, faults included."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from shapes import GeminiShape, Json, OpenAIShape, answer_to
from wireserver import Raw, Wire

LinePlan = Callable[[str, int], str | Raw | None]
"""What becomes of a line, by its prompt and how often it was asked: ``missing``, ``expired``,
``twice``, an HTTP answer, or (``None``) a good answer."""

CallPlan = Callable[[str, int], str | Raw | None]
"""What becomes of the n-th call of a kind (``upload``, ``create``, ``get``, ``list``, ``fetch``):
``reset`` (nothing is done), ``lost`` (it is done, and the answer lost), an answer, or ``None``."""


@dataclass
class Batch:
    """A batch that was handed in."""

    name: str
    label: str
    rows: list[Json]
    ending: str
    looks: int = 0
    file: str = ""
    done: list[tuple[Json, int]] = field(default_factory=list)


class BatchWire(Wire):
    """The server: what was handed in, and what comes of it."""

    def __init__(
        self,
        lines: LinePlan = lambda prompt, asked: None,
        calls: CallPlan = lambda kind, number: None,
        endings: Callable[[int], str] = lambda number: "completed",
        looks: int = 1,
    ) -> None:
        super().__init__()
        self.lines, self.faults, self.endings, self.looks = lines, calls, endings, looks
        self.batches: list[Batch] = []
        self.bodies: list[Json] = []
        self.paid: Counter[str] = Counter()  # good answers made, by prompt
        self.done: Counter[str] = Counter()  # calls, by kind
        self._asked: Counter[str] = Counter()
        self._files: dict[str, bytes] = {}

    def app(self) -> web.Application:
        """The server as an aiohttp application."""
        app = web.Application(client_max_size=1 << 30, middlewares=[self._middleware])
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/files", self._openai_upload, name="upload")
        app.router.add_get("/v1/files/{file}/content", self._openai_fetch, name="fetch")
        app.router.add_post("/v1/batches", self._openai_create, name="create")
        app.router.add_get("/v1/batches", self._openai_list, name="list")
        app.router.add_get("/v1/batches/{batch}", self._openai_get, name="get")
        app.router.add_post("/upload/v1beta/files", self._gemini_start, name="upload1")
        app.router.add_post("/upload/v1beta/files/{file}", self._gemini_upload, name="upload2")
        app.router.add_get("/v1beta/files/{file}", self._gemini_fetch, name="fetch1")
        app.router.add_get("/v1beta/files/{file}:download", self._gemini_fetch, name="fetch2")
        app.router.add_post("/v1beta/models/{model}", self._gemini_create, name="create1")
        app.router.add_get("/v1beta/batches", self._gemini_list, name="list1")
        app.router.add_get("/v1beta/batches/{batch}", self._gemini_get, name="get1")
        return app

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Any) -> web.StreamResponse:
        route = request.match_info.route
        kind = (route.name or "").rstrip("123")
        self.done[kind] += 1
        fault = self.faults(kind, self.done[kind])
        if isinstance(fault, Raw):
            return web.json_response(fault.body, status=fault.status, headers=fault.headers)
        answer: web.StreamResponse = web.Response()
        if fault != "reset":
            answer = await handler(request)
        if fault in ("reset", "lost") and request.transport is not None:
            request.transport.abort()
        return answer

    # What both have in common

    def _hand_in(self, label: str, file: str, prompt_of: Callable[[Json], str]) -> Batch:
        rows = [json.loads(line) for line in self._files[file].decode().split("\n") if line]
        number = len(self.batches)
        batch = Batch(f"b{number}", label, rows, self.endings(number))
        for row in rows:
            prompt = prompt_of(row)
            self._asked[prompt] += 1
            batch.done.append((row, self._asked[prompt]))
        self.batches.append(batch)
        return batch

    def _look(self, name: str) -> tuple[Batch, bool]:
        batch = next(b for b in self.batches if b.name == name)
        batch.looks += 1
        return batch, batch.looks > self.looks

    def _outcomes(
        self, batch: Batch, prompt_of: Callable[[Json], str]
    ) -> Iterator[tuple[Json, str, str | Raw | None]]:
        if f"{batch.name}.out" in self._files or batch.ending.startswith("failed"):
            return
        half = len(batch.done) // 2 if batch.ending in ("expired", "cancelled") else None
        for at, (row, asked) in enumerate(batch.done):
            prompt = prompt_of(row)
            outcome = self.lines(prompt, asked)
            if half is not None and at >= half:
                outcome = "expired"
            if outcome is None or outcome == "twice":
                self.paid[prompt] += 1
            yield row, prompt, outcome

    def _keep(self, name: str, rows: list[Json]) -> None:
        self._files[name] = "".join(json.dumps(row) + "\n" for row in reversed(rows)).encode()

    # OpenAI

    async def _openai_upload(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        assert form["purpose"] == "batch"
        part = form["file"]
        assert isinstance(part, web.FileField)
        name = f"file-{len(self._files)}"
        self._files[name] = part.file.read()
        return web.json_response({"id": name, "object": "file", "purpose": "batch"})

    async def _openai_create(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.bodies.append(body)
        file = body["input_file_id"]
        batch = self._hand_in(body["metadata"]["snellen"], file, _openai_prompt)
        batch.file = file
        assert all(row["url"] == body["endpoint"] for row in batch.rows)
        assert len({row["custom_id"] for row in batch.rows}) == len(batch.rows)
        return web.json_response(self._openai_batch(batch, ended=False))

    async def _openai_get(self, request: web.Request) -> web.StreamResponse:
        batch, ended = self._look(request.match_info["batch"])
        if ended:
            self._openai_finish(batch)
        return web.json_response(self._openai_batch(batch, ended))

    async def _openai_list(self, request: web.Request) -> web.StreamResponse:
        rows = [self._openai_batch(batch, ended=False) for batch in reversed(self.batches)]
        return web.json_response({"object": "list", "data": rows, "has_more": False})

    async def _openai_fetch(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self._files[request.match_info["file"]])

    def _openai_batch(self, batch: Batch, ended: bool) -> Json:
        status, _, code = batch.ending.partition(":")
        error = {"data": [{"code": code, "message": f"Enqueued token limit reached ({code})"}]}
        files = [f"{batch.name}.{kind}" for kind in ("out", "err")]
        out, err = (name if ended and self._files.get(name) else None for name in files)
        total = len(batch.rows)
        return {
            "id": batch.name,
            "object": "batch",
            "status": status if ended else "in_progress",
            "errors": error if ended and code else None,
            "metadata": {"snellen": batch.label},
            "input_file_id": batch.file,
            "request_counts": {"total": total, "completed": total * ended, "failed": 0},
            "output_file_id": out,
            "error_file_id": err,
        }

    def _openai_finish(self, batch: Batch) -> None:
        good: list[Json] = []
        bad: list[Json] = []
        for row, prompt, outcome in self._outcomes(batch, _openai_prompt):
            answer: Json = {"id": "r", "custom_id": row["custom_id"], "error": None}
            if outcome == "expired":
                error = {"code": "batch_expired", "message": "This request expired."}
                bad.append(answer | {"response": None, "error": error})
            elif isinstance(outcome, Raw):
                response = {"status_code": outcome.status, "body": outcome.body}
                (good if outcome.status < 400 else bad).append(answer | {"response": response})
            elif outcome != "missing":
                kind = row["url"].removeprefix("/v1").removeprefix("/")
                body = OpenAIShape(kind).answer(prompt, answer_to(prompt))
                good += [answer | {"response": {"status_code": 200, "body": body}}] * (
                    2 if outcome == "twice" else 1
                )
        if f"{batch.name}.out" not in self._files:
            self._keep(f"{batch.name}.out", good)
            self._keep(f"{batch.name}.err", bad)

    # Gemini

    async def _gemini_start(self, request: web.Request) -> web.StreamResponse:
        name = f"files-{len(self._files)}"
        self._files[name] = b""
        where = f"{request.url.origin()}/upload/v1beta/files/{name}"
        return web.json_response({}, headers={"X-Goog-Upload-URL": where})

    async def _gemini_upload(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["file"]
        self._files[name] += await request.read()
        answer = {"file": {"name": f"files/{name}", "mimeType": "application/jsonl"}}
        return web.json_response(answer, headers={"X-Goog-Upload-Status": "final"})

    async def _gemini_create(self, request: web.Request) -> web.StreamResponse:
        body = (await request.json())["batch"]
        self.bodies.append(body)
        file = body["inputConfig"]["fileName"].removeprefix("files/")
        batch = self._hand_in(body["displayName"], file, _gemini_prompt)
        return web.json_response(self._gemini_batch(batch, ended=False))

    async def _gemini_get(self, request: web.Request) -> web.StreamResponse:
        batch, ended = self._look(request.match_info["batch"])
        if ended:
            self._gemini_finish(batch)
        return web.json_response(self._gemini_batch(batch, ended))

    async def _gemini_list(self, request: web.Request) -> web.StreamResponse:
        rows = [self._gemini_batch(batch, ended=False) for batch in reversed(self.batches)]
        return web.json_response({"operations": rows})

    async def _gemini_fetch(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self._files[request.match_info["file"].partition(":")[0]])

    def _gemini_batch(self, batch: Batch, ended: bool) -> Json:
        word = {"completed": "SUCCEEDED"}.get(batch.ending, batch.ending.partition(":")[0].upper())
        metadata: Json = {
            "state": f"BATCH_STATE_{word if ended else 'RUNNING'}",
            "displayName": batch.label,
        }
        if ended and self._files.get(f"{batch.name}.out"):
            metadata["output"] = {"responsesFile": f"files/{batch.name}.out"}
        return {"name": f"batches/{batch.name}", "metadata": metadata}

    def _gemini_finish(self, batch: Batch) -> None:
        rows: list[Json] = []
        for row, prompt, outcome in self._outcomes(batch, _gemini_prompt):
            answer = {"key": row["key"]}
            if isinstance(outcome, Raw):
                rows.append(
                    answer | {"response" if outcome.status < 400 else "error": outcome.body}
                )
            elif outcome not in ("missing", "expired"):
                body = GeminiShape().answer(prompt, answer_to(prompt))
                rows += [answer | {"response": body}] * (2 if outcome == "twice" else 1)
        if f"{batch.name}.out" not in self._files:
            self._keep(f"{batch.name}.out", rows)


def _openai_prompt(row: Json) -> str:
    body = row["body"]
    found = body["messages"][-1]["content"] if "messages" in body else body["prompt"]
    return str(found)


def _gemini_prompt(row: Json) -> str:
    return str(row["request"]["contents"][-1]["parts"][0]["text"])
